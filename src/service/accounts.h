/* service/accounts.h - accounts (tenant, organization: one thing) and who belongs to them. */
#ifndef SERVICE_ACCOUNTS_H
#define SERVICE_ACCOUNTS_H

#include "service/service.h"

#define ACCOUNT_NAME_MAX 100 /* characters */

/* Plain look-up, without asking who may see it: `text` is an id, `profile/slug`, or a slug that only one account has.
 * Deleted accounts are not found. SERVICE_NOTFOUND ("not_found"); SERVICE_INVALID for a slug that several have. */
enum service_err service_account_resolve(struct service_call *c, struct cardea_str text, struct store_account *out);

/* Whether `text` names this account in one of these ways. Reads nothing. */
bool service_account_is(const struct store_account *account, struct cardea_str text);

/* The account that a call is about, as its `account` parameter says. Empty: the caller's own; root must name one
 * (SERVICE_INVALID at `location`). Another than the caller's own: SERVICE_FORBIDDEN, whether it exists or not. */
enum service_err service_account_of_call(struct service_call *c, struct cardea_str text, const char *location,
                                         struct store_account *out);
/* The same for a list by the parameter `account` of a query: 0 where root leaves it out, and means all. */
enum service_err service_account_filter(struct service_call *c, struct cardea_str text, int64_t *id);

/* An account that the caller may see, by what stands in the path: root any, others their own; else SERVICE_NOTFOUND. */
enum service_err service_account_get(struct service_call *c, struct cardea_str text, struct store_account *out);

/* Root. The profile must exist; CONFLICT "slug_taken". */
enum service_err service_account_create(struct service_call *c, struct cardea_str profile, struct cardea_str slug,
                                        struct cardea_str name, struct store_account *out);

/* Ascending by id after `after`; root all (`profile` empty: of any), others their own. */
enum service_err service_account_list(struct service_call *c, struct cardea_str profile, int64_t after, size_t limit,
                                      struct store_account *out, size_t *count);

struct account_patch {
    bool has_name, has_status;
    struct cardea_str name;
    enum store_account_status status; /* ACTIVE or SUSPENDED */
};
/* Root; an owner may rename. */
enum service_err service_account_patch(struct service_call *c, struct cardea_str text,
                                       const struct account_patch *patch, struct store_account *out);
/* Root. All its keys stop at once; its policies and the texts that were kept for it are erased. Deleting the system
 * account: CONFLICT. */
enum service_err service_account_delete(struct service_call *c, struct cardea_str text, struct store_account *out);

/* One member as shown: the row, and who that is. */
struct account_member {
    struct store_member row;
    struct cardea_str email, name; /* empty once erased */
};
/* Root, owner, admin. An admin neither makes nor changes owners; the last owner stays (CONFLICT). */
enum service_err service_member_put(struct service_call *c, struct cardea_str account, struct cardea_str user,
                                    enum cardea_role role, struct account_member *out);
/* The same for who is no member yet, by e-mail; SERVICE_NOTFOUND when there is no such user, since only the root key
 * makes people: whoever made one by an e-mail and a password could wait until another account lets that person in. An
 * account may ask so often an hour only (SERVICE_BUSY), or it could find out who is a user here. */
enum service_err service_member_invite(struct service_call *c, struct cardea_str account, struct cardea_str email,
                                       enum cardea_role role, struct account_member *out);
/* Those, and anyone for themselves (leaving). */
enum service_err service_member_remove(struct service_call *c, struct cardea_str account, struct cardea_str user);
/* Root, owner, admin; by user id after `after`. */
enum service_err service_member_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                     struct account_member *out, size_t *count);

/* What an account's or agent's slug and name must be; SERVICE_INVALID at /slug and /name. */
enum service_err service_check_slug(struct service_call *c, struct cardea_str slug);
enum service_err service_check_name(struct service_call *c, struct cardea_str name);

/* "active", "suspended", "deleted". Static storage. */
const char *service_account_status_name(enum store_account_status status);

#endif
