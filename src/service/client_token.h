/* service/client_token.h - what a client session is written as, and which origins it may name. */
#ifndef SERVICE_CLIENT_TOKEN_H
#define SERVICE_CLIENT_TOKEN_H

#include "base/json_write.h"
#include "service/client_session.h"

/* "crcs_", claims in base64url, a dot, the signature. In the arena. */
struct cardea_str client_token_seal(struct service_call *c, const struct client_session *s);
/* The claims as an object: what the token holds, and what the audit log is told. */
void client_token_claims(struct json_writer *w, const struct client_session *s);

/* What is wrong with an origin as a browser sends it (RFC 6454: "https://app.example.com", lower case, no path), or
 * NULL. Without TLS only this machine's own names, for those who develop. */
const char *client_origin_mistake(struct cardea_str origin);

#endif
