#include "listen_rig.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/get.h"

struct listen_rig rig;

static int listener = -1;
static pthread_t thread;
static void (*answer)(int fd);

static void *serve(void *arg)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};
    struct timeval patience = {.tv_sec = 60};
    while (!atomic_load(&rig.stopping)) {
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept(listener, NULL, NULL);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        atomic_fetch_add(&rig.connections, 1);
        answer(fd);
        close(fd);
    }
    return NULL;
}

int listen_rig_start(void (*answer_with)(int fd))
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    answer = answer_with;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64) ||
        getsockname(listener, (struct sockaddr *)&at, &len) || !net_start())
        return -1;
    rig.port = ntohs(at.sin_port);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    return pthread_create(&thread, NULL, serve, NULL);
}

int listen_rig_stop(void)
{
    atomic_store(&rig.stopping, true);
    pthread_join(thread, NULL);
    return close(listener);
}

bool listen_rig_read(int fd)
{
    size_t len = 0, want = 0;
    while (!want || len < want) {
        ssize_t n = recv(fd, rig.request + len, sizeof(rig.request) - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        rig.request[len] = 0;
        const char *end = strstr(rig.request, "\r\n\r\n"), *length = strcasestr(rig.request, "Content-Length: ");
        if (end && !want)
            want = (size_t)(end - rig.request) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    return true;
}
