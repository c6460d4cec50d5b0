/* service/operator.h - the operator in a browser: the root key, exchanged for a session of an hour that may do what the
 * key may do, and ends with it. What the browser keeps is no key: it is good for that hour and that place alone. */
#ifndef SERVICE_OPERATOR_H
#define SERVICE_OPERATOR_H

#include "service/service.h"

#define OPERATOR_TTL_SEC 3600

struct operator_session {
    int64_t session_id, key_id, expires_at;
    struct cardea_str token; /* in the arena; wiped with it */
};

/* Is this a root key that may be used from there? SERVICE_UNAUTHENTICATED, whatever is wrong with it; SERVICE_BUSY
 * after too many that were wrong. `ip` as in service/standing.h. On a reader's connection. */
enum service_err service_operator_check(struct service_call *c, struct cardea_str key, const uint8_t *ip,
                                        int64_t *key_id);
/* On the writer: makes the session. */
enum service_err service_operator_start(struct service_call *c, int64_t key_id, const uint8_t *ip,
                                        struct operator_session *out);

/* Fills c->actor (ACTOR_ROOT, with the session). SERVICE_UNAUTHENTICATED: not ours, expired, logged out, or its key is
 * revoked, disabled, expired, rotated, or not for this address. */
enum service_err service_operator_authenticate(struct service_call *c, struct cardea_str token, const uint8_t *ip);
enum service_err service_operator_end(struct service_call *c); /* the actor's own */

#endif
