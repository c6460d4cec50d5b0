#include "service/reminder_text.h"

#include "base/id.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "service/message_text.h"

static const char *in_days(struct arena *a, int64_t days)
{
    if (days == 0)
        return "today";
    return days == 1 ? "in a day" : arena_printf(a, "in %lld days", (long long)days).ptr;
}

static bool is_webhook(const struct reminder_item *i)
{
    return i->row.purpose == STORE_REMIND_WEBHOOK;
}

static size_t count_webhooks(const struct reminder_item *items, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += is_webhook(&items[i]);
    return n;
}

struct cardea_str reminder_subject(struct arena *a, const struct reminder_item *items, size_t count, size_t more)
{
    size_t webhooks = count_webhooks(items, count);
    if (count + more != 1)
        return arena_printf(a, "%zu %s need attention", count + more,
                            webhooks == 0       ? "API keys"
                            : webhooks == count ? "webhooks"
                                                : "API keys and webhooks");
    switch (items->row.purpose) {
    case STORE_REMIND_EXPIRED:
        return STR("An API key has expired");
    case STORE_REMIND_EXPIRING:
        return arena_printf(a, "An API key expires %s", in_days(a, items->row.days));
    case STORE_REMIND_WEBHOOK:
        return STR("A webhook was disabled");
    case STORE_REMIND_ROTATION:
        break;
    }
    return items->row.days ? arena_printf(a, "An API key is to be rotated %s", in_days(a, items->row.days))
                           : STR("An API key is to be rotated now");
}

/* "2026-11-21 05:15 UTC" */
static void add_time(struct buf *out, int64_t at)
{
    char text[TIMEFMT_LEN];
    timefmt_rfc3339(text, at);
    buf_printf(out, "%.10s %.5s UTC", text, text + 11);
}

static void add_key(struct buf *out, const struct reminder_item *i)
{
    buf_printf(out, "- \"%.*s\" (%.*s…, %s) of %.*s, %s:\n  ", STR_ARG(i->key.name), STR_ARG(i->key.prefix), i->kind,
               STR_ARG(i->account), i->product);
    switch (i->row.purpose) {
    case STORE_REMIND_EXPIRED:
        buf_add_cstr(out, "expired on ");
        break;
    case STORE_REMIND_EXPIRING:
        buf_add_cstr(out, "stops working on ");
        break;
    case STORE_REMIND_ROTATION:
        buf_add_cstr(out, i->row.days ? "to be rotated by " : "to be rotated now, since ");
        break;
    case STORE_REMIND_WEBHOOK:
        break;
    }
    add_time(out, i->row.at);
    buf_add_cstr(out, i->key.last_used_at ? "; last used on " : "; never used");
    if (i->key.last_used_at)
        add_time(out, i->key.last_used_at);
    buf_add_cstr(out, ".\n");
}

/* Of its URL only the host: the rest may be a secret. */
static void add_webhook(struct buf *out, const struct reminder_item *i)
{
    struct cardea_str host = message_host(STORE_CHANNEL_PUSH, i->hook.url);
    char id[ID_TEXT_MAX];
    id_format(id, "whk", i->hook.id);
    buf_printf(out, "- the one to %.*s (%s) of %.*s, %s:\n  disabled on ", STR_ARG(host), id, STR_ARG(i->account),
               i->product);
    add_time(out, i->row.at);
    buf_printf(out, ": %.*s.\n", STR_ARG(i->hook.reason));
}

static void add_items(struct buf *out, const struct reminder_item *items, size_t count, bool webhooks)
{
    for (size_t i = 0; i < count; i++)
        if (is_webhook(&items[i]) == webhooks)
            (webhooks ? add_webhook : add_key)(out, &items[i]);
}

void reminder_body(struct buf *out, const struct reminder_item *items, size_t count, size_t more)
{
    size_t webhooks = count_webhooks(items, count), keys = count - webhooks;
    if (keys) {
        buf_add_cstr(out,
                     keys + more == 1 ? "This API key needs attention:\n\n" : "These API keys need attention:\n\n");
        add_items(out, items, count, false);
    }
    if (webhooks) {
        buf_printf(out, "%s%s disabled. Nothing is sent there, and what was queued waits:\n\n", keys ? "\n" : "",
                   webhooks == 1 ? "This webhook was" : "These webhooks were");
        add_items(out, items, count, true);
    }
    if (more)
        buf_printf(out, "- and %zu more.\n", more);
    buf_add_cstr(out, "\n");
    if (keys)
        buf_add_cstr(out,
                     "To replace a key without a pause, make a new one, put it to use, then revoke the old one.\n");
    if (webhooks)
        buf_add_cstr(out, "Once what receives it answers again, enable the webhook: what waited is sent then.\n");
    buf_add_cstr(out, "You get this as an owner or admin of the account. No reply is read.\n");
}
