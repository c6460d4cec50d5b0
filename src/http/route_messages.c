/* Agents' messages: sent through the scanner, received in order, acknowledged. */
#include "http/route_messages.h"

#include "base/str.h"
#include "http/key_body.h"
#include "http/page.h"
#include "http/problem.h"
#include "http/render_message.h"
#include "http/routes.h"
#include "service/content.h"
#include "service/messages.h"
#include "service/push_secret.h"

#define NAME_MAX_LEN 256
#define FIELDS(f)    f, sizeof(f) / sizeof(f[0])

/* ---- sending ---- */

static bool read_attachments(struct call *c, struct message_send *in)
{
    static const struct json_field fields[] = {
        {"name", JSON_WANT_STRING, .required = true},
        {"type", JSON_WANT_STRING},
        {"text", JSON_WANT_STRING, .required = true},
    };
    const json_t *list = json_object_get(c->json, "attachments");
    size_t count = json_array_size(list);
    struct message_attachment *items = arena_array(&c->arena, count + 1, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        const char *at = arena_printf(&c->arena, "/attachments/%zu", i).ptr;
        if (!json_is_object(one)) {
            service_invalid(&c->svc, at, "It is not an object.", "Send {\"name\": …, \"text\": …}.");
            return false;
        }
        if (!key_body_check(c, one, at, FIELDS(fields)))
            return false;
        items[i] = (struct message_attachment){json_get_str(one, "name"), STR("text/plain"), json_get_str(one, "text")};
        if (json_object_get(one, "type"))
            items[i].type = json_get_str(one, "type");
    }
    in->attachments = items;
    in->attachment_count = count;
    return true;
}

static bool read_message(struct call *c, struct message_send *in)
{
    static const struct json_field fields[] = {
        {"to", JSON_WANT_STRING, .required = true, .min = 1, .max = MESSAGE_ADDRESS_MAX},
        {"subject", JSON_WANT_STRING},
        {"body", JSON_WANT_STRING, .required = true},
        {"client_id", JSON_WANT_STRING, .nullable = true, .max = MESSAGE_CLIENT_ID_MAX},
        {"attachments", JSON_WANT_ARRAY, .max = MESSAGE_ATTACHMENTS_MAX},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields)))
        return false;
    *in = (struct message_send){.account = call_query(c, "account"),
                                .agent = c->captures[0],
                                .to = json_get_str(c->json, "to"),
                                .subject = json_get_str(c->json, "subject"),
                                .body = json_get_str(c->json, "body"),
                                .client_id = json_get_str(c->json, "client_id")};
    if (!in->client_id.len) /* the same thing by its other name */
        in->client_id = call_header(c, "Idempotency-Key", NULL);
    return read_attachments(c, in);
}

/* What a worker's handler and its unit of work share. */
struct sending {
    struct message_send message;
    struct content_scan scan;
};

static void reply_message(struct call *c, int status, const struct store_message *row)
{
    struct json_writer w;
    call_json(c, status, &w);
    render_message(&w, row);
}

#define REASONS_MAX 256

static void refuse_content(struct call *c, const struct content_scan *scan)
{
    struct buf b;
    struct json_writer w;
    char id[ID_TEXT_MAX];
    id_format(id, "scn", scan->id);
    buf_init(&b, 256u << 10);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "scan_id", str_of(id));
    jw_member_str(&w, "safe_text", policy_settings(scan->compiled)->replacement);
    jw_name(&w, "reasons");
    jw_array_begin(&w);
    for (size_t i = 0; i < scan->outcome.reason_count && i < REASONS_MAX; i++) {
        jw_object_begin(&w);
        service_content_write_reason(&w, &scan->outcome.reasons[i]);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    struct cardea_str members = {b.ptr + 1, b.len - 2};
    problem_render(c, &(struct problem){.status = 403,
                                        .code = "content_blocked",
                                        .detail = "The message was not delivered: what it holds is not allowed to "
                                                  "leave.",
                                        .extra = members});
    buf_release(&b);
}

static void record_blocked(struct call *c)
{
    const struct sending *s = c->work;
    if (service_content_record(&c->svc, &s->scan) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    refuse_content(c, &s->scan);
    c->stands = true; /* the refusal's event */
}

static void keep_message(struct call *c)
{
    struct sending *s = c->work;
    struct message_send *m = &s->message;
    m->row.scan_id = s->scan.id;
    m->row.flagged = s->scan.verdict == CARDEA_SCAN_FLAG;
    if (service_message_keep(&c->svc, m) != SERVICE_OK ||
        (m->row.flagged && !m->known && service_content_record(&c->svc, &s->scan) != SERVICE_OK))
        call_refuse(c);
    else
        reply_message(c, m->known ? 200 : 201, &m->row);
}

static void send_scanned(struct call *c, struct sending *s)
{
    char account[ID_TEXT_MAX];
    s->scan = (struct content_scan){.text = s->message.text,
                                    .account = {account, id_format(account, "acc", s->message.row.account_id)}};
    if (service_content_scan(&c->svc, &s->scan) != SERVICE_OK) {
        call_refuse(c);
    } else {
        struct policy_outcome *o = &s->scan.outcome;
        /* What cannot be told apart again after it was redacted does not leave. */
        if (o->delivery == POLICY_DELIVER_REDACTED && !service_message_redact(&c->svc, &s->message, o->redacted)) {
            s->scan.verdict = o->verdict = CARDEA_SCAN_BLOCK;
            o->delivery = POLICY_DELIVER_NOTHING;
        }
        c->work = s;
        call_write(c, s->scan.verdict == CARDEA_SCAN_BLOCK ? record_blocked : keep_message);
        c->work = NULL;
        if (c->status == 201)
            service_message_tell(c->svc.svc, &s->message);
    }
    service_content_release(&c->svc, &s->scan);
}

void messages_send(struct call *c)
{
    struct sending s;
    if (!read_message(c, &s.message) || service_message_begin(&c->svc, &s.message) != SERVICE_OK)
        call_refuse(c);
    else if (s.message.known)
        reply_message(c, 200, &s.message.row);
    else
        send_scanned(c, &s);
}

/* ---- one message ---- */

void messages_get(struct call *c)
{
    struct store_message row;
    if (service_message_get(&c->svc, call_query(c, "account"), c->captures[0], c->captures[1], &row) != SERVICE_OK)
        call_refuse(c);
    else
        reply_message(c, 200, &row);
}

void messages_acknowledge(struct call *c)
{
    struct store_message row;
    if (service_message_acknowledge(&c->svc, call_query(c, "account"), c->captures[0], c->captures[1], &row) !=
        SERVICE_OK)
        call_refuse(c);
    else
        reply_message(c, 200, &row);
}

void messages_acknowledge_up_to(struct call *c)
{
    static const struct json_field fields[] = {
        {"up_to", JSON_WANT_STRING, .required = true, .max = NAME_MAX_LEN},
    };
    struct json_writer w;
    int64_t count;
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_message_acknowledge_up_to(&c->svc, call_query(c, "account"), c->captures[0],
                                          json_get_str(c->json, "up_to"), &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_int(&w, "acknowledged", count);
    jw_object_end(&w);
}

/* ---- what signs ---- */

void messages_push_secret(struct call *c)
{
    struct store_agent agent;
    struct json_writer w;
    char secret[WEBHOOK_SECRET_TEXT] = "";
    if (service_push_secret_make(&c->svc, call_query(c, "account"), c->captures[0], &agent, secret) != SERVICE_OK) {
        call_refuse(c);
    } else {
        call_json(c, 201, &w);
        jw_object_begin(&w);
        jw_member_id(&w, "agent", "agt", agent.id);
        jw_member_str(&w, "secret", str_of(secret));
        jw_member_time(&w, "created_at", c->svc.now);
        jw_object_end(&w);
    }
    cardea_wipe(secret, sizeof(secret));
}

/* ---- the list ---- */

void messages_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    if (!page_read(c, "msg", &page)) {
        call_refuse(c);
        return;
    }
    struct message_list in = {.account = call_query(c, "account"),
                              .agent = call_query(c, "agent"),
                              .state = call_query(c, "state"),
                              .before = page.after,
                              .limit = page.limit + 1};
    struct store_message *rows = arena_array(&c->arena, in.limit, sizeof(*rows));
    if (service_message_list(&c->svc, &in, rows, &count) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    int64_t last = 0;
    page_begin(c, &w);
    for (size_t i = 0; i < count && i < page.limit; i++) {
        render_message_head(&w, &rows[i]);
        last = rows[i].id;
    }
    page_end(&w, &page, count, last);
}

/* ---- routes ---- */

#define CALLERS (ACCESS_ROOT | ACCESS_USER | ACCESS_KEY)
#define INBOX   "/v1/agents/{agent}/messages"

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = INBOX,
     .lane = LANE_SCAN,
     .access = CALLERS,
     .scope = "messages:send",
     .as_agent = true,
     .takes_json = true,
     .parses_late = true,
     .body_max = MESSAGES_BODY_MAX,
     .handle = messages_send,
     .operation = "messages_send"},
    {.method = CARDEA_GET,
     .pattern = INBOX,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_receive,
     .operation = "messages_receive"},
    {.method = CARDEA_GET,
     .pattern = INBOX "/{id}",
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_get,
     .operation = "messages_get"},
    {.method = CARDEA_POST,
     .pattern = INBOX "/{id}/ack",
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_acknowledge,
     .operation = "messages_ack"},
    {.method = CARDEA_POST,
     .pattern = INBOX "/ack",
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .takes_json = true,
     .handle = messages_acknowledge_up_to,
     .operation = "messages_ack_up_to"},
    {.method = CARDEA_POST,
     .pattern = "/v1/agents/{agent}/push-secret",
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "agents:write",
     .handle = messages_push_secret,
     .operation = "messages_push_secret"},
    {.method = CARDEA_GET,
     .pattern = "/v1/messages",
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:read",
     .handle = messages_list,
     .places = PLACE_DASHBOARD,
     .operation = "messages_list"},
};

const struct http_routes routes_messages = {items, sizeof(items) / sizeof(items[0])};
