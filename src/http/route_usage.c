/* Use and refusals of keys, as JSON or CSV. */
#include "base/str.h"
#include "base/timefmt.h"
#include "http/routes.h"
#include "service/usage_hours.h"
#include "service/usage_report.h"

#define HOUR 3600

static void write_row(struct json_writer *w, const struct store_usage_filter *f, const struct store_usage_sum *row,
                      const struct usage_names *names)
{
    jw_object_begin(w);
    if (f->bucket != STORE_USAGE_NO_TIME)
        jw_member_time(w, "time", row->hour * HOUR);
    if (f->by_account) {
        jw_member_id(w, "account", "acc", row->account_id);
        jw_member_str_or_null(w, "profile", names->profile);
        jw_member_str_or_null(w, "slug", names->slug);
    }
    if (f->by_key) {
        jw_member_id(w, "key_id", "key", row->key_id);
        jw_member_str_or_null(w, "prefix", names->prefix);
        jw_member_str_or_null(w, "name", names->name);
    }
    if (f->by_outcome)
        jw_member_str(w, "outcome", str_of(usage_outcome_name(row->outcome)));
    if (f->by_group)
        jw_member_str_or_null(w, "route_group", row->group);
    jw_member_int(w, "granted", row->granted);
    jw_member_int(w, "refused", row->refused);
    jw_member_int(w, "credits", row->credits);
    jw_object_end(w);
}

static void reply_json(struct call *c, const struct usage_report *r)
{
    struct json_writer w;
    struct usage_names *names;
    if (service_usage_names(&c->svc, r, &names) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_time(&w, "from", r->filter.from * HOUR);
    jw_member_time(&w, "to", r->filter.to * HOUR);
    jw_name(&w, "data");
    jw_array_begin(&w);
    for (size_t i = 0; i < r->count; i++)
        write_row(&w, &r->filter, &r->rows[i], &names[i]);
    jw_array_end(&w);
    jw_object_end(&w);
}

static void csv_id(struct buf *out, const char *prefix, int64_t id)
{
    char text[ID_TEXT_MAX];
    id_format(text, prefix, id);
    buf_printf(out, "%s,", text);
}

/* RFC 4180. No value of ours needs quoting: names, which people choose, stay out of spreadsheets. */
static void reply_csv(struct call *c, const struct usage_report *r)
{
    const struct store_usage_filter *f = &r->filter;
    struct buf *out = &c->reply;
    buf_clear(out);
    c->status = 200;
    c->content_type = "text/csv; charset=utf-8; header=present";
    buf_printf(out, "%s%s%s%s%sgranted,refused,credits\r\n", f->bucket ? "time," : "", f->by_account ? "account," : "",
               f->by_key ? "key_id," : "", f->by_outcome ? "outcome," : "", f->by_group ? "route_group," : "");
    for (size_t i = 0; i < r->count; i++) {
        const struct store_usage_sum *row = &r->rows[i];
        char time[TIMEFMT_LEN];
        timefmt_rfc3339(time, row->hour * HOUR);
        if (f->bucket)
            buf_printf(out, "%s,", time);
        if (f->by_account)
            csv_id(out, "acc", row->account_id);
        if (f->by_key)
            csv_id(out, "key", row->key_id);
        if (f->by_outcome)
            buf_printf(out, "%s,", usage_outcome_name(row->outcome));
        if (f->by_group)
            buf_printf(out, "%.*s,", STR_ARG(row->group));
        buf_printf(out, "%lld,%lld,%lld\r\n", (long long)row->granted, (long long)row->refused,
                   (long long)row->credits);
    }
}

static void usage_get(struct call *c)
{
    struct usage_report report;
    struct cardea_str format = call_query(c, "format");
    struct usage_query in = {.account = call_query(c, "account"),
                             .key = call_query(c, "key"),
                             .from = call_query(c, "from"),
                             .to = call_query(c, "to"),
                             .by = call_query(c, "by")};
    bool csv = str_eq(format, STR("csv"));
    if (format.len && !csv && !str_eq(format, STR("json")))
        service_invalid(&c->svc, "query/format", "There is no such format.", "Send `json` or `csv`.");
    if (c->svc.err != SERVICE_OK || service_usage_report(&c->svc, &in, &report) != SERVICE_OK)
        call_refuse(c);
    else if (csv)
        reply_csv(c, &report);
    else
        reply_json(c, &report);
}

/* Sums may be of a year, so they are made where nobody's log-in or scan waits for them. */
static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = "/v1/usage",
     .lane = LANE_POLICY,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY | ACCESS_CLIENT,
     .scope = "usage:read",
     .handle = usage_get,
     .places = PLACE_DASHBOARD,
     .operation = "usage_get"},
};

const struct http_routes routes_usage = {items, sizeof(items) / sizeof(items[0])};
