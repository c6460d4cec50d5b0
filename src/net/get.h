/* net/get.h - one GET of the daemon's own: bounded in time and size, and never led elsewhere.
 *
 * No redirects, no proxy, no cookies, no credentials, no other protocol than HTTP; certificates are always verified.
 * Blocking: call it on a thread that may wait, in a process that ignores SIGPIPE (libcurl changes no signals here). */
#ifndef NET_GET_H
#define NET_GET_H

#include "base/buf.h"

#define NET_URL_MAX 2048
#define NET_WHY_MAX 160

/* Once, before any thread calls net_get(). False: libcurl does not start. */
bool net_start(void);

struct net_options {
    long connect_timeout_ms, total_timeout_ms; /* 0: 5 s and 10 s. The total covers all, names too */
    size_t body_max;                           /* bytes, 0: 64 KiB */
    const char *accept;                        /* the Accept header, NULL: application/json */
    const char *ca_file;                       /* PEM, NULL: the system's */
    bool allow_http;                           /* http:// as well as https:// */
    bool allow_private; /* connect to addresses that net/address.h calls private: for URLs of the operator's own */
};

enum net_result {
    NET_OK,          /* an answer came, whatever its status */
    NET_BAD_URL,     /* not http(s)://host..., http:// without leave, a user or password in it, or too long */
    NET_PRIVATE,     /* every address of the host is private, and that was not allowed */
    NET_UNREACHABLE, /* no such name, nobody listens, TLS failed, the connection broke */
    NET_TIMEOUT,
    NET_TOO_LARGE
};

struct net_reply {
    long status; /* 3xx are not followed */
    struct buf body;
    char why[NET_WHY_MAX]; /* one line when the result is not NET_OK; never the URL, which may carry a secret */
};

/* Initialises `reply`; net_reply_release() afterwards, whatever it returned. */
enum net_result net_get(const char *url, const struct net_options *options, struct net_reply *reply);
void net_reply_release(struct net_reply *reply);

#endif
