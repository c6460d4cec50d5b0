/* Who users are to other issuers. */
#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/external.h"

/* Bounds that keep absurd input out; the rules proper are the use cases'. */
#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

static void render_identity(struct json_writer *w, const struct store_identity *row)
{
    jw_object_begin(w);
    jw_member_str(w, "issuer", row->issuer);
    jw_member_str(w, "subject", row->subject);
    jw_member_id(w, "user", "usr", row->user_id);
    jw_member_time(w, "created_at", row->created_at);
    jw_object_end(w);
}

static void identities_link(struct call *c)
{
    static const struct json_field fields[] = {
        {"issuer", JSON_WANT_STRING, .required = true, .max = TEXT_MAX},
        {"subject", JSON_WANT_STRING, .required = true, .max = TEXT_MAX},
    };
    struct store_identity row;
    struct json_writer w;
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_identity_link(&c->svc, c->captures[0], json_get_str(c->json, "issuer"),
                              json_get_str(c->json, "subject"), &row) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    render_identity(&w, &row);
}

/* At most EXTERNAL_LINKS_MAX: always one page. */
static void identities_list(struct call *c)
{
    struct store_identity rows[EXTERNAL_LINKS_MAX];
    struct json_writer w;
    size_t count;
    if (service_identity_list(&c->svc, c->captures[0], rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_name(&w, "data");
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        render_identity(&w, &rows[i]);
    jw_array_end(&w);
    jw_name(&w, "next_cursor");
    jw_null(&w);
    jw_object_end(&w);
}

static void identities_unlink(struct call *c)
{
    if (service_identity_unlink(&c->svc, c->captures[0], call_query(c, "issuer"), call_query(c, "subject")) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    buf_clear(&c->reply);
    c->status = 204;
}

static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = "/v1/users/{user}/identities",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_USER,
     .handle = identities_list,
     .operation = "identities_list"},
    {.method = CARDEA_PUT,
     .pattern = "/v1/users/{user}/identities",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .takes_json = true,
     .handle = identities_link,
     .operation = "identities_link"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/users/{user}/identities",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .handle = identities_unlink,
     .operation = "identities_unlink"},
};

const struct http_routes routes_identities = {items, sizeof(items) / sizeof(items[0])};
