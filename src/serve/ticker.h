/* serve/ticker.h - what the daemon does each second: freshness, use counts and refusals into the store; each minute:
 * what has expired. */
#ifndef SERVE_TICKER_H
#define SERVE_TICKER_H

#include "service/service.h"

struct ticker;

struct ticker *ticker_new(struct service *svc);
/* Each second, always from the same thread; returns at once. */
void ticker_tick(struct ticker *t);
/* After the store is closed. NULL is allowed. */
void ticker_free(struct ticker *t);

#endif
