/* jose/jwk.h - the keys that signatures are checked with: JSON Web Key Sets (RFC 7517, RFC 7518 section 6, RFC 8037).
 *
 * A set is never changed once made: threads share it, as long as one of them keeps it alive.
 *
 * Taken: RSA of 2048 to 8192 bits with an odd exponent of at least 3 (and no trace of CVE-2017-15361), EC on P-256, OKP
 * Ed25519, and secrets (`oct`) of 32 to 1024 bytes. Any other key is left out, as RFC 7517 section 5 asks, with a
 * reason: a foreign kty, crv or alg; `use` other than `sig`; `key_ops` without `verify`; a private key where a public
 * one belongs; a `kid` that another key of the same type has (both are left out). */
#ifndef JOSE_JWK_H
#define JOSE_JWK_H

#include <cardea/types.h>

#define JWK_SET_TEXT_MAX (64u * 1024)
#define JWK_SET_KEYS_MAX 64
#define JWK_KID_MAX      256 /* bytes */
#define JWK_SECRET_MIN   32  /* bytes: RFC 7518, section 3.2 */
#define JWK_SECRET_MAX   1024

/* Who may know the document. Never both kinds in one set: a verifier that takes either could be talked into using a
 * public key as a secret. */
enum jwk_origin {
    JWK_PUBLISHED, /* from a URL or a public file: `oct` is left out, for a published secret is none */
    JWK_SECRET     /* from a file that only we can read: a set with any key but `oct` is refused as a whole */
};

struct jwk_set;

/* Reads {"keys": [...]}. NULL when the document itself is wrong, with one line in `*why` (static). A set without one
 * usable key is still a set: ask jwk_set_usable(). The caller wipes `text` when it is secret. */
struct jwk_set *jwk_set_parse(enum jwk_origin origin, struct cardea_str text, const char **why);

/* A set of one HS256 secret (raw bytes, copied) that has no kid: it is used whatever `kid` a token names. NULL when its
 * length is not within JWK_SECRET_MIN..JWK_SECRET_MAX. */
struct jwk_set *jwk_set_of_secret(const uint8_t *secret, size_t len);

/* Wipes and frees; NULL is allowed. */
void jwk_set_free(struct jwk_set *set);

size_t jwk_set_count(const struct jwk_set *set);  /* entries of the document */
size_t jwk_set_usable(const struct jwk_set *set); /* those that can verify */

/* Why entry `i` (in the document's order) was left out: one line, static; NULL when it is usable. */
const char *jwk_set_left_out(const struct jwk_set *set, size_t i);
/* Its kid, borrowed from the set: what the document says, so quote it with care. ptr NULL: it has none. */
struct cardea_str jwk_set_kid(const struct jwk_set *set, size_t i);

#endif
