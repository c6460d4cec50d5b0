/* service/webhook_attempt.h - one attempt to tell one endpoint of one event: made ready, judged, written down. For
 * webhook_sender.c, which says when. */
#ifndef SERVICE_WEBHOOK_ATTEMPT_H
#define SERVICE_WEBHOOK_ATTEMPT_H

#include "service/webhook_sender.h"
#include "service/webhooks.h"

/* An endpoint as it was when its queue was read. */
struct webhook_target {
    struct store_webhook hook;
    const char *url;
    struct cardea_str secrets[2]; /* bytes, the current one first */
    size_t secret_count;
    const char *header; /* the profile's; NULL: none */
    enum profile_signature_style style;
};
/* False: it gets nothing now. Everything lives in `a`. */
bool webhook_target_read(struct webhook_target *t, struct service *svc, struct store_conn *db, struct arena *a,
                         int64_t id);

enum webhook_result {
    WEBHOOK_DONE,
    WEBHOOK_AGAIN, /* it failed for now */
    WEBHOOK_NEVER, /* it failed for good */
    WEBHOOK_GONE   /* 410: the endpoint wants no more of anything */
};

struct webhook_attempt {
    struct arena arena; /* holds all that follows */
    struct store_webhook_delivery row;
    struct cardea_str body;
    const char *headers[4];
    size_t header_count;
    enum webhook_result result;
    bool slow; /* it counts among the slow ones */
    bool sent; /* or tried to be: it says something of the endpoint */
    int64_t at_ms, status, latency_ms, retry_after_sec;
    int64_t again_at_ms; /* once it was written down: when it is tried again; 0: never */
    const char *why;     /* one line; never the URL */
    struct cardea_str response;
    struct webhook_attempt *next;
    struct webhook_queue *queue; /* the sender's */
};

/* Reads the event, and signs. False with a result: there is nothing to send. */
bool webhook_attempt_prepare(struct webhook_attempt *x, const struct webhook_target *t, struct store_conn *db,
                             int64_t now_ms);
/* What came of sending it. */
void webhook_attempt_judge(struct webhook_attempt *x, enum net_result result, const struct net_reply *reply);

/* In a unit of work: writes down all in the list. `outcomes` and `stopped` are added to. */
struct webhook_settling {
    struct service *svc;
    const struct webhooks_options *options;
    struct webhook_attempt *list;
    uint64_t outcomes[WEBHOOKS_OUTCOMES], stopped;
};
enum store_err webhook_attempts_settle(struct store_conn *db, void *settling);

#endif
