/* What was sent to endpoints, what became of it, and sending it once more. */
#include "base/id.h"
#include "base/str.h"
#include "service/event_types.h"
#include "service/webhook_sender.h"
#include "service/webhooks.h"

static const char *const state_names[] = {
    [STORE_WEBHOOK_QUEUED] = "queued", [STORE_WEBHOOK_DELIVERED] = "delivered", [STORE_WEBHOOK_FAILED] = "failed"};

const char *service_webhook_delivery_name(enum store_webhook_delivery_state state)
{
    return state_names[state];
}

int service_webhook_delivery_state(struct cardea_str name)
{
    for (int i = 0; i < (int)(sizeof(state_names) / sizeof(state_names[0])); i++)
        if (str_eq(name, str_of(state_names[i])))
            return i;
    return -1;
}

static enum service_err not_enabled(struct service_call *c)
{
    return service_fail(c, SERVICE_CONFLICT, "webhook_disabled",
                        "The webhook is disabled, so that nothing is sent to it: enable it first.");
}

enum service_err service_webhook_test(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                      struct store_webhook_delivery *out)
{
    struct store_webhook hook;
    enum service_err err = service_webhook_get(c, account, id, true, &hook);
    if (err == SERVICE_OK && hook.state != STORE_WEBHOOK_ENABLED)
        err = not_enabled(c);
    if (err == SERVICE_OK)
        err = service_record(c, EVENT_TYPE_TEST, "whk", hook.id, hook.account_id, STR("{\"test\":true}"));
    if (err != SERVICE_OK)
        return err;
    *out = (struct store_webhook_delivery){.event_id = c->svc->last_id, /* the event's own */
                                           .webhook_id = hook.id,
                                           .type = STR(EVENT_TYPE_TEST),
                                           .at_ms = c->now_ms,
                                           .next_at_ms = c->now_ms};
    out->id = service_new_id(c);
    enum store_err stored = store_webhook_delivery_insert(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    webhooks_changed(c->svc, hook.id);
    return SERVICE_OK;
}

enum service_err service_webhook_deliveries(struct service_call *c, const struct webhook_log *in,
                                            struct store_webhook_delivery *out, size_t *count, int64_t *next)
{
    struct store_webhook hook;
    enum service_err err = service_webhook_get(c, in->account, in->id, false, &hook);
    if (err != SERVICE_OK)
        return err;
    struct store_webhook_filter filter = {
        .webhook_id = hook.id, .state = in->state, .before = in->before, .limit = in->limit};
    enum store_err stored = store_webhook_delivery_list(c->db, c->arena, &filter, out, count, next);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

static enum service_err find_delivery(struct service_call *c, const struct store_webhook *hook, struct cardea_str text,
                                      struct store_webhook_delivery *out)
{
    int64_t id;
    enum store_err stored = STORE_NOTFOUND;
    if (id_parse(text, "dlv", &id))
        stored = store_webhook_delivery_get(c->db, c->arena, id, out);
    if (stored == STORE_OK && out->webhook_id == hook->id)
        return SERVICE_OK;
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such delivery.");
}

enum service_err service_webhook_delivery(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                          struct cardea_str delivery, struct store_webhook_delivery *out,
                                          struct cardea_str *payload)
{
    struct store_webhook hook;
    struct store_event event = {0};
    enum service_err err = service_webhook_get(c, account, id, false, &hook);
    if (err == SERVICE_OK)
        err = find_delivery(c, &hook, delivery, out);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_event_get(c->db, c->arena, out->event_id, &event);
    *payload = event.payload;
    return stored == STORE_OK || stored == STORE_NOTFOUND ? SERVICE_OK : service_store_error(c, stored);
}

static enum service_err replay_one(struct service_call *c, const struct store_webhook *hook, struct cardea_str text,
                                   size_t *count)
{
    struct store_webhook_delivery row;
    enum service_err err = find_delivery(c, hook, text, &row);
    if (err != SERVICE_OK || row.state == STORE_WEBHOOK_QUEUED)
        return err;
    row.state = STORE_WEBHOOK_QUEUED;
    row.attempts = 0;
    row.next_at_ms = c->now_ms;
    row.ended_at_ms = 0;
    *count = 1;
    enum store_err stored = store_webhook_delivery_update(c->db, &row);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

enum service_err service_webhook_replay(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        const struct webhook_replay *in, size_t *count)
{
    struct store_webhook hook;
    *count = 0;
    enum service_err err = service_webhook_get(c, account, id, true, &hook);
    if (err == SERVICE_OK && hook.state != STORE_WEBHOOK_ENABLED)
        err = not_enabled(c);
    if (err != SERVICE_OK)
        return err;
    if (in->delivery.len) {
        err = replay_one(c, &hook, in->delivery, count);
    } else {
        int64_t until_ms = in->until ? in->until * 1000 : c->now_ms + 1;
        err = service_store_error(
            c, store_webhook_replay(c->db, hook.id, in->since * 1000, until_ms, c->now_ms, WEBHOOK_REPLAY_MAX, count));
    }
    if (err != SERVICE_OK || *count == 0)
        return err;
    webhooks_changed(c->svc, hook.id);
    return service_record(c, "webhook.replayed", "whk", hook.id, hook.account_id,
                          arena_printf(c->arena, "{\"deliveries\":%zu}", *count));
}
