/* core/grants.c - what a reader records of its grants. */
#include "core/grants.h"

struct activity_grant *grants_place(struct grants *g, struct activity_map *a, struct notices_map *n,
                                    struct cardea_time now)
{
    if (g->count == GRANTS_WAITING_MAX || g->since.unix_sec != now.unix_sec)
        grants_flush(g, a, n);
    g->since = now;
    return &g->waiting[g->count++];
}

void grants_flush(struct grants *g, struct activity_map *a, struct notices_map *n)
{
    for (unsigned i = 0; i < g->count; i++)
        activity_fetch(a, g->waiting[i].ordinal, g->waiting[i].group, g->since.boot_ns);
    for (unsigned i = 0; i < g->count; i++) {
        if (activity_find(a, g->waiting[i].ordinal, g->since.boot_ns) != NULL)
            grants_record(a, n, &g->waiting[i], g->since);
    }
    g->count = 0;
}
