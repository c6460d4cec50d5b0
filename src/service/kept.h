/* service/kept.h - texts that a policy says to keep: sealed at rest, for a month.
 *
 * Who holds the database and not the master key reads none of them. They serve one purpose: a new draft of a policy is
 * run over them again (service/policy_replay.h). Nothing gives them out. */
#ifndef SERVICE_KEPT_H
#define SERVICE_KEPT_H

#include "service/service.h"

#define KEPT_SEC      (INT64_C(30) * 24 * 3600)
#define KEPT_TEXT_MAX ((size_t)256 << 10) /* longer ones are not kept: a replay says that there was none */

struct kept {
    int64_t scan_id, account_id;
    int64_t policy_id, version; /* that said to keep it */
    struct cardea_str text;
};
/* In the unit of work that records the scan. */
enum service_err service_kept_put(struct service_call *c, const struct kept *what);
/* Into the arena, to be wiped after use. False: it was not kept, is over its time, or does not open. */
bool service_kept_get(struct service_call *c, int64_t account_id, int64_t scan_id, struct cardea_str *text);

/* On the writer: removes some of what is over its time. *more: there may be others. */
enum store_err service_kept_prune(struct store_conn *db, int64_t now, bool *more);

#endif
