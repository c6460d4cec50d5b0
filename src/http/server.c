#include "http/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "http/park.h"
#include "http/server_loop.h"

#define HEADERS_MAX_BYTES (32 * 1024)
#define TIMEOUT_SEC       60        /* a connection that neither sends nor takes anything */
#define ACCEPT_PAUSE_US   100000    /* when the process is out of descriptors */
#define FLUSH_NS          200000000 /* how long the last replies of a draining loop may take to leave */

/* libevent's own, unexported value for a method that it does not know: allowed, so that the answer is our 405. */
#define METHOD_UNKNOWN (1 << 15)

struct server {
    struct app *app;
    unsigned count;
    struct loop loops[];
};

/* Which loop runs on this thread: tells a call that is completed at home from one that comes from another lane. */
static _Thread_local const struct loop *current_loop;

bool loop_is_here(const struct loop *l)
{
    return current_loop == l;
}

int64_t loop_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- memory ---- */

static void wiping_free(void *ptr)
{
    if (ptr)
        cardea_wipe(ptr, malloc_usable_size(ptr));
    free(ptr);
}

static void *wiping_realloc(void *ptr, size_t size)
{
    void *grown = malloc(size);
    if (!grown || !ptr)
        return grown;
    size_t had = malloc_usable_size(ptr);
    memcpy(grown, ptr, had < size ? had : size);
    wiping_free(ptr);
    return grown;
}

static void log_libevent(int severity, const char *text)
{
    log_msg(severity >= EVENT_LOG_ERR    ? LOG_ERROR
            : severity == EVENT_LOG_WARN ? LOG_WARN
                                         : LOG_DEBUG,
            "libevent: %s", text);
}

void server_init(void)
{
    event_set_mem_functions(malloc, wiping_realloc, wiping_free);
    json_set_alloc_funcs(malloc, wiping_free);
    event_set_log_callback(log_libevent);
}

/* ---- loops ---- */

void loop_wake(struct loop *l)
{
    uint64_t one = 1;
    /* EAGAIN means that the counter is full: the loop will wake. */
    while (write(l->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    uint64_t count;
    while (read((int)fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
    exchange_send_done(l);
    park_on_wake(l);
    if (atomic_load(&l->app->draining))
        evconnlistener_disable(l->listener);
    if (atomic_load(&l->stop))
        event_base_loopbreak(l->base);
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct loop *l = arg;
    log_error("cannot accept connections: %s; trying again in %d ms", strerror(errno), ACCEPT_PAUSE_US / 1000);
    evconnlistener_disable(listener);
    evtimer_add(l->pause, &(struct timeval){.tv_usec = ACCEPT_PAUSE_US});
}

static void on_pause_end(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    if (!atomic_load(&l->app->draining))
        evconnlistener_enable(l->listener);
}

/* evhttp switches reading and writing on and off several times a request: gathered, that is one system call instead of
 * up to four. libevent leaves it off since it must not be used with duplicated descriptors: connections are none, and
 * the listener's is added once. What is gathered for a closed connection is its removal alone; it may come when another
 * loop has got the number, and then finds nothing of that name in this loop's own set. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    if (config)
        event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = config ? event_base_new_with_config(config) : NULL;
    if (config)
        event_config_free(config);
    return base;
}

/* evhttp takes lines for C strings: what follows a NUL would be lost, and a line that starts with one would end the
 * header section, where another server on the way reads on (RFC 9110, 5.5). So each becomes another control character,
 * which no name, target, credential or JSON text may hold, before evhttp sees it. */
static void unmask_nuls(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct evbuffer_iovec part;
    struct evbuffer_ptr at;
    size_t left = info->n_added;
    if (!left || evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - left, EVBUFFER_PTR_SET) != 0)
        return;
    while (left && evbuffer_peek(input, (ev_ssize_t)left, &at, &part, 1) > 0 && part.iov_len) {
        size_t len = part.iov_len < left ? part.iov_len : left;
        for (char *nul = part.iov_base; (nul = memchr(nul, '\0', len - (size_t)(nul - (char *)part.iov_base)));)
            *nul = '\x01';
        left -= len;
        if (left && evbuffer_ptr_set(input, &at, len, EVBUFFER_PTR_ADD) != 0)
            return;
    }
}

static struct bufferevent *connection_new(struct event_base *base, void *arg)
{
    struct bufferevent *bev = bufferevent_socket_new(base, -1, 0); /* as evhttp makes its own */
    if (bev && !evbuffer_add_cb(bufferevent_get_input(bev), unmask_nuls, NULL)) {
        bufferevent_free(bev);
        return NULL;
    }
    return bev;
}

static bool loop_open_events(struct loop *l, int listen_fd)
{
    l->base = base_new();
    l->http = l->base ? evhttp_new(l->base) : NULL;
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int fd = dup(listen_fd); /* each listener closes its own */
    if (!l->http || l->wake_fd < 0 || fd < 0)
        return false;
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    l->pause = evtimer_new(l->base, on_pause_end, l);
    l->listener = evconnlistener_new(l->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!park_open(l) || !l->wake || !l->pause || !l->listener || event_add(l->wake, NULL) != 0)
        return false;
    evhttp_set_gencb(l->http, exchange_begin, l);
    evhttp_set_bevcb(l->http, connection_new, NULL);
    evhttp_set_allowed_methods(l->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                            EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                            EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH | METHOD_UNKNOWN);
    evhttp_set_max_headers_size(l->http, HEADERS_MAX_BYTES);
    evhttp_set_max_body_size(l->http, CALL_BODY_MAX_IMPORT);
    evhttp_set_timeout(l->http, TIMEOUT_SEC);
    evhttp_set_default_content_type(l->http, NULL);
    if (!evhttp_bind_listener(l->http, l->listener))
        return false;
    evconnlistener_set_error_cb(l->listener, on_accept_error);
    return true;
}

static bool loop_open(struct loop *l, struct server *s, int listen_fd, struct cardea_why *why)
{
    struct app *app = s->app;
    l->app = app;
    l->wake_fd = -1;
    pthread_mutex_init(&l->lock, NULL);
    if (!cardea_random_system(NULL, &l->request_seed, sizeof(l->request_seed)))
        return false;
    l->metrics = metrics_shard_new(&app->metrics);
    struct cardea_reader_options options = {
        .path = app->snapshot_path, .activity_dir = app->svc->runtime_dir, .serve_stale = app->serve_stale};
    if (cardea_reader_open(&l->reader, &options, why) != CARDEA_OK)
        return false;
    if (store_reader_open(app->svc->store, &l->db, why) != STORE_OK)
        return false;
    if (loop_open_events(l, listen_fd))
        return true;
    snprintf(why->text, sizeof(why->text), "cannot set up an event loop: %s", strerror(errno));
    return false;
}

static void loop_close(struct loop *l)
{
    if (!l->app)
        return;
    if (l->http)
        evhttp_free(l->http); /* with its connections and its listener */
    if (l->wake)
        event_free(l->wake);
    if (l->pause)
        event_free(l->pause);
    park_close(l);
    if (l->base)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    exchange_release(l);
    if (l->reader)
        cardea_reader_free(l->reader);
    if (l->db)
        store_reader_free(l->db);
    pthread_mutex_destroy(&l->lock);
}

static void *loop_main(void *arg)
{
    struct loop *l = arg;
    current_loop = l;
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static void loops_stop(struct server *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (!s->loops[i].started)
            continue;
        atomic_store(&s->loops[i].stop, true);
        loop_wake(&s->loops[i]);
        pthread_join(s->loops[i].thread, NULL);
        s->loops[i].started = false;
    }
}

bool server_start(struct server **out, const struct server_options *options, struct cardea_why *why)
{
    struct server *s = calloc(1, sizeof(*s) + options->threads * sizeof(s->loops[0]));
    if (!s)
        abort();
    s->app = options->app;
    s->count = options->threads;
    bool ok = true;
    for (unsigned i = 0; ok && i < s->count; i++)
        ok = loop_open(&s->loops[i], s, options->listen_fd, why);
    for (unsigned i = 0; ok && i < s->count; i++) {
        struct loop *l = &s->loops[i];
        ok = pthread_create(&l->thread, NULL, loop_main, l) == 0;
        if (!ok)
            snprintf(why->text, sizeof(why->text), "cannot start a thread");
        l->started = ok;
    }
    close(options->listen_fd);
    if (ok) {
        *out = s;
        return true;
    }
    loops_stop(s);
    server_free(s);
    return false;
}

void server_news(struct server *s, int64_t topic)
{
    for (unsigned i = 0; i < s->count; i++)
        park_news(&s->loops[i], topic);
}

static bool quiet(const struct server *s)
{
    int64_t now = loop_now_ns();
    for (unsigned i = 0; i < s->count; i++) {
        const struct loop *l = &s->loops[i];
        if (atomic_load(&l->active) || now - atomic_load(&l->last_sent_ns) < FLUSH_NS)
            return false;
    }
    return true;
}

bool server_drain(struct server *s, int grace_ms)
{
    atomic_store(&s->app->draining, true);
    for (unsigned i = 0; i < s->count; i++)
        loop_wake(&s->loops[i]);
    int64_t end = loop_now_ns() + grace_ms * 1000000LL;
    while (!quiet(s) && loop_now_ns() < end)
        usleep(5000);
    bool all = true;
    loops_stop(s);
    for (unsigned i = 0; i < s->count; i++)
        all = all && !atomic_load(&s->loops[i].active);
    return all;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->count; i++)
        loop_close(&s->loops[i]);
    free(s);
}
