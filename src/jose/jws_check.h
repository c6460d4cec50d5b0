/* jose/jws_check.h - one signature, one key. Private to this folder. */
#ifndef JOSE_JWS_CHECK_H
#define JOSE_JWS_CHECK_H

#include "jose/jwk_key.h"

/* By the key's own algorithm. `key` is usable. */
bool jws_check(const struct jwk_set *set, const struct jwk *key, struct cardea_str input, const uint8_t *signature,
               size_t len);

#endif
