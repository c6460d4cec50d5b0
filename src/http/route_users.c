#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/routes.h"
#include "service/session.h"
#include "service/users.h"

/* Bounds that keep absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

static void render_user(struct json_writer *w, const struct store_user *row)
{
    jw_object_begin(w);
    jw_member_id(w, "id", "usr", row->id);
    jw_member_str_or_null(w, "email", row->email);
    jw_member_str_or_null(w, "name", row->name);
    jw_member_bool(w, "disabled", row->disabled);
    jw_member_time(w, "created_at", row->created_at);
    jw_object_end(w);
}

static void reply_user(struct call *c, int status, const struct store_user *row)
{
    struct json_writer w;
    call_json(c, status, &w);
    render_user(&w, row);
}

/* ---- create: hash on the worker, insert on the writer ---- */

static void create_unit(struct call *c)
{
    const struct cardea_str *hash = c->work;
    struct store_user row;
    if (service_user_create(&c->svc, json_get_str(c->json, "email"), json_get_str(c->json, "name"), *hash, &row) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    char id[ID_TEXT_MAX];
    id_format(id, "usr", row.id);
    c->created_id = row.id;
    reply_user(c, 201, &row);
    call_add_header(c, "Location", arena_printf(&c->arena, "/v1/users/%s", id).ptr);
}

static void users_create(struct call *c)
{
    static const struct json_field fields[] = {
        {"email", JSON_WANT_STRING, .required = true},
        {"name", JSON_WANT_STRING},
        {"password", JSON_WANT_STRING},
    };
    struct cardea_str hash = {0};
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        (json_object_get(c->json, "password") &&
         service_password_hash(&c->svc, json_get_str(c->json, "password"), &hash) != SERVICE_OK)) {
        call_refuse(c);
        return;
    }
    c->work = &hash;
    call_write(c, create_unit);
}

/* ---- read ---- */

static void users_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "usr", &page)) {
        call_refuse(c);
        return;
    }
    struct store_user *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_user_list(&c->svc, page.after, page.limit + 1, rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_user(&w, &rows[i]);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

static void users_get(struct call *c)
{
    struct store_user row;
    if (service_user_get(&c->svc, c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_user(c, 200, &row);
}

/* ---- change: check and hash on the worker, change on the writer ---- */

static void update_unit(struct call *c)
{
    const struct user_patch *patch = c->work;
    struct store_user row;
    if (service_user_patch(&c->svc, c->captures[0], patch, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_user(c, 200, &row);
}

static void users_update(struct call *c)
{
    static const struct json_field fields[] = {
        {"name", JSON_WANT_STRING},
        {"password", JSON_WANT_STRING},
        {"current_password", JSON_WANT_STRING, .max = TEXT_MAX},
        {"disabled", JSON_WANT_BOOL},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct user_patch patch = {
        .has_name = json_object_get(c->json, "name") != NULL,
        .has_disabled = json_object_get(c->json, "disabled") != NULL,
        .has_password = json_object_get(c->json, "password") != NULL,
        .disabled = json_get_bool(c->json, "disabled", false),
        .name = json_get_str(c->json, "name"),
        .password = json_get_str(c->json, "password"),
        .current_password = json_get_str(c->json, "current_password"),
    };
    if (service_user_patch_check(&c->svc, c->captures[0], &patch) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->work = &patch;
    call_write(c, update_unit);
}

static void users_delete(struct call *c)
{
    if (service_user_erase(&c->svc, c->captures[0]) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    buf_clear(&c->reply);
    c->status = 204;
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/users",
     .lane = LANE_WORKER,
     .access = ACCESS_ROOT,
     .takes_json = true,
     .creates = true,
     .handle = users_create,
     .operation = "users_create"},
    {.method = CARDEA_GET,
     .pattern = "/v1/users",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT,
     .handle = users_list,
     .operation = "users_list"},
    {.method = CARDEA_GET,
     .pattern = "/v1/users/{user}",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER,
     .handle = users_get,
     .places = PLACE_DASHBOARD,
     .operation = "users_get"},
    {.method = CARDEA_PATCH,
     .pattern = "/v1/users/{user}",
     .lane = LANE_WORKER,
     .access = ACCESS_ROOT | ACCESS_USER,
     .takes_json = true,
     .handle = users_update,
     .places = PLACE_DASHBOARD,
     .operation = "users_update"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/users/{user}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .handle = users_delete,
     .operation = "users_delete"},
};

const struct http_routes routes_users = {items, sizeof(items) / sizeof(items[0])};
