/* service/deliveries.h - messages on their way to addresses outside: pushed by HTTP, signed, or mailed through a relay.
 *
 * The store is the queue: a message is there before its sender is told that it was taken, and what becomes of it is
 * written once it is known. So whatever ends the daemon, it goes on from there; and a message whose arrival could not
 * be written any more is sent again, with the same id. A few threads wait for others' servers, at most two for one
 * address; a server that fails is left alone for longer each time, with all that waits for it. */
#ifndef SERVICE_DELIVERIES_H
#define SERVICE_DELIVERIES_H

#include "net/mail.h"
#include "service/service.h"
#include "store/messages.h"

#define DELIVERIES_THREADS  8
#define DELIVERIES_EACH     2                           /* at once to one address */
#define DELIVERIES_WAIT_MAX (12 * 3600 * INT64_C(1000)) /* milliseconds between two attempts */

struct deliveries;

struct deliveries_options {
    bool push_private;        /* addresses that mean something in here only; http:// to this machine */
    const char *push_ca_file; /* PEM, NULL: the system's */
    struct net_relay relay;   /* url NULL: no mail is sent */
    const char *mail_from;
    int64_t retry_ms; /* after the first attempt; each further wait is four times as long */
    int64_t attempts; /* then it is given up */
};

/* Texts are borrowed. One line in `why` on failure. */
bool deliveries_start(struct deliveries **out, struct service *svc, const struct deliveries_options *options,
                      struct cardea_why *why);
/* Any thread: something is queued. NULL is allowed. */
void deliveries_wake(struct deliveries *d);
/* True: all threads have ended, and it is freed. False: some wait for others' servers; they touch nothing of the
 * daemon's any more, and the process must end by _exit(), beneath them. NULL is allowed. */
bool deliveries_stop(struct deliveries *d);

/* Whether messages go to this address at all, as configured: SERVICE_INVALID at /to. */
enum service_err deliveries_check(struct service_call *c, enum store_channel channel, struct cardea_str address);

enum deliveries_outcome { DELIVERIES_DELIVERED, DELIVERIES_RETRIED, DELIVERIES_FAILED, DELIVERIES_OUTCOMES };
struct deliveries_stats {
    uint64_t push[DELIVERIES_OUTCOMES], smtp[DELIVERIES_OUTCOMES];
    unsigned under_way;
};
void deliveries_stats(struct deliveries *d, struct deliveries_stats *out);

#endif
