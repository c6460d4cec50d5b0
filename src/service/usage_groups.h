/* service/usage_groups.h - what routes' use is counted as: each group of a profile has one of the activity's counters.
 *
 * A counter stays with its group whatever else of a profile changes: activity files outlive reloads and restarts, and
 * verifiers go on counting while the daemon is away. Only where a profile has had more groups than there are counters
 * does a new one get the counter of one that is gone; what was not carried home then goes by the new name. */
#ifndef SERVICE_USAGE_GROUPS_H
#define SERVICE_USAGE_GROUPS_H

#include "service/usage_hours.h"

/* Gives each group of the profiles a counter. Before they are published; not from the writer thread. */
bool usage_groups_assign(struct service *svc, const struct profile_set *profiles, struct cardea_why *why);
/* The profile as it is to be published: routes whose groups are counters. In `a`; it borrows from `p`. */
enum store_err usage_groups_number(struct store_conn *c, struct arena *a, const struct profile *p,
                                   struct cardea_profile *out);

/* Writes down which of `*uses` grants of a key were for which group, and takes them off. */
enum store_err usage_groups_add(struct service_call *c, const struct store_key *key, int64_t hour,
                                const struct usage_seen *seen, int64_t *uses);

#endif
