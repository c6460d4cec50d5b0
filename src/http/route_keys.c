#include "http/route_keys.h"

#include "base/str.h"
#include "http/key_body.h"
#include "http/render_key.h"
#include "http/routes.h"

/* The key that the path names, or the refusal. */
static bool named_key(struct call *c, int64_t *id)
{
    if (service_key_find(&c->svc, c->captures[0], id) == SERVICE_OK)
        return true;
    call_refuse(c);
    return false;
}

static void reply_made(struct call *c, const struct key_view *view, struct cardea_secret *secret)
{
    char id[ID_TEXT_MAX];
    id_format(id, "key", view->row.id);
    c->created_id = view->row.id;
    reply_key(c, 201, view, secret);
    struct cardea_str list = c->profile ? c->path : STR("/v1/keys");
    if (list.len && list.ptr[list.len - 1] == '/')
        list.len--;
    call_add_header(c, "Location", arena_printf(&c->arena, "%.*s/%s", STR_ARG(list), id).ptr);
    cardea_secret_wipe(secret);
}

void keys_create(struct call *c)
{
    struct key_create in;
    struct key_view view;
    struct cardea_secret secret;
    if (!key_body_create(c, &in) || service_key_create(&c->svc, &in, &view, &secret) != SERVICE_OK)
        call_refuse(c);
    else
        reply_made(c, &view, &secret);
}

void keys_get(struct call *c)
{
    struct key_view view;
    int64_t id;
    if (!named_key(c, &id))
        return;
    if (service_key_get(&c->svc, id, &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_key(c, 200, &view, NULL);
}

/* 1..KEY_LIST_MAX, or 0 for what is no such number: the use case refuses it. */
static size_t read_limit(struct call *c)
{
    struct cardea_str text = call_query(c, "limit");
    size_t value = 0;
    if (!text.ptr)
        return KEY_LIST_DEFAULT;
    if (text.len == 0 || text.len > 3)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        value = value * 10 + (size_t)(text.ptr[i] - '0');
    }
    return value;
}

void keys_list(struct call *c)
{
    struct key_list in = {
        .account = call_query(c, "account"),
        .kind = call_query(c, "kind"),
        .status = call_query(c, "status"),
        .cursor = call_query(c, "cursor"),
        .limit = read_limit(c),
    };
    struct key_view *views = arena_array(&c->arena, in.limit ? in.limit : 1, sizeof(*views));
    size_t count;
    int64_t next;
    if (service_key_list(&c->svc, &in, views, &count, &next) != SERVICE_OK)
        call_refuse(c);
    else
        reply_keys(c, views, count, next);
}

void keys_update(struct call *c)
{
    struct key_input in;
    struct key_view view;
    int64_t id;
    if (!named_key(c, &id))
        return;
    if (!key_body_update(c, &in) || service_key_update(&c->svc, id, &in, &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_key(c, 200, &view, NULL);
}

/* With `wait=all`: which nodes have it. Here is one node, and its readers see the revocation before this reply leaves.
 */
static void write_nodes(struct json_writer *w)
{
    jw_name(w, "nodes");
    jw_object_begin(w);
    jw_name(w, "acknowledged");
    jw_array_begin(w);
    jw_str(w, STR("local"));
    jw_array_end(w);
    jw_name(w, "pending");
    jw_array_begin(w);
    jw_array_end(w);
    jw_object_end(w);
}

void keys_revoke(struct call *c)
{
    struct key_view view;
    struct cardea_str reason, wait = call_query(c, "wait");
    int64_t id;
    if (!named_key(c, &id))
        return;
    if (wait.len && !str_eq(wait, STR("all"))) {
        service_invalid(&c->svc, "query/wait", "There is no such way to wait.", "Send `all`, or leave it out.");
        call_refuse(c);
    } else if (!key_body_reason(c, &reason) || service_key_revoke(&c->svc, id, reason, &view) != SERVICE_OK) {
        call_refuse(c);
    } else {
        struct json_writer w;
        call_json(c, 200, &w);
        jw_object_begin(&w);
        render_key_members(&w, &view, NULL);
        if (wait.len)
            write_nodes(&w);
        jw_object_end(&w);
    }
}

static void keys_rotate(struct call *c)
{
    struct key_view view;
    struct cardea_secret secret;
    int64_t id, overlap_sec;
    if (!named_key(c, &id))
        return;
    if (!key_body_rotate(c, &overlap_sec) || service_key_rotate(&c->svc, id, overlap_sec, &view, &secret) != SERVICE_OK)
        call_refuse(c);
    else
        reply_made(c, &view, &secret);
}

static void keys_import(struct call *c)
{
    struct key_import_body in;
    struct json_writer w;
    if (!key_body_import(c, &in)) {
        call_refuse(c);
        return;
    }
    struct key_view *views = arena_array(&c->arena, in.count, sizeof(*views));
    if (service_key_import(&c->svc, in.account, in.kind, in.items, in.count, views) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->created_id = views[0].row.id;
    call_json(c, 201, &w);
    jw_object_begin(&w);
    jw_name(&w, "data");
    jw_array_begin(&w);
    for (size_t i = 0; i < in.count; i++)
        render_key(&w, &views[i], NULL);
    jw_array_end(&w);
    jw_object_end(&w);
}

#define MANAGERS (ACCESS_ROOT | ACCESS_USER | ACCESS_KEY | ACCESS_CLIENT)

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/keys",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:write",
     .takes_json = true,
     .creates = true,
     .checks_first = true,
     .handle = keys_create,
     .operation = "keys_create"},
    {.method = CARDEA_GET,
     .pattern = "/v1/keys",
     .lane = LANE_LOOP,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:read",
     .handle = keys_list,
     .operation = "keys_list"},
    {.method = CARDEA_POST,
     .pattern = "/v1/keys/import",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .takes_json = true,
     .creates = true,
     .handle = keys_import,
     .operation = "keys_import",
     .body_max = CALL_BODY_MAX_IMPORT},
    {.method = CARDEA_GET,
     .pattern = "/v1/keys/self",
     .lane = LANE_LOOP,
     .access = ACCESS_SELF,
     .handle = keys_self,
     .operation = "keys_self"},
    {.method = CARDEA_POST,
     .pattern = "/v1/keys/self/revoke",
     .lane = LANE_WRITER,
     .access = ACCESS_SELF,
     .takes_json = true,
     .handle = keys_self_revoke,
     .operation = "keys_self_revoke"},
    {.method = CARDEA_GET,
     .pattern = "/v1/keys/{key}",
     .lane = LANE_LOOP,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:read",
     .handle = keys_get,
     .operation = "keys_get"},
    {.method = CARDEA_PATCH,
     .pattern = "/v1/keys/{key}",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:write",
     .takes_json = true,
     .handle = keys_update,
     .operation = "keys_update"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/keys/{key}",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:write",
     .takes_json = true,
     .handle = keys_revoke,
     .operation = "keys_revoke"},
    {.method = CARDEA_POST,
     .pattern = "/v1/keys/{key}/rotate",
     .lane = LANE_WRITER,
     .access = MANAGERS,
     .places = PLACE_DASHBOARD,
     .scope = "keys:write",
     .takes_json = true,
     .creates = true,
     .handle = keys_rotate,
     .operation = "keys_rotate"},
};

const struct http_routes routes_keys = {items, sizeof(items) / sizeof(items[0])};
