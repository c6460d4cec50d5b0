#include "jose/jws_check.h"

#include <cardea/secret.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "jose/jws.h"

#define P256_LEN     32
#define P256_DER_MAX 80 /* two INTEGERs of at most 33 octets, with their heads */
#define HMAC_LEN     32
#define ED25519_LEN  64
#define DIGEST_LEN   32
#define DIGEST_NAME  "SHA256"

static bool check_digest(const struct jwk_set *set, const struct jwk *key, struct cardea_str input,
                         const uint8_t *signature, size_t len)
{
    struct cardea_digest digest;
    cardea_digest(input, &digest);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->public_key, NULL);
    bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
              (key->alg != JWS_RS256 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
              EVP_PKEY_CTX_set_signature_md(ctx, set->sha256) == 1 &&
              EVP_PKEY_verify(ctx, signature, len, digest.bytes, DIGEST_LEN) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool check_rsa(const struct jwk_set *set, const struct jwk *key, struct cardea_str input,
                      const uint8_t *signature, size_t len)
{
    return len == (size_t)EVP_PKEY_get_size(key->public_key) && check_digest(set, key, input, signature, len);
}

/* 1 <= number < n, big-endian: the order of P-256 (SEC 2, section 2.4.2). */
static bool below_order(const uint8_t number[P256_LEN])
{
    static const uint8_t order[P256_LEN] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                            0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    static const uint8_t zero[P256_LEN];
    return memcmp(number, order, P256_LEN) < 0 && memcmp(number, zero, P256_LEN) != 0;
}

/* JWS has r and s one after the other (RFC 7518, section 3.4); libcrypto wants them in DER. */
static bool check_ec(const struct jwk_set *set, const struct jwk *key, struct cardea_str input,
                     const uint8_t *signature, size_t len)
{
    if (len != (size_t)2 * P256_LEN || !below_order(signature) || !below_order(signature + P256_LEN))
        return false;
    uint8_t der[P256_DER_MAX], *at = der;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, P256_LEN, NULL), *s = BN_bin2bn(signature + P256_LEN, P256_LEN, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return false;
    }
    int der_len = i2d_ECDSA_SIG(pair, &at);
    ECDSA_SIG_free(pair);
    return der_len > 0 && check_digest(set, key, input, der, (size_t)der_len);
}

static bool check_ed25519(const struct jwk *key, struct cardea_str input, const uint8_t *signature, size_t len)
{
    if (len != ED25519_LEN)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->public_key, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature, len, (const uint8_t *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool check_hmac(const struct jwk_set *set, const struct jwk *key, struct cardea_str input,
                       const uint8_t *signature, size_t len)
{
    static char digest[] = DIGEST_NAME;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    uint8_t mac[HMAC_LEN];
    size_t mac_len = 0;
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(set->hmac);
    bool ok = ctx && EVP_MAC_init(ctx, key->secret, key->secret_len, params) == 1 &&
              EVP_MAC_update(ctx, (const uint8_t *)input.ptr, input.len) == 1 &&
              EVP_MAC_final(ctx, mac, &mac_len, sizeof(mac)) == 1 && mac_len == HMAC_LEN && len == HMAC_LEN &&
              CRYPTO_memcmp(mac, signature, HMAC_LEN) == 0;
    EVP_MAC_CTX_free(ctx);
    cardea_wipe(mac, sizeof(mac));
    return ok;
}

bool jws_check(const struct jwk_set *set, const struct jwk *key, struct cardea_str input, const uint8_t *signature,
               size_t len)
{
    bool ok = false;
    ERR_set_mark();
    switch ((enum jws_alg)key->alg) {
    case JWS_RS256:
        ok = check_rsa(set, key, input, signature, len);
        break;
    case JWS_ES256:
        ok = check_ec(set, key, input, signature, len);
        break;
    case JWS_EDDSA:
        ok = check_ed25519(key, input, signature, len);
        break;
    case JWS_HS256:
        ok = check_hmac(set, key, input, signature, len);
        break;
    }
    ERR_pop_to_mark(); /* a forged token leaves nothing in this thread's error queue */
    return ok;
}
