/* jose/jws.h - JSON Web Signatures, compact serialization only (RFC 7515, RFC 7518 section 3, RFC 8037, RFC 8725).
 *
 * The token chooses nothing: its `alg` must be in the caller's list, be what the key's type can do, and be the key's
 * own `alg` when that has one. What a payload claims is the caller's to check. */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H

#include "base/arena.h"
#include "jose/jwk.h"

#define JWS_TEXT_MAX (16u * 1024)

/* Bits of an allow-list. */
enum jws_alg { JWS_RS256 = 1 << 0, JWS_ES256 = 1 << 1, JWS_EDDSA = 1 << 2, JWS_HS256 = 1 << 3 };
#define JWS_ALGS_PUBLIC ((unsigned)(JWS_RS256 | JWS_ES256 | JWS_EDDSA))

/* The bit of "RS256", "ES256", "EdDSA" or "HS256"; 0 for any other name. */
unsigned jws_alg_parse(struct cardea_str name);
const char *jws_alg_name(enum jws_alg alg);

enum jws_result {
    JWS_OK,
    JWS_TOO_LONG,       /* more than JWS_TEXT_MAX */
    JWS_MALFORMED,      /* not three parts of strict base64url */
    JWS_BAD_HEADER,     /* not a JSON object with each member once, or a member of the wrong type */
    JWS_HEADER_REFUSED, /* it has crit, b64, zip, enc, jwk, jku, x5u or x5c */
    JWS_ALG_REFUSED,    /* not in the allow-list, `none`, or nothing we know */
    JWS_UNKNOWN_KID,    /* no key has this kid: the issuer may have a new one, so refetch */
    JWS_NO_KEY,         /* no kid, and no key fits the algorithm: refetch */
    JWS_AMBIGUOUS,      /* no kid, and several keys fit */
    JWS_KEY_MISFIT,     /* the key of this kid was left out, or is for another algorithm */
    JWS_BAD_SIGNATURE,
    JWS_RESULT_COUNT
};

/* One line for a log: never a part of the token. */
const char *jws_result_text(enum jws_result result);

struct jws {
    enum jws_alg alg;
    struct cardea_str kid, typ; /* ptr NULL: the header has none */
    struct cardea_str payload;  /* bytes: not even UTF-8 is promised */
};

/* Fills `out` (in the arena) only when it returns JWS_OK. Safe on several threads at once with one set. */
enum jws_result jws_verify(struct arena *a, const struct jwk_set *set, unsigned allowed_algs, struct cardea_str token,
                           struct jws *out);

#endif
