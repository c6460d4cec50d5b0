/* service/keys.h - keys: made, shown once, listed, changed, rotated, revoked, imported.
 *
 * Who may: the root key everything; a session by its role (a viewer reads, and makes keys of the kinds that have their
 * maker's role; a member makes keys and changes those they made, an admin or owner all); a key of the profile `cardea`
 * on its own account by keys:read and keys:write; a key of another profile on its own account where that profile's
 * management says so. No key grants what it lacks, and no key that is bound to an agent manages any. Another account
 * than the caller's own is SERVICE_FORBIDDEN, a key in it SERVICE_NOTFOUND.
 *
 * Whatever changes something runs in a unit of work on the writer, checks all its input before its first write, and
 * leaves audit record and event in the same unit. Since the writer is serial, a limit that was checked holds. */
#ifndef SERVICE_KEYS_H
#define SERVICE_KEYS_H

#include "service/key_input.h"

enum key_right { KEY_MAY_READ, KEY_MAY_CREATE, KEY_MAY_UPDATE, KEY_MAY_ROTATE, KEY_MAY_REVOKE, KEY_MAY_IMPORT };

enum key_status { KEY_STATUS_ACTIVE, KEY_STATUS_DISABLED, KEY_STATUS_EXPIRED, KEY_STATUS_REVOKED };
const char *key_status_name(enum key_status status); /* "active", ...; static storage */

/* What there is to do about a key that still works: it expires, or is to be rotated, within 14 days. */
enum key_reminder { KEY_REMINDER_NONE, KEY_REMINDER_EXPIRING, KEY_REMINDER_ROTATION };
const char *key_reminder_name(enum key_reminder reminder); /* "expiring", "rotation_due"; "" for none */

/* A key as it is shown. last_used_at, use_count, denial_count and credits of `row` are as of now: what the store knows
 * and what the activity slot has counted since. */
struct key_view {
    struct store_key row;
    enum key_status status;
    enum key_reminder reminder;
    const char *disabled_reason;   /* of one that nobody disabled, and that is: its user or agent. NULL: none */
    struct cardea_scopes granted;  /* fixed by the kind, beside row.scopes */
    const struct profile *profile; /* NULL: it is no longer loaded */
};

struct key_create {
    struct cardea_str account; /* as service_account_of_call takes it */
    struct cardea_str kind;    /* empty: the profile's default */
    struct cardea_str agent;   /* id or slug; for kinds that are bound to one, and only for them */
    struct key_input input;
};

/* Whether this caller may ask for such a thing at all; which key it is about comes later. Reads nothing. */
enum service_err service_key_admit(struct service_call *c, enum key_right right);
/* That a calling key, if it is one, is active still and bound to no agent: such a key manages nothing. */
enum service_err service_key_manages(struct service_call *c);

/* `secret` is the caller's to wipe; it is empty unless the result is SERVICE_OK. */
enum service_err service_key_create(struct service_call *c, const struct key_create *in, struct key_view *out,
                                    struct cardea_secret *secret);

enum service_err service_key_get(struct service_call *c, int64_t id, struct key_view *out);

/* The id of what stands in a path: an id, or a visible prefix that one key alone of the caller's own account has. */
enum service_err service_key_find(struct service_call *c, struct cardea_str text, int64_t *id);

#define KEY_LIST_DEFAULT 50
#define KEY_LIST_MAX     200

struct key_list {
    struct cardea_str account, kind, status, cursor; /* empty: all (the caller's own account), from the newest */
    size_t limit;                                    /* 1..KEY_LIST_MAX */
};
/* Newest first. `out` has room for `limit`; *next is the cursor's key, 0 on the last page. A page by status may be
 * short, though another follows: no call looks through more than KEY_LIST_LOOK keys. */
#define KEY_LIST_LOOK 2000
enum service_err service_key_list(struct service_call *c, const struct key_list *in, struct key_view *out,
                                  size_t *count, int64_t *next);

/* SERVICE_CONFLICT "key_revoked"; SERVICE_LIMIT when it would make a key count again. */
enum service_err service_key_update(struct service_call *c, int64_t id, const struct key_input *in,
                                    struct key_view *out);

/* For good. Once more is no error and changes nothing. `reason` may be empty. */
enum service_err service_key_revoke(struct service_call *c, int64_t id, struct cardea_str reason, struct key_view *out);

#define KEY_OVERLAP_DEFAULT (-1)
/* A new key in place of an old one, which works on for `overlap_sec`. Credits that are left go over to the new key, and
 * a key that had a life span gets it again. SERVICE_CONFLICT for one that is revoked, expired, disabled or rotated
 * already. */
enum service_err service_key_rotate(struct service_call *c, int64_t id, int64_t overlap_sec, struct key_view *out,
                                    struct cardea_secret *secret);

/* The calling key itself. */
enum service_err service_key_self(struct service_call *c, struct key_view *out);
enum service_err service_key_self_revoke(struct service_call *c, struct cardea_str reason, struct key_view *out);

struct key_import {
    struct cardea_str sha256; /* 64 hexadecimal digits */
    struct cardea_str kind;   /* empty: the call's */
    struct cardea_str prefix; /* what may be shown of it; empty: nothing */
    struct cardea_str agent;
    struct cardea_str created_at; /* empty: now */
    struct key_input input;       /* without a name: "imported" */
};
/* Root. All or none; active-key limits do not apply. SERVICE_CONFLICT "digest_taken" names the entry. `out` has room
 * for `count` views. */
enum service_err service_key_import(struct service_call *c, struct cardea_str account, struct cardea_str kind,
                                    const struct key_import *items, size_t count, struct key_view *out);

#endif
