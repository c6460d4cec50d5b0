/* service/usage_hours.h - what a flush finds, written down by the hour: granted, by their route's group, and refused by
 * reason; and what of it looks odd, told as an event: a key that is used again after a long time, and a spike of
 * refusals. */
#ifndef SERVICE_USAGE_HOURS_H
#define SERVICE_USAGE_HOURS_H

#include "service/service.h"
#include "store/usage.h"

/* `key.used_after_idle`: a key that nobody used for so long, or not at all since it was made. */
#define USAGE_IDLE_SEC (90 * 86400)
/* `key.denial_spike`: this hour's refusals are so many, and so many times the usual ones of an hour; once a day. */
#define USAGE_SPIKE_MIN   50
#define USAGE_SPIKE_TIMES 10
#define USAGE_USUAL_HOURS 24

struct usage_seen {
    int64_t last_used_at; /* by the slot */
    bool has_refusals;    /* the counters could be read */
    bool has_groups;      /* likewise */
    bool anew;            /* they count from zero again */
    uint32_t refusals[CARDEA_ACTIVITY_REFUSALS];
    uint32_t groups[CARDEA_ACTIVITY_GROUPS];
};
/* In the flush's unit of work: `key` is the row as it was, `change` what it is about to get. */
enum store_err usage_hours_add(struct service_call *c, const struct store_key *key,
                               const struct store_key_usage *change, const struct usage_seen *seen);

/* In a unit of work that sets a key's balance anew: `credits` were drawn from the old one that no flush has seen. */
enum store_err usage_hours_drawn(struct service_call *c, const struct store_key *key, int64_t credits);

/* Nothing, where nothing was counted. */
enum store_err usage_hours_put(struct service_call *c, const struct store_usage_hour *row);

/* "granted", a decision's code such as "RATE_LIMITED", or "other". Static storage. */
const char *usage_outcome_name(int outcome);

/* As the operator says; 0: for ever. `*more`: another slice is due. */
enum store_err service_usage_prune(struct service *svc, struct store_conn *db, int64_t now, bool *more);

#endif
