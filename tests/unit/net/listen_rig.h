/* tests/unit/net/listen_rig.h - a server on a loopback socket, one connection after the other. */
#ifndef TESTS_UNIT_NET_LISTEN_RIG_H
#define TESTS_UNIT_NET_LISTEN_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct listen_rig {
    unsigned port;
    atomic_bool stopping;    /* whoever talks for long looks at it */
    atomic_uint connections; /* that were taken */
    char request[256 << 10]; /* the last one, NUL behind it */
};

extern struct listen_rig rig;

/* `answer` reads and writes; the connection is closed when it returns. Starts libcurl, and sets a proxy of the
 * environment that nobody may ask. 0: it runs. */
int listen_rig_start(void (*answer)(int fd));
int listen_rig_stop(void);

/* A whole request with its body into rig.request. False: the client went, or was silent for a minute. */
bool listen_rig_read(int fd);

#endif
