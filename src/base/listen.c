#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG 1024

static bool parse_port(const char *text, unsigned *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long port = strtoul(text, &end, 10);
    *out = (unsigned)port;
    return *end == '\0' && port <= 65535;
}

static bool parse_unix(struct listen_address *out, const char *path, struct cardea_why *why)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&out->address;
    if (!*path || strlen(path) >= sizeof(un->sun_path)) {
        snprintf(why->text, sizeof(why->text), "--listen unix:PATH: the path has 1 to %zu bytes",
                 sizeof(un->sun_path) - 1);
        return false;
    }
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    out->address_len = sizeof(*un);
    out->local = true;
    snprintf(out->text, sizeof(out->text), "unix:%s", path);
    return true;
}

static void name_address(struct listen_address *a, const char *host)
{
    bool v6 = a->address.ss_family == AF_INET6;
    snprintf(a->text, sizeof(a->text), v6 ? "http://[%s]:%u" : "http://%s:%u", host, a->port);
}

static bool set_host(struct listen_address *out, const char *host)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)out->port);
        out->address_len = sizeof(*v4);
        out->local = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)out->port);
        out->address_len = sizeof(*v6);
        out->local = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        return true;
    }
    return false;
}

bool listen_parse(struct listen_address *out, const char *text, struct cardea_why *why)
{
    char host[64] = "127.0.0.1";
    *out = (struct listen_address){0};
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(out, text + 5, why);
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    if (colon) {
        struct cardea_str h = {text, (size_t)(colon - text)};
        if (h.len >= 2 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']')
            h = (struct cardea_str){h.ptr + 1, h.len - 2};
        bool named = str_eq(h, STR("localhost"));
        if (!named && h.len && h.len < sizeof(host))
            snprintf(host, sizeof(host), "%.*s", STR_ARG(h));
        else if (!named)
            host[0] = '\0';
    }
    if (!parse_port(port, &out->port) || !set_host(out, host)) {
        snprintf(why->text, sizeof(why->text),
                 "--listen %.100s: write HOST:PORT with a numeric host (127.0.0.1:8080), PORT, or unix:PATH", text);
        return false;
    }
    name_address(out, host);
    return true;
}

/* A socket that nobody listens on was left by a daemon that was killed. */
static void remove_stale_socket(const struct listen_address *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&a->address, a->address_len) != 0 && errno == ECONNREFUSED)
        listen_forget(a);
    close(fd);
}

static void explain(const struct listen_address *a, struct cardea_why *why)
{
    if (errno == EADDRINUSE)
        snprintf(why->text, sizeof(why->text),
                 "%s is taken: stop the program that listens there, or choose another address with --listen", a->text);
    else if (errno == EACCES)
        snprintf(why->text, sizeof(why->text), "%s may not be used by this user: choose another with --listen",
                 a->text);
    else
        snprintf(why->text, sizeof(why->text), "cannot listen on %s: %s", a->text, strerror(errno));
}

static void read_port(struct listen_address *a, int fd)
{
    char host[INET6_ADDRSTRLEN];
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->address;
    socklen_t len = sizeof(a->address);
    if (a->address.ss_family == AF_UNIX || a->port || getsockname(fd, (struct sockaddr *)&a->address, &len) != 0)
        return;
    bool is4 = a->address.ss_family == AF_INET;
    a->port = ntohs(is4 ? v4->sin_port : v6->sin6_port);
    if (inet_ntop(a->address.ss_family, is4 ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr, host, sizeof(host)))
        name_address(a, host);
}

int listen_open(struct listen_address *a, struct cardea_why *why)
{
    bool is_unix = a->address.ss_family == AF_UNIX;
    int one = 1;
    if (is_unix)
        remove_stale_socket(a);
    int fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        explain(a, why);
        return -1;
    }
    if (!is_unix) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* accepted sockets inherit it */
    }
    mode_t old = umask(0117); /* a unix socket gets mode 0660: the group's web server connects to it */
    int bound = bind(fd, (struct sockaddr *)&a->address, a->address_len);
    int error = errno;
    umask(old);
    errno = error;
    if (bound != 0 || listen(fd, BACKLOG) != 0) {
        explain(a, why);
        close(fd);
        return -1;
    }
    read_port(a, fd);
    return fd;
}

void listen_forget(const struct listen_address *a)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&a->address;
    if (a->address.ss_family == AF_UNIX)
        unlink(un->sun_path);
}
