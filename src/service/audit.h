/* service/audit.h - reading the audit log: lists, checkpoints, proofs, and the whole for a verifier.
 *
 * Who may: the root key all; an owner or admin their account's; a key of the profile `cardea` its account's, by
 * audit:read; one of another profile where that profile's management has `logs`. Checkpoints and proofs are for all of
 * these: they tell how many records there are, and hashes. */
#ifndef SERVICE_AUDIT_H
#define SERVICE_AUDIT_H

#include "audit/tree.h"
#include "service/service.h"
#include "store/audit.h"

/* `what` is in the plural: "Events", "Audit records". */
enum service_err service_audit_admit(struct service_call *c, const char *what);

struct audit_list {
    struct cardea_str account; /* as service_account_of_call() takes it; empty: the caller's own, or for root, all */
    struct cardea_str actor, subject, action; /* empty: all; an action may end in `*` */
    struct cardea_str from, to;               /* times in RFC 3339; from <= time < to */
    int64_t before;                           /* of the cursor; 0: from the newest */
    size_t limit;
};
/* As service_event_list(). */
enum service_err service_audit_list(struct service_call *c, const struct audit_list *in, struct store_audit *out,
                                    size_t *count, int64_t *next);

/* The last one signed. */
enum service_err service_audit_checkpoint(struct service_call *c, struct store_checkpoint *out);

#define AUDIT_SIZE_LAST UINT64_MAX /* as many as the last checkpoint has */
struct audit_inclusion {
    uint64_t index, size;
    struct cardea_digest leaf;
    struct cardea_str record; /* the line; empty: the caller may not see it, or it is kept no longer */
    struct tree_proof proof;
};
/* index and size are set by the caller; a size of AUDIT_SIZE_LAST is replaced. */
enum service_err service_audit_inclusion(struct service_call *c, struct audit_inclusion *p);
struct audit_consistency {
    uint64_t from, to;
    struct tree_proof proof;
};
enum service_err service_audit_consistency(struct service_call *c, struct audit_consistency *p);

/* Root only: lines for a verifier (docs/reference/audit.md), of the records from `from` on to a checkpoint's size `to`,
 * at most `limit`, and fewer where they are large. A `from` before the oldest that is kept begins with that. */
#define AUDIT_EXPORT_MAX 4096
struct audit_export {
    uint64_t from, to; /* to AUDIT_SIZE_LAST is replaced; from by where it begins */
    size_t limit;
    uint64_t next; /* where the next call goes on; as `to`: that was all */
};
enum service_err service_audit_export(struct service_call *c, struct audit_export *e, struct buf *out);

#endif
