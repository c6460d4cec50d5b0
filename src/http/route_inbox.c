/* Receiving: at once, after a wait for what comes next, or as a stream of server-sent events. */
#include "base/str.h"
#include "http/page.h"
#include "http/park.h"
#include "http/render_message.h"
#include "http/route_messages.h"
#include "service/messages.h"

#define WAIT_MAX_SEC  30
#define HEARTBEAT_NS  (15 * INT64_C(1000000000)) /* well within the minute that proxies wait */
#define STREAM_MAX_NS (3600 * INT64_C(1000000000))
#define STREAM_PAGE   50
#define STREAM_RETRY  "retry: 2000\n\n" /* milliseconds until a client comes back */

/* What a call that waits remembers; in the call's arena. */
struct reception {
    struct message_page page;
    int64_t until_ns;     /* a poll's end, a stream's end */
    int64_t heartbeat_ns; /* a stream's next sign of life */
};

static bool read_wait(struct call *c, int64_t *out)
{
    struct cardea_str text = call_query(c, "wait");
    *out = 0;
    bool good = text.len <= 2;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    if (good && *out <= WAIT_MAX_SEC && (text.len || !text.ptr))
        return true;
    service_invalid(&c->svc, "query/wait", "It is not a number of seconds from 0 to 30.", "Leave it out, or send 30.");
    return false;
}

static bool read_page(struct call *c, struct message_page *in)
{
    struct page page;
    struct cardea_str after = call_query(c, "after"), last = call_header(c, "Last-Event-ID", NULL);
    bool good = page_read(c, "msg", &page);
    *in = (struct message_page){.account = call_query(c, "account"), .agent = c->captures[0], .limit = page.limit};
    if (last.len) /* where a stream broke off, whatever its URL says */
        after = last;
    in->has_after = after.len > 0;
    if (after.len && !id_parse(after, "msg", &in->after)) {
        service_invalid(&c->svc, last.len ? "header/Last-Event-ID" : "query/after", "It is no id of a message.",
                        "Send the id of the last one received.");
        good = false;
    }
    return good;
}

static bool wants_stream(const struct call *c)
{
    struct cardea_str rest = call_header(c, "Accept", NULL), one, type;
    while (str_cut(&rest, ',', &one))
        if (str_cut(&one, ';', &type) && str_eq_nocase(str_trim(type), STR("text/event-stream")))
            return !c->head_only;
    return false;
}

static void render_page(struct call *c, const struct store_message *rows, size_t count)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_name(&w, "data");
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        render_message(&w, &rows[i]);
    jw_array_end(&w);
    jw_object_end(&w);
}

/* ---- a poll ---- */

static bool look_for_page(struct call *c, enum park_why why)
{
    const struct reception *r = c->work;
    struct store_message *rows = arena_array(c->svc.arena, r->page.limit, sizeof(*rows));
    struct store_agent agent;
    size_t count = 0;
    bool over = why == PARK_OVER || park_now_ns() >= r->until_ns;
    if (why == PARK_SECOND && !over) /* what came was told as news */
        return false;
    if (service_message_receive(&c->svc, &r->page, &agent, rows, &count) != SERVICE_OK)
        call_refuse(c);
    else if (count || over)
        render_page(c, rows, count);
    else
        return false;
    return true;
}

/* ---- a stream ---- */

/* Text of one line: JSON escapes what would end it. */
static void add_event(struct buf *b, const struct store_message *row)
{
    struct json_writer w;
    char id[ID_TEXT_MAX];
    id_format(id, "msg", row->id);
    buf_printf(b, "id: %s\nevent: message\ndata: ", id);
    jw_init(&w, b);
    render_message(&w, row);
    buf_add_cstr(b, "\n\n");
}

/* Sends what there is; false when the caller may not have it any more. */
static bool send_page(struct call *c, struct reception *r)
{
    struct store_message *rows = arena_array(c->svc.arena, STREAM_PAGE, sizeof(*rows));
    struct store_agent agent;
    size_t count = STREAM_PAGE;
    struct buf b;
    if (service_message_receive(&c->svc, &r->page, &agent, rows, &count) != SERVICE_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        buf_init(&b, 16u << 20); /* as much as JSON can make of one message */
        add_event(&b, &rows[i]);
        if (!b.failed)
            park_stream_send(c, buf_str(&b));
        buf_release(&b);
        r->page.has_after = true;
        r->page.after = rows[i].id;
        r->heartbeat_ns = park_now_ns() + HEARTBEAT_NS;
    }
    return true;
}

static bool look_for_events(struct call *c, enum park_why why)
{
    struct reception *r = c->work;
    int64_t now = park_now_ns();
    if (why == PARK_OVER || now >= r->until_ns)
        return true;
    if (!park_stream_room(c)) /* its client is slow: the store keeps the rest */
        return false;
    if (!send_page(c, r))
        return true;
    if (now >= r->heartbeat_ns) {
        park_stream_send(c, STR(": still here\n\n"));
        r->heartbeat_ns = now + HEARTBEAT_NS;
    }
    return false;
}

static void begin_stream(struct call *c, struct reception *r, int64_t agent_id)
{
    r->until_ns = park_now_ns() + STREAM_MAX_NS;
    r->heartbeat_ns = park_now_ns() + HEARTBEAT_NS;
    r->page.limit = STREAM_PAGE;
    c->work = r;
    if (!park_call(c, agent_id, look_for_events))
        return;
    call_add_header(c, "X-Accel-Buffering", "no"); /* nginx: each piece at once */
    park_stream_begin(c, "text/event-stream; charset=utf-8");
    park_stream_send(c, STR(STREAM_RETRY));
    park_look(c);
}

void messages_receive(struct call *c)
{
    struct reception *r = arena_alloc(&c->arena, sizeof(*r));
    struct store_agent agent;
    int64_t wait;
    size_t count;
    bool good = read_page(c, &r->page);
    if (!read_wait(c, &wait) || !good) {
        call_refuse(c);
        return;
    }
    if (wants_stream(c)) {
        if (service_message_agent(&c->svc, MESSAGE_MAY_RECEIVE, r->page.account, r->page.agent, &agent) == SERVICE_OK)
            begin_stream(c, r, agent.id);
        else
            call_refuse(c);
        return;
    }
    struct store_message *rows = arena_array(&c->arena, r->page.limit, sizeof(*rows));
    if (service_message_receive(&c->svc, &r->page, &agent, rows, &count) != SERVICE_OK) {
        call_refuse(c);
    } else if (count || !wait || c->head_only) {
        render_page(c, rows, count);
    } else {
        r->until_ns = park_now_ns() + wait * INT64_C(1000000000);
        c->work = r;
        park_call(c, agent.id, look_for_page);
    }
}
