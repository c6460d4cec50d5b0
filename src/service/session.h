/* service/session.h - people logging in: Argon2id passwords, Ed25519 session tokens. */
#ifndef SERVICE_SESSION_H
#define SERVICE_SESSION_H

#include "service/service.h"

struct session_view {
    int64_t session_id, account_id, user_id, expires_at;
    enum cardea_role role;
    struct cardea_str jwt; /* in the arena; wiped with it */
};

/* Two steps, since hashing is slow and the writer must not wait for it.
 * 1. On a worker lane, with a reader's connection: checks the password (the same work for an unknown e-mail) and finds
 * the account among the user's: the only one, or the one that `account` names (id, profile/slug, slug; empty: none
 * named), and of that product (empty: of any). SERVICE_UNAUTHENTICATED; SERVICE_BUSY after too many failures;
 * SERVICE_FORBIDDEN for no account of the user's; SERVICE_CONFLICT "account_required" with candidates in `choices`. 2.
 * On the writer: makes the session and the token. */
struct session_choice {
    struct store_account account;
    enum cardea_role role;
};
#define SESSION_CHOICES_MAX 50
struct session_login {
    int64_t user_id, account_id;
    enum cardea_role role;
    bool bound; /* by another issuer's token, which may have named the account */
    struct session_choice choices[SESSION_CHOICES_MAX]; /* texts in the arena */
    size_t choice_count;
};
enum service_err service_session_check(struct service_call *c, struct cardea_str email, struct cardea_str password,
                                       struct cardea_str account, struct cardea_str profile, struct session_login *out);
/* Records that a token was refused as a log-in; returns `err`. Passwords are recorded by themselves. */
enum service_err service_session_refused(struct service_call *c, enum service_err err);
/* The second half of step 1, for `user_id` of `login`, however the person was made sure of. */
struct session_filter {
    struct cardea_str profile;  /* accounts of this product; empty: of any */
    struct cardea_str names[2]; /* those that go by all of these; empty ones do not count */
};
enum service_err service_session_choose(struct service_call *c, const struct session_filter *filter,
                                        struct session_login *login);
enum service_err service_session_start(struct service_call *c, const struct session_login *login, int64_t ttl_sec,
                                       struct session_view *out);

/* The accounts that the calling person may be in, of that product (empty: of any): `choices`. */
enum service_err service_session_accounts(struct service_call *c, struct cardea_str profile, struct session_login *out);
/* On the writer: the calling person's session ends, and one for `account` goes on for as long as that one would have.
 * SERVICE_FORBIDDEN when another issuer's token chose the account, and for no account of the person's. */
enum service_err service_session_switch(struct service_call *c, struct cardea_str profile, struct cardea_str account,
                                        struct session_view *out);

/* Verifies signature, claims, session row, user and membership: fills c->actor (ACTOR_USER). SERVICE_UNAUTHENTICATED.
 */
enum service_err service_session_authenticate(struct service_call *c, struct cardea_str jwt);
/* Makes that user in that account the actor, without a session, as far as they are in it now. SERVICE_UNAUTHENTICATED.
 */
enum service_err service_session_assume(struct service_call *c, int64_t user_id, int64_t account_id);
enum service_err service_session_end(struct service_call *c); /* the actor's own */

/* Argon2id; slow (tens of milliseconds). The hash is in the arena. */
enum service_err service_password_hash(struct service_call *c, struct cardea_str password, struct cardea_str *hash);

#endif
