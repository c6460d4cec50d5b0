/* net/multi.h - many requests at once on one thread, by the rules of net/send.h.
 *
 * All of it belongs to one thread, but net_multi_wake(). A turn waits until something happens and tells what has come
 * to an end; nobody waits for anybody else's server. */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include "net/send.h"

struct net_multi;

/* On the turn's thread. The reply is the callee's to read, and gone when it returns. */
typedef void (*net_done_fn)(void *arg, enum net_result result, struct net_reply *reply);

/* Keeps at most so many connections that nobody uses. */
struct net_multi *net_multi_new(long idle_connections);
/* False: something is under way, and nothing is freed, since libcurl might wait for a name server on a thread of its
 * own: the process must end by _exit(). NULL is allowed. */
bool net_multi_free(struct net_multi *m);

/* The options and the request's body stay the caller's and as they are until `done` is called, in a later turn; the
 * rest is copied. `request->line` is not used. */
void net_multi_start(struct net_multi *m, const char *url, const struct net_request *request,
                     const struct net_options *options, net_done_fn done, void *arg);
size_t net_multi_under_way(const struct net_multi *m);

/* Waits at most so long; 0: not at all. */
void net_multi_turn(struct net_multi *m, int64_t wait_ms);
/* Any thread, also before the turn: it, or the next one, does not wait. */
void net_multi_wake(struct net_multi *m);

#endif
