/* Keys made on the spot, what they sign, and the documents that publish them. */
#ifndef JOSE_RIG_H
#define JOSE_RIG_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "jose/jws.h"

struct rig_key {
    unsigned alg;
    EVP_PKEY *pair;     /* NULL for a secret */
    uint8_t secret[32]; /* all the same byte */
};

/* One key of each algorithm, made once. */
struct rig_key *rig_key(unsigned alg);
void rig_free(void);

struct cardea_str rig_base64url(struct arena *a, struct cardea_str bytes);
/* {"kty":...,<extra>}; `extra` is "" or members, without a comma at either end. */
const char *rig_jwk(struct arena *a, const struct rig_key *key, const char *extra);
/* {"keys":[...]} of one to three entries; NULL ends them. Fails the test when it cannot be parsed. */
struct jwk_set *rig_set(struct arena *a, enum jwk_origin origin, const char *one, const char *two, const char *three);
/* Both as bytes: base64url is applied here. */
struct cardea_str rig_token(struct arena *a, const struct rig_key *key, struct cardea_str header,
                            struct cardea_str payload);
/* The signature of two parts as they stand. */
struct cardea_str rig_sign(struct arena *a, const struct rig_key *key, struct cardea_str input);

#endif
