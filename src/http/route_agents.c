#include "http/route_agents.h"

#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/routes.h"
#include "service/agents.h"

/* A bound that keeps absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

static void render_agent(struct json_writer *w, const struct store_agent *row)
{
    jw_object_begin(w);
    jw_member_id(w, "id", "agt", row->id);
    jw_member_id(w, "account", "acc", row->account_id);
    jw_member_str(w, "slug", row->slug);
    jw_member_str(w, "name", row->name);
    jw_member_str(w, "status", str_of(service_agent_status_name(row)));
    jw_member_time(w, "created_at", row->created_at);
    jw_object_end(w);
}

static void reply_agent(struct call *c, int status, const struct store_agent *row)
{
    struct json_writer w;
    call_json(c, status, &w);
    render_agent(&w, row);
}

void agents_create(struct call *c)
{
    static const struct json_field fields[] = {
        {"account", JSON_WANT_STRING, .max = TEXT_MAX},
        {"slug", JSON_WANT_STRING, .required = true},
        {"name", JSON_WANT_STRING},
    };
    struct store_agent row;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct cardea_str slug = json_get_str(c->json, "slug");
    struct cardea_str name = json_object_get(c->json, "name") ? json_get_str(c->json, "name") : slug;
    if (service_agent_create(&c->svc, json_get_str(c->json, "account"), slug, name, &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    char id[ID_TEXT_MAX];
    id_format(id, "agt", row.id);
    c->created_id = row.id;
    reply_agent(c, 201, &row);
    struct cardea_str list = c->profile ? c->path : STR("/v1/agents");
    if (list.len && list.ptr[list.len - 1] == '/')
        list.len--;
    call_add_header(c, "Location", arena_printf(&c->arena, "%.*s/%s", STR_ARG(list), id).ptr);
}

void agents_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "agt", &page)) {
        call_refuse(c);
        return;
    }
    struct store_agent *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_agent_list(&c->svc, call_query(c, "account"), page.after, page.limit + 1, rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_agent(&w, &rows[i]);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

void agents_get(struct call *c)
{
    struct store_agent row;
    if (service_agent_get(&c->svc, call_query(c, "account"), c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_agent(c, 200, &row);
}

void agents_update(struct call *c)
{
    static const struct json_field fields[] = {
        {"name", JSON_WANT_STRING},
        {"enabled", JSON_WANT_BOOL},
    };
    struct store_agent row;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct agent_patch patch = {
        .has_name = json_object_get(c->json, "name") != NULL,
        .has_enabled = json_object_get(c->json, "enabled") != NULL,
        .name = json_get_str(c->json, "name"),
        .enabled = json_is_true(json_object_get(c->json, "enabled")),
    };
    if (service_agent_patch(&c->svc, call_query(c, "account"), c->captures[0], &patch, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_agent(c, 200, &row);
}

void agents_delete(struct call *c)
{
    struct store_agent row;
    if (service_agent_delete(&c->svc, call_query(c, "account"), c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_agent(c, 200, &row);
}

#define MANAGERS (ACCESS_ROOT | ACCESS_USER | ACCESS_KEY)

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/agents",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "agents:write",
     .takes_json = true,
     .creates = true,
     .handle = agents_create,
     .operation = "agents_create"},
    {.method = CARDEA_GET,
     .pattern = "/v1/agents",
     .lane = LANE_LOOP,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "agents:read",
     .handle = agents_list,
     .operation = "agents_list"},
    {.method = CARDEA_GET,
     .pattern = "/v1/agents/{agent}",
     .lane = LANE_LOOP,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "agents:read",
     .handle = agents_get,
     .operation = "agents_get"},
    {.method = CARDEA_PATCH,
     .pattern = "/v1/agents/{agent}",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "agents:write",
     .takes_json = true,
     .handle = agents_update,
     .operation = "agents_update"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/agents/{agent}",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "agents:write",
     .handle = agents_delete,
     .operation = "agents_delete"},
};

const struct http_routes routes_agents = {items, sizeof(items) / sizeof(items[0])};
