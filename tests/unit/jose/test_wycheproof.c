/* The vectors of Project Wycheproof: what is valid is accepted unless the table below says why not, and all else is
 * refused. Not one is passed over. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ec.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/str.h"
#include "jose/jws.h"
#include "jose/jws_check.h"

#define SIGNATURE "json_web_signature_test.json"
#define KEY       "json_web_key_test.json"
#define CRYPTO    "json_web_crypto_test.json"
#define ALL_ALGS  (JWS_ALGS_PUBLIC | JWS_HS256)

/* Valid vectors that are refused here, each because of something that is not offered. */
static const struct {
    const char *file;
    int64_t first, last; /* tcId */
    enum jws_result result;
    const char *why;
} refused_on_purpose[] = {
    {SIGNATURE, 264, 267, JWS_ALG_REFUSED, "not offered: RS384"},
    {SIGNATURE, 268, 271, JWS_ALG_REFUSED, "not offered: RS512"},
    {SIGNATURE, 272, 275, JWS_ALG_REFUSED, "not offered: PS256"},
    {SIGNATURE, 287, 288, JWS_ALG_REFUSED, "not offered: PS256"},
    {SIGNATURE, 320, 323, JWS_ALG_REFUSED, "not offered: PS384"},
    {SIGNATURE, 325, 328, JWS_ALG_REFUSED, "not offered: PS512"},
    {SIGNATURE, 346, 346, JWS_ALG_REFUSED, "not offered: PS384, and the key says PS256"},
    {SIGNATURE, 347, 347, JWS_ALG_REFUSED, "not offered: ES512, and the key says ES521, which does not exist"},
    {SIGNATURE, 350, 350, JWS_ALG_REFUSED, "not offered: PS384, and the key says PS256"},
    {SIGNATURE, 351, 351, JWS_ALG_REFUSED, "not offered: ES512, and the key says ES521, which does not exist"},
    {SIGNATURE, 372, 372, JWS_MALFORMED, "'?' within the header: RFC 7515, section 2, knows no such character"},
    {SIGNATURE, 373, 373, JWS_MALFORMED, "'?' within the payload: RFC 7515, section 2, knows no such character"},
    {KEY, 14, 14, JWS_ALG_REFUSED, "not offered: HS384"},
    {KEY, 15, 15, JWS_ALG_REFUSED, "not offered: HS512"},
    {CRYPTO, 50, 50, JWS_MALFORMED, "not offered: JWE"},
    {CRYPTO, 67, 67, JWS_MALFORMED, "not offered: JWE"},
};

/* Meant to have padding, and published without: the same text as 357, which is valid. test_jws has them padded. */
static const int64_t twins_of_357[] = {367, 370};

struct counts {
    size_t accepted, refused, on_purpose;
};

static struct arena arena;

static int release(void **state)
{
    arena_release(&arena);
    return 0;
}

static json_t *load(const char *name)
{
    const char *root = getenv("CARDEA_VECTORS") ? getenv("CARDEA_VECTORS") : getenv("CARDEA_VECTORS_DEFAULT");
    char path[1024];
    struct cardea_str text;
    struct json_problem problem;
    snprintf(path, sizeof(path), "%s/wycheproof/%s", root ? root : "../shared/vectors", name);
    if (!file_read(&arena, path, 16 << 20, &text))
        fail_msg("%s: %s (set CARDEA_VECTORS to the folder that holds wycheproof/)", path, strerror(errno));
    json_t *file = json_read(&arena, text, &problem);
    if (!file)
        fail_msg("%s: %s: %s", path, problem.location, problem.message);
    return file;
}

static struct jwk_set *parse_keys(const json_t *keys)
{
    json_t *entries = json_object_get(keys, "keys"), *entry;
    char *text = json_dumps(keys, 0);
    struct cardea_str document = str_of(text);
    enum jwk_origin origin = JWK_PUBLISHED;
    const char *why;
    size_t i;
    if (!entries) {
        document = arena_printf(&arena, "{\"keys\":[%s]}", text);
        origin = jwk_is_secret(keys) ? JWK_SECRET : JWK_PUBLISHED;
    }
    json_array_foreach(entries, i, entry) if (jwk_is_secret(entry)) origin = JWK_SECRET;
    struct jwk_set *set = jwk_set_parse(origin, document, &why);
    free(text);
    return set;
}

static bool is_refused_on_purpose(const char *file, int64_t id, enum jws_result result)
{
    for (size_t i = 0; i < sizeof(refused_on_purpose) / sizeof(refused_on_purpose[0]); i++)
        if (strcmp(refused_on_purpose[i].file, file) == 0 && id >= refused_on_purpose[i].first &&
            id <= refused_on_purpose[i].last)
            return refused_on_purpose[i].result == result;
    return false;
}

static bool is_twin_of_357(const char *file, int64_t id, const json_t *group, const json_t *test)
{
    bool listed = false;
    for (size_t i = 0; i < sizeof(twins_of_357) / sizeof(twins_of_357[0]); i++)
        listed |= twins_of_357[i] == id && strcmp(file, SIGNATURE) == 0;
    const json_t *first = json_array_get(json_object_get(group, "tests"), 0);
    return listed && json_get_int(first, "tcId", 0) == 357 &&
           str_eq(json_get_str(first, "jws"), json_get_str(test, "jws"));
}

static bool is_valid(const json_t *test)
{
    const char *result = json_string_value(json_object_get(test, "result"));
    assert_true(strcmp(result, "valid") == 0 || strcmp(result, "invalid") == 0);
    return strcmp(result, "valid") == 0;
}

/* Adds one outcome; true when it is the right one. */
static bool count(struct counts *c, const char *file, const json_t *group, const json_t *test, enum jws_result result)
{
    int64_t id = json_get_int(test, "tcId", 0);
    bool ok = result == JWS_OK, on_purpose = is_valid(test) && !ok && is_refused_on_purpose(file, id, result);
    c->accepted += ok;
    c->on_purpose += on_purpose;
    c->refused += !ok && !on_purpose;
    if (ok == is_valid(test) || on_purpose || (ok && is_twin_of_357(file, id, group, test)))
        return true;
    print_error("%s %lld (%s): %s\n", file, (long long)id, json_string_value(json_object_get(test, "comment")),
                jws_result_text(result));
    return false;
}

/* The JSON serializations are objects in the file: sent as the text that they are. */
static struct cardea_str token_of(const json_t *test)
{
    const json_t *token = json_object_get(test, json_object_get(test, "jws") ? "jws" : "jwe");
    assert_non_null(token);
    if (json_is_string(token))
        return (struct cardea_str){json_string_value(token), json_string_length(token)};
    char *text = json_dumps(token, JSON_COMPACT);
    struct cardea_str copy = arena_str(&arena, str_of(text));
    free(text);
    return copy;
}

static void run_tokens(const char *name, struct counts want)
{
    json_t *file = load(name), *group, *test;
    struct counts got = {0};
    size_t i, j, wrong = 0;
    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        const json_t *keys = json_object_get(group, "public");
        struct jwk_set *set = parse_keys(keys ? keys : json_object_get(group, "private"));
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            struct jws jws;
            wrong += !count(&got, name, group, test,
                            set ? jws_verify(&arena, set, ALL_ALGS, token_of(test), &jws) : JWS_NO_KEY);
        }
        jwk_set_free(set);
    }
    print_message("%s: %zu accepted, %zu refused, %zu refused on purpose\n", name, got.accepted, got.refused,
                  got.on_purpose);
    assert_int_equal(wrong, 0);
    assert_int_equal(got.accepted + got.refused + got.on_purpose, json_get_int(file, "numberOfTests", 0));
    assert_int_equal(got.accepted, want.accepted);
    assert_int_equal(got.on_purpose, want.on_purpose);
    json_decref(file);
}

static void signatures(void **state)
{
    run_tokens(SIGNATURE, (struct counts){.accepted = 20, .on_purpose = 28});
}

static void keys(void **state)
{
    run_tokens(KEY, (struct counts){.accepted = 3, .on_purpose = 2});
}

static void crypto(void **state)
{
    run_tokens(CRYPTO, (struct counts){.accepted = 4, .on_purpose = 2});
}

static struct cardea_str unhex(const json_t *object, const char *name)
{
    struct cardea_str text = json_get_str(object, name);
    char *out = arena_alloc(&arena, text.len / 2 + 1);
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        char pair[3] = {text.ptr[i], text.ptr[i + 1], 0}, *end;
        out[i / 2] = (char)strtoul(pair, &end, 16);
        assert_true(*end == 0);
    }
    return (struct cardea_str){out, text.len / 2};
}

static bool check(const struct jwk_set *set, const json_t *test, struct cardea_str signature)
{
    return jws_check(set, &set->keys[0], unhex(test, "msg"), (const uint8_t *)signature.ptr, signature.len);
}

static void ed25519(void **state)
{
    json_t *file = load("ed25519_test.json"), *group, *test;
    size_t i, j, valid = 0, all = 0;
    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        json_t *key = json_deep_copy(json_object_get(group, "publicKeyJwk"));
        struct jwk_set *set = parse_keys(key);
        assert_non_null(set);
        assert_int_equal(jwk_set_usable(set), 1);
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            if (check(set, test, unhex(test, "sig")) != is_valid(test))
                fail_msg("ed25519 %lld", (long long)json_get_int(test, "tcId", 0));
            valid += is_valid(test);
            all++;
        }
        jwk_set_free(set);
        json_decref(key);
    }
    assert_int_equal(all, json_get_int(file, "numberOfTests", 0));
    assert_int_equal(all, 151);
    assert_int_equal(valid, 88);
    json_decref(file);
}

static struct jwk_set *p256_set(const json_t *key)
{
    struct cardea_str point = unhex(key, "uncompressed");
    char x[44] = "", y[44] = "";
    assert_int_equal(point.len, 65);
    base64url_encode((const uint8_t *)point.ptr + 1, 32, x);
    base64url_encode((const uint8_t *)point.ptr + 33, 32, y);
    const char *why;
    struct jwk_set *set = jwk_set_parse(
        JWK_PUBLISHED,
        arena_printf(&arena, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}]}", x, y), &why);
    assert_non_null(set);
    assert_int_equal(jwk_set_usable(set), 1);
    return set;
}

/* r || s, where the vector's signature is strict DER of two numbers that 32 octets can hold. */
static bool raw_pair(struct cardea_str der, uint8_t out[64])
{
    const uint8_t *at = (const uint8_t *)der.ptr;
    uint8_t *again = NULL;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    int len = pair ? i2d_ECDSA_SIG(pair, &again) : -1;
    bool ok = len >= 0 && (size_t)len == der.len && memcmp(again, der.ptr, der.len) == 0 &&
              !BN_is_negative(ECDSA_SIG_get0_r(pair)) && !BN_is_negative(ECDSA_SIG_get0_s(pair)) &&
              BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32) == 32;
    OPENSSL_free(again);
    ECDSA_SIG_free(pair);
    return ok;
}

static void ecdsa_p256(void **state)
{
    json_t *file = load("ecdsa_secp256r1_sha256_test.json"), *group, *test;
    size_t i, j, valid = 0, raw = 0, der_only = 0;
    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        struct jwk_set *set = p256_set(json_object_get(group, "publicKey"));
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            uint8_t pair[64];
            struct cardea_str der = unhex(test, "sig");
            bool is_raw = raw_pair(der, pair);
            bool ok = is_raw && check(set, test, (struct cardea_str){(const char *)pair, sizeof(pair)});
            /* DER itself is never a signature here, whatever is in it. */
            if (ok != is_valid(test) || check(set, test, der))
                fail_msg("ecdsa %lld", (long long)json_get_int(test, "tcId", 0));
            valid += ok;
            raw += is_raw;
            der_only += !is_raw;
        }
        jwk_set_free(set);
    }
    print_message("ecdsa: %zu valid; %zu as r || s, %zu that only DER can say\n", valid, raw, der_only);
    assert_int_equal(raw + der_only, json_get_int(file, "numberOfTests", 0));
    assert_int_equal(valid, 174);
    assert_int_equal(raw, 249);
    json_decref(file);
}

static void hmac_sha256(void **state)
{
    json_t *file = load("hmac_sha256_test.json"), *group, *test;
    size_t i, j, valid = 0, short_key = 0, short_tag = 0, all = 0;
    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        bool whole = json_get_int(group, "tagSize", 0) == 256;
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            struct cardea_str key = unhex(test, "key");
            struct jwk_set *set = jwk_set_of_secret((const uint8_t *)key.ptr, key.len);
            bool ok = set && check(set, test, unhex(test, "tag"));
            all++;
            valid += ok;
            short_key += !set;
            short_tag += set && !whole;
            if (ok != (is_valid(test) && set && whole) || !set != (key.len < JWK_SECRET_MIN))
                fail_msg("hmac %lld", (long long)json_get_int(test, "tcId", 0));
            jwk_set_free(set);
        }
    }
    print_message("hmac: %zu valid, %zu refused for a short key, %zu for a short tag\n", valid, short_key, short_tag);
    assert_int_equal(all, json_get_int(file, "numberOfTests", 0));
    assert_int_equal(valid, 30);
    assert_int_equal(short_key, 6);
    assert_int_equal(short_tag, 84);
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(signatures, release), cmocka_unit_test_teardown(keys, release),
        cmocka_unit_test_teardown(crypto, release),     cmocka_unit_test_teardown(ed25519, release),
        cmocka_unit_test_teardown(ecdsa_p256, release), cmocka_unit_test_teardown(hmac_sha256, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
