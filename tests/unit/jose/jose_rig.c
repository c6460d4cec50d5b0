#include "jose_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/base64.h"
#include "base/str.h"

static struct rig_key keys[4];

struct rig_key *rig_key(unsigned alg)
{
    struct rig_key *key = &keys[alg == JWS_RS256 ? 0 : alg == JWS_ES256 ? 1 : alg == JWS_EDDSA ? 2 : 3];
    if (key->alg)
        return key;
    key->alg = alg;
    memset(key->secret, 0x5a, sizeof(key->secret));
    key->pair = alg == JWS_RS256   ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                : alg == JWS_ES256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                : alg == JWS_EDDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                   : NULL;
    assert_true(key->pair || alg == JWS_HS256);
    return key;
}

void rig_free(void)
{
    for (size_t i = 0; i < 4; i++) {
        EVP_PKEY_free(keys[i].pair);
        keys[i] = (struct rig_key){0};
    }
}

struct cardea_str rig_base64url(struct arena *a, struct cardea_str bytes)
{
    char *text = arena_alloc(a, BASE64URL_TEXT_LEN(bytes.len) + 1);
    return (struct cardea_str){text, base64url_encode((const uint8_t *)bytes.ptr, bytes.len, text)};
}

/* A number of the key, big-endian, of `len` bytes or as long as it is. */
static const char *number(struct arena *a, EVP_PKEY *pair, const char *name, int len)
{
    uint8_t bytes[512];
    BIGNUM *n = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(pair, name, &n), 1);
    int size = len ? len : BN_num_bytes(n);
    assert_int_equal(BN_bn2binpad(n, bytes, size), size);
    BN_free(n);
    return rig_base64url(a, (struct cardea_str){(const char *)bytes, (size_t)size}).ptr;
}

const char *rig_jwk(struct arena *a, const struct rig_key *key, const char *extra)
{
    uint8_t raw[32];
    size_t len = sizeof(raw);
    const char *comma = *extra ? "," : "";
    switch (key->alg) {
    case JWS_RS256:
        return arena_printf(a, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s%s}",
                            number(a, key->pair, OSSL_PKEY_PARAM_RSA_N, 0),
                            number(a, key->pair, OSSL_PKEY_PARAM_RSA_E, 0), comma, extra)
            .ptr;
    case JWS_ES256:
        return arena_printf(a, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s%s}",
                            number(a, key->pair, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                            number(a, key->pair, OSSL_PKEY_PARAM_EC_PUB_Y, 32), comma, extra)
            .ptr;
    case JWS_EDDSA:
        assert_int_equal(EVP_PKEY_get_raw_public_key(key->pair, raw, &len), 1);
        return arena_printf(a, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"%s%s}",
                            rig_base64url(a, (struct cardea_str){(const char *)raw, len}).ptr, comma, extra)
            .ptr;
    default:
        return arena_printf(a, "{\"kty\":\"oct\",\"k\":\"%s\"%s%s}",
                            rig_base64url(a, (struct cardea_str){(const char *)key->secret, sizeof(key->secret)}).ptr,
                            comma, extra)
            .ptr;
    }
}

struct jwk_set *rig_set(struct arena *a, enum jwk_origin origin, const char *one, const char *two, const char *three)
{
    const char *why = NULL;
    struct cardea_str text = arena_printf(a, "{\"keys\":[%s%s%s%s%s]}", one, two ? "," : "", two ? two : "",
                                          three ? "," : "", three ? three : "");
    struct jwk_set *set = jwk_set_parse(origin, text, &why);
    if (!set)
        fail_msg("%s", why);
    return set;
}

/* DER of two numbers, as r || s. */
static size_t raw_pair(uint8_t *signature, size_t len)
{
    const uint8_t *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
    return 64;
}

struct cardea_str rig_sign(struct arena *a, const struct rig_key *key, struct cardea_str input)
{
    uint8_t *out = arena_alloc(a, 512);
    size_t len = 512;
    if (!key->pair) {
        assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key->secret, sizeof(key->secret),
                                  (const uint8_t *)input.ptr, input.len, out, len, &len));
        return (struct cardea_str){(char *)out, len};
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const char *digest = key->alg == JWS_EDDSA ? NULL : "SHA256";
    assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key->pair, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &len, (const uint8_t *)input.ptr, input.len), 1);
    EVP_MD_CTX_free(ctx);
    if (key->alg == JWS_ES256)
        len = raw_pair(out, len);
    return (struct cardea_str){(char *)out, len};
}

struct cardea_str rig_token(struct arena *a, const struct rig_key *key, struct cardea_str header,
                            struct cardea_str payload)
{
    struct cardea_str input = arena_printf(a, "%.*s.%.*s", STR_ARG(rig_base64url(a, header)),
                                           STR_ARG(rig_base64url(a, payload)));
    return arena_printf(a, "%.*s.%.*s", STR_ARG(input), STR_ARG(rig_base64url(a, rig_sign(a, key, input))));
}
