#include "store/backend.h"

enum store_err store_webhook_insert(struct store_conn *c, const struct store_webhook *row)
{
    return c->backend->webhooks->insert(c, row);
}

enum store_err store_webhook_update(struct store_conn *c, const struct store_webhook *row)
{
    return c->backend->webhooks->update(c, row);
}

enum store_err store_webhook_get(struct store_conn *c, struct arena *a, int64_t id, struct store_webhook *out)
{
    return c->backend->webhooks->get(c, a, id, out);
}

enum store_err store_webhook_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after,
                                  size_t limit, struct store_webhook *out, size_t *count)
{
    return c->backend->webhooks->list(c, a, account_id, after, limit, out, count);
}

enum store_err store_webhook_listening(struct store_conn *c, struct arena *a, int64_t account_id, size_t limit,
                                       struct store_webhook *out, size_t *count)
{
    return c->backend->webhooks->listening(c, a, account_id, limit, out, count);
}

enum store_err store_webhook_any(struct store_conn *c, bool *out)
{
    return c->backend->webhooks->any(c, out);
}

enum store_err store_webhook_count(struct store_conn *c, int64_t account_id, int64_t *out)
{
    return c->backend->webhooks->count(c, account_id, out);
}

enum store_err store_webhook_erase_account(struct store_conn *c, int64_t account_id)
{
    return c->backend->webhooks->erase_account(c, account_id);
}

enum store_err store_webhook_delivery_insert(struct store_conn *c, const struct store_webhook_delivery *row)
{
    return c->backend->webhooks->delivery_insert(c, row);
}

enum store_err store_webhook_delivery_update(struct store_conn *c, const struct store_webhook_delivery *row)
{
    return c->backend->webhooks->delivery_update(c, row);
}

enum store_err store_webhook_delivery_get(struct store_conn *c, struct arena *a, int64_t id,
                                          struct store_webhook_delivery *out)
{
    return c->backend->webhooks->delivery_get(c, a, id, out);
}

enum store_err store_webhook_delivery_list(struct store_conn *c, struct arena *a, const struct store_webhook_filter *f,
                                           struct store_webhook_delivery *out, size_t *count, int64_t *next)
{
    return c->backend->webhooks->delivery_list(c, a, f, out, count, next);
}

enum store_err store_webhook_due(struct store_conn *c, struct arena *a, int64_t webhook_id, int64_t now_ms,
                                 size_t limit, struct store_webhook_delivery *out, size_t *count)
{
    return c->backend->webhooks->due(c, a, webhook_id, now_ms, limit, out, count);
}

enum store_err store_webhook_next_due(struct store_conn *c, int64_t webhook_id, int64_t *at_ms)
{
    return c->backend->webhooks->next_due(c, webhook_id, at_ms);
}

enum store_err store_webhook_next_waiting(struct store_conn *c, int64_t after, int64_t *id)
{
    return c->backend->webhooks->next_waiting(c, after, id);
}

enum store_err store_webhook_replay(struct store_conn *c, int64_t webhook_id, int64_t since_ms, int64_t until_ms,
                                    int64_t now_ms, size_t limit, size_t *count)
{
    return c->backend->webhooks->replay(c, webhook_id, since_ms, until_ms, now_ms, limit, count);
}

enum store_err store_webhook_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    return c->backend->webhooks->prune(c, before, limit, count);
}

enum store_err store_webhook_first_event(struct store_conn *c, struct cardea_str apart, int64_t *id)
{
    return c->backend->webhooks->first_event(c, apart, id);
}
