/* http/lane.h - from a parsed request to its handler: host, route, method, caller, body, lane; in that order, so that
 * nobody learns from an error about a body what their credential does not let them ask. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include "http/call.h"

#define WORKERS_COUNT     2  /* Argon2id takes a core and 64 MiB each for tens of milliseconds */
#define WORKERS_QUEUE_MAX 64 /* waiting for a worker; past it 503 `busy`. As many may wait for an issuer's keys */

struct workers;
bool workers_start(struct workers **out, struct service *svc, struct cardea_why *why);
/* Runs what is queued, then ends the threads. NULL is allowed. */
void workers_stop(struct workers *w);

/* Answers the call, now or later, by server_finish(). On the call's loop. */
void http_dispatch(struct call *c);

#endif
