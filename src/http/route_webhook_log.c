/* What was sent to an endpoint, what became of it, and sending it once more. */
#include "base/str.h"
#include "base/timefmt.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/route_webhooks.h"
#include "service/webhooks.h"

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

/* Its members, without the object's end. */
static void render(struct json_writer *w, const struct store_webhook_delivery *row)
{
    jw_member_id(w, "id", "dlv", row->id);
    jw_member_id(w, "webhook", "whk", row->webhook_id);
    jw_member_id(w, "event", "evt", row->event_id);
    jw_member_str(w, "type", row->type);
    jw_member_time(w, "event_at", row->at_ms / 1000);
    jw_member_str(w, "state", str_of(service_webhook_delivery_name(row->state)));
    jw_member_int(w, "attempts", row->attempts);
    jw_member_time(w, "next_attempt_at", row->state == STORE_WEBHOOK_QUEUED ? row->next_at_ms / 1000 : 0);
    jw_member_time(w, "ended_at", row->ended_at_ms / 1000);
    jw_name(w, "status");
    if (row->status)
        jw_int(w, row->status);
    else
        jw_null(w);
    jw_member_int(w, "latency_ms", row->latency_ms);
    jw_member_str_or_null(w, "error", row->error);
}

static bool read_state(struct call *c, int *state)
{
    struct cardea_str text = call_query(c, "state");
    *state = text.len ? service_webhook_delivery_state(text) : -1;
    if (!text.len || *state >= 0)
        return true;
    service_invalid(&c->svc, "query/state", "There is no such state.", "Send queued, delivered or failed.");
    return false;
}

void webhooks_deliveries(struct call *c)
{
    struct page page;
    struct json_writer w;
    struct webhook_log in = {.account = call_query(c, "account"), .id = c->captures[0]};
    size_t count;
    int64_t next;
    if (!page_read(c, "dlv", &page) || !read_state(c, &in.state)) {
        call_refuse(c);
        return;
    }
    in.before = page.after;
    in.limit = page.limit;
    struct store_webhook_delivery *rows = arena_array(&c->arena, page.limit, sizeof(*rows));
    if (service_webhook_deliveries(&c->svc, &in, rows, &count, &next) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    page_begin(c, &w);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(&w);
        render(&w, &rows[i]);
        jw_object_end(&w);
    }
    page_end(&w, &page, next ? page.limit + 1 : 0, next);
}

void webhooks_delivery(struct call *c)
{
    struct store_webhook_delivery row;
    struct cardea_str payload;
    struct json_writer w;
    if (service_webhook_delivery(&c->svc, call_query(c, "account"), c->captures[0], c->captures[1], &row, &payload) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    render(&w, &row);
    jw_name(&w, "log");
    jw_raw(&w, row.attempt_log.len ? row.attempt_log : STR("[]"));
    jw_member_str_or_null(&w, "response", row.response);
    jw_name(&w, "payload");
    if (payload.len)
        jw_raw(&w, payload);
    else
        jw_null(&w);
    jw_object_end(&w);
}

static void refuse_mixture(struct call *c)
{
    service_invalid(&c->svc, "", "It names neither a delivery nor a time, or both.",
                    "Send `delivery`, or `since` and perhaps `until`.");
    call_refuse(c);
}

void webhooks_replay(struct call *c)
{
    static const struct json_field fields[] = {
        {"delivery", JSON_WANT_STRING, .max = 64},
        {"since", JSON_WANT_TIME},
        {"until", JSON_WANT_TIME},
    };
    struct webhook_replay in = {.delivery = json_get_str(c->json, "delivery")};
    struct json_writer w;
    size_t count;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    bool since = timefmt_parse(json_get_str(c->json, "since"), &in.since);
    bool until = timefmt_parse(json_get_str(c->json, "until"), &in.until);
    if (in.delivery.len ? since || until : !since) {
        refuse_mixture(c);
        return;
    }
    if (service_webhook_replay(&c->svc, call_query(c, "account"), c->captures[0], &in, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 202, &w);
    jw_object_begin(&w);
    jw_member_int(&w, "queued", (int64_t)count);
    jw_member_bool(&w, "more", count == WEBHOOK_REPLAY_MAX);
    jw_object_end(&w);
}

void webhooks_test(struct call *c)
{
    struct store_webhook_delivery row;
    struct json_writer w;
    if (service_webhook_test(&c->svc, call_query(c, "account"), c->captures[0], &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 202, &w);
    jw_object_begin(&w);
    render(&w, &row);
    jw_object_end(&w);
}
