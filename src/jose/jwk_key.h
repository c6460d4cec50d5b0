/* jose/jwk_key.h - one key of a set, as the verifier sees it. Private to this folder. */
#ifndef JOSE_JWK_KEY_H
#define JOSE_JWK_KEY_H

#include <openssl/evp.h>

#include "base/json_read.h"
#include "jose/jwk.h"

struct jwk {
    unsigned alg;         /* the one bit of enum jws_alg that its type can do; 0 when it was left out */
    unsigned meant;       /* the same, also of one that was left out only because its numbers are wrong */
    const char *left_out; /* static; NULL when usable */
    char *kid;            /* owned, NULL when it has none */
    size_t kid_len;
    EVP_PKEY *public_key; /* NULL for a secret */
    uint8_t *secret;      /* owned, NULL for a public key */
    size_t secret_len;
};

struct jwk_set {
    EVP_MD *sha256; /* fetched once: every look-up in libcrypto takes its locks */
    EVP_MAC *hmac;
    size_t count;
    bool any_kid; /* its one secret has no name, so a token's kid is not asked about */
    struct jwk keys[];
};

/* Fills a zeroed `key` from an entry of "keys"; what cannot be used has `left_out` set. jwk_release() afterwards. */
void jwk_read(struct jwk *key, enum jwk_origin origin, const json_t *entry);
/* Wipes and frees contents. */
void jwk_release(struct jwk *key);
/* "kty" is "oct". */
bool jwk_is_secret(const json_t *entry);

#endif
