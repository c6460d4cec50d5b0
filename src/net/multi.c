#include "net/multi.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "net/transfer.h"

#define EVENTS_MAX 256

struct item {
    struct transfer transfer;
    struct net_reply reply;
    enum net_result bad; /* of what never began */
    net_done_fn done;
    void *arg;
    struct item *next; /* of those that never began, or of the free ones */
};

struct net_multi {
    CURLM *curl;
    int epoll, wake;
    int64_t timer_ms;    /* when libcurl wants to be called; -1: it does not */
    size_t under_way;    /* in libcurl, and never begun */
    struct item *failed; /* never begun, not told yet */
    struct item *spare;  /* each with its handle, to be used again */
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* ---- what libcurl wants to hear of ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct net_multi *m = arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(m->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(m->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    curl_multi_assign(m->curl, fd, m); /* anything but NULL: it is known */
    return 0;
}

static int on_timer(CURLM *curl, long timeout_ms, void *arg)
{
    struct net_multi *m = arg;
    m->timer_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

struct net_multi *net_multi_new(long idle_connections)
{
    struct net_multi *m = calloc(1, sizeof(*m));
    struct epoll_event event = {.events = EPOLLIN};
    if (!m || !(m->curl = curl_multi_init()))
        abort(); /* memory is out */
    m->timer_ms = -1;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event.data.fd = m->wake;
    if (m->epoll < 0 || m->wake < 0 || epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->wake, &event) != 0)
        abort(); /* no descriptors are left at the start */
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, idle_connections);
    return m;
}

/* ---- a request's life ---- */

static struct item *take_item(struct net_multi *m)
{
    struct item *item = m->spare;
    if (item) {
        m->spare = item->next;
        return item;
    }
    item = calloc(1, sizeof(*item));
    if (!item || !(item->transfer.curl = curl_easy_init()))
        abort(); /* memory is out */
    return item;
}

void net_multi_start(struct net_multi *m, const char *url, const struct net_request *request,
                     const struct net_options *options, net_done_fn done, void *arg)
{
    struct item *item = take_item(m);
    CURL *curl = item->transfer.curl;
    item->done = done;
    item->arg = arg;
    m->under_way++;
    item->bad = transfer_begin(&item->transfer, curl, url, request, options, &item->reply);
    if (item->bad != NET_OK) {
        item->next = m->failed;
        m->failed = item;
        return;
    }
    /* One request a connection: nobody waits for what another one's server says on the same. */
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, item);
    if (curl_multi_add_handle(m->curl, curl) != CURLM_OK)
        abort(); /* memory is out */
}

static void finish(struct net_multi *m, struct item *item, enum net_result result)
{
    m->under_way--;
    item->done(item->arg, result, &item->reply);
    net_reply_release(&item->reply);
    item->next = m->spare;
    m->spare = item;
}

static void finish_all(struct net_multi *m)
{
    CURLMsg *message;
    int left;
    struct item *failed = m->failed;
    m->failed = NULL;
    while (failed) {
        struct item *next = failed->next;
        finish(m, failed, failed->bad);
        failed = next;
    }
    while ((message = curl_multi_info_read(m->curl, &left))) {
        struct item *item = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &item);
        curl_multi_remove_handle(m->curl, item->transfer.curl);
        finish(m, item, transfer_end(&item->transfer, code));
    }
}

/* ---- a turn ---- */

static int wait_for(const struct net_multi *m, int64_t wait_ms)
{
    int64_t until_timer = m->timer_ms < 0 ? wait_ms : m->timer_ms - now_ms();
    int64_t wait = m->failed ? 0 : until_timer < wait_ms ? until_timer : wait_ms;
    return wait < 0 ? 0 : wait > 60000 ? 60000 : (int)wait;
}

static void hear(struct net_multi *m, const struct epoll_event *event)
{
    int running, what = 0;
    uint64_t count;
    if (event->data.fd == m->wake) {
        (void)!read(m->wake, &count, sizeof(count));
        return;
    }
    what |= event->events & EPOLLIN ? CURL_CSELECT_IN : 0;
    what |= event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
    what |= event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
    curl_multi_socket_action(m->curl, event->data.fd, what, &running);
}

void net_multi_turn(struct net_multi *m, int64_t wait_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int running, count = epoll_wait(m->epoll, events, EVENTS_MAX, wait_for(m, wait_ms));
    for (int i = 0; i < count; i++)
        hear(m, &events[i]);
    if (m->timer_ms >= 0 && now_ms() >= m->timer_ms) {
        m->timer_ms = -1;
        curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_all(m);
}

void net_multi_wake(struct net_multi *m)
{
    uint64_t one = 1;
    (void)!write(m->wake, &one, sizeof(one));
}

size_t net_multi_under_way(const struct net_multi *m)
{
    return m->under_way;
}

bool net_multi_free(struct net_multi *m)
{
    if (!m)
        return true;
    if (m->under_way > 0)
        return false;
    for (struct item *item = m->spare, *next; item; item = next) {
        next = item->next;
        curl_easy_cleanup(item->transfer.curl);
        free(item);
    }
    curl_multi_cleanup(m->curl);
    close(m->epoll);
    close(m->wake);
    free(m);
    return true;
}
