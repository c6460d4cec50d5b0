/* service/delivery.h - one attempt to deliver one message outside: read, tried, written down. For deliveries.c, which
 * says when. */
#ifndef SERVICE_DELIVERY_H
#define SERVICE_DELIVERY_H

#include "service/deliveries.h"

enum delivery_result {
    DELIVERY_DONE,
    DELIVERY_AGAIN, /* it failed for now */
    DELIVERY_NEVER, /* it failed for good */
    DELIVERY_LATER  /* it was not tried: its agent or account is stopped. No attempt */
};

struct delivery {
    struct service *svc;
    const struct deliveries_options *options;
    struct arena *arena;
    struct store_message row;
    struct store_agent sender;
    struct store_push_secret secret;
    enum delivery_result result;
    const char *why; /* one line; never the address */
};

/* Of what is pushed. */
struct net_options delivery_net_options(const struct deliveries_options *o);

/* False: there is nothing to do. */
bool delivery_read(struct delivery *x, struct store_conn *db, int64_t id);
/* Waits for somebody else's server. Reads and writes nothing of the store. */
void delivery_try(struct delivery *x);
/* A unit of work; arg is the delivery. */
enum store_err delivery_settle(struct store_conn *db, void *arg);

#endif
