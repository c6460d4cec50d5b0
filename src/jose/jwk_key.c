#include "jose/jwk_key.h"

#include <cardea/secret.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/base64.h"
#include "base/str.h"
#include "jose/jwk_rsa.h"
#include "jose/jws.h"

#define P256_LEN    32
#define ED25519_LEN 32
#define RSA_E_MAX   8    /* bytes: what libcrypto takes with a long modulus */
#define RSA_N_MAX   1024 /* bytes, 8192 bits: longer ones make each check a burden */

/* Decodes a member of at most `max` bytes; `out` has room for two more. */
static bool member_bytes(const json_t *entry, const char *name, uint8_t *out, size_t max, size_t *len)
{
    struct cardea_str text = json_get_str(entry, name);
    return text.ptr && text.len <= BASE64URL_TEXT_LEN(max) && base64url_decode(text, out, len) && *len <= max;
}

/* A public key of the kind that `params` describe; takes the parameters over. NULL when libcrypto refuses them. */
static EVP_PKEY *make_public(const char *kind, OSSL_PARAM *params)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (!make || !params || EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    return key;
}

/* The point lies on the curve and is not its zero. (For RSA this would look for factors: 120 ms with 8192 bits, and it
 * would tell nothing about an issuer who may sign whatever it likes.) */
static bool point_valid(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx && EVP_PKEY_public_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static const char *read_rsa(struct jwk *key, const json_t *entry)
{
    uint8_t n_bytes[RSA_N_MAX + 2], e_bytes[RSA_E_MAX + 2];
    size_t n_len, e_len;
    if (!member_bytes(entry, "n", n_bytes, RSA_N_MAX, &n_len) || !n_len)
        return "its n is missing, longer than 8192 bits or not base64url";
    if (!member_bytes(entry, "e", e_bytes, RSA_E_MAX, &e_len) || !e_len)
        return "its e is missing, longer than 64 bits or not base64url";
    if (n_bytes[0] == 0 || e_bytes[0] == 0)
        return "its n or e starts with a zero octet"; /* RFC 7518, section 2: Base64urlUInt is the shortest form */
    BIGNUM *n = BN_bin2bn(n_bytes, (int)n_len, NULL), *e = BN_bin2bn(e_bytes, (int)e_len, NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    const char *flaw = n && e && bld ? jwk_rsa_flaw(n, e) : "memory is out";
    if (!flaw) {
        OSSL_PARAM *params = OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                                     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1
                                 ? OSSL_PARAM_BLD_to_param(bld)
                                 : NULL;
        key->public_key = make_public("RSA", params);
        flaw = key->public_key ? NULL : "libcrypto does not take its RSA numbers";
    }
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return flaw;
}

static const char *read_ec(struct jwk *key, const json_t *entry)
{
    uint8_t point[1 + 2 * P256_LEN + 2] = {4}; /* SEC 1: uncompressed */
    size_t x_len, y_len;
    if (!str_eq(json_get_str(entry, "crv"), STR("P-256")))
        return "its curve is not P-256";
    if (!member_bytes(entry, "x", point + 1, P256_LEN, &x_len) || x_len != P256_LEN ||
        !member_bytes(entry, "y", point + 1 + P256_LEN, P256_LEN, &y_len) || y_len != P256_LEN)
        return "its x and y are not 32 octets each";
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
                                 OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                                  1 + 2 * P256_LEN) == 1
                             ? OSSL_PARAM_BLD_to_param(bld)
                             : NULL;
    key->public_key = make_public("EC", params);
    OSSL_PARAM_BLD_free(bld);
    return key->public_key && point_valid(key->public_key) ? NULL : "its point does not lie on the curve";
}

static const char *read_okp(struct jwk *key, const json_t *entry)
{
    uint8_t x[ED25519_LEN + 2];
    size_t len;
    if (!str_eq(json_get_str(entry, "crv"), STR("Ed25519")))
        return "its curve is not Ed25519";
    if (!member_bytes(entry, "x", x, ED25519_LEN, &len) || len != ED25519_LEN)
        return "its x is not 32 octets";
    key->public_key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, len);
    return key->public_key ? NULL : "libcrypto does not take it";
}

static const char *read_oct(struct jwk *key, const json_t *entry)
{
    uint8_t bytes[JWK_SECRET_MAX + 2];
    size_t len = 0;
    const char *flaw = NULL;
    if (!member_bytes(entry, "k", bytes, JWK_SECRET_MAX, &len) || len < JWK_SECRET_MIN)
        flaw = "its k is not 32 to 1024 octets of base64url";
    else if (!(key->secret = malloc(len)))
        flaw = "memory is out";
    else
        memcpy(key->secret, bytes, key->secret_len = len);
    cardea_wipe(bytes, sizeof(bytes));
    return flaw;
}

static const struct kty {
    struct cardea_str name, alg_name;
    unsigned alg;
    const char *(*read)(struct jwk *, const json_t *);
} ktys[] = {
    {{"RSA", 3}, {"RS256", 5}, JWS_RS256, read_rsa},
    {{"EC", 2}, {"ES256", 5}, JWS_ES256, read_ec},
    {{"OKP", 3}, {"EdDSA", 5}, JWS_EDDSA, read_okp},
    {{"oct", 3}, {"HS256", 5}, JWS_HS256, read_oct},
};

/* Without "use" and "key_ops" a key is for anything; with either it must say that it is for this. */
static bool may_verify(const json_t *entry)
{
    const json_t *use = json_object_get(entry, "use"), *ops = json_object_get(entry, "key_ops"), *op;
    if (use && !str_eq(json_get_str(entry, "use"), STR("sig")))
        return false;
    bool found = false;
    size_t i;
    json_array_foreach(ops, i, op) found |= json_is_string(op) && strcmp(json_string_value(op), "verify") == 0;
    return !ops || found;
}

static bool holds_private_part(const json_t *entry)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (json_object_get(entry, names[i]))
            return true;
    return false;
}

static bool read_kid(struct jwk *key, const json_t *entry)
{
    struct cardea_str kid = json_get_str(entry, "kid");
    if (!json_object_get(entry, "kid"))
        return true;
    if (!kid.ptr || kid.len > JWK_KID_MAX || !(key->kid = malloc(kid.len + 1)))
        return false;
    memcpy(key->kid, kid.ptr, key->kid_len = kid.len);
    return true;
}

bool jwk_is_secret(const json_t *entry)
{
    return str_eq(json_get_str(entry, "kty"), STR("oct"));
}

static const char *read_entry(struct jwk *key, enum jwk_origin origin, const json_t *entry)
{
    const struct kty *type = NULL;
    if (!json_is_object(entry))
        return "it is not an object";
    if (!read_kid(key, entry))
        return "its kid is not a string of at most 256 bytes";
    for (size_t i = 0; i < sizeof(ktys) / sizeof(ktys[0]); i++)
        if (str_eq(json_get_str(entry, "kty"), ktys[i].name))
            type = &ktys[i];
    if (!type)
        return "its kty is not RSA, EC, OKP or oct";
    if (origin == JWK_PUBLISHED && jwk_is_secret(entry))
        return "it is a secret, and these keys are published";
    if (!jwk_is_secret(entry) && holds_private_part(entry))
        return "it holds a private key";
    if (!may_verify(entry))
        return "its use or key_ops say that it is not for checking signatures";
    if (json_object_get(entry, "alg") && !str_eq(json_get_str(entry, "alg"), type->alg_name))
        return "its alg is not offered with its kty: RSA has RS256, EC ES256, OKP EdDSA, oct HS256";
    key->meant = type->alg;
    return type->read(key, entry);
}

void jwk_read(struct jwk *key, enum jwk_origin origin, const json_t *entry)
{
    ERR_set_mark();
    key->left_out = read_entry(key, origin, entry);
    ERR_pop_to_mark(); /* what libcrypto thinks of somebody's key is not the next caller's error */
    key->alg = key->left_out ? 0 : key->meant;
}

void jwk_release(struct jwk *key)
{
    if (key->secret)
        cardea_wipe(key->secret, key->secret_len);
    free(key->secret);
    free(key->kid);
    EVP_PKEY_free(key->public_key);
    *key = (struct jwk){0};
}
