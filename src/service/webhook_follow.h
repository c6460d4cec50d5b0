/* service/webhook_follow.h - from the outbox to a delivery for each endpoint that asked for the event. For
 * webhook_sender.c.
 *
 * What is new is read and matched on the sender's thread; what comes of it is one unit of work, with the place. Only
 * one is under way at a time. Events that go to nobody move the place in memory alone, now and then in the store. */
#ifndef SERVICE_WEBHOOK_FOLLOW_H
#define SERVICE_WEBHOOK_FOLLOW_H

#include "service/webhooks.h"

struct webhook_follow {
    struct service *svc;
    int64_t place;      /* all events up to here are seen to */
    int64_t passed;     /* events since the place was written */
    struct arena arena; /* of what is under way, as all that follows */
    struct store_webhook_delivery *made;
    size_t count, room;
    int64_t next_place;
};

enum store_err webhook_follow_open(struct webhook_follow *f, struct service *svc, struct store_conn *db);
void webhook_follow_release(struct webhook_follow *f);

/* Reads on. *ready: there is something for webhook_follow_work(). *more: there may be more events behind. */
enum store_err webhook_follow_read(struct webhook_follow *f, struct store_conn *db, bool *ready, bool *more);
/* The unit of work; arg is the follow. */
enum store_err webhook_follow_work(struct store_conn *db, void *arg);
/* After it was committed. Whom the deliveries are for stands in `made` until the next read. */
void webhook_follow_committed(struct webhook_follow *f);

#endif
