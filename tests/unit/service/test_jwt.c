/* Session tokens: one that is right, and every way to be wrong that we know of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/str.h"
#include "service/jwt.h"

#define NOW INT64_C(1800000000)

static const uint8_t seed[JWT_SEED_LEN] = {1, 2, 3, 4, 5, 6, 7, 8}, other_seed[JWT_SEED_LEN] = {9};
static struct session_signer *signer;
static struct arena arena;
static struct jwt_claims claims = {.user_id = 11,
                                   .account_id = 12,
                                   .session_id = 13,
                                   .role = CARDEA_ROLE_ADMIN,
                                   .issued_at = NOW - 60,
                                   .expires_at = NOW + 60};

#define SUB     "\"sub\":\"usr_000000000000b\""
#define ACCT    "\"acct\":\"acc_000000000000c\""
#define SID     "\"sid\":\"ses_000000000000d\""
#define PARTIES "\"iss\":\"cardea\",\"aud\":\"cardea\""
#define TIMES   "\"iat\":1799999940,\"exp\":1800000060"
#define GOOD    "{" PARTIES "," SUB "," ACCT ",\"role\":\"admin\"," SID "," TIMES "}"
#define WITH(x) "{" PARTIES "," SUB "," ACCT ",\"role\":\"admin\"," SID "," x "}"
#define WHO(x)  "{" x "," SUB "," ACCT ",\"role\":\"admin\"," SID "," TIMES "}"
#define IDS(x)  "{" PARTIES "," x ",\"role\":\"admin\"," TIMES "}"

static struct cardea_str base64url(const void *data, size_t len)
{
    char *text = arena_alloc(&arena, len / 3 * 4 + 8);
    int n = EVP_EncodeBlock((unsigned char *)text, data, (int)len);
    while (n > 0 && text[n - 1] == '=')
        n--;
    for (int i = 0; i < n; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    return (struct cardea_str){text, (size_t)n};
}

static struct cardea_str sign(const uint8_t key_bytes[32], struct cardea_str header, struct cardea_str payload)
{
    uint8_t signature[64];
    size_t len = sizeof(signature);
    struct cardea_str input = arena_printf(&arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(payload));
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key_bytes, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &len, (const uint8_t *)input.ptr, input.len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return arena_printf(&arena, "%.*s.%.*s", STR_ARG(input), STR_ARG(base64url(signature, len)));
}

static struct cardea_str good_part(int wanted)
{
    struct cardea_str rest = jwt_make(&arena, signer, &claims), part = {0};
    for (int i = 0; i <= wanted; i++)
        str_cut(&rest, '.', &part);
    return part;
}

/* A payload of our own under the right header, rightly signed. */
static struct cardea_str signed_payload(const char *json)
{
    return sign(seed, good_part(0), base64url(json, strlen(json)));
}

/* A header of our own; `{kid}` stands for the right kid. */
static struct cardea_str signed_header(const char *json)
{
    char kid[64], text[512];
    uint8_t header[256];
    struct cardea_str part = good_part(0);
    char padded[256];
    memcpy(padded, part.ptr, part.len);
    size_t len = part.len;
    while (len % 4)
        padded[len++] = '=';
    padded[len] = 0;
    int n = EVP_DecodeBlock(header, (unsigned char *)padded, (int)len);
    assert_true(n > 0 && n < (int)sizeof(header));
    header[n] = 0;
    assert_int_equal(sscanf(strstr((char *)header, "\"kid\":\""), "\"kid\":\"%63[^\"]", kid), 1);
    const char *hole = strstr(json, "{kid}");
    if (hole)
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - json), json, kid, hole + 5);
    else
        snprintf(text, sizeof(text), "%s", json);
    return sign(seed, base64url(text, strlen(text)), good_part(1));
}

static bool verify(struct cardea_str token, int64_t now)
{
    struct jwt_claims out;
    return jwt_verify(&arena, signer, token, now, &out);
}

static void a_right_token_is_read(void **state)
{
    struct jwt_claims out;
    assert_true(jwt_verify(&arena, signer, jwt_make(&arena, signer, &claims), NOW, &out));
    assert_int_equal(out.user_id, 11);
    assert_int_equal(out.account_id, 12);
    assert_int_equal(out.session_id, 13);
    assert_int_equal(out.role, CARDEA_ROLE_ADMIN);
    assert_int_equal(out.issued_at, NOW - 60);
    assert_int_equal(out.expires_at, NOW + 60);
    /* The tables below refuse for what they say, not because they build tokens wrongly. */
    assert_true(verify(signed_payload(GOOD), NOW));
    assert_true(verify(signed_header("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"), NOW));
}

static void it_expires_to_the_second(void **state)
{
    struct cardea_str token = jwt_make(&arena, signer, &claims);
    assert_true(verify(token, NOW + 59));
    assert_false(verify(token, NOW + 60));
    assert_false(verify(token, NOW + 61));
}

static void payloads_are_refused(void **state)
{
    static const struct {
        const char *what, *json;
    } rows[] = {
        {"no payload", ""},
        {"not JSON", "hello"},
        {"an array", "[]"},
        {"nothing in it", "{}"},
        {"two values", GOOD "{}"},
        {"a member twice", "{" PARTIES "," SUB "," ACCT ",\"role\":\"admin\"," SID "," TIMES ",\"exp\":1900000000}"},
        {"a member too many", "{" PARTIES "," SUB "," ACCT ",\"role\":\"admin\"," SID "," TIMES ",\"nbf\":1}"},
        {"another issuer", WHO("\"iss\":\"eve\",\"aud\":\"cardea\"")},
        {"issuer in capitals", WHO("\"iss\":\"Cardea\",\"aud\":\"cardea\"")},
        {"no issuer", WHO("\"aud\":\"cardea\"")},
        {"another audience", WHO("\"iss\":\"cardea\",\"aud\":\"shop\"")},
        {"a list of audiences", WHO("\"iss\":\"cardea\",\"aud\":[\"cardea\"]")},
        {"no audience", WHO("\"iss\":\"cardea\"")},
        {"no subject", IDS(ACCT "," SID)},
        {"a key as the subject", IDS("\"sub\":\"key_000000000000b\"," ACCT "," SID)},
        {"a number as the subject", IDS("\"sub\":11," ACCT "," SID)},
        {"a short subject", IDS("\"sub\":\"usr_b\"," ACCT "," SID)},
        {"no account", IDS(SUB "," SID)},
        {"a user as the account", IDS(SUB ",\"acct\":\"usr_000000000000c\"," SID)},
        {"no session", IDS(SUB "," ACCT)},
        {"a session of nothing", IDS(SUB "," ACCT ",\"sid\":\"ses_0000000000000\"")},
        {"no role", "{" PARTIES "," SUB "," ACCT "," SID "," TIMES "}"},
        {"a role that is none", "{" PARTIES "," SUB "," ACCT ",\"role\":\"root\"," SID "," TIMES "}"},
        {"no expiry", WITH("\"iat\":1799999940")},
        {"an expiry as text", WITH("\"iat\":1799999940,\"exp\":\"1800000060\"")},
        {"an expiry with a fraction", WITH("\"iat\":1799999940,\"exp\":1800000060.5")},
        {"an absurd expiry", WITH("\"iat\":1799999940,\"exp\":9223372036854775807")},
        {"an expiry beyond numbers", WITH("\"iat\":1799999940,\"exp\":99999999999999999999")},
        {"a negative expiry", WITH("\"iat\":-10,\"exp\":-5")},
        {"no time of making", WITH("\"exp\":1800000060")},
        {"made in the future", WITH("\"iat\":1800000070,\"exp\":1800000100")},
        {"made after its end", WITH("\"iat\":1800000040,\"exp\":1800000030")},
        {"expired", WITH("\"iat\":1799999900,\"exp\":1799999999")},
        {"expires now", WITH("\"iat\":1799999900,\"exp\":1800000000")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (verify(signed_payload(rows[i].json), NOW))
            fail_msg("accepted: %s", rows[i].what);
}

static void headers_are_refused(void **state)
{
    static const struct {
        const char *what, *json;
    } rows[] = {
        {"no algorithm", "{\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"none", "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"HS256", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"ES256", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"in another case", "{\"alg\":\"EDDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"another type", "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"{kid}\"}"},
        {"no type", "{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}"},
        {"another key", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"AAAAAAAAAAAAAAAA\"}"},
        {"no key", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}"},
        {"critical extensions", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\",\"crit\":[\"exp\"]}"},
        {"a key brought along", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\",\"jwk\":{\"kty\":\"OKP\"}}"},
        {"a key from an address", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\",\"jku\":\"http://eve\"}"},
        {"an unencoded payload", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\",\"b64\":false}"},
        {"blanks", "{\"alg\": \"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"},
        {"not JSON", "EdDSA"},
        {"nothing", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (verify(signed_header(rows[i].json), NOW))
            fail_msg("accepted: %s", rows[i].what);
}

static void shapes_are_refused(void **state)
{
    struct cardea_str token = jwt_make(&arena, signer, &claims), header = good_part(0), payload = good_part(1),
                      signature = good_part(2);
    char *long_text = arena_alloc(&arena, 4096);
    memset(long_text, 'A', 4095);
    const struct cardea_str wrong[] = {
        STR(""),
        STR("."),
        STR(".."),
        STR("..."),
        header,
        arena_printf(&arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(payload)),
        arena_printf(&arena, "%.*s.%.*s.", STR_ARG(header), STR_ARG(payload)),
        arena_printf(&arena, "%.*s.", STR_ARG(token)),
        arena_printf(&arena, "%.*s.%.*s", STR_ARG(token), STR_ARG(payload)),
        arena_printf(&arena, ".%.*s", STR_ARG(token)),
        arena_printf(&arena, " %.*s", STR_ARG(token)),
        arena_printf(&arena, "%.*s ", STR_ARG(token)),
        arena_printf(&arena, "%.*s\n", STR_ARG(token)),
        arena_printf(&arena, "%.*s=", STR_ARG(token)),
        arena_printf(&arena, "%.*s==", STR_ARG(token)),
        arena_printf(&arena, "%.*s=.%.*s.%.*s", STR_ARG(header), STR_ARG(payload), STR_ARG(signature)),
        arena_printf(&arena, "%.*s.%.*s=.%.*s", STR_ARG(header), STR_ARG(payload), STR_ARG(signature)),
        arena_printf(&arena, "%.*s.%.*sA.%.*s", STR_ARG(header), STR_ARG(payload), STR_ARG(signature)),
        arena_printf(&arena, "%.*s..%.*s", STR_ARG(header), STR_ARG(signature)),
        arena_printf(&arena, "%.*s.%.*s.%.*sA", STR_ARG(header), STR_ARG(payload), STR_ARG(signature)),
        arena_printf(&arena, "%.*s.%.*s.%.*s", STR_ARG(header), STR_ARG(payload), (int)signature.len - 1,
                     signature.ptr),
        arena_printf(&arena, "%.*s.%s.%.*s", STR_ARG(header), long_text, STR_ARG(signature)),
        sign(other_seed, header, payload),
        sign(seed, header, arena_printf(&arena, "%.*s=", STR_ARG(payload))),
        (struct cardea_str){token.ptr, token.len - 1},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (verify(wrong[i], NOW))
            fail_msg("accepted: shape %zu: %.*s", i, STR_ARG(wrong[i]));
}

/* Also the last character of each part, whose low bits stand for nothing: each text has one meaning. */
static void no_character_can_change(void **state)
{
    struct cardea_str token = jwt_make(&arena, signer, &claims);
    char *text = arena_cstr(&arena, token);
    for (size_t i = 0; i < token.len; i++)
        for (const char *c = "ABgwxy-_09.+/="; *c; c++) {
            if (token.ptr[i] == *c)
                continue;
            text[i] = *c;
            if (verify((struct cardea_str){text, token.len}, NOW))
                fail_msg("accepted with `%c` at %zu", *c, i);
            text[i] = token.ptr[i];
        }
    assert_true(verify((struct cardea_str){text, token.len}, NOW));
}

static void another_deployment_s_token_is_refused(void **state)
{
    struct session_signer *other = session_signer_new(other_seed);
    assert_false(verify(jwt_make(&arena, other, &claims), NOW));
    session_signer_free(other);
}

static int open_signer(void **state)
{
    signer = session_signer_new(seed);
    return signer ? 0 : -1;
}

static int close_signer(void **state)
{
    session_signer_free(signer);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_token_is_read),
        cmocka_unit_test(it_expires_to_the_second),
        cmocka_unit_test(payloads_are_refused),
        cmocka_unit_test(headers_are_refused),
        cmocka_unit_test(shapes_are_refused),
        cmocka_unit_test(no_character_can_change),
        cmocka_unit_test(another_deployment_s_token_is_refused),
    };
    return cmocka_run_group_tests(tests, open_signer, close_signer);
}
