#include "base/str.h"
#include "http/page.h"
#include "http/routes.h"
#include "service/events.h"

static void events_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    int64_t next;
    if (!page_read(c, "evt", &page)) {
        call_refuse(c);
        return;
    }
    struct event_list in = {.account = call_query(c, "account"),
                            .key = call_query(c, "key"),
                            .type = call_query(c, "type"),
                            .before = page.after,
                            .limit = page.limit};
    struct store_event *rows = arena_array(&c->arena, page.limit, sizeof(*rows));
    if (service_event_list(&c->svc, &in, rows, &count, &next) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    page_begin(c, &w);
    for (size_t i = 0; i < count; i++)
        jw_raw(&w, rows[i].payload); /* as it goes out to whoever subscribed to it */
    page_end(&w, &page, next ? page.limit + 1 : 0, next);
}

static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = "/v1/events",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .scope = "audit:read",
     .handle = events_list,
     .places = PLACE_DASHBOARD,
     .operation = "events_list"},
};

const struct http_routes routes_events = {items, sizeof(items) / sizeof(items[0])};
