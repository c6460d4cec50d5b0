/* http/workers.h - threads for what would hold up an event loop, each kind of work with its own, so that none waits for
 * another: no log-in behind a scan, no short text behind a long one, nobody behind a stranger's token. */
#ifndef HTTP_WORKERS_H
#define HTTP_WORKERS_H

#include "http/call.h"

enum workers_pool {
    WORKERS_PASSWORD,  /* LANE_WORKER: log-ins and what else takes a core for tens of milliseconds */
    WORKERS_KEYS,      /* calls that wait for an issuer's keys */
    WORKERS_SCAN,      /* LANE_SCAN: short texts; most of the time is waiting for a language model */
    WORKERS_SCAN_LONG, /* LANE_SCAN: bodies over WORKERS_LONG */
    WORKERS_POLICY     /* LANE_POLICY: what an operator does now and then, and takes a core for seconds */
};
#define WORKERS_POOLS 5

#define WORKERS_LONG ((size_t)64 << 10) /* bytes: what is longer no model is asked about, but it takes a core */

struct workers;
bool workers_start(struct workers **out, struct service *svc, struct cardea_why *why);
/* Runs what is queued, then ends the threads. NULL is allowed. */
void workers_stop(struct workers *w);

/* Any thread. False: too many wait already (503 `busy`), or the threads are ending; the call is still the caller's. */
bool workers_give(struct workers *w, enum workers_pool pool, struct call *c);

#endif
