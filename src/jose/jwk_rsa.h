/* jose/jwk_rsa.h - which RSA keys are good enough. Private to this folder. */
#ifndef JOSE_JWK_RSA_H
#define JOSE_JWK_RSA_H

#include <openssl/bn.h>

#define JWK_RSA_BITS_MIN 2048 /* RFC 7518, section 3.3 */

/* NULL when good, else one line (static) that says what is wrong. */
const char *jwk_rsa_flaw(const BIGNUM *n, const BIGNUM *e);

#endif
