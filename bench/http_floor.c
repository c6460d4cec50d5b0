/* The floor under an HTTP call: evhttp answering every request with the same bytes, on as many loops and one socket as
 * the daemon has. http_floor PORT THREADS BYTES */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char body[4096];
static size_t body_len;

static void answer(struct evhttp_request *req, void *arg)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
    evbuffer_add(out, body, body_len);
    evhttp_send_reply(req, 200, "OK", NULL);
}

static void *loop(void *arg)
{
    int fd = dup(*(int *)arg);
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_gencb(http, answer, NULL);
    if (evhttp_accept_socket(http, fd) != 0)
        abort();
    event_base_dispatch(base);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unsigned long threads = strtoul(argv[2], NULL, 10);
    body_len = strtoul(argv[3], NULL, 10);
    if (body_len > sizeof(body))
        return 2;
    memset(body, 'x', body_len);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1024) != 0) {
        perror("http_floor");
        return 1;
    }
    pthread_t thread;
    for (unsigned long i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, loop, &fd) != 0)
            abort();
    loop(&fd);
    return 0;
}
