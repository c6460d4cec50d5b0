#include "service/events.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/audit.h"

#define TYPE_MAX 64

static enum service_err filter_of(struct service_call *c, const struct event_list *in, struct store_event_filter *f)
{
    enum service_err err = SERVICE_OK;
    *f = (struct store_event_filter){.type = in->type, .before = in->before, .limit = in->limit};
    if (in->key.len && !id_parse(in->key, "key", &f->key_id))
        err = service_invalid(c, "query/key", "It is not a key's id.", "Send one such as key_01jd3v8k2m4ta.");
    if (in->type.len > TYPE_MAX)
        err = service_invalid(c, "query/type", "There is no such type.", "Send one such as key.exposed.");
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
