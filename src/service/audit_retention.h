/* service/audit_retention.h - how long audit records, and the addresses beside them, are kept.
 *
 * Records go once a day, up to the last checkpoint that is older than they may be; their hashes stay, so that all
 * proofs about what is left, and from any checkpoint that somebody kept, can still be made. The newest record stays in
 * any case: it says which index is next. */
#ifndef SERVICE_AUDIT_RETENTION_H
#define SERVICE_AUDIT_RETENTION_H

#include "service/service.h"

/* In a unit of work. A slice; *more: there is more to do. */
enum store_err service_audit_prune(struct service_call *c, bool *more);

#endif
