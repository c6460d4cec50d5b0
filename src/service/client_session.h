/* service/client_session.h - short sessions for the component in somebody else's page: 15 minutes, one account, a few
 * capabilities, pages of the named origins alone.
 *
 * Nothing is kept of them: a token says who minted it, for whom, and what it is for, and at each use all of that is
 * looked at as it is then. So it ends with the minting key or session, with the person's membership, and while the
 * account is suspended. */
#ifndef SERVICE_CLIENT_SESSION_H
#define SERVICE_CLIENT_SESSION_H

#include "service/service.h"

#define CLIENT_SESSION_TTL_SEC     900
#define CLIENT_SESSION_ORIGINS_MAX 10

/* What a session may be for, as scopes of the native profile: bits. */
enum client_capability {
    CLIENT_KEYS_READ = 1u << 0,
    CLIENT_KEYS_WRITE = 1u << 1,
    CLIENT_USAGE_READ = 1u << 2,
};
/* "keys:read"; 0: none of them. */
unsigned client_capability(struct cardea_str name);
/* By bit number; NULL behind the last. Static storage. */
const char *client_capability_name(unsigned bit);

struct client_session {
    int64_t id, account_id;
    int64_t user_id;    /* on whose behalf; 0: nobody's, the account's own backend */
    int64_t key_id;     /* who minted it: a key, */
    int64_t session_id; /* or a person's session; both 0: a token of another issuer */
    unsigned capabilities;
    int64_t issued_at, expires_at;
    struct cardea_str origins[CLIENT_SESSION_ORIGINS_MAX];
    size_t origin_count;
};

struct client_session_request {
    struct cardea_str account, user; /* empty: not named */
    const struct cardea_str *capabilities, *origins;
    size_t capability_count, origin_count;
};

/* On the writer: `token` is the secret, in the arena, wiped with it. */
enum service_err service_client_session_mint(struct service_call *c, const struct client_session_request *in,
                                             struct client_session *out, struct cardea_str *token);

/* By its first letters: then nothing else is tried. */
bool service_client_session_is(struct cardea_str token);
/* Ours, whole, and not from the future; texts in the arena. It may have expired: `expires_at` says. */
bool service_client_session_open(struct service_call *c, struct cardea_str token, struct client_session *out);
bool service_client_session_allows(const struct client_session *s, struct cardea_str origin);
/* Makes who it acts for the actor, as they stand now, for a call that needs `capability` (0: none).
 * SERVICE_UNAUTHENTICATED: it is over; SERVICE_FORBIDDEN. */
enum service_err service_client_session_act(struct service_call *c, const struct client_session *s,
                                            unsigned capability);

#endif
