/* service/events.h - what happened, newest first: each change of an account, key, agent or user, and each refusal that
 * service/notices.h tells of.
 *
 * Who may: the root key all; an owner or admin their account's; a key of the profile `cardea` its account's, by
 * audit:read. Changes of users as such belong to no account. */
#ifndef SERVICE_EVENTS_H
#define SERVICE_EVENTS_H

#include "service/service.h"

struct event_list {
    struct cardea_str account; /* as service_account_of_call() takes it; empty: the caller's own, or for root, all */
    struct cardea_str key;     /* an id; empty: all */
    struct cardea_str type;    /* "key.exposed"; empty: all */
    int64_t before;            /* of the cursor; 0: from the newest */
    size_t limit;
};
/* `out` has room for `limit`; `*next` is the cursor's id, 0 on the last page. A page by type may be short, though
 * another follows. */
enum service_err service_event_list(struct service_call *c, const struct event_list *in, struct store_event *out,
                                    size_t *count, int64_t *next);

/* On the writer: removes some of what is older than svc->events_keep_sec. What has a delivery, or has not been seen to
 * by whoever makes deliveries, stays. *more: there may be others. */
enum store_err service_event_prune(const struct service *svc, struct store_conn *db, int64_t now, bool *more);

#endif
