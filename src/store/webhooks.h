/* store/webhooks.h - who is told of events, and each event on its way to each of them. The rest of the store's
 * interface, and its rules, stand in store/store.h.
 *
 * The outbox is the source. Whoever follows it adds a delivery for each endpoint that an event goes to, and the place
 * in the outbox, in one unit of work; from then on the delivery's row is what happens to it. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "store/store.h"

enum store_webhook_state {
    STORE_WEBHOOK_ENABLED = 0,
    STORE_WEBHOOK_DISABLED = 1, /* by somebody of the account */
    STORE_WEBHOOK_STOPPED = 2,  /* by the daemon, because it failed; `reason` says how */
    STORE_WEBHOOK_DELETED = 3   /* the row stays as long as its deliveries may, with nothing in it */
};

struct store_webhook {
    int64_t id, account_id;
    struct cardea_str url;
    struct cardea_str events; /* types and patterns, space-separated */
    struct cardea_str description;
    enum store_webhook_state state;
    struct cardea_str reason; /* of being stopped; empty else */
    int64_t since;            /* it gets events of higher ids alone */
    int64_t created_at, updated_at;
    struct cardea_str sealed, previous; /* secrets; the one before is empty once its time is over */
    int64_t secret_made_at, previous_until;
    int64_t failing_since_ms; /* the first failure since the last success; 0: none */
};
enum store_err store_webhook_insert(struct store_conn *c, const struct store_webhook *row);
enum store_err store_webhook_update(struct store_conn *c, const struct store_webhook *row); /* all but id, account */
enum store_err store_webhook_get(struct store_conn *c, struct arena *a, int64_t id, struct store_webhook *out);
/* Ascending by id from `after` on (exclusive), at most `limit`; deleted ones left out. */
enum store_err store_webhook_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after,
                                  size_t limit, struct store_webhook *out, size_t *count);
/* The enabled ones: id, account_id, events and since. */
enum store_err store_webhook_listening(struct store_conn *c, struct arena *a, int64_t account_id, size_t limit,
                                       struct store_webhook *out, size_t *count);
/* Whether any is enabled, of whatever account. */
enum store_err store_webhook_any(struct store_conn *c, bool *out);
enum store_err store_webhook_count(struct store_conn *c, int64_t account_id, int64_t *out); /* without the deleted */
/* Deletes all of an account. */
enum store_err store_webhook_erase_account(struct store_conn *c, int64_t account_id);

enum store_webhook_delivery_state {
    STORE_WEBHOOK_QUEUED = 0,
    STORE_WEBHOOK_DELIVERED = 1,
    STORE_WEBHOOK_FAILED = 2 /* a dead letter */
};
struct store_webhook_delivery {
    int64_t id, webhook_id, event_id;
    struct cardea_str type; /* of the event */
    int64_t at_ms;          /* of the event */
    enum store_webhook_delivery_state state;
    int64_t attempts; /* since it was queued or replayed */
    int64_t next_at_ms, ended_at_ms;
    int64_t status, latency_ms;    /* of the last attempt; status 0: there was no answer */
    struct cardea_str error;       /* of the last attempt; empty: none */
    struct cardea_str response;    /* to the last failed attempt: any bytes */
    struct cardea_str attempt_log; /* a JSON array's text */
};
enum store_err store_webhook_delivery_insert(struct store_conn *c, const struct store_webhook_delivery *row);
/* All from `state` on. STORE_NOTFOUND: it is gone. */
enum store_err store_webhook_delivery_update(struct store_conn *c, const struct store_webhook_delivery *row);
enum store_err store_webhook_delivery_get(struct store_conn *c, struct arena *a, int64_t id,
                                          struct store_webhook_delivery *out);

/* Descending by id, without response and log. A page by state may be short, though another follows: at most
 * STORE_WEBHOOK_LOOK rows are looked through, and `*next` is where the next page begins, 0 at the end. */
#define STORE_WEBHOOK_LOOK 10000
struct store_webhook_filter {
    int64_t webhook_id;
    int state;      /* of enum store_webhook_delivery_state; -1: any */
    int64_t before; /* exclusive; 0: from the newest */
    size_t limit;
};
enum store_err store_webhook_delivery_list(struct store_conn *c, struct arena *a, const struct store_webhook_filter *f,
                                           struct store_webhook_delivery *out, size_t *count, int64_t *next);

/* Queued for this endpoint and due, the longest due first, at most `limit`: all but the response. */
enum store_err store_webhook_due(struct store_conn *c, struct arena *a, int64_t webhook_id, int64_t now_ms,
                                 size_t limit, struct store_webhook_delivery *out, size_t *count);
/* When the endpoint's next one is due; 0: nothing is queued. */
enum store_err store_webhook_next_due(struct store_conn *c, int64_t webhook_id, int64_t *at_ms);
/* The endpoint of the lowest id above `after` for which something is queued; 0: there is none. */
enum store_err store_webhook_next_waiting(struct store_conn *c, int64_t after, int64_t *id);
/* Queues anew, at most `limit`, the oldest first, what failed of events from since_ms on to before until_ms. */
enum store_err store_webhook_replay(struct store_conn *c, int64_t webhook_id, int64_t since_ms, int64_t until_ms,
                                    int64_t now_ms, size_t limit, size_t *count);
/* Forgets deliveries with ids below `before`, and deleted endpoints of which none is left; at most `limit` a call. */
#define STORE_WEBHOOK_PRUNE_MAX 512
enum store_err store_webhook_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count);
/* The lowest id of an event that there is a delivery of; INT64_MAX: there is no delivery. Deliveries are written in the
 * order of their events, and those of the type `apart` in their own. */
enum store_err store_webhook_first_event(struct store_conn *c, struct cardea_str apart, int64_t *id);

#endif
