#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/routes.h"
#include "service/accounts.h"

/* Bounds that keep absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

/* ---- views ---- */

static void render_account(struct json_writer *w, const struct store_account *row)
{
    jw_object_begin(w);
    jw_member_id(w, "id", "acc", row->id);
    jw_member_str(w, "profile", row->profile);
    jw_member_str(w, "slug", row->slug);
    jw_member_str(w, "name", row->name);
    jw_member_str(w, "status", str_of(service_account_status_name(row->status)));
    jw_member_time(w, "created_at", row->created_at);
    jw_object_end(w);
}

static void render_member(struct json_writer *w, const struct account_member *m)
{
    jw_object_begin(w);
    jw_member_id(w, "account", "acc", m->row.account_id);
    jw_member_id(w, "user", "usr", m->row.user_id);
    jw_member_str_or_null(w, "email", m->email);
    jw_member_str_or_null(w, "name", m->name);
    jw_member_str(w, "role", str_of(cardea_role_name(m->row.role)));
    jw_member_time(w, "created_at", m->row.created_at);
    jw_object_end(w);
}

static void reply_account(struct call *c, int status, const struct store_account *row)
{
    struct json_writer w;
    call_json(c, status, &w);
    render_account(&w, row);
}

static void reply_nothing(struct call *c)
{
    buf_clear(&c->reply);
    c->status = 204;
}

/* ---- accounts ---- */

static void accounts_create(struct call *c)
{
    static const struct json_field fields[] = {
        {"profile", JSON_WANT_STRING, .required = true, .max = TEXT_MAX},
        {"slug", JSON_WANT_STRING, .required = true},
        {"name", JSON_WANT_STRING},
    };
    struct store_account row;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct cardea_str slug = json_get_str(c->json, "slug");
    struct cardea_str name = json_object_get(c->json, "name") ? json_get_str(c->json, "name") : slug;
    if (service_account_create(&c->svc, json_get_str(c->json, "profile"), slug, name, &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    char id[ID_TEXT_MAX];
    id_format(id, "acc", row.id);
    c->created_id = row.id;
    reply_account(c, 201, &row);
    call_add_header(c, "Location", arena_printf(&c->arena, "/v1/accounts/%s", id).ptr);
}

static void accounts_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "acc", &page)) {
        call_refuse(c);
        return;
    }
    struct store_account *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_account_list(&c->svc, call_query(c, "profile"), page.after, page.limit + 1, rows, &count) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_account(&w, &rows[i]);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

static void accounts_get(struct call *c)
{
    struct store_account row;
    if (service_account_get(&c->svc, c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_account(c, 200, &row);
}

static bool read_patch(struct call *c, struct account_patch *patch)
{
    static const struct json_field fields[] = {
        {"name", JSON_WANT_STRING},
        {"status", JSON_WANT_STRING, .max = TEXT_MAX},
    };
    *patch = (struct account_patch){0};
    if (!key_body_check(c, c->json, "", FIELDS(fields)))
        return false;
    struct cardea_str status = json_get_str(c->json, "status");
    patch->has_name = json_object_get(c->json, "name") != NULL;
    patch->has_status = json_object_get(c->json, "status") != NULL;
    patch->name = json_get_str(c->json, "name");
    patch->status = str_eq(status, STR("suspended")) ? STORE_ACCOUNT_SUSPENDED : STORE_ACCOUNT_ACTIVE;
    if (patch->has_status && patch->status == STORE_ACCOUNT_ACTIVE && !str_eq(status, STR("active"))) {
        service_invalid(&c->svc, "/status", "This is not a status.", "Send active or suspended; DELETE deletes.");
        return false;
    }
    return true;
}

static void accounts_update(struct call *c)
{
    struct account_patch patch;
    struct store_account row;
    if (!read_patch(c, &patch) || service_account_patch(&c->svc, c->captures[0], &patch, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_account(c, 200, &row);
}

static void accounts_delete(struct call *c)
{
    struct store_account row;
    if (service_account_delete(&c->svc, c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_nothing(c);
}

/* ---- members ---- */

static void members_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "usr", &page)) {
        call_refuse(c);
        return;
    }
    struct account_member *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_member_list(&c->svc, c->captures[0], page.after, page.limit + 1, rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_member(&w, &rows[i]);
        last = rows[i].row.user_id;
    }
    page_end(&w, &page, count, last);
}

static void members_put(struct call *c)
{
    static const struct json_field fields[] = {{"role", JSON_WANT_STRING, .required = true, .max = TEXT_MAX}};
    struct account_member member;
    enum cardea_role role = CARDEA_ROLE_NONE;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    /* What is no role is refused by the use case, after it has seen who asks. */
    if (!cardea_role_parse(json_get_str(c->json, "role"), &role))
        role = CARDEA_ROLE_NONE;
    if (service_member_put(&c->svc, c->captures[0], c->captures[1], role, &member) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    struct json_writer w;
    call_json(c, 200, &w);
    render_member(&w, &member);
}

static void members_invite(struct call *c)
{
    static const struct json_field fields[] = {
        {"email", JSON_WANT_STRING, .required = true, .min = 1, .max = TEXT_MAX},
        {"role", JSON_WANT_STRING, .required = true, .max = TEXT_MAX},
    };
    struct account_member member;
    enum cardea_role role = CARDEA_ROLE_NONE;
    struct json_writer w;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    if (!cardea_role_parse(json_get_str(c->json, "role"), &role)) /* as above */
        role = CARDEA_ROLE_NONE;
    if (service_member_invite(&c->svc, c->captures[0], json_get_str(c->json, "email"), role, &member) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 201, &w);
    render_member(&w, &member);
}

static void members_delete(struct call *c)
{
    if (service_member_remove(&c->svc, c->captures[0], c->captures[1]) != SERVICE_OK)
        call_refuse(c);
    else
        reply_nothing(c);
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/accounts",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .takes_json = true,
     .creates = true,
     .handle = accounts_create,
     .operation = "accounts_create"},
    {.method = CARDEA_GET,
     .pattern = "/v1/accounts",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .scope = "accounts:read",
     .handle = accounts_list,
     .places = PLACE_DASHBOARD,
     .operation = "accounts_list"},
    {.method = CARDEA_GET,
     .pattern = "/v1/accounts/{account}",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .scope = "accounts:read",
     .handle = accounts_get,
     .places = PLACE_DASHBOARD,
     .operation = "accounts_get"},
    {.method = CARDEA_PATCH,
     .pattern = "/v1/accounts/{account}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER,
     .takes_json = true,
     .handle = accounts_update,
     .places = PLACE_DASHBOARD,
     .operation = "accounts_update"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/accounts/{account}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .handle = accounts_delete,
     .operation = "accounts_delete"},
    {.method = CARDEA_GET,
     .pattern = "/v1/accounts/{account}/members",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER,
     .handle = members_list,
     .places = PLACE_DASHBOARD,
     .operation = "members_list"},
    {.method = CARDEA_POST,
     .pattern = "/v1/accounts/{account}/members",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER,
     .takes_json = true,
     .handle = members_invite,
     .places = PLACE_DASHBOARD,
     .operation = "members_invite"},
    {.method = CARDEA_PUT,
     .pattern = "/v1/accounts/{account}/members/{user}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER,
     .takes_json = true,
     .handle = members_put,
     .places = PLACE_DASHBOARD,
     .operation = "members_put"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/accounts/{account}/members/{user}",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER,
     .handle = members_delete,
     .places = PLACE_DASHBOARD,
     .operation = "members_delete"},
};

const struct http_routes routes_accounts = {items, sizeof(items) / sizeof(items[0])};
