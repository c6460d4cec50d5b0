/* service/webhook_sender.h - the thread that tells endpoints of events.
 *
 * It follows the outbox: what is new becomes a row for each endpoint that asked for it, in one unit of work with the
 * place that it has come to. Rows that are due are posted, many at once by libcurl; what became of each is written
 * afterwards. So a crash means once more, with the same id, and never not at all. An endpoint has few requests at once,
 * fewer while it fails, and those that are slow or failing have half of all requests together, so that they hold nobody
 * else up. */
#ifndef SERVICE_WEBHOOK_SENDER_H
#define SERVICE_WEBHOOK_SENDER_H

#include "net/send.h"
#include "service/service.h"

#define WEBHOOKS_TOTAL       1024 /* requests at once */
#define WEBHOOKS_EACH        10   /* of one endpoint */
#define WEBHOOKS_EACH_FAILED 2    /* of one whose last attempt failed, or that was not tried yet */
#define WEBHOOKS_TIMEOUT_MS  15000
#define WEBHOOKS_REPLY_MAX   (16u << 10)
#define WEBHOOKS_RETRIES_MAX 16

struct webhooks;

struct webhooks_options {
    bool allow_http;
    const struct cardea_network *allowed; /* private networks that may be told */
    size_t allowed_count;
    const char *ca_file; /* PEM, NULL: the system's */
    int64_t retry_ms[WEBHOOKS_RETRIES_MAX];
    size_t retry_count;  /* waits after the first attempt, the second, ...; then it is given up */
    int64_t failing_sec; /* an endpoint that fails for so long is stopped */
};

/* Sets svc->webhooks. What is pointed to is borrowed. One line in `why` on failure. */
bool webhooks_start(struct service *svc, const struct webhooks_options *options, struct cardea_why *why);
/* True: the thread has ended, and it is freed. False: requests were under way, and the process must end by _exit().
 * NULL is allowed. */
bool webhooks_stop(struct webhooks *w);

/* Whether anything is ever sent there, as configured. Not known until a name is resolved is whether its address may be
 * used. With `w` NULL: https:// to public addresses. */
bool webhooks_url_check(const struct webhooks *w, const char *url, char why[NET_WHY_MAX]);

/* In a unit of work: the endpoint is to be looked at again once it is committed. */
void webhooks_changed(struct service *svc, int64_t id);
void webhooks_all_changed(struct service *svc);
/* On the writer's thread, after each commit. */
void webhooks_committed(struct service *svc);
/* In a unit of work: the outbox is followed from this event on (exclusive). */
enum store_err webhooks_place_put(struct store_conn *c, int64_t place);
/* On the writer's thread: all events up to here have their deliveries, committed. 0: it is not known. */
int64_t webhooks_followed(const struct service *svc);

enum webhooks_outcome { WEBHOOKS_DELIVERED, WEBHOOKS_RETRIED, WEBHOOKS_FAILED, WEBHOOKS_OUTCOMES };
struct webhooks_stats {
    uint64_t attempts[WEBHOOKS_OUTCOMES];
    uint64_t stopped;   /* endpoints that the daemon disabled */
    uint64_t under_way; /* requests */
    int64_t behind_ms;  /* events of so long ago may have no deliveries yet */
};
void webhooks_stats(const struct webhooks *w, struct webhooks_stats *out); /* NULL: all 0 */

#endif
