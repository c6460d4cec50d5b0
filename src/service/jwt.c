#include "service/jwt.h"

#include "base/base64.h"
#include "base/id.h"
#include "base/json_read.h"
#include "base/str.h"
#include "service/signer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define SIGNATURE_LEN      64
#define SIGNATURE_TEXT_LEN 86 /* 64 bytes in base64url */
/* A token that says it was made later than this from now was made by a clock we do not trust. */
#define CLOCK_SKEW_SEC 60
#define KID_LEN        16

struct session_signer {
    EVP_PKEY *key;
    char kid[KID_LEN + 1];
    char header[96]; /* the one header there is, in base64url */
    size_t header_len;
};

struct session_signer *session_signer_new(const uint8_t seed[JWT_SEED_LEN])
{
    uint8_t public_key[32];
    size_t public_len = sizeof(public_key);
    struct cardea_digest digest;
    struct session_signer *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, JWT_SEED_LEN);
    if (!s->key || EVP_PKEY_get_raw_public_key(s->key, public_key, &public_len) != 1) {
        session_signer_free(s);
        return NULL;
    }
    cardea_digest((struct cardea_str){(const char *)public_key, public_len}, &digest);
    s->kid[base64url_encode(digest.bytes, KID_LEN * 3 / 4, s->kid)] = 0;
    char json[96];
    int len = snprintf(json, sizeof(json), "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"%s\"}", s->kid);
    s->header_len = base64url_encode((const uint8_t *)json, (size_t)len, s->header);
    return s;
}

void session_signer_free(struct session_signer *s)
{
    if (!s)
        return;
    EVP_PKEY_free(s->key);
    free(s);
}

struct cardea_str jwt_make(struct arena *a, const struct session_signer *s, const struct jwt_claims *claims)
{
    char sub[ID_TEXT_MAX], acct[ID_TEXT_MAX], sid[ID_TEXT_MAX];
    id_format(sub, "usr", claims->user_id);
    id_format(acct, "acc", claims->account_id);
    id_format(sid, "ses", claims->session_id);
    struct cardea_str json = arena_printf(
        a,
        "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"acct\":\"%s\",\"role\":\"%s\","
        "\"sid\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
        JWT_NAME, JWT_NAME, sub, acct, cardea_role_name(claims->role), sid, (long long)claims->issued_at,
        (long long)claims->expires_at);
    return session_signer_seal(a, s, (struct cardea_str){s->header, s->header_len}, '.', json);
}

struct cardea_str session_signer_seal(struct arena *a, const struct session_signer *s, struct cardea_str head,
                                      char after, struct cardea_str json)
{
    uint8_t signature[SIGNATURE_LEN];
    size_t signature_len = sizeof(signature), len = head.len;
    char *token = arena_alloc(a, head.len + 1 + BASE64URL_TEXT_LEN(json.len) + 1 + SIGNATURE_TEXT_LEN + 1);
    memcpy(token, head.ptr, head.len);
    token[len++] = after;
    len += base64url_encode((const uint8_t *)json.ptr, json.len, token + len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, s->key, NULL) != 1 ||
        EVP_DigestSign(ctx, signature, &signature_len, (const uint8_t *)token, len) != 1)
        abort(); /* libcrypto without Ed25519, or out of memory */
    EVP_MD_CTX_free(ctx);
    token[len++] = '.';
    len += base64url_encode(signature, signature_len, token + len);
    return (struct cardea_str){token, len};
}

static bool signature_valid(const struct session_signer *s, struct cardea_str input, struct cardea_str text)
{
    uint8_t signature[BASE64URL_DATA_MAX(SIGNATURE_TEXT_LEN)];
    size_t len;
    if (text.len != SIGNATURE_TEXT_LEN || !base64url_decode(text, signature, &len) || len != SIGNATURE_LEN)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, s->key, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature, SIGNATURE_LEN, (const uint8_t *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* An integer member within what a date may be (the year 9999). */
static bool claim_time(const json_t *object, const char *name, int64_t *out)
{
    const json_t *v = json_object_get(object, name);
    *out = json_integer_value(v);
    return json_is_integer(v) && *out >= 0 && *out <= INT64_C(253402300799);
}

static bool claim_id(const json_t *object, const char *name, const char *prefix, int64_t *out)
{
    return id_parse(json_get_str(object, name), prefix, out);
}

/* All string claims by type: json_get_str() of another type would be an empty text, which none of them accepts. */
static bool claims_read(const json_t *object, int64_t now, struct jwt_claims *out)
{
    return json_object_size(object) == 8 && str_eq(json_get_str(object, "iss"), STR(JWT_NAME)) &&
           str_eq(json_get_str(object, "aud"), STR(JWT_NAME)) && claim_id(object, "sub", "usr", &out->user_id) &&
           claim_id(object, "acct", "acc", &out->account_id) && claim_id(object, "sid", "ses", &out->session_id) &&
           cardea_role_parse(json_get_str(object, "role"), &out->role) && claim_time(object, "iat", &out->issued_at) &&
           claim_time(object, "exp", &out->expires_at) && out->issued_at <= now + CLOCK_SKEW_SEC &&
           out->issued_at < out->expires_at && now < out->expires_at;
}

bool jwt_is_own(const struct session_signer *s, struct cardea_str token)
{
    return token.len > s->header_len && token.ptr[s->header_len] == '.' &&
           str_starts(token, (struct cardea_str){s->header, s->header_len});
}

bool jwt_verify(struct arena *a, const struct session_signer *s, struct cardea_str token, int64_t now,
                struct jwt_claims *out)
{
    struct cardea_str rest = token, header, payload;
    if (token.len == 0 || token.len > JWT_MAX || !str_cut(&rest, '.', &header) || !str_cut(&rest, '.', &payload) ||
        !rest.ptr)
        return false;
    /* We make every token ourselves, so there is one header, byte for byte: no other alg, typ or kid, no crit, no jwk.
     */
    if (!str_eq(header, (struct cardea_str){s->header, s->header_len}))
        return false;
    json_t *object = session_signer_open(a, s, token, header.len + 1);
    bool ok = object && claims_read(object, now, out);
    json_decref(object);
    return ok;
}

json_t *session_signer_open(struct arena *a, const struct session_signer *s, struct cardea_str token, size_t head_len)
{
    struct cardea_str rest = {token.ptr + head_len, token.len - head_len}, payload;
    if (!str_cut(&rest, '.', &payload) || !rest.ptr ||
        !signature_valid(s, (struct cardea_str){token.ptr, head_len + payload.len}, rest))
        return NULL;
    uint8_t *json = arena_alloc(a, BASE64URL_DATA_MAX(payload.len));
    size_t len;
    struct json_problem problem;
    if (!base64url_decode(payload, json, &len))
        return NULL;
    json_t *object = json_read(a, (struct cardea_str){(const char *)json, len}, &problem);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}
