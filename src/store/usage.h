/* store/usage.h - how often keys were used and refused, hour by hour. As store.h says of all of it. */
#ifndef STORE_USAGE_H
#define STORE_USAGE_H

#include <cardea/activity.h>

#include "store/store.h"

/* What became of a decision: granted, or refused for what the activity's counter `outcome - 1` counts. */
#define STORE_USAGE_GRANTED  0
#define STORE_USAGE_OUTCOMES (1 + CARDEA_ACTIVITY_REFUSALS)

struct store_usage_hour {
    int64_t account_id, key_id;
    int64_t hour; /* unix seconds / 3600 */
    int outcome;
    int64_t count;
    int64_t credits;     /* drawn */
    int64_t route_group; /* of grants, its id; 0: none */
};
/* Adds to what that hour has. */
enum store_err store_usage_add(struct store_conn *c, const struct store_usage_hour *row);
/* Refusals of a key, whatever for, from one hour on (inclusive) to another (exclusive). */
enum store_err store_usage_refused(struct store_conn *c, int64_t account_id, int64_t key_id, int64_t from, int64_t to,
                                   int64_t *out);
/* At most `limit` rows of hours before; *count says how many went. */
enum store_err store_usage_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count);

/* What the activity's counters of refusals were at the last flush; zeros when nothing is known. */
enum store_err store_usage_seen_get(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_REFUSALS]);
enum store_err store_usage_seen_put(struct store_conn *c, uint32_t ordinal,
                                    const uint32_t counts[CARDEA_ACTIVITY_REFUSALS]);

/* Of grants by their route's group, likewise. */
enum store_err store_usage_groups_seen_get(struct store_conn *c, uint32_t ordinal,
                                           uint32_t out[CARDEA_ACTIVITY_GROUPS]);
enum store_err store_usage_groups_seen_put(struct store_conn *c, uint32_t ordinal,
                                           const uint32_t counts[CARDEA_ACTIVITY_GROUPS]);
/* Nothing is known of both any more: the activity's counters begin at zero. */
enum store_err store_usage_seen_reset(struct store_conn *c, uint32_t ordinal);

/* Groups of routes, and which of the activity's counters each has: 1 to CARDEA_ROUTE_GROUPS_MAX, one for each group of
 * a profile; 0: none any more. Rows stay for the sake of what was counted. */
struct store_route_group {
    int64_t id;
    int number;
    struct cardea_str name;
};
/* Those of a profile that have a counter; `out` has room for CARDEA_ROUTE_GROUPS_MAX. */
enum store_err store_route_group_list(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                      struct store_route_group *out, size_t *count);
enum store_err store_route_group_put(struct store_conn *c, struct cardea_str profile, struct cardea_str name,
                                     int number); /* makes it, or gives it another counter */
/* Which group a counter of this account's keys is of; STORE_NOTFOUND when it is nobody's. */
enum store_err store_route_group_id(struct store_conn *c, int64_t account_id, int number, int64_t *out);

enum store_usage_bucket { STORE_USAGE_NO_TIME, STORE_USAGE_HOURS, STORE_USAGE_DAYS, STORE_USAGE_MONTHS }; /* of UTC */
struct store_usage_filter {
    int64_t account_id, key_id; /* 0: all; a key needs its account */
    int64_t from, to;           /* hours, to is exclusive */
    enum store_usage_bucket bucket;
    bool by_account, by_key, by_outcome, by_group;
    size_t limit; /* rows */
};
struct store_usage_sum {
    int64_t hour; /* the bucket's first; 0 without */
    int64_t account_id, key_id;
    int outcome;             /* -1: all together */
    struct cardea_str group; /* empty: none, or all together */
    int64_t granted, refused, credits;
};
/* By time, account, key, outcome, group. `out` has room for `limit`. */
enum store_err store_usage_sums(struct store_conn *c, struct arena *a, const struct store_usage_filter *f,
                                struct store_usage_sum *out, size_t *count);

/* A balance that is filled up again: set to `credits` at each day's or month's beginning. */
struct store_refill {
    int64_t key_id;
    int64_t credits;
    bool monthly; /* else each day */
    int64_t next_at;
};
enum store_err store_refill_put(struct store_conn *c, const struct store_refill *row); /* inserts or replaces */
enum store_err store_refill_get(struct store_conn *c, int64_t key_id, struct store_refill *out);
enum store_err store_refill_remove(struct store_conn *c, int64_t key_id); /* no error when it is not there */
enum store_err store_refill_due(struct store_conn *c, int64_t now, size_t limit, struct store_refill *out,
                                size_t *count);

#endif
