/* service/notices.h - carries refusals of known keys, of which readers tell by the ring of notices, into audit log and
 * outbox: `key.exposed` for a server-side key that came from a browser page, `key.denied` for the rest; and networks
 * that keys are used from, to origins.h.
 *
 * What was read, and how far, is committed together, so that no notice is recorded twice, restarts included. One key
 * with one reason is recorded once a minute; its counts tell how often it was. */
#ifndef SERVICE_NOTICES_H
#define SERVICE_NOTICES_H

#include "service/service.h"

#define NOTICES_READ_MAX          1024 /* notices that one round looks at */
#define NOTICES_RECORD_MAX        100 /* and records: at 50 us each, 5 ms of the writer's time. Exposed keys come first */
#define NOTICES_ORIGINS_MAX_ROUND 512 /* networks that a round looks up, at 20 us each; others wait for the next */
#define NOTICES_QUIET_SEC         60  /* between two records of one key and reason */

/* Makes the ring, if it is not there, for readers of that `mode`; sets svc->notices. Before anybody decides. `c` is a
 * reader's. Not from the writer thread. */
bool service_notices_open(struct service *svc, struct store_conn *c, unsigned mode, struct cardea_why *why);
/* Each second, always from the same thread. Returns at once; what the last round has not ended is left for the next. */
void service_notices_take(struct service *svc);
/* After the store is closed. NULL in svc->notices is allowed. */
void service_notices_close(struct service *svc);

struct notices_stats {
    uint64_t recorded;
    uint64_t coalesced; /* repeated within a minute */
    uint64_t lost;      /* overtaken, senseless, or too many at once */
};
void service_notices_stats(const struct service *svc, struct notices_stats *out); /* any thread */

#endif
