/* Content policies: drafts, versions, publishing. What compiles a document runs on a worker, then changes the store in
 * a unit of work of its own. */
#include "http/route_policies.h"

#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/routes.h"
#include "policy/policy.h"
#include "service/policies.h"

/* A bound that keeps absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX      4096
#define REVISION_MAX  INT64_C(1000000000000)
#define TEST_BODY_MAX ((size_t)4 << 20)

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

/* ---- how they are shown ---- */

/* `documents`: with what is in force and the draft. */
static void render_policy(struct json_writer *w, const struct store_policy *row)
{
    jw_member_id(w, "id", "pol", row->id);
    jw_member_id(w, "account", "acc", row->account_id);
    jw_member_str(w, "name", row->name);
    jw_member_bool(w, "default", row->is_default);
    jw_member_int(w, "version", row->version);
    jw_member_int(w, "revision", row->revision);
    jw_member_bool(w, "unpublished_changes", row->revision != row->published_revision);
    jw_member_time(w, "created_at", row->created_at);
    jw_member_time(w, "updated_at", row->updated_at);
}

static void reply_policy(struct call *c, int status, const struct store_policy *row)
{
    struct json_writer w;
    call_json(c, status, &w);
    jw_object_begin(&w);
    render_policy(&w, row);
    jw_object_end(&w);
}

static void render_version(struct json_writer *w, const struct store_policy_version *v)
{
    jw_object_begin(w);
    jw_member_id(w, "policy", "pol", v->policy_id);
    jw_member_int(w, "version", v->version);
    jw_member_time(w, "published_at", v->published_at);
    jw_member_str_or_null(w, "published_by", v->published_by);
    jw_member_str_or_null(w, "note", v->note);
    if (v->document.len) {
        jw_name(w, "document");
        jw_raw(w, v->document);
    }
    jw_object_end(w);
}

static void reply_builtin(struct call *c)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "id", STR(POLICY_BUILTIN_NAME));
    jw_name(&w, "account");
    jw_null(&w);
    jw_member_str(&w, "name", STR(POLICY_BUILTIN_NAME));
    jw_member_bool(&w, "default", false);
    jw_member_int(&w, "version", 0);
    jw_member_int(&w, "revision", 0);
    jw_member_bool(&w, "unpublished_changes", false);
    jw_member_time(&w, "created_at", 0);
    jw_member_time(&w, "updated_at", 0);
    jw_name(&w, "document");
    jw_raw(&w, policy_default_document());
    jw_name(&w, "draft");
    jw_null(&w);
    jw_object_end(&w);
}

/* ---- reading ---- */

struct cardea_str policies_account(struct call *c)
{
    return call_query(c, "account");
}

static bool is_builtin(const struct call *c)
{
    return str_eq(c->captures[0], STR(POLICY_BUILTIN_NAME));
}

static void policies_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "pol", &page)) {
        call_refuse(c);
        return;
    }
    struct store_policy *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_policy_list(&c->svc, policies_account(c), page.after, page.limit + 1, rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        jw_object_begin(&w);
        render_policy(&w, &rows[i]);
        jw_object_end(&w);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

static void policies_get(struct call *c)
{
    struct store_policy row;
    struct store_policy_version now = {0};
    struct cardea_str draft = {0};
    struct json_writer w;
    if (is_builtin(c)) {
        reply_builtin(c);
        return;
    }
    enum service_err err = service_policy_get(&c->svc, policies_account(c), c->captures[0], false, &row);
    if (err == SERVICE_OK)
        err = service_store_error(&c->svc, store_policy_draft(c->svc.db, &c->arena, row.id, &draft));
    if (err == SERVICE_OK && row.version)
        err = service_store_error(&c->svc, store_policy_version_get(c->svc.db, &c->arena, row.id, row.version, &now));
    if (err != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    render_policy(&w, &row);
    jw_name(&w, "document");
    if (row.version)
        jw_raw(&w, now.document);
    else
        jw_null(&w);
    jw_name(&w, "draft");
    jw_raw(&w, draft);
    jw_object_end(&w);
}

static void versions_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "ver", &page)) {
        call_refuse(c);
        return;
    }
    struct store_policy_version *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_policy_versions(&c->svc, policies_account(c), c->captures[0], page.after, page.limit + 1, rows,
                                &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_version(&w, &rows[i]);
        last = rows[i].version;
    }
    page_end(&w, &page, count, last);
}

/* 0: there can be no such version. */
static int64_t version_in_path(const struct call *c)
{
    struct cardea_str text = c->captures[1];
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || text.len > 9)
            return 0;
        n = n * 10 + (text.ptr[i] - '0');
    }
    return n;
}

static void versions_get(struct call *c)
{
    struct store_policy_version row;
    struct json_writer w;
    if (service_policy_version(&c->svc, policies_account(c), c->captures[0], version_in_path(c), &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    render_version(&w, &row);
}

/* ---- changes ---- */

static void update(struct call *c)
{
    static const struct json_field fields[] = {
        {"name", JSON_WANT_STRING},
        {"default", JSON_WANT_BOOL},
    };
    struct store_policy row;
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct policy_patch patch = {
        .has_name = json_object_get(c->json, "name") != NULL,
        .make_default = json_get_bool(c->json, "default", false),
        .name = json_get_str(c->json, "name"),
    };
    if (json_is_false(json_object_get(c->json, "default")))
        service_invalid(&c->svc, "/default", "An account's default is not taken away, only given to another policy.",
                        "Send `true` to the policy that is to be the default.");
    if (c->svc.problem_count ||
        service_policy_patch(&c->svc, policies_account(c), c->captures[0], &patch, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_policy(c, 200, &row);
}

static void delete (struct call *c)
{
    struct store_policy row;
    if (service_policy_delete(&c->svc, policies_account(c), c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_policy(c, 200, &row);
}

/* Where the list is: the native one, or the product's own. */
static struct cardea_str own_path(struct call *c, size_t below)
{
    struct cardea_str path = c->path;
    if (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    path.len -= below < path.len ? below : 0;
    return path;
}

/* What a worker leaves for its unit of work. */
struct change {
    struct cardea_str document;
    int64_t revision;
    struct policy_publish publish;
};

static void create_unit(struct call *c)
{
    const struct change *change = c->work;
    char id[ID_TEXT_MAX];
    struct store_policy row;
    if (service_policy_create(&c->svc, json_get_str(c->json, "account"), json_get_str(c->json, "name"),
                              change->document, &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    id_format(id, "pol", row.id);
    c->created_id = row.id;
    reply_policy(c, 201, &row);
    struct cardea_str list = own_path(c, 0);
    call_add_header(c, "Location", arena_printf(&c->arena, "%.*s/%s", STR_ARG(list), id).ptr);
}

static void run(struct call *c, call_fn unit, struct change *change)
{
    c->work = change;
    call_write(c, unit);
    c->work = NULL;
}

static void create(struct call *c)
{
    static const struct json_field fields[] = {
        {"account", JSON_WANT_STRING, .max = TEXT_MAX},
        {"name", JSON_WANT_STRING, .required = true},
        {"document", JSON_WANT_OBJECT},
    };
    struct change change = {.document = policy_default_document()};
    const json_t *document = json_object_get(c->json, "document");
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        (document && service_policy_check(&c->svc, document, "/document", &change.document) != SERVICE_OK))
        call_refuse(c);
    else
        run(c, create_unit, &change);
}

static void save_unit(struct call *c)
{
    const struct change *change = c->work;
    struct store_policy row;
    if (service_policy_save(&c->svc, policies_account(c), c->captures[0], change->document, change->revision, &row) !=
        SERVICE_OK)
        call_refuse(c);
    else
        reply_policy(c, 200, &row);
}

static void save(struct call *c)
{
    static const struct json_field fields[] = {
        {"document", JSON_WANT_OBJECT, .required = true},
        {"revision", JSON_WANT_INT, .min = 1, .max = REVISION_MAX},
    };
    struct change change = {0};
    struct store_policy row;
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_policy_get(&c->svc, policies_account(c), c->captures[0], true, &row) != SERVICE_OK ||
        service_policy_check(&c->svc, json_object_get(c->json, "document"), "/document", &change.document) !=
            SERVICE_OK) {
        call_refuse(c);
        return;
    }
    change.revision = json_get_int(c->json, "revision", 0);
    run(c, save_unit, &change);
}

static void publish_unit(struct call *c)
{
    const struct change *change = c->work;
    struct store_policy row;
    struct store_policy_version version;
    struct json_writer w;
    if (service_policy_publish(&c->svc, policies_account(c), c->captures[0], &change->publish, &row, &version) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->created_id = row.id;
    struct cardea_str policy = own_path(c, sizeof("/publish") - 1);
    call_json(c, 201, &w);
    render_version(&w, &version);
    call_add_header(c, "Location",
                    arena_printf(&c->arena, "%.*s/versions/%lld", STR_ARG(policy), (long long)version.version).ptr);
}

static void publish(struct call *c)
{
    static const struct json_field fields[] = {
        {"version", JSON_WANT_INT, .nullable = true, .min = 1, .max = REVISION_MAX},
        {"revision", JSON_WANT_INT, .nullable = true, .min = 1, .max = REVISION_MAX},
        {"note", JSON_WANT_STRING, .nullable = true, .max = TEXT_MAX},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields))) {
        call_refuse(c);
        return;
    }
    struct change change = {.publish = {.version = json_get_int(c->json, "version", 0),
                                        .revision = json_get_int(c->json, "revision", 0),
                                        .note = json_get_str(c->json, "note")}};
    if (service_policy_prepare(&c->svc, policies_account(c), c->captures[0], &change.publish) != SERVICE_OK)
        call_refuse(c);
    else
        run(c, publish_unit, &change);
}

#define READS    .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY, .places = PLACE_DASHBOARD, .scope = "policies:read"
#define WRITES   .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY, .places = PLACE_DASHBOARD, .scope = "policies:write"
#define COMPILES .lane = LANE_POLICY, .takes_json = true, .parses_late = true
#define ONE      POLICIES_BASE "/{policy}"

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = POLICIES_BASE,
     WRITES,
     COMPILES,
     .creates = true,
     .handle = create,
     .operation = "policies_create"},
    {.method = CARDEA_GET,
     .pattern = POLICIES_BASE,
     READS,
     .lane = LANE_LOOP,
     .handle = policies_list,
     .operation = "policies_list"},
    {.method = CARDEA_GET,
     .pattern = ONE,
     READS,
     .lane = LANE_LOOP,
     .handle = policies_get,
     .operation = "policies_get"},
    {.method = CARDEA_PATCH,
     .pattern = ONE,
     WRITES,
     .lane = LANE_WRITER,
     .takes_json = true,
     .handle = update,
     .operation = "policies_update"},
    {.method = CARDEA_DELETE,
     .pattern = ONE,
     WRITES,
     .lane = LANE_WRITER,
     .handle = delete,
     .operation = "policies_delete"},
    {.method = CARDEA_PUT, .pattern = ONE "/draft", WRITES, COMPILES, .handle = save, .operation = "policies_save"},
    {.method = CARDEA_POST,
     .pattern = ONE "/publish",
     WRITES,
     COMPILES,
     .creates = true,
     .handle = publish,
     .operation = "policies_publish"},
    {.method = CARDEA_POST,
     .pattern = ONE "/test",
     READS,
     COMPILES,
     .body_max = TEST_BODY_MAX,
     .handle = policies_test,
     .operation = "policies_test"},
    {.method = CARDEA_POST,
     .pattern = ONE "/replay",
     WRITES,
     COMPILES,
     .handle = policies_replay,
     .operation = "policies_replay"},
    {.method = CARDEA_GET,
     .pattern = ONE "/versions",
     READS,
     .lane = LANE_LOOP,
     .handle = versions_list,
     .operation = "policies_versions"},
    {.method = CARDEA_GET,
     .pattern = ONE "/versions/{version}",
     READS,
     .lane = LANE_LOOP,
     .handle = versions_get,
     .operation = "policies_version"},
};

const struct http_routes routes_policies = {items, sizeof(items) / sizeof(items[0])};
