/* service/reminders.h - tells of keys whose end comes near: `key.expiring`, `key.expired` and `key.rotation_due`, each
 * step of a key once (reminder_plan.h), in one transaction with the mark that it was told.
 *
 * When a key is next to be told of stands in an index, so that each second costs one look at its first entry. Keys that
 * were made before there were reminders, and all keys when a profile's `rotate_every` has changed, are gone through
 * once, in slices; how far stands in the store. */
#ifndef SERVICE_REMINDERS_H
#define SERVICE_REMINDERS_H

#include "service/service.h"
#include "store/reminders.h"

struct reminders;
struct key_account; /* service/keys_internal.h */

/* Sets svc->reminders. */
void service_reminders_open(struct service *svc);
/* Each second, always from the same thread. Returns at once. */
void service_reminders_tick(struct service *svc);
/* After the store is closed. NULL in svc->reminders is allowed. */
void service_reminders_close(struct service *svc);

/* In the unit of work that made this key (`is_new`), or changed its expiry, its successor or whether it is enabled. */
enum service_err service_remind(struct service_call *c, const struct key_account *account, const struct store_key *row,
                                bool is_new);

/* When the profile wants it replaced; 0: never, or it was already. */
int64_t service_rotation_due(const struct profile *profile, const struct store_key *row);

/* Records `what` of this subject unless that was done within the last `every_sec`. */
bool service_tell_again(struct service_call *c, int64_t subject_id, struct cardea_str what, int64_t every_sec);
/* Longest time for which service_tell_again() remembers. */
#define TOLD_KEPT_SEC (7 * 86400)
enum store_err service_told_prune(struct store_conn *db, int64_t now);

/* `key.limit_reached`: somebody was refused a key of this kind. Once an hour for an account and kind. The caller's unit
 * of work stands, though it refuses. */
#define LIMIT_TOLD_SEC 3600
void service_tell_limit(struct service_call *c, const struct key_account *account, int kind);

#endif
