/* base/listen.h - the address that the daemon answers on. */
#ifndef BASE_LISTEN_H
#define BASE_LISTEN_H

#include <cardea/types.h>
#include <sys/socket.h>

struct listen_address {
    struct sockaddr_storage address;
    socklen_t address_len;
    bool local;     /* loopback, or a unix socket */
    unsigned port;  /* 0 on a unix socket */
    char text[128]; /* "http://127.0.0.1:8080", "unix:/run/cardea/http" */
};

/* HOST:PORT with a numeric host or `localhost`, PORT, or unix:PATH. */
bool listen_parse(struct listen_address *out, const char *text, struct cardea_why *why);

/* Binds and listens, not blocking. Port 0 becomes the one that was given. -1 with one line, that says what to do. */
int listen_open(struct listen_address *a, struct cardea_why *why);

/* Removes a unix socket's name. */
void listen_forget(const struct listen_address *a);

#endif
