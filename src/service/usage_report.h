/* service/usage_report.h - who used what how often: sums of the hourly counts.
 *
 * The root key sees all; people with a session, whatever their role, and management keys with usage:read their
 * account's. Counts are there within a second or two. */
#ifndef SERVICE_USAGE_REPORT_H
#define SERVICE_USAGE_REPORT_H

#include "service/service.h"
#include "store/usage.h"

#define USAGE_ROWS_MAX     10000
#define USAGE_DEFAULT_DAYS 30

struct usage_query {
    struct cardea_str account;  /* as service_account_of_call() takes it; empty: the caller's own, or for root, all */
    struct cardea_str key;      /* its id; empty: all */
    struct cardea_str from, to; /* a time in RFC 3339, a day, a month; to is exclusive; whole hours */
    struct cardea_str by;       /* of hour, day, month, account, key, outcome, route_group, with commas */
};
struct usage_report {
    struct store_usage_filter filter; /* as it was understood */
    struct store_usage_sum *rows;     /* in the call's arena */
    size_t count;
};
/* What people call a row's account and key; empty where it is not grouped by them, or they are gone. */
struct usage_names {
    struct cardea_str profile, slug, prefix, name;
};
/* Of each row, in the call's arena. */
enum service_err service_usage_names(struct service_call *c, const struct usage_report *r, struct usage_names **out);

enum service_err service_usage_report(struct service_call *c, const struct usage_query *in, struct usage_report *out);

#endif
