/* http/lane.h - from a parsed request to its handler: host, route, method, caller, body, lane; in that order, so that
 * nobody learns from an error about a body what their credential does not let them ask. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include "http/call.h"

/* Answers the call, now or later, by server_finish(). On the call's loop. */
void http_dispatch(struct call *c);

/* Of workers' threads. The first runs the handler on a connection of the thread's own and answers the call; the second
 * waits for an issuer's keys and begins the call anew on its loop. */
void lane_work(struct call *c, struct store_conn *db);
void lane_wait_for_keys(struct call *c);

#endif
