/* http/route_webhooks.h - how webhook endpoints are shown and changed.
 *
 * The handlers are reached beneath a profile's own path too (route_managed.c): capture 0 is the endpoint, capture 1 a
 * delivery. */
#ifndef HTTP_ROUTE_WEBHOOKS_H
#define HTTP_ROUTE_WEBHOOKS_H

#include "http/call.h"

#define WEBHOOKS_BASE "/v1/webhooks"

/* route_webhook_log.c */
void webhooks_deliveries(struct call *c);
void webhooks_delivery(struct call *c);
void webhooks_replay(struct call *c);
void webhooks_test(struct call *c);

#endif
