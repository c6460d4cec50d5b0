#include "service/events.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/audit.h"
#include "service/event_types.h"
#include "service/webhook_sender.h"
#include "store/webhooks.h"

#define PRUNE_SLICE 1000

static enum service_err filter_of(struct service_call *c, const struct event_list *in, struct store_event_filter *f)
{
    enum service_err err = SERVICE_OK;
    *f = (struct store_event_filter){.type = in->type, .before = in->before, .limit = in->limit};
    if (in->key.len && !id_parse(in->key, "key", &f->key_id))
        err = service_invalid(c, "query/key", "It is not a key's id.", "Send one such as key_01jd3v8k2m4ta.");
    if (in->type.len && !event_type_recorded(in->type)) {
        const char *near = event_type_recorded_nearest(in->type);
        err = service_invalid(c, "query/type", "There is no such type.",
                              near ? arena_printf(c->arena, "Did you mean `%s`?", near).ptr
                                   : "Send one such as key.exposed; docs/reference/webhooks.md lists most.");
    }
    return err;
}

enum service_err service_event_list(struct service_call *c, const struct event_list *in, struct store_event *out,
                                    size_t *count, int64_t *next)
{
    struct store_event_filter filter;
    *count = 0;
    *next = 0;
    enum service_err err = service_audit_admit(c, "Events");
    if (err == SERVICE_OK)
        err = filter_of(c, in, &filter);
    if (err == SERVICE_OK)
        err = service_account_filter(c, in->account, &filter.account_id);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_event_list(c->db, c->arena, &filter, out, count, next);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

enum store_err service_event_prune(const struct service *svc, struct store_conn *db, int64_t now, bool *more)
{
    int64_t before = id_at((now - svc->events_keep_sec) * 1000), followed = webhooks_followed(svc), delivered;
    size_t count = 0;
    *more = false;
    if (!svc->events_keep_sec)
        return STORE_OK;
    enum store_err err = store_webhook_first_event(db, STR(EVENT_TYPE_TEST), &delivered);
    before = before < followed ? before : followed;
    before = before < delivered ? before : delivered;
    if (err == STORE_OK)
        err = store_event_prune(db, before, PRUNE_SLICE, &count);
    *more = err == STORE_OK && count == PRUNE_SLICE;
    return err;
}
