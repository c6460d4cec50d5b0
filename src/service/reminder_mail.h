/* service/reminder_mail.h - reminders of keys, and word of webhooks that were disabled, by mail to the owners and
 * admins of the account, where an operator says so.
 *
 * The store is the queue: a row a recipient is written with the event. A thread of its own waits for the relay; all
 * that waits for one person goes in one mail. Whoever is no owner or admin any more by then gets none; nor is anybody
 * told of a key that was rotated or revoked, or a webhook that was enabled or deleted meanwhile. A crash between the
 * relay and the store means the same mail once more. */
#ifndef SERVICE_REMINDER_MAIL_H
#define SERVICE_REMINDER_MAIL_H

#include "net/mail.h"
#include "service/service.h"
#include "store/reminders.h"

#define REMINDER_MAIL_PEOPLE 20 /* recipients of one reminder at most */
#define REMINDER_MAIL_ITEMS  50 /* that one mail names */

struct reminder_mail;

struct reminder_mail_options {
    struct net_relay relay;
    const char *from;
    int64_t retry_ms, attempts; /* as of messages: service/deliveries.h */
};

/* Texts are borrowed. One line in `why` on failure. */
bool reminder_mail_start(struct reminder_mail **out, struct service *svc, const struct reminder_mail_options *options,
                         struct cardea_why *why);
/* Any thread. NULL is allowed. */
void reminder_mail_wake(struct reminder_mail *m);
/* As deliveries_stop(). */
bool reminder_mail_stop(struct reminder_mail *m);

/* In a unit of work: a row for each who shall know. Nothing without svc->reminder_mail. */
enum store_err reminder_mail_queue(struct service_call *c, int64_t account_id, const struct store_reminder_mail *what);

struct reminder_mail_stats {
    uint64_t sent, retried, failed;
};
void reminder_mail_stats(struct reminder_mail *m, struct reminder_mail_stats *out);

#endif
