/* service/webhook_queue.h - what waits for each endpoint, and which endpoint comes next. For webhook_sender.c, on its
 * thread alone.
 *
 * The store holds all that waits; here stands an endpoint's next few, read when there are none left, and which are
 * taken and not written down yet. */
#ifndef SERVICE_WEBHOOK_QUEUE_H
#define SERVICE_WEBHOOK_QUEUE_H

#include "service/webhook_attempt.h"

struct webhook_queues;

struct webhook_queue {
    struct webhook_queues *all;
    int64_t id;
    size_t under_way;      /* requests */
    bool failing;          /* the last attempt failed, or there was none */
    bool slow;             /* it failed, or took long */
    unsigned failures;     /* in a row */
    int64_t rest_until_ms; /* nothing is sent before then: it has just failed */

    /* webhook_queue.c's. */
    struct arena arena; /* of the target and the rows */
    struct webhook_target target;
    struct store_webhook_delivery *rows; /* from `next` on: to be taken */
    size_t next, count;
    int64_t *busy; /* taken, and not written down yet */
    size_t busy_count, busy_room;
    int64_t due_at_ms;
    int64_t quiet_until_ms; /* the store has nothing before then but what is busy */
    size_t place;           /* in the heap, from 1 on; 0: not in it */
    bool waiting;
    struct webhook_queue *chain, *next_waiting;
};

struct webhook_queues {
    void *owner;
    struct webhook_queue **table; /* by id */
    size_t table_size, count;
    struct webhook_queue **heap; /* the first due first */
    size_t heap_count, heap_room;
    struct webhook_queue *waiting;
};

void webhook_queues_init(struct webhook_queues *all, void *owner);
void webhook_queues_release(struct webhook_queues *all);

/* Makes it where there is none: nothing of it is known then. */
struct webhook_queue *webhook_queue_of(struct webhook_queues *all, int64_t id);
/* The store has something new for it. */
void webhook_queue_news(struct webhook_queues *all, struct webhook_queue *q);
/* It is to be looked at then, unless it will be sooner. */
void webhook_queue_due(struct webhook_queues *all, struct webhook_queue *q, int64_t at_ms);
/* It is due, and there is no room for its requests now. */
void webhook_queue_wait(struct webhook_queues *all, struct webhook_queue *q);
/* All that wait for room are due. */
void webhook_queues_resume(struct webhook_queues *all);
/* One that is due, NULL: none is. It is to be looked at now, and not again until somebody says so. */
struct webhook_queue *webhook_queues_pop(struct webhook_queues *all, int64_t now_ms);
int64_t webhook_queues_next_due(const struct webhook_queues *all); /* INT64_MAX: nothing is */

/* What is sent next; valid until the next call. NULL: nothing is for now, and it is known when there may be. */
const struct store_webhook_delivery *webhook_queue_next(struct webhook_queues *all, struct webhook_queue *q,
                                                        struct service *svc, struct store_conn *db, int64_t now_ms);
/* An attempt of that row, which is busy from now on. It lives in its own arena. */
struct webhook_attempt *webhook_queue_take(struct webhook_queue *q, const struct store_webhook_delivery *row);
/* What became of it is written: it is tried again then, or never (0). */
void webhook_queue_settled(struct webhook_queues *all, struct webhook_queue *q, int64_t delivery_id,
                           int64_t again_at_ms);
/* The endpoint, or what waits for it, has changed: it is read anew. */
void webhook_queue_forget(struct webhook_queues *all, struct webhook_queue *q);
void webhook_queues_forget_all(struct webhook_queues *all);

#endif
