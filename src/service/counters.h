/* service/counters.h - what /metrics tells of the service's own work, since the process began.
 *
 * Whoever does the work counts, within its unit of work: what the store refuses and is done again counts again. */
#ifndef SERVICE_COUNTERS_H
#define SERVICE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "service/event_types.h"
#include "store/usage.h"

/* What came of a key in a report of leaked ones. */
enum leak_outcome { LEAK_UNKNOWN, LEAK_REVOKED, LEAK_FLAGGED, LEAK_REPEATED, LEAK_OUTCOMES };

/* Work that nobody waits for: it is tried again, so that only a counter tells that it does not go on. */
enum chore { CHORE_REFILL, CHORE_PRUNE, CHORE_REMINDERS, CHORE_AUDIT, CHORE_NOTICES, CHORE_WEBHOOKS, CHORES };

struct service_counters {
    _Atomic uint64_t events[EVENT_TYPES_MAX]; /* as event_types[] */
    _Atomic uint64_t uses[STORE_USAGE_OUTCOMES], credits_drawn;
    _Atomic uint64_t chores_failed[CHORES];
    _Atomic uint64_t leak_reports[2]; /* refused, taken */
    _Atomic uint64_t leak_matches[LEAK_OUTCOMES];
};

static inline void counter_add(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

#endif
