/* store/origins.h - networks that keys were used from. As store.h says of all of it. */
#ifndef STORE_ORIGINS_H
#define STORE_ORIGINS_H

#include "store/store.h"

#define STORE_ORIGIN_PRUNE_MAX 2000

struct store_origin {
    int64_t key_id;
    uint8_t network[16]; /* its first address, IPv4 as ::ffff:a.b.c.0 */
    int64_t first_at, last_at;
};
/* One of a key, by its network. */
enum store_err store_origin_get(struct store_conn *c, int64_t key_id, const uint8_t network[16],
                                struct store_origin *out);
enum store_err store_origin_put(struct store_conn *c, const struct store_origin *row); /* inserts or replaces */
enum store_err store_origin_count(struct store_conn *c, int64_t key_id, int64_t *out);
/* Leaves a key those that it used last. */
enum store_err store_origin_trim(struct store_conn *c, int64_t key_id, int64_t keep);
/* At most STORE_ORIGIN_PRUNE_MAX that were last used before; *count says how many went. */
enum store_err store_origin_prune(struct store_conn *c, int64_t before, size_t *count);

#endif
