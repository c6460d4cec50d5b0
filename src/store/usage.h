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
    int64_t credits; /* drawn */
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

enum store_usage_bucket { STORE_USAGE_NO_TIME, STORE_USAGE_HOURS, STORE_USAGE_DAYS, STORE_USAGE_MONTHS }; /* of UTC */
struct store_usage_filter {
    int64_t account_id, key_id; /* 0: all; a key needs its account */
    int64_t from, to;           /* hours, to is exclusive */
    enum store_usage_bucket bucket;
    bool by_account, by_key, by_outcome;
    size_t limit; /* rows */
};
struct store_usage_sum {
    int64_t hour; /* the bucket's first; 0 without */
    int64_t account_id, key_id;
    int outcome; /* -1: all together */
    int64_t granted, refused, credits;
};
/* By time, account, key, outcome. `out` has room for `limit`. */
enum store_err store_usage_sums(struct store_conn *c, const struct store_usage_filter *f, struct store_usage_sum *out,
                                size_t *count);

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
