#include "http/park.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdatomic.h>

#include "base/log.h"
#include "http/authenticate.h"
#include "http/problem.h"
#include "http/server_loop.h"

#define UNREAD_MAX   4096 /* bytes that a stream's client may have sent meanwhile: nobody reads them */
#define SEND_TIMEOUT 30   /* seconds in which a stream's client must take something of what is there for it */

/* ---- looking ---- */

static unsigned bit_of(int64_t topic)
{
    return (unsigned)(((uint64_t)topic * UINT64_C(0x9e3779b97f4a7c15)) >> 54); /* PARK_BITS of them */
}

static void unlink_call(struct loop *l, struct exchange *x)
{
    struct exchange **at = &l->parked;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    x->next = NULL;
    l->parked_count--;
    atomic_fetch_sub_explicit(&l->app->parked, 1, memory_order_relaxed);
}

/* What a look needs is gone after it: a stream may live for long. Not so a refusal, which is told. */
static bool look(struct exchange *x, enum park_why why)
{
    struct call *c = &x->call;
    struct arena scratch = {0};
    struct service *svc = c->svc.svc;
    c->svc.arena = &scratch;
    c->svc.db = x->loop->db;
    c->svc.now_ms = svc->now_ms(svc->now_arg);
    c->svc.now = c->svc.now_ms / 1000;
    c->again = true;
    bool done = false;
    if (c->streams && !park_stream_alive(c))
        done = true;
    else if (!authenticate(c))
        done = true;
    else
        done = c->parked(c, why);
    c->keys_wanted = NULL;
    c->svc.arena = &c->arena;
    arena_release(&scratch);
    return done;
}

static void finish(struct exchange *x)
{
    struct call *c = &x->call;
    c->parked = NULL;
    server_finish(c);
}

static void look_at(struct loop *l, enum park_why why, const uint64_t news[PARK_WORDS])
{
    struct exchange *next;
    for (struct exchange *x = l->parked; x; x = next) {
        unsigned bit = bit_of(x->call.topic);
        next = x->next;
        if (news && !(news[bit / 64] >> (bit % 64) & 1))
            continue;
        if (!look(x, why))
            continue;
        unlink_call(l, x);
        finish(x);
    }
}

void park_news(struct loop *l, int64_t topic)
{
    unsigned bit = bit_of(topic);
    atomic_fetch_or(&l->news[bit / 64], UINT64_C(1) << (bit % 64));
    loop_wake(l);
}

void park_on_wake(struct loop *l)
{
    uint64_t news[PARK_WORDS], any = 0;
    for (unsigned i = 0; i < PARK_WORDS; i++)
        any |= news[i] = atomic_exchange(&l->news[i], 0);
    if (atomic_load(&l->app->draining))
        look_at(l, PARK_OVER, NULL);
    else if (any && l->parked)
        look_at(l, PARK_NEWS, news);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    look_at(l, PARK_SECOND, NULL);
}

bool park_open(struct loop *l)
{
    l->second = event_new(l->base, -1, EV_PERSIST, on_second, l);
    return l->second && event_add(l->second, &(struct timeval){.tv_sec = 1}) == 0;
}

void park_close(struct loop *l)
{
    if (l->second)
        event_free(l->second);
}

int64_t park_now_ns(void)
{
    return loop_now_ns();
}

/* ---- coming ---- */

static unsigned of_account(const struct loop *l, int64_t account_id)
{
    unsigned count = 0;
    for (const struct exchange *x = l->parked; x; x = x->next)
        count += x->call.svc.actor.account_id == account_id;
    return count;
}

bool park_call(struct call *c, int64_t topic, park_fn fn)
{
    struct exchange *x = c->native;
    struct loop *l = x->loop;
    if (atomic_load(&l->app->draining) || l->parked_count >= PARK_MAX ||
        of_account(l, c->svc.actor.account_id) >= PARK_ACCOUNT_MAX) {
        call_problem(c, 503, "busy", "Too many wait for messages already. Try again shortly.");
        call_add_header(c, "Retry-After", "1");
        return false;
    }
    c->topic = topic;
    c->parked = fn;
    x->next = l->parked;
    l->parked = x;
    l->parked_count++;
    atomic_fetch_add_explicit(&l->app->parked, 1, memory_order_relaxed);
    return true;
}

void park_look(struct call *c)
{
    struct exchange *x = c->native;
    park_news(x->loop, c->topic);
}

/* ---- streams ---- */

static struct evhttp_request *request_of(const struct call *c)
{
    const struct exchange *x = c->native;
    return x->req;
}

void park_stream_begin(struct call *c, const char *content_type)
{
    struct evhttp_request *req = request_of(c);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    c->streams = true;
    c->close = true;
    c->status = 200;
    c->content_type = content_type;
    exchange_add_headers(c->native);
    evhttp_send_reply_start(req, 200, problem_title(200));
    /* Who only listens is silent: that is no reason to end it, but what is sent must be taken. */
    bufferevent_set_timeouts(bev, NULL, &(struct timeval){.tv_sec = SEND_TIMEOUT});
    bufferevent_setwatermark(bev, EV_READ, 0, UNREAD_MAX);
}

bool park_stream_alive(const struct call *c)
{
    return evhttp_request_get_connection(request_of(c)) != NULL;
}

bool park_stream_room(const struct call *c)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request_of(c));
    return connection &&
           evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(connection))) < PARK_UNSENT_MAX;
}

void park_stream_send(struct call *c, struct cardea_str bytes)
{
    struct evbuffer *piece = evbuffer_new();
    if (!piece)
        return; /* the client asks again from where it is */
    evbuffer_add(piece, bytes.ptr, bytes.len);
    evhttp_send_reply_chunk(request_of(c), piece);
    evbuffer_free(piece);
}
