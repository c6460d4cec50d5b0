/* core/grants.h - what a reader records of its grants: they are counted, and of a network that a key was not used from
 * lately the daemon is told. */
#ifndef CORE_GRANTS_H
#define CORE_GRANTS_H

#include "core/notices_map.h"

#define GRANTS_WAITING_MAX 64

/* Grants that are not recorded yet, all as of one moment. */
struct grants {
    struct activity_grant waiting[GRANTS_WAITING_MAX];
    unsigned count;
    struct cardea_time since;
};

/* Of a key whose line activity_find() found. */
static inline void grants_record(struct activity_map *a, struct notices_map *n, const struct activity_grant *grant,
                                 struct cardea_time now)
{
    if (activity_granted(a, grant, now.unix_sec))
        notices_origin(n, a, grant, now);
}

/* A place for another one, before the grants of another moment are recorded, or too many wait. */
struct activity_grant *grants_place(struct grants *g, struct activity_map *a, struct notices_map *n,
                                    struct cardea_time now);
/* Records those that wait, and waits for the memory of all of them at once. */
void grants_flush(struct grants *g, struct activity_map *a, struct notices_map *n);

#endif
