/* http/park.h - calls that are answered later: a poll that waits for news, a stream of events. They hold no thread:
 * each loop keeps its own, looks at those that there is news for, and at all of them once a second.
 *
 * Before each look the caller is asked for its credential again, without drawing from its limits: who has lost the
 * right to ask is told so (a poll), or is let go (a stream), within a second or so. */
#ifndef HTTP_PARK_H
#define HTTP_PARK_H

#include "http/call.h"

struct loop;

#define PARK_MAX         1024       /* a loop */
#define PARK_ACCOUNT_MAX 128        /* of one account, a loop */
#define PARK_UNSENT_MAX  (1u << 20) /* bytes that a stream's client has not taken yet: past it nothing is added */

/* Called on the call's loop; c->svc has memory of its own, of which nothing outlasts the look. True: it is done, and
 * the reply stands in the call. With PARK_OVER (the daemon stops) it must be. */
typedef bool (*park_fn)(struct call *c, enum park_why why);

/* From a handler on LANE_LOOP, as its last step: leaves the call waiting for news of `topic`. False: too many wait
 * already; the refusal stands in the call. */
bool park_call(struct call *c, int64_t topic, park_fn look);

/* As if there were news: soon, and with memory of its own. */
void park_look(struct call *c);

/* CLOCK_MONOTONIC. */
int64_t park_now_ns(void);

/* Sends the head of a reply whose body comes in pieces; the call's own reply is not sent any more. The connection ends
 * with it. */
void park_stream_begin(struct call *c, const char *content_type);
/* False: the client has gone. */
bool park_stream_alive(const struct call *c);
/* Whether there is room for more. */
bool park_stream_room(const struct call *c);
void park_stream_send(struct call *c, struct cardea_str bytes);

/* ---- for the loops ---- */

/* Any thread: there is news of this topic. A collision means one look more. */
void park_news(struct loop *l, int64_t topic);
/* On the loop, when it was woken; ends all when the daemon drains. */
void park_on_wake(struct loop *l);
bool park_open(struct loop *l);
void park_close(struct loop *l);

#endif
