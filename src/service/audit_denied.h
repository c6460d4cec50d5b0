/* service/audit_denied.h - refusals on their way into the audit log: log-ins that failed, calls that were denied.
 *
 * Whoever is refused decides how often. So one and the same refusal (what, of whom, from where) is told once a minute;
 * and of each account, and of all strangers together, 60 a minute at most. What is not told is counted, and the next
 * record says how many there were. The reply waits for none of it. */
#ifndef SERVICE_AUDIT_DENIED_H
#define SERVICE_AUDIT_DENIED_H

#include "service/service.h"

struct audit_denied;
struct audit_denied *audit_denied_new(struct service *svc); /* NULL: no memory or no randomness */
void audit_denied_free(struct audit_denied *d);

struct denial {
    const char *action;        /* "request.denied", "session.refused" */
    struct actor actor;        /* as far as it is known */
    struct cardea_str subject; /* what was asked for */
    struct cardea_str source;  /* address */
    struct cardea_str members; /* of the detail: a JSON object's, without its braces */
};
/* Any thread. Copies what it needs. */
void service_denied(struct service *svc, const struct denial *d);
/* Refusals that no record of their own tells of, since the start. */
uint64_t service_denied_untold(const struct service *svc);

#endif
