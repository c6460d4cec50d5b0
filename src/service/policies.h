/* service/policies.h - an account's content policies: drafts, and numbered versions that never change once published.
 *
 * Who may: the root key all; an owner or admin changes, any member sees; a key of the profile `cardea` by policies:read
 * and policies:write; a key of another profile where that profile's management says so; never a key that is bound to an
 * agent. What a document must be is policy/policy.h's.
 *
 * The first policy of an account is its default, which applies to what names none; while it has no published version,
 * the built-in one applies. Another takes its place only once it is published itself, so that no change of default
 * leaves an account without rules. */
#ifndef SERVICE_POLICIES_H
#define SERVICE_POLICIES_H

#include "base/json_read.h"
#include "service/service.h"

#define POLICY_NAME_MAX     64
#define POLICY_NOTE_MAX     500 /* bytes */
#define POLICY_PER_ACCOUNT  100
#define POLICY_VERSIONS_MAX 10000
#define POLICY_BUILTIN_NAME "builtin" /* of the compiled-in one, version 0; no account's policy is called so */

/* Whether this caller may see (or change) policies at all. Reads at most the calling key's row. */
enum service_err service_policy_admit(struct service_call *c, bool write);

/* `text` is an id, or a name in `account`, which may be left out as service_account_of_call() says. Asks
 * service_policy_admit(). */
enum service_err service_policy_get(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                    bool write, struct store_policy *out);
/* Ascending by id after `after`. */
enum service_err service_policy_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                     struct store_policy *out, size_t *count);

/* The document as it is kept: JSON, compact. SERVICE_INVALID names each mistake below `at`. On a worker: compiling
 * takes up to a second. */
enum service_err service_policy_check(struct service_call *c, const json_t *document, const char *at,
                                      struct cardea_str *out);
/* The same for one that is kept. */
enum service_err service_policy_check_text(struct service_call *c, struct cardea_str document);

/* ---- changes: in a unit of work, the document checked before ---- */

/* CONFLICT "name_taken", "policy_limit_reached". */
enum service_err service_policy_create(struct service_call *c, struct cardea_str account, struct cardea_str name,
                                       struct cardea_str document, struct store_policy *out);

struct policy_patch {
    bool has_name, make_default;
    struct cardea_str name;
};
/* CONFLICT "name_taken", "policy_unpublished". */
enum service_err service_policy_patch(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                      const struct policy_patch *patch, struct store_policy *out);

/* CONFLICT "policy_is_default" while the account has others. */
enum service_err service_policy_delete(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                       struct store_policy *out);

/* `revision`: that of the draft that this one was made from; 0: whichever. CONFLICT "policy_changed" when it is
 * another by now. */
enum service_err service_policy_save(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                     struct cardea_str document, int64_t revision, struct store_policy *out);

/* ---- versions: policies_publish.c ---- */

struct policy_publish {
    int64_t version;  /* of which a new one is made: rolls back; 0: of the draft */
    int64_t revision; /* of the draft; 0: whichever */
    struct cardea_str note;
};
/* On a worker, before the unit of work: what is to be published compiles still. Sets in->revision to that of the draft
 * that was looked at. */
enum service_err service_policy_prepare(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        struct policy_publish *in);
/* In a unit of work. CONFLICT "policy_changed", "policy_unchanged" (it is in force already), "policy_limit_reached". */
enum service_err service_policy_publish(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        const struct policy_publish *in, struct store_policy *out,
                                        struct store_policy_version *version);

/* Descending from `before` on, without documents. */
enum service_err service_policy_versions(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                         int64_t before, size_t limit, struct store_policy_version *out, size_t *count);
enum service_err service_policy_version(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        int64_t version, struct store_policy_version *out);

/* ---- for those files alone ---- */

/* The event of a change, with the policy's name and what else `more` says: `,"version":3`. */
enum service_err policy_record(struct service_call *c, const struct store_policy *row, const char *action,
                               struct cardea_str more);
enum service_err policy_changed(struct service_call *c, const struct store_policy *row);

#endif
