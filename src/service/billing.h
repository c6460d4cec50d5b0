/* service/billing.h - what an account has used in a month, key by key; and the credits of its keys, with a balance that
 * is filled up again each day or month. Who may: service/things.h; a statement takes an owner or admin, too. */
#ifndef SERVICE_BILLING_H
#define SERVICE_BILLING_H

#include "service/keys.h"
#include "store/usage.h"

/* A key's line. */
struct billing_line {
    struct store_key key; /* credits: what is left now; -1: not metered */
    int64_t granted, refused, credits;
    struct store_refill refill; /* credits 0: none */
};
struct billing_statement {
    struct store_account account;
    char month[8];    /* "2026-11" */
    int64_t from, to; /* unix seconds, to is exclusive */
    int64_t granted, refused, credits;
    struct billing_line *lines; /* of keys that were used or refused; in the call's arena */
    size_t count;
    struct store_usage_sum *groups; /* grants by their route's group */
    size_t group_count;
};
/* `month` empty: this one. */
enum service_err service_billing_statement(struct service_call *c, struct cardea_str account, struct cardea_str month,
                                           struct billing_statement *out);

struct billing_change {
    bool has_credits, has_refill;
    int64_t credits;        /* from now on; -1: not metered */
    int64_t refill_credits; /* 0: no refill any more */
    bool monthly;           /* else each day */
};
/* In a unit of work. A refill without `credits` fills up at once. */
enum service_err service_billing_change(struct service_call *c, struct cardea_str key, const struct billing_change *in,
                                        struct billing_line *out);

/* Each second, in a unit of work of the ticker: fills up what is due, at midnight of UTC, of a month's first day for
 * monthly ones. At most a slice; `*more`: another is due. */
enum store_err service_billing_refill(struct service *svc, struct store_conn *db, bool *more);

/* The next midnight, or the first of the next month, after `now`. */
int64_t billing_next_refill(int64_t now, bool monthly);

enum service_err service_billing_admit(struct service_call *c, bool write);

#endif
