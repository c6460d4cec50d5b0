/* What an account used in a month, and the credits of its keys. */
#include "http/route_billing.h"

#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/billing.h"

#define CREDITS_MAX (INT64_C(1) << 53)

static void write_refill(struct json_writer *w, const struct store_refill *r)
{
    jw_name(w, "refill");
    if (!r->credits) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_member_int(w, "credits", r->credits);
    jw_member_str(w, "every", r->monthly ? STR("month") : STR("day"));
    jw_member_time(w, "next_at", r->next_at);
    jw_object_end(w);
}

static void write_key(struct json_writer *w, const struct billing_line *line)
{
    jw_member_id(w, "key_id", "key", line->key.id);
    jw_member_str(w, "prefix", line->key.prefix);
    jw_member_str(w, "name", line->key.name);
    jw_member_str(w, "kind", line->key.kind);
    jw_name(w, "credits_left");
    if (line->key.credits < 0)
        jw_null(w);
    else
        jw_int(w, line->key.credits);
    write_refill(w, &line->refill);
}

static void write_counts(struct json_writer *w, int64_t granted, int64_t refused, int64_t credits)
{
    jw_member_int(w, "granted", granted);
    jw_member_int(w, "refused", refused);
    jw_member_int(w, "credits", credits);
}

static void billing_statement(struct call *c)
{
    struct billing_statement s;
    struct json_writer w;
    if (service_billing_statement(&c->svc, call_query(c, "account"), call_query(c, "month"), &s) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_id(&w, "account", "acc", s.account.id);
    jw_member_str(&w, "name", s.account.name);
    jw_member_str(&w, "month", str_of(s.month));
    jw_member_time(&w, "from", s.from);
    jw_member_time(&w, "to", s.to);
    write_counts(&w, s.granted, s.refused, s.credits);
    jw_name(&w, "keys");
    jw_array_begin(&w);
    for (size_t i = 0; i < s.count; i++) {
        jw_object_begin(&w);
        write_key(&w, &s.lines[i]);
        write_counts(&w, s.lines[i].granted, s.lines[i].refused, s.lines[i].credits);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_name(&w, "route_groups");
    jw_array_begin(&w);
    for (size_t i = 0; i < s.group_count; i++) {
        jw_object_begin(&w);
        jw_member_str_or_null(&w, "route_group", s.groups[i].group);
        jw_member_int(&w, "granted", s.groups[i].granted);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
}

/* False with the problems in c->svc. */
static bool read_refill(struct call *c, const json_t *refill, struct billing_change *out)
{
    static const struct json_field fields[] = {
        {.name = "credits", .want = JSON_WANT_INT, .required = true, .min = 1, .max = CREDITS_MAX},
        {.name = "every", .want = JSON_WANT_STRING, .required = true, .max = 16},
    };
    out->has_refill = refill != NULL;
    if (!json_is_object(refill))
        return true;
    if (!key_body_check(c, refill, "/refill", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    struct cardea_str every = json_get_str(refill, "every");
    out->refill_credits = json_get_int(refill, "credits", 0);
    out->monthly = str_eq(every, STR("month"));
    if (!out->monthly && !str_eq(every, STR("day")))
        service_invalid(&c->svc, "/refill/every", "There is no such time.", "Send `day` or `month`.");
    return c->svc.err == SERVICE_OK;
}

static void billing_change(struct call *c)
{
    static const struct json_field fields[] = {
        {.name = "credits", .want = JSON_WANT_INT, .nullable = true, .max = CREDITS_MAX},
        {.name = "refill", .want = JSON_WANT_OBJECT, .nullable = true},
    };
    struct billing_change in = {0};
    struct billing_line line;
    struct json_writer w;
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])) ||
        !read_refill(c, json_object_get(c->json, "refill"), &in)) {
        call_refuse(c);
        return;
    }
    in.has_credits = json_object_get(c->json, "credits") != NULL;
    in.credits = json_get_int(c->json, "credits", -1);
    if (service_billing_change(&c->svc, c->captures[0], &in, &line) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    write_key(&w, &line);
    jw_object_end(&w);
}

static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = BILLING_BASE,
     .lane = LANE_POLICY,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .places = PLACE_DASHBOARD,
     .scope = "billing:read",
     .handle = billing_statement,
     .operation = "billing_statement"},
    {.method = CARDEA_PUT,
     .pattern = BILLING_BASE "/keys/{key}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .places = PLACE_DASHBOARD,
     .scope = "billing:write",
     .takes_json = true,
     .handle = billing_change,
     .operation = "billing_change"},
};

const struct http_routes routes_billing = {items, sizeof(items) / sizeof(items[0])};
