/* The way from store/origins.h to the backend. */
#include "store/backend.h"

enum store_err store_origin_get(struct store_conn *c, int64_t key_id, const uint8_t network[16],
                                struct store_origin *out)
{
    return c->backend->origins->get(c, key_id, network, out);
}

enum store_err store_origin_put(struct store_conn *c, const struct store_origin *row)
{
    return c->backend->origins->put(c, row);
}

enum store_err store_origin_count(struct store_conn *c, int64_t key_id, int64_t *out)
{
    return c->backend->origins->count(c, key_id, out);
}

enum store_err store_origin_trim(struct store_conn *c, int64_t key_id, int64_t keep)
{
    return c->backend->origins->trim(c, key_id, keep);
}

enum store_err store_origin_prune(struct store_conn *c, int64_t before, size_t *count)
{
    return c->backend->origins->prune(c, before, count);
}
