/* service/users.h - people. Their e-mail, name and password stand in a side table that can be erased. */
#ifndef SERVICE_USERS_H
#define SERVICE_USERS_H

#include "service/service.h"

#define USER_EMAIL_MAX    254
#define USER_NAME_MAX     100 /* characters */
#define USER_PASSWORD_MIN 8
#define USER_PASSWORD_MAX 128

/* Hashing is slow and must not hold the writer: make the hash on a worker lane by service_password_hash(), then run
 * these two steps in a unit of work. An empty hash: no password, the user cannot log in by one. */

/* Root. CONFLICT "email_taken". */
enum service_err service_user_create(struct service_call *c, struct cardea_str email, struct cardea_str name,
                                     struct cardea_str password_hash, struct store_user *out);

struct user_patch {
    bool has_name, has_disabled, has_password;
    bool disabled;
    struct cardea_str name;
    struct cardea_str password, current_password; /* in clear; checked and hashed in the first step */
    struct cardea_str password_hash;              /* what the first step made */
};
/* First step, on a worker lane: may the caller, is the current password right; hashes the new one into the patch.
 * Root changes anything but needs no current password; users change their own name and password. */
enum service_err service_user_patch_check(struct service_call *c, struct cardea_str user, struct user_patch *patch);
/* Second step, on the writer. Disabling and a new password end the user's sessions; disabling takes all roles away for
 * as long as it lasts. */
enum service_err service_user_patch(struct service_call *c, struct cardea_str user, const struct user_patch *patch,
                                    struct store_user *out);

/* Root, and everyone themselves; else SERVICE_NOTFOUND. */
enum service_err service_user_get(struct service_call *c, struct cardea_str user, struct store_user *out);
/* Root; ascending by id after `after`. */
enum service_err service_user_list(struct service_call *c, int64_t after, size_t limit, struct store_user *out,
                                   size_t *count);
/* Root. E-mail, name and password go; the id stays, disabled, out of every account, sessions ended. Once more is no
 * error. */
enum service_err service_user_erase(struct service_call *c, struct cardea_str user);

#endif
