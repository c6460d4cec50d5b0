/* Endpoints that are told of events, and their secrets. */
#include "http/route_webhooks.h"

#include <cardea/secret.h>

#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/routes.h"
#include "service/webhooks.h"

/* A bound that keeps absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

/* ---- how they are shown ---- */

static void render(struct call *c, struct json_writer *w, const struct store_webhook *row, const char *secret)
{
    struct cardea_str rest = row->events, pattern;
    bool overlap = row->previous.len && c->svc.now < row->previous_until;
    jw_object_begin(w);
    jw_member_id(w, "id", "whk", row->id);
    if (secret)
        jw_member_str(w, "secret", str_of(secret));
    jw_member_id(w, "account", "acc", row->account_id);
    jw_member_str(w, "url", row->url);
    jw_name(w, "events");
    jw_array_begin(w);
    while (str_cut(&rest, ' ', &pattern))
        jw_str(w, pattern);
    jw_array_end(w);
    jw_member_str(w, "description", row->description);
    jw_member_bool(w, "enabled", row->state == STORE_WEBHOOK_ENABLED);
    jw_member_str(w, "status", str_of(service_webhook_status_name(row)));
    jw_member_str_or_null(w, "stopped_because", row->reason);
    jw_member_time(w, "failing_since", row->failing_since_ms / 1000);
    jw_member_str_or_null(w, "signature_header", str_of(service_webhook_header(&c->svc, row)));
    jw_member_time(w, "secret_created_at", row->secret_made_at);
    jw_member_time(w, "previous_secret_until", overlap ? row->previous_until : 0);
    jw_member_time(w, "created_at", row->created_at);
    jw_member_time(w, "updated_at", row->updated_at);
    jw_object_end(w);
}

static void reply(struct call *c, int status, const struct store_webhook *row, const char *secret)
{
    struct json_writer w;
    call_json(c, status, &w);
    render(c, &w, row, secret);
}

static void list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "whk", &page)) {
        call_refuse(c);
        return;
    }
    struct store_webhook *rows = arena_array(&c->arena, page.limit + 1, sizeof(*rows));
    if (service_webhook_list(&c->svc, call_query(c, "account"), page.after, page.limit + 1, rows, &count) !=
        SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render(c, &w, &rows[i], NULL);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

static void get(struct call *c)
{
    struct store_webhook row;
    if (service_webhook_get(&c->svc, call_query(c, "account"), c->captures[0], false, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply(c, 200, &row, NULL);
}

/* ---- changes ---- */

/* Joined by spaces, which none of them may hold. */
static bool read_events(struct call *c, struct webhook_input *in)
{
    const struct cardea_str *items;
    size_t count;
    struct buf joined;
    bool well = key_body_strings(c, c->json, "", "events", &items, &count);
    buf_init(&joined, 64 << 10);
    for (size_t i = 0; well && i < count; i++) {
        if (!items[i].len || items[i].len > 64 || memchr(items[i].ptr, ' ', items[i].len)) {
            service_invalid(&c->svc, arena_printf(&c->arena, "/events/%zu", i).ptr, "There is no such event.",
                            "Send one such as `key.created`, `key.*` or `*`.");
            well = false;
        }
        buf_printf(&joined, "%s%.*s", i ? " " : "", STR_ARG(items[i]));
    }
    in->events = arena_str(&c->arena, buf_str(&joined));
    buf_release(&joined);
    return well;
}

static bool read_input(struct call *c, const struct json_field *fields, size_t count, struct webhook_input *in)
{
    if (!key_body_check(c, c->json, "", fields, count))
        return false;
    *in = (struct webhook_input){.has_url = json_object_get(c->json, "url") != NULL,
                                 .has_events = json_object_get(c->json, "events") != NULL,
                                 .has_description = json_object_get(c->json, "description") != NULL,
                                 .has_enabled = json_object_get(c->json, "enabled") != NULL,
                                 .url = json_get_str(c->json, "url"),
                                 .description = json_get_str(c->json, "description"),
                                 .enabled = json_get_bool(c->json, "enabled", true)};
    return read_events(c, in);
}

static void create(struct call *c)
{
    static const struct json_field fields[] = {
        {"account", JSON_WANT_STRING, .max = TEXT_MAX},
        {"url", JSON_WANT_STRING, .required = true, .max = TEXT_MAX},
        {"events", JSON_WANT_ARRAY, .max = TEXT_MAX},
        {"description", JSON_WANT_STRING, .max = TEXT_MAX},
        {"enabled", JSON_WANT_BOOL},
    };
    struct webhook_input in;
    struct store_webhook row;
    char secret[WEBHOOK_SECRET_TEXT] = "", id[ID_TEXT_MAX];
    if (!read_input(c, FIELDS(fields), &in) ||
        service_webhook_create(&c->svc, json_get_str(c->json, "account"), &in, &row, secret) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    id_format(id, "whk", row.id);
    c->created_id = row.id;
    reply(c, 201, &row, secret);
    cardea_wipe(secret, sizeof(secret));
    size_t len = c->path.len;
    while (len && c->path.ptr[len - 1] == '/')
        len--;
    call_add_header(c, "Location", arena_printf(&c->arena, "%.*s/%s", (int)len, c->path.ptr, id).ptr);
}

static void update(struct call *c)
{
    static const struct json_field fields[] = {
        {"url", JSON_WANT_STRING, .max = TEXT_MAX},
        {"events", JSON_WANT_ARRAY, .max = TEXT_MAX},
        {"description", JSON_WANT_STRING, .max = TEXT_MAX},
        {"enabled", JSON_WANT_BOOL},
    };
    struct webhook_input in;
    struct store_webhook row;
    if (!read_input(c, FIELDS(fields), &in) ||
        service_webhook_patch(&c->svc, call_query(c, "account"), c->captures[0], &in, &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply(c, 200, &row, NULL);
}

static void remove_one(struct call *c)
{
    struct store_webhook row;
    if (service_webhook_delete(&c->svc, call_query(c, "account"), c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply(c, 200, &row, NULL);
}

static void rotate(struct call *c)
{
    static const struct json_field fields[] = {
        {"overlap_sec", JSON_WANT_INT, .nullable = true, .min = 0, .max = WEBHOOK_OVERLAP_MAX_SEC},
    };
    struct store_webhook row;
    char secret[WEBHOOK_SECRET_TEXT] = "";
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_webhook_rotate(&c->svc, call_query(c, "account"), c->captures[0],
                               json_get_int(c->json, "overlap_sec", WEBHOOK_OVERLAP_SEC), &row, secret) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->created_id = row.id;
    reply(c, 200, &row, secret);
    cardea_wipe(secret, sizeof(secret));
}

static void cut_over(struct call *c)
{
    struct store_webhook row;
    if (service_webhook_cut_over(&c->svc, call_query(c, "account"), c->captures[0], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply(c, 200, &row, NULL);
}

#define WHO    .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY, .places = PLACE_DASHBOARD
#define READS  WHO, .lane = LANE_LOOP, .scope = "webhooks:read"
#define WRITES WHO, .lane = LANE_WRITER, .scope = "webhooks:write"
#define ONE    WEBHOOKS_BASE "/{webhook}"

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = WEBHOOKS_BASE,
     WRITES,
     .takes_json = true,
     .creates = true,
     .handle = create,
     .operation = "webhooks_create"},
    {.method = CARDEA_GET, .pattern = WEBHOOKS_BASE, READS, .handle = list, .operation = "webhooks_list"},
    {.method = CARDEA_GET, .pattern = ONE, READS, .handle = get, .operation = "webhooks_get"},
    {.method = CARDEA_PATCH,
     .pattern = ONE,
     WRITES,
     .takes_json = true,
     .handle = update,
     .operation = "webhooks_update"},
    {.method = CARDEA_DELETE, .pattern = ONE, WRITES, .handle = remove_one, .operation = "webhooks_delete"},
    {.method = CARDEA_POST,
     .pattern = ONE "/rotate-secret",
     WRITES,
     .takes_json = true,
     .creates = true,
     .handle = rotate,
     .operation = "webhooks_rotate_secret"},
    {.method = CARDEA_POST, .pattern = ONE "/cut-over", WRITES, .handle = cut_over, .operation = "webhooks_cut_over"},
    {.method = CARDEA_POST, .pattern = ONE "/test", WRITES, .handle = webhooks_test, .operation = "webhooks_test"},
    {.method = CARDEA_POST,
     .pattern = ONE "/replay",
     WRITES,
     .takes_json = true,
     .handle = webhooks_replay,
     .operation = "webhooks_replay"},
    {.method = CARDEA_GET,
     .pattern = ONE "/deliveries",
     READS,
     .handle = webhooks_deliveries,
     .operation = "webhooks_deliveries"},
    {.method = CARDEA_GET,
     .pattern = ONE "/deliveries/{delivery}",
     READS,
     .handle = webhooks_delivery,
     .operation = "webhooks_delivery"},
};

const struct http_routes routes_webhooks = {items, sizeof(items) / sizeof(items[0])};
