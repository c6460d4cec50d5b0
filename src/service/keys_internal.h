/* service/keys_internal.h - what the parts of the keys' use cases share. */
#ifndef SERVICE_KEYS_INTERNAL_H
#define SERVICE_KEYS_INTERNAL_H

#include "service/keys.h"

/* The account that a call is about, with its rules. */
struct key_account {
    struct store_account row;
    const struct profile *profile; /* NULL: no longer loaded */
};

/* ---- keys_access.c ---- */

/* SERVICE_NOTFOUND for a deleted account. */
enum service_err key_account_get(struct service_call *c, int64_t account_id, struct key_account *out);
enum service_err key_account_named(struct service_call *c, struct cardea_str name, const char *location,
                                   struct key_account *out);
/* The key and its account, when the caller has `right` on it. */
enum service_err key_load(struct service_call *c, int64_t id, enum key_right right, struct key_account *account,
                          struct store_key *out);
/* That the caller may have `right` in this account. `key` NULL: no particular one. */
enum service_err key_may(struct service_call *c, enum key_right right, const struct key_account *account,
                         const struct store_key *key);
/* That the caller may make a key of this kind. One that has its maker's role gives them nothing that they lack, so a
 * viewer may make it too. */
enum service_err key_may_make(struct service_call *c, const struct key_account *account, int kind);
/* That a calling key holds all that a key of `kind` with `scopes` will. */
enum service_err key_may_grant(struct service_call *c, const struct key_account *account, int kind,
                               struct cardea_str scopes);
/* Whose key a new one is: the session's user, or the user of the calling key. */
enum service_err key_maker(struct service_call *c, int64_t *user_id);

/* ---- keys.c ---- */

void key_view_fill(struct service_call *c, const struct key_account *account, const struct store_key *row,
                   struct key_view *out);
/* Adds what readers have counted since the last flush. Without the slot the row stays as it is: a second old. */
void key_add_live_usage(struct service_call *c, struct store_key *row);
enum service_err key_kind_named(struct service_call *c, const struct key_account *account, struct cardea_str name,
                                const char *location, int *kind);
enum service_err key_agent_named(struct service_call *c, const struct key_account *account, int kind,
                                 struct cardea_str name, const char *location, int64_t *agent_id);
bool key_counts(const struct store_key *row, int64_t now);
/* SERVICE_LIMIT when no further active key of this kind has room. */
enum service_err key_check_limit(struct service_call *c, const struct key_account *account, int kind);
/* That the account's profile is loaded; and, for what makes a key, that the account is not suspended either. */
enum service_err key_check_profile(struct service_call *c, const struct key_account *account);
enum service_err key_check_open(struct service_call *c, const struct key_account *account);
/* Mints, inserts, makes room for its activity, grants its credits, and, where the kind replaces, revokes the previous
 * one. `row` has everything but id, ordinal, digest, prefix. */
enum service_err key_issue(struct service_call *c, struct key_account *account, int kind, struct store_key *row,
                           struct cardea_secret *secret);
/* Inserts a row that has its digest, and makes its activity slot ready. */
enum service_err key_insert(struct service_call *c, struct store_key *row);
/* Sets what may be drawn from now on, in the row and in its slot. -1: not metered. */
enum service_err key_set_credits(struct service_call *c, struct store_key *row, int64_t credits);
/* Where the kind replaces: makes `row` the account's one key of it, and revokes the one before. */
enum service_err key_replace(struct service_call *c, struct key_account *account, int kind,
                             const struct store_key *row);

/* ---- keys_change.c ---- */

enum service_err key_revoke_row(struct service_call *c, struct store_key *row, struct cardea_str reason);

/* ---- keys_record.c: audit and outbox ---- */

enum service_err key_record(struct service_call *c, const char *action, const struct store_key *row);
enum service_err key_record_change(struct service_call *c, unsigned given, const struct store_key *before,
                                   const struct store_key *after);
enum service_err key_record_revocation(struct service_call *c, const struct store_key *before,
                                       const struct store_key *row);
enum service_err key_record_rotation(struct service_call *c, const struct store_key *old, const struct store_key *row);

#endif
