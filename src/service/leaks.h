/* service/leaks.h - keys that somebody has found where everybody can read them: revoked at once, or only told of.
 *
 * A report is believed because of its signature (jose/report.h), and because it holds the key itself: whoever has one
 * may revoke it anyway. The same report twice changes and tells nothing more. */
#ifndef SERVICE_LEAKS_H
#define SERVICE_LEAKS_H

#include "service/service.h"

/* A key that is only flagged is told of once in this time, however often it is found. */
#define LEAK_TOLD_SEC 86400

struct leak {
    struct cardea_str token;       /* as it was found */
    struct cardea_str source, url; /* where; whatever the reporter says */
    /* what came of it */
    bool known;   /* a key of ours, whatever has become of it */
    bool told;    /* there is an event */
    bool revoked; /* by this report */
};

/* Whether a body is a report of somebody who may make one. Any thread. */
enum leak_trust { LEAK_SIGNED, LEAK_UNSIGNED, LEAK_NOBODY /* may */ };
enum leak_trust service_leaks_trust(const struct service *svc, struct cardea_str key_name, struct cardea_str signature,
                                    struct cardea_str body);

/* In a unit of work. */
enum service_err service_leak(struct service_call *c, struct leak *leak);

/* Any thread: a report that was refused, or one that was taken with what came of its matches. */
void service_leaks_count(struct service *svc, bool taken, const struct leak *leaks, size_t count);

#endif
