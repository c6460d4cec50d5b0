/* service/jwt.h - session tokens: JWS compact serialization, EdDSA over Ed25519 (RFC 7515, RFC 8037), and nothing else.
 *
 * Strict on purpose: one algorithm, one key, a header that is checked member by member, base64url without padding,
 * bounded length. `alg` in the token chooses nothing. */
#ifndef SERVICE_JWT_H
#define SERVICE_JWT_H

#include <cardea/cardea.h>

#include "base/arena.h"

#define JWT_MAX      1024
#define JWT_SEED_LEN 32
#define JWT_NAME     "cardea" /* both `iss` and `aud` */

/* The private key and its name. Shared by threads, never changed once made. */
struct session_signer;

/* From the 32 bytes that are the private key (RFC 8032). The caller wipes them. */
struct session_signer *session_signer_new(const uint8_t seed[JWT_SEED_LEN]);
void session_signer_free(struct session_signer *s); /* NULL is allowed */

struct jwt_claims {
    int64_t user_id, account_id, session_id;
    enum cardea_role role; /* when it was made: informative */
    int64_t issued_at, expires_at;
};

struct cardea_str jwt_make(struct arena *a, const struct session_signer *s, const struct jwt_claims *claims);

/* Whether it has the one header that our tokens have: then nobody else can have made it, and jwt_verify() decides. */
bool jwt_is_own(const struct session_signer *s, struct cardea_str token);

/* Signature and every claim; expired at now >= exp. False without saying why: nobody outside needs to know. */
bool jwt_verify(struct arena *a, const struct session_signer *s, struct cardea_str token, int64_t now,
                struct jwt_claims *out);

#endif
