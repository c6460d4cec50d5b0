#include "jose/report.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_read.h"
#include "base/str.h"

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END   "-----END PUBLIC KEY-----"

/* A SubjectPublicKeyInfo of P-256 (RFC 5480) with an uncompressed point has exactly this before its two coordinates. */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
#define POINT_AT  (sizeof(spki_head) - 1) /* the 4 that begins it */
#define POINT_LEN 65
#define SPKI_LEN  (POINT_AT + POINT_LEN)

#define DER_MAX 80 /* of a signature: two INTEGERs of at most 33 octets, with their heads */

struct report_keys {
    struct entry {
        char name[REPORT_NAME_MAX + 1];
        EVP_PKEY *key;
    } items[REPORT_KEYS_MAX];
    size_t count;
};

static bool decode(struct cardea_str in, uint8_t *out, size_t max, size_t *len)
{
    uint8_t room[SPKI_LEN + DER_MAX];
    if (in.len == 0 || BASE64_DATA_MAX(in.len) > sizeof(room) || !base64_decode(in, room, len) || *len > max)
        return false;
    memcpy(out, room, *len);
    return true;
}

/* ---- keys ---- */

static bool read_pem(struct cardea_str pem, uint8_t der[SPKI_LEN])
{
    char packed[2 * SPKI_LEN];
    size_t n = 0, len;
    while (pem.len && (pem.ptr[pem.len - 1] == '\n' || pem.ptr[pem.len - 1] == '\r'))
        pem.len--;
    struct cardea_str begin = STR(PEM_BEGIN), end = STR(PEM_END);
    if (!str_starts(pem, begin) || pem.len < begin.len + end.len ||
        memcmp(pem.ptr + pem.len - end.len, end.ptr, end.len) != 0)
        return false;
    for (size_t i = begin.len; i < pem.len - end.len; i++) {
        if (pem.ptr[i] == '\n' || pem.ptr[i] == '\r')
            continue;
        if (n == sizeof(packed))
            return false;
        packed[n++] = pem.ptr[i];
    }
    return decode((struct cardea_str){packed, n}, der, SPKI_LEN, &len) && len == SPKI_LEN &&
           memcmp(der, spki_head, sizeof(spki_head)) == 0;
}

/* NULL for a point that is not on the curve. */
static EVP_PKEY *make_key(const uint8_t point[POINT_LEN])
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (!bld || OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN) != 1) {
        OSSL_PARAM_BLD_free(bld);
        return NULL;
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    ERR_set_mark();
    if (!params || !make || EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX *check = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (key && (!check || EVP_PKEY_public_check(check) != 1)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_pop_to_mark();
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    return key;
}

static const struct entry *find(const struct report_keys *keys, struct cardea_str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_eq(name, str_of(keys->items[i].name)))
            return &keys->items[i];
    return NULL;
}

static const char *add(struct report_keys *keys, const json_t *one)
{
    uint8_t der[SPKI_LEN];
    struct cardea_str name = json_get_str(one, "key_identifier"), pem = json_get_str(one, "key");
    if (!json_is_object(one) || name.len == 0 || name.len > REPORT_NAME_MAX)
        return "has no `key_identifier` of 1 to 128 characters";
    if (find(keys, name))
        return "has the `key_identifier` of another one";
    if (!read_pem(pem, der))
        return "is no public key on P-256: `key` is PEM, from BEGIN PUBLIC KEY to END PUBLIC KEY";
    struct entry *e = &keys->items[keys->count];
    e->key = make_key(der + POINT_AT);
    if (!e->key)
        return "is no point on P-256";
    memcpy(e->name, name.ptr, name.len);
    e->name[name.len] = 0;
    keys->count++;
    return NULL;
}

static bool fill(struct report_keys *keys, const json_t *file, struct cardea_why *why)
{
    const json_t *list = json_object_get(file, "public_keys");
    size_t count = json_array_size(list);
    if (count == 0 || count > REPORT_KEYS_MAX) {
        snprintf(why->text, sizeof(why->text), "`public_keys` is no list of 1 to %d keys", REPORT_KEYS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *wrong = add(keys, json_array_get(list, i));
        if (wrong) {
            snprintf(why->text, sizeof(why->text), "key %zu %s", i + 1, wrong);
            return false;
        }
    }
    return true;
}

struct report_keys *report_keys_parse(struct cardea_str text, struct cardea_why *why)
{
    struct arena arena = {0};
    struct json_problem problem;
    struct report_keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        abort();
    json_t *file = json_read(&arena, text, &problem);
    if (!file)
        snprintf(why->text, sizeof(why->text), "%s: %s", problem.location, problem.message);
    if (!file || !fill(keys, file, why)) {
        report_keys_free(keys);
        keys = NULL;
    }
    json_decref(file);
    arena_release(&arena);
    return keys;
}

void report_keys_free(struct report_keys *keys)
{
    for (size_t i = 0; keys && i < keys->count; i++)
        EVP_PKEY_free(keys->items[i].key);
    free(keys);
}

size_t report_keys_count(const struct report_keys *keys)
{
    return keys ? keys->count : 0;
}

/* ---- a report ---- */

enum report_result report_check(const struct report_keys *keys, struct cardea_str name, struct cardea_str signature,
                                struct cardea_str body)
{
    uint8_t der[DER_MAX];
    size_t len;
    const struct entry *e = find(keys, name);
    if (!e)
        return REPORT_UNKNOWN_KEY;
    if (!decode(signature, der, sizeof(der), &len))
        return REPORT_BAD_SIGNATURE;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ERR_set_mark();
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, e->key, NULL) == 1 &&
              EVP_DigestVerify(ctx, der, len, (const uint8_t *)body.ptr, body.len) == 1;
    ERR_pop_to_mark(); /* a forged report leaves nothing in this thread's error queue */
    EVP_MD_CTX_free(ctx);
    return ok ? REPORT_SIGNED : REPORT_BAD_SIGNATURE;
}
