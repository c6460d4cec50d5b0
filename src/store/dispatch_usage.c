/* The way from store/usage.h to the backend. */
#include "store/backend.h"

enum store_err store_usage_add(struct store_conn *c, const struct store_usage_hour *row)
{
    return c->backend->usage->add(c, row);
}

enum store_err store_usage_refused(struct store_conn *c, int64_t account_id, int64_t key_id, int64_t from, int64_t to,
                                   int64_t *out)
{
    return c->backend->usage->refused(c, account_id, key_id, from, to, out);
}

enum store_err store_usage_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    return c->backend->usage->prune(c, before, limit, count);
}

enum store_err store_usage_seen_get(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_REFUSALS])
{
    return c->backend->usage->seen_get(c, ordinal, out);
}

enum store_err store_usage_seen_put(struct store_conn *c, uint32_t ordinal,
                                    const uint32_t counts[CARDEA_ACTIVITY_REFUSALS])
{
    return c->backend->usage->seen_put(c, ordinal, counts);
}

enum store_err store_usage_groups_seen_get(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_GROUPS])
{
    return c->backend->usage->groups_seen_get(c, ordinal, out);
}

enum store_err store_usage_groups_seen_put(struct store_conn *c, uint32_t ordinal,
                                           const uint32_t counts[CARDEA_ACTIVITY_GROUPS])
{
    return c->backend->usage->groups_seen_put(c, ordinal, counts);
}

enum store_err store_usage_seen_reset(struct store_conn *c, uint32_t ordinal)
{
    return c->backend->usage->seen_reset(c, ordinal);
}

enum store_err store_route_group_list(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                      struct store_route_group *out, size_t *count)
{
    return c->backend->usage->group_list(c, a, profile, out, count);
}

enum store_err store_route_group_put(struct store_conn *c, struct cardea_str profile, struct cardea_str name,
                                     int number)
{
    return c->backend->usage->group_put(c, profile, name, number);
}

enum store_err store_route_group_id(struct store_conn *c, int64_t account_id, int number, int64_t *out)
{
    return c->backend->usage->group_id(c, account_id, number, out);
}

enum store_err store_usage_sums(struct store_conn *c, struct arena *a, const struct store_usage_filter *f,
                                struct store_usage_sum *out, size_t *count)
{
    return c->backend->usage->sums(c, a, f, out, count);
}

enum store_err store_refill_put(struct store_conn *c, const struct store_refill *row)
{
    return c->backend->usage->refill_put(c, row);
}

enum store_err store_refill_get(struct store_conn *c, int64_t key_id, struct store_refill *out)
{
    return c->backend->usage->refill_get(c, key_id, out);
}

enum store_err store_refill_remove(struct store_conn *c, int64_t key_id)
{
    return c->backend->usage->refill_remove(c, key_id);
}

enum store_err store_refill_due(struct store_conn *c, int64_t now, size_t limit, struct store_refill *out,
                                size_t *count)
{
    return c->backend->usage->refill_due(c, now, limit, out, count);
}
