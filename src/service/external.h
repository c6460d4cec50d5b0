/* service/external.h - people whom other issuers vouch for: by a token of theirs and a link that an operator made from
 * its issuer and subject to a user here. Never by an e-mail address: whoever writes it there decides what it says. */
#ifndef SERVICE_EXTERNAL_H
#define SERVICE_EXTERNAL_H

#include "service/issuers.h"
#include "service/session.h"

#define EXTERNAL_LINKS_MAX 32 /* of one user */

/* A token as it was sent. */
struct external {
    struct cardea_str token;
    bool waited; /* set by the caller after issuers_wait() */
    bool wait;   /* set with a refusal that a wait may turn: issuers_wait(svc->issuers, &claims), then once more */
    struct issuer_claims claims;
};

/* In place of service_session_check(): the person by the token, the account as there; where the token names one, that.
 * SERVICE_UNAUTHENTICATED ("identity_unknown": nobody is linked), SERVICE_UNAVAILABLE "issuer_unavailable",
 * SERVICE_FORBIDDEN, SERVICE_CONFLICT as there. */
enum service_err service_external_check(struct service_call *c, struct external *x, struct cardea_str account,
                                        struct cardea_str profile, struct session_login *out);

/* The token as a session by itself, for the one account that it names, that `tenant` names (empty: none), that is of
 * `profile` (empty: any): fills c->actor. No such account, or several: SERVICE_FORBIDDEN "forbidden" or
 * "account_required". */
enum service_err service_external_authenticate(struct service_call *c, struct external *x, struct cardea_str profile,
                                               struct cardea_str tenant);

/* ---- links; root ---- */

/* The same again is no error. CONFLICT "identity_taken" when the pair is another user's. INVALID for an issuer that is
 * not configured. */
enum service_err service_identity_link(struct service_call *c, struct cardea_str user, struct cardea_str issuer,
                                       struct cardea_str subject, struct store_identity *out);
enum service_err service_identity_unlink(struct service_call *c, struct cardea_str user, struct cardea_str issuer,
                                         struct cardea_str subject);
/* Root, and everyone their own; `out` has room for EXTERNAL_LINKS_MAX. */
enum service_err service_identity_list(struct service_call *c, struct cardea_str user, struct store_identity *out,
                                       size_t *count);

#endif
