#include "service/reminder_text.h"

#include "base/str.h"
#include "base/timefmt.h"

static const char *in_days(struct arena *a, int64_t days)
{
    if (days == 0)
        return "today";
    return days == 1 ? "in a day" : arena_printf(a, "in %lld days", (long long)days).ptr;
}

struct cardea_str reminder_subject(struct arena *a, const struct reminder_item *items, size_t count)
{
    if (count != 1)
        return arena_printf(a, "%zu API keys need attention", count);
    switch (items->row.purpose) {
    case STORE_REMIND_EXPIRED:
        return STR("An API key has expired");
    case STORE_REMIND_EXPIRING:
        return arena_printf(a, "An API key expires %s", in_days(a, items->row.days));
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

static void add_item(struct buf *out, const struct reminder_item *i)
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
    }
    add_time(out, i->row.at);
    buf_add_cstr(out, i->key.last_used_at ? "; last used on " : "; never used");
    if (i->key.last_used_at)
        add_time(out, i->key.last_used_at);
    buf_add_cstr(out, ".\n");
}

void reminder_body(struct buf *out, const struct reminder_item *items, size_t count, size_t more)
{
    buf_add_cstr(out, count + more == 1 ? "This API key needs attention:\n\n" : "These API keys need attention:\n\n");
    for (size_t i = 0; i < count; i++)
        add_item(out, &items[i]);
    if (more)
        buf_printf(out, "- and %zu more.\n", more);
    buf_add_cstr(out, "\nTo replace a key without a pause, make a new one, put it to use, then revoke the old one.\n"
                      "You get this as an owner or admin of the account. No reply is read.\n");
}
