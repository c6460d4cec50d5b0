/* net/send.h - one request of the daemon's own: bounded in time and size, and never led elsewhere.
 *
 * No redirects, no proxy, no cookies, no credentials but those of the caller's header lines, no other protocol than
 * HTTP; certificates are always verified. Blocking, also by a name server that does not answer no longer than the
 * time-out: call it on a thread that may wait, in a process that ignores SIGPIPE (libcurl changes no signals here). */
#ifndef NET_SEND_H
#define NET_SEND_H

#include <cardea/snapshot_writer.h>

#include "base/buf.h"

#define NET_URL_MAX 2048
#define NET_WHY_MAX 160

/* Once, before any thread calls net_send(). False: libcurl does not start. */
bool net_start(void);

struct net_options {
    long connect_timeout_ms, total_timeout_ms; /* 0: 5 s and 10 s. The total covers all, names too */
    size_t body_max;                           /* bytes, 0: 64 KiB */
    const char *accept;                        /* the Accept header, NULL: application/json */
    const char *ca_file;                       /* PEM, NULL: the system's */
    bool allow_http;                           /* http:// as well as https:// */
    bool allow_private;    /* connect to addresses that net/address.h calls private: for URLs of the operator's own */
    bool http_to_loopback; /* http:// too, but only to this machine (which must be allowed) */
    /* Private addresses that may be connected to without allow_private. */
    const struct cardea_network *allowed;
    size_t allowed_count;
    bool cut_body; /* what is over body_max of an answer is left out, in place of NET_TOO_LARGE */
};

struct net_request {
    bool post;                  /* POST with the body, which may be empty; else GET */
    struct cardea_str body;     /* borrowed until net_send() returns */
    const char *content_type;   /* of the body, NULL: application/json */
    const char *const *headers; /* further lines, "Name: value"; copies are wiped */
    size_t header_count;
    struct net_line *line; /* connections to use again; NULL: one for this request alone */
};

enum net_result {
    NET_OK,          /* an answer came, whatever its status */
    NET_BAD_URL,     /* not http(s)://host..., http:// without leave, a user or password in it, or too long */
    NET_PRIVATE,     /* every address of the host is private (or, with http_to_loopback, is not), and may not be used */
    NET_UNREACHABLE, /* no such name, nobody listens, TLS failed, the connection broke */
    NET_TIMEOUT,
    NET_TOO_LARGE
};

struct net_reply {
    long status; /* 3xx are not followed */
    struct buf body;
    int64_t latency_ms;      /* from the start to the end */
    int64_t retry_after_sec; /* the header, as seconds from now; 0: none */
    char why[NET_WHY_MAX];   /* one line when the result is not NET_OK; never the URL, which may carry a secret */
};

/* Whether net_send() would take it, as far as one can tell without asking anybody: with http_to_loopback alone, http://
 * is for `localhost` and loopback addresses. False with one line that says why not. */
bool net_url_check(const char *url, const struct net_options *options, char why[NET_WHY_MAX]);

/* Connections kept between requests, so that not each begins with a handshake. One thread at a time. */
struct net_line *net_line_new(void);
void net_line_free(struct net_line *line); /* NULL is allowed */

/* Initialises `reply`; net_reply_release() afterwards, whatever it returned. */
enum net_result net_send(const char *url, const struct net_request *request, const struct net_options *options,
                         struct net_reply *reply);
void net_reply_release(struct net_reply *reply);

#endif
