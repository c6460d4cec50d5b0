/* main.c - `upstream --listen 127.0.0.1:PORT`: options, the socket, the loop. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>

#include "upstream.h"

#define HEADERS_MAX (32 * 1024)
/* Above the router's own limit, so that its answer is the one that clients get. */
#define READ_MAX    (8u << 20)
#define TIMEOUT_SEC 60
#define METHODS                                                                                                   \
    (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | \
     EVHTTP_REQ_OPTIONS)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static bool is_loopback(const union address *a)
{
    if (a->any.sa_family == AF_INET)
        return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
    return a->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/* HOST:PORT or [HOST]:PORT. libevent's own parser refuses port 0, so it gets the host alone. */
static bool parse_address(const char *text, union address *a, int *len)
{
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2], *end;
    if (!colon || (size_t)(colon - text) >= sizeof(host) || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || port > 65535 || evutil_parse_sockaddr_port(host, &a->any, len) != 0)
        return false;
    if (a->any.sa_family == AF_INET)
        a->v4.sin_port = htons((uint16_t)port);
    else
        a->v6.sin6_port = htons((uint16_t)port);
    return true;
}

static void print_address(struct evconnlistener *listener)
{
    union address a;
    socklen_t len = sizeof(a);
    char text[INET6_ADDRSTRLEN] = "";
    if (getsockname(evconnlistener_get_fd(listener), &a.any, &len) != 0)
        return;
    bool v4 = a.any.sa_family == AF_INET;
    inet_ntop(a.any.sa_family, v4 ? (const void *)&a.v4.sin_addr : &a.v6.sin6_addr, text, sizeof(text));
    printf(v4 ? "listening on http://%s:%u\n" : "listening on http://[%s]:%u\n", text,
           ntohs(v4 ? a.v4.sin_port : a.v6.sin6_port));
    fflush(stdout);
}

static void on_signal(evutil_socket_t signal_number, short what, void *base)
{
    event_base_loopexit(base, NULL);
}

static int serve(struct event_base *base, struct evhttp *http, const union address *a, int len)
{
    struct store store;
    struct evconnlistener *listener = evconnlistener_new_bind(
        base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, -1, &a->any, len);
    if (!listener || !evhttp_bind_listener(http, listener)) {
        perror("upstream: cannot listen");
        return 1;
    }
    if (store_init(&store) != 0)
        return 1;
    evhttp_set_gencb(http, router_answer, &store);
    evhttp_set_allowed_methods(http, METHODS);
    evhttp_set_max_headers_size(http, HEADERS_MAX);
    evhttp_set_max_body_size(http, READ_MAX);
    evhttp_set_timeout(http, TIMEOUT_SEC);
    evhttp_set_default_content_type(http, NULL);
    print_address(listener);
    int ended = event_base_dispatch(base);
    store_release(&store);
    return ended == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    union address a = {0};
    int len = sizeof(a);
    if (argc != 3 || strcmp(argv[1], "--listen") != 0 || !parse_address(argv[2], &a, &len)) {
        fprintf(stderr, "usage: upstream --listen 127.0.0.1:PORT   (port 0 takes a free one)\n");
        return 2;
    }
    if (!is_loopback(&a)) {
        fprintf(stderr, "upstream: %s is no loopback address; whoever reaches this server is believed\n", argv[2]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct event_base *base = event_base_new();
    struct evhttp *http = base ? evhttp_new(base) : NULL;
    struct event *term = base ? evsignal_new(base, SIGTERM, on_signal, base) : NULL;
    struct event *interrupt = base ? evsignal_new(base, SIGINT, on_signal, base) : NULL;
    int code = 1;
    if (http && term && interrupt && event_add(term, NULL) == 0 && event_add(interrupt, NULL) == 0)
        code = serve(base, http, &a, len);
    if (http)
        evhttp_free(http);
    if (term)
        event_free(term);
    if (interrupt)
        event_free(interrupt);
    if (base)
        event_base_free(base);
    return code;
}
