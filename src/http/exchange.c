/* One request through one loop: checked, made into a call, dispatched; the reply sent. */
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "http/lane.h"
#include "http/problem.h"
#include "http/refusals.h"
#include "http/server_loop.h"

#define REPLY_MAX  (32u << 20)
#define REPLY_KEEP (64u << 10) /* a larger buffer is not kept for the next call */
#define SPARE_MAX  256         /* calls kept for reuse, a loop */

/* ---- calls ---- */

static struct exchange *exchange_take(struct loop *l)
{
    struct exchange *x = l->spare;
    if (x) {
        l->spare = x->next;
        l->spare_count--;
        return x;
    }
    x = calloc(1, sizeof(*x));
    if (!x)
        abort(); /* as base/arena.h: who cannot allocate this cannot answer either */
    x->loop = l;
    buf_init(&x->call.reply, REPLY_MAX);
    return x;
}

static void exchange_free(struct exchange *x)
{
    arena_release(&x->call.arena);
    buf_release(&x->call.reply);
    free(x);
}

static void exchange_give_back(struct exchange *x)
{
    struct call *c = &x->call;
    struct loop *l = x->loop;
    if (c->json)
        json_decref(c->json);
    c->json = NULL;
    if (l->spare_count == SPARE_MAX) {
        exchange_free(x);
        return;
    }
    if (c->reply.cap > REPLY_KEEP) {
        buf_release(&c->reply);
        buf_init(&c->reply, REPLY_MAX);
    } else if (c->reply.len) {
        cardea_wipe(c->reply.ptr, c->reply.len); /* may hold a new key */
        buf_clear(&c->reply);
    }
    arena_clear(&c->arena);
    x->next = l->spare;
    l->spare = x;
    l->spare_count++;
}

/* ---- the request ---- */

static struct exchange *exchange_of(const struct call *c)
{
    return c->native;
}

struct metrics_shard *server_metrics(const struct call *c)
{
    return exchange_of(c)->loop->metrics;
}

/* The first letter decides nearly always: a request is asked for a dozen names. */
static bool is_named(const struct evkeyval *h, const char *name)
{
    return (h->key[0] | 0x20) == (name[0] | 0x20) && strcasecmp(h->key, name) == 0;
}

struct cardea_str server_header(const struct call *c, const char *name, unsigned *count)
{
    struct cardea_str first = {0};
    unsigned n = 0;
    const struct evkeyval *h;
    for (h = evhttp_request_get_input_headers(exchange_of(c)->req)->tqh_first; h; h = h->next.tqe_next) {
        if (!is_named(h, name))
            continue;
        if (!n++)
            first = str_of(h->value);
        if (!count)
            break;
    }
    if (count)
        *count = n;
    return first;
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool all_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* A tab apart, which stands for a blank. */
static bool has_control(const char *s)
{
    while ((unsigned char)*s >= ' ' ? *s != 0x7f : *s == '\t')
        s++;
    return *s != '\0';
}

/* What RFC 9112 wants refused, since another server on the way may have read it otherwise: evhttp takes the first of
 * several lengths, knows no transfer coding but "chunked", and leaves the body of a HEAD on the connection. */
static const char *framing_defect(struct exchange *x)
{
    const struct evkeyval *h;
    unsigned lengths = 0, codings = 0, hosts = 0;
    bool body = false;
    struct evhttp_request *req = x->req;
    for (h = evhttp_request_get_input_headers(req)->tqh_first; h; h = h->next.tqe_next) {
        const char *p = h->key;
        while (is_token_char(*p))
            p++;
        if (*p || p == h->key)
            return "a header name holds a character that none may hold";
        if (has_control(h->value))
            return "a header holds a control character";
        if (is_named(h, "Content-Length")) {
            lengths++;
            if (!all_digits(h->value))
                return "Content-Length is no number";
            body |= strspn(h->value, "0") != strlen(h->value);
        } else if (is_named(h, "Transfer-Encoding")) {
            codings++;
            body = true;
            if (strcasecmp(h->value, "chunked") != 0)
                return "the only transfer coding known here is chunked";
        } else if (is_named(h, "Host")) {
            hosts++;
        }
    }
    if (lengths > 1)
        return "Content-Length stands more than once";
    if (codings && (lengths || codings > 1 || req->major < 1 || (req->major == 1 && req->minor < 1)))
        return "Content-Length and Transfer-Encoding exclude each other";
    if (hosts > 1)
        return "Host stands more than once";
    if (!hosts && (req->major > 1 || (req->major == 1 && req->minor >= 1)))
        return "Host is missing";
    if (body && !(req->type & (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
                               EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS)))
        return "this method takes no body";
    const char *uri = evhttp_request_get_uri(req);
    for (const char *p = uri; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return "the target holds a control character";
    return *uri == '/' ? NULL : "the target is not a path";
}

static void set_method(struct call *c, enum evhttp_cmd_type type)
{
    static const struct {
        enum evhttp_cmd_type type;
        uint32_t bit;
        const char *name;
    } methods[] = {
        {EVHTTP_REQ_GET, CARDEA_GET, "GET"},
        {EVHTTP_REQ_POST, CARDEA_POST, "POST"},
        {EVHTTP_REQ_PUT, CARDEA_PUT, "PUT"},
        {EVHTTP_REQ_PATCH, CARDEA_PATCH, "PATCH"},
        {EVHTTP_REQ_DELETE, CARDEA_DELETE, "DELETE"},
        {EVHTTP_REQ_HEAD, CARDEA_GET, "HEAD"},
        {EVHTTP_REQ_OPTIONS, CARDEA_OPTIONS, "OPTIONS"},
    };
    c->method = 0;
    c->method_name = (struct cardea_str){0};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].type != type)
            continue;
        c->method = methods[i].bit;
        c->method_name = str_of(methods[i].name);
    }
    c->head_only = type == EVHTTP_REQ_HEAD;
}

/* The peer, or whom a trusted peer names. */
static void set_client(struct exchange *x)
{
    struct call *c = &x->call;
    const struct peer_list *trusted = &atomic_load(&c->app->policy)->trusted_proxies;
    const struct sockaddr *sa = evhttp_connection_get_addr(evhttp_request_get_connection(x->req));
    c->has_ip = true;
    memset(c->ip, 0, sizeof(c->ip));
    if (sa && sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;
        c->ip[10] = c->ip[11] = 0xff;
        memcpy(c->ip + 12, &in->sin_addr, 4);
    } else if (sa && sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)sa;
        memcpy(c->ip, &in6->sin6_addr, 16);
    } else {
        c->has_ip = false;
    }
    c->trusted_proxy = c->has_ip ? peer_list_has(trusted, c->ip) : trusted->unix_socket;
    if (!c->trusted_proxy)
        return;
    /* Several such headers are one list in parts (RFC 9110, 5.3); only the last part was written by our proxy. */
    const struct evkeyval *h;
    for (h = evhttp_request_get_input_headers(x->req)->tqh_first; h; h = h->next.tqe_next)
        if (is_named(h, "X-Forwarded-For") && peer_forwarded(trusted, str_of(h->value), c->ip))
            c->has_ip = true;
}

static void set_request_id(struct exchange *x)
{
    struct call *c = &x->call;
    struct cardea_str given = server_header(c, "X-Request-Id", NULL);
    size_t i = 0;
    while (i < given.len && is_token_char(given.ptr[i]))
        i++;
    if (given.len && i == given.len && given.len < CALL_REQUEST_ID_MAX) {
        memcpy(c->request_id, given.ptr, given.len);
        c->request_id[given.len] = '\0';
        return;
    }
    /* Unique is enough: a Weyl sequence from a random start, through splitmix64's finaliser. */
    uint64_t z = x->loop->request_seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    id_format(c->request_id, "req", (int64_t)((z ^ z >> 31) >> 1));
}

static void call_begin(struct exchange *x)
{
    struct call *c = &x->call;
    struct loop *l = x->loop;
    struct service *svc = l->app->svc;
    struct arena arena = c->arena;
    struct buf reply = c->reply;
    *c = (struct call){.app = l->app, .arena = arena, .reply = reply, .native = x, .reader = l->reader};
    c->began_ns = loop_now_ns();
    c->operation = METRICS_UNMATCHED;
    c->profile_index = CARDEA_ANY_PROFILE;
    c->svc = (struct service_call){.svc = svc, .db = l->db, .arena = &c->arena};
    c->svc.profiles = atomic_load(&svc->profiles);
    c->svc.now_ms = svc->now_ms(svc->now_arg);
    c->svc.now = c->svc.now_ms / 1000;
    c->svc.actor.profile = -1;

    c->target = c->path = str_of(evhttp_request_get_uri(x->req));
    const char *mark = c->target.len ? memchr(c->target.ptr, '?', c->target.len) : NULL;
    if (mark) {
        c->path.len = (size_t)(mark - c->target.ptr);
        c->query = (struct cardea_str){mark + 1, c->target.len - c->path.len - 1};
    }
    c->host = server_header(c, "Host", NULL);
    struct evbuffer *body = evhttp_request_get_input_buffer(x->req);
    c->body.len = evbuffer_get_length(body);
    if (c->body.len)
        c->body.ptr = (const char *)evbuffer_pullup(body, -1);
    set_method(c, evhttp_request_get_command(x->req));
    set_request_id(x);
}

void exchange_begin(struct evhttp_request *req, void *arg)
{
    struct loop *l = arg;
    struct exchange *x = exchange_take(l);
    atomic_fetch_add_explicit(&l->active, 1, memory_order_relaxed);
    x->req = req;
    call_begin(x);
    const char *defect = framing_defect(x);
    if (defect || (x->call.body.len && !x->call.body.ptr)) {
        call_problem(&x->call, 400, "bad_request", "The request is malformed: %s.", defect ? defect : "no memory");
        x->call.close = true;
        server_finish(&x->call);
        return;
    }
    set_client(x);
    http_dispatch(&x->call);
}

/* ---- the reply ---- */

void exchange_add_headers(struct exchange *x)
{
    struct call *c = &x->call;
    struct evkeyvalq *out = evhttp_request_get_output_headers(x->req);
    bool caching = false;
    for (size_t i = 0; i < c->header_count; i++) {
        evhttp_add_header(out, c->headers[i].name, c->headers[i].value);
        caching |= strcasecmp(c->headers[i].name, "Cache-Control") == 0;
    }
    if (c->reply.len || c->streams)
        evhttp_add_header(out, "Content-Type", c->content_type ? c->content_type : "application/json");
    if (!caching)
        evhttp_add_header(out, "Cache-Control", "no-store");
    evhttp_add_header(out, "X-Request-Id", c->request_id);
    if (c->cors_origin.len) {
        evhttp_add_header(out, "Access-Control-Allow-Origin", c->cors_origin.ptr);
        evhttp_add_header(out, "Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
        evhttp_add_header(out, "Vary", "Origin");
    }
    if (c->close || atomic_load_explicit(&c->app->draining, memory_order_relaxed))
        evhttp_add_header(out, "Connection", "close");
}

static void done(struct exchange *x, int64_t now)
{
    struct loop *l = x->loop;
    x->req = NULL;
    exchange_give_back(x);
    atomic_store_explicit(&l->last_sent_ns, now, memory_order_relaxed);
    atomic_fetch_sub_explicit(&l->active, 1, memory_order_release);
}

/* Its head and pieces are on their way; how long it lived is no latency. */
static void end_stream(struct exchange *x)
{
    metrics_request(x->loop->metrics, x->call.operation, 200, 0);
    evhttp_send_reply_end(x->req);
    done(x, loop_now_ns());
}

static void send_reply(struct exchange *x)
{
    struct call *c = &x->call;
    struct loop *l = x->loop;
    if (c->streams) {
        end_stream(x);
        return;
    }
    if (c->reply.failed || !c->status) {
        log_error("%s: %s", c->route ? c->route->operation : "request", c->status ? "reply too large" : "no reply");
        buf_release(&c->reply);
        buf_init(&c->reply, REPLY_MAX);
        call_problem(c, 500, "internal", "The reply could not be made.");
    }
    refusal_tell(c);
    int64_t now = loop_now_ns();
    metrics_request(l->metrics, c->operation, c->status, now - c->began_ns);
    exchange_add_headers(x);
    /* evhttp says no length in answer to these two, though it would send a HEAD's body, and keeps a CONNECT's
     * connection as if there were a tunnel now. */
    if (c->head_only || evhttp_request_get_command(x->req) == EVHTTP_REQ_CONNECT) {
        char length[24];
        snprintf(length, sizeof(length), "%zu", c->reply.len);
        evhttp_add_header(evhttp_request_get_output_headers(x->req), "Content-Length", length);
    }
    if (!c->head_only && c->reply.len)
        evbuffer_add(evhttp_request_get_output_buffer(x->req), c->reply.ptr, c->reply.len);
    evhttp_send_reply(x->req, c->status, problem_title(c->status), NULL);
    done(x, now);
}

static void pass_to_loop(struct exchange *x)
{
    struct loop *l = x->loop;
    x->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool first = !l->done_first;
    if (first)
        l->done_first = x;
    else
        l->done_last->next = x;
    l->done_last = x;
    pthread_mutex_unlock(&l->lock);
    if (first)
        loop_wake(l);
}

void server_finish(struct call *c)
{
    struct exchange *x = exchange_of(c);
    if (loop_is_here(x->loop))
        send_reply(x);
    else
        pass_to_loop(x);
}

void server_again(struct call *c)
{
    struct exchange *x = exchange_of(c);
    x->again = true;
    pass_to_loop(x);
}

/* As the first time, but that it has waited. Time has passed, too. */
static void dispatch_again(struct exchange *x)
{
    struct call *c = &x->call;
    int64_t began_ns = c->began_ns;
    x->again = false;
    buf_clear(&c->reply);
    if (c->json)
        json_decref(c->json); /* it is read again */
    call_begin(x);
    c->began_ns = began_ns;
    c->waited = true;
    set_client(x);
    http_dispatch(c);
}

void exchange_send_done(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct exchange *x = l->done_first;
    l->done_first = l->done_last = NULL;
    pthread_mutex_unlock(&l->lock);
    while (x) {
        struct exchange *next = x->next;
        if (x->again)
            dispatch_again(x);
        else
            send_reply(x);
        x = next;
    }
}

void exchange_release(struct loop *l)
{
    while (l->spare) {
        struct exchange *x = l->spare;
        l->spare = x->next;
        exchange_free(x);
    }
}
