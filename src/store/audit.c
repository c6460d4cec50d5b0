/* The way from store/audit.h to the backend. */
#include "store/audit.h"

#include "store/backend.h"

enum store_err store_audit_append(struct store_conn *c, const struct store_audit *row)
{
    return c->backend->audit->append(c, row);
}

enum store_err store_audit_get(struct store_conn *c, struct arena *a, int64_t sequence, struct store_audit *out)
{
    return c->backend->audit->get(c, a, sequence, out);
}

enum store_err store_audit_list(struct store_conn *c, struct arena *a, const struct store_audit_filter *f,
                                struct store_audit *out, size_t *count, int64_t *next)
{
    return c->backend->audit->list(c, a, f, out, count, next);
}

enum store_err store_audit_each(struct store_conn *c, int64_t first, size_t limit, store_audit_fn each, void *arg)
{
    return c->backend->audit->each(c, first, limit, each, arg);
}

enum store_err store_audit_first(struct store_conn *c, int64_t *sequence)
{
    return c->backend->audit->first(c, sequence);
}

enum store_err store_audit_count(struct store_conn *c, int64_t *out)
{
    return c->backend->audit->count(c, out);
}

enum store_err store_audit_prune(struct store_conn *c, int64_t before, size_t limit, int64_t *count)
{
    return c->backend->audit->prune(c, before, limit, count);
}

enum store_err store_audit_erase_sources(struct store_conn *c, int64_t before, size_t limit, int64_t *count)
{
    return c->backend->audit->erase_sources(c, before, limit, count);
}

enum store_err store_audit_erase_actor(struct store_conn *c, struct cardea_str actor)
{
    return c->backend->audit->erase_actor(c, actor);
}

enum store_err store_audit_tile_put(struct store_conn *c, unsigned level, uint64_t number, struct cardea_str hashes)
{
    return c->backend->audit->tile_put(c, level, number, hashes);
}

enum store_err store_audit_tile_get(struct store_conn *c, struct arena *a, unsigned level, uint64_t number,
                                    struct cardea_str *out)
{
    return c->backend->audit->tile_get(c, a, level, number, out);
}

enum store_err store_audit_sealed(struct store_conn *c, unsigned width, uint64_t *size)
{
    return c->backend->audit->sealed(c, width, size);
}

enum store_err store_audit_span_put(struct store_conn *c, int64_t number, int64_t first_ms, int64_t last_ms)
{
    return c->backend->audit->span_put(c, number, first_ms, last_ms);
}

enum store_err store_checkpoint_put(struct store_conn *c, const struct store_checkpoint *row)
{
    return c->backend->audit->checkpoint_put(c, row);
}

enum store_err store_checkpoint_from(struct store_conn *c, struct arena *a, int64_t size, struct store_checkpoint *out)
{
    return c->backend->audit->checkpoint_from(c, a, size, out);
}

enum store_err store_checkpoint_last(struct store_conn *c, struct arena *a, struct store_checkpoint *out)
{
    return c->backend->audit->checkpoint_last(c, a, out);
}

enum store_err store_checkpoint_before(struct store_conn *c, struct arena *a, int64_t at_ms,
                                       struct store_checkpoint *out)
{
    return c->backend->audit->checkpoint_before(c, a, at_ms, out);
}
