/* Tokens: one of each algorithm that is right, and every way to be wrong that we know of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/str.h"
#include "jose_rig.h"

#define ALL ((unsigned)(JWS_ALGS_PUBLIC | JWS_HS256))

static const unsigned each_alg[] = {JWS_RS256, JWS_ES256, JWS_EDDSA, JWS_HS256};
static struct arena arena;

static int release(void **state)
{
    arena_release(&arena);
    return 0;
}

static int free_keys(void **state)
{
    rig_free();
    return 0;
}

static enum jwk_origin origin_of(unsigned alg)
{
    return alg == JWS_HS256 ? JWK_SECRET : JWK_PUBLISHED;
}

/* A set of this algorithm's key, kid "k". */
static struct jwk_set *set_of(unsigned alg)
{
    return rig_set(&arena, origin_of(alg), rig_jwk(&arena, rig_key(alg), "\"kid\":\"k\""), NULL, NULL);
}

static struct cardea_str token_of(unsigned alg, const char *payload)
{
    const char *name = jws_alg_name((enum jws_alg)alg);
    return rig_token(&arena, rig_key(alg), arena_printf(&arena, "{\"alg\":\"%s\",\"kid\":\"k\"}", name),
                     str_of(payload));
}

static enum jws_result verify(const struct jwk_set *set, struct cardea_str token)
{
    struct jws jws;
    /* A copy of exactly its length, so that reading beyond it is seen. */
    char *copy = malloc(token.len ? token.len : 1);
    memcpy(copy, token.ptr, token.len);
    enum jws_result result = jws_verify(&arena, set, ALL, (struct cardea_str){copy, token.len}, &jws);
    free(copy);
    return result;
}

static void is(enum jws_result got, enum jws_result want, const char *what)
{
    if (got != want)
        fail_msg("%s: \"%s\", not \"%s\"", what, jws_result_text(got), jws_result_text(want));
}

static void accepts_each_algorithm(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        struct jws jws;
        struct jwk_set *set = set_of(each_alg[i]);
        const char *name = jws_alg_name((enum jws_alg)each_alg[i]);
        struct cardea_str header = arena_printf(&arena, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"k\",\"x\":{}}",
                                                name);
        struct cardea_str token = rig_token(&arena, rig_key(each_alg[i]), header, STR("a\0\xff"));
        is(jws_verify(&arena, set, each_alg[i], token, &jws), JWS_OK, name);
        assert_int_equal(jws.alg, each_alg[i]);
        assert_true(str_eq(jws.kid, STR("k")) && str_eq(jws.typ, STR("JWT")) && str_eq(jws.payload, STR("a\0\xff")));
        is(verify(set, token_of(each_alg[i], "")), JWS_OK, "an empty payload");
        jwk_set_free(set);
    }
}

static void names_go_both_ways(void **state)
{
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(jws_alg_parse(str_of(jws_alg_name((enum jws_alg)each_alg[i]))), each_alg[i]);
    assert_int_equal(jws_alg_parse(STR("none")) | jws_alg_parse(STR("")) | jws_alg_parse(STR("hs256")), 0);
    for (int i = 0; i < JWS_RESULT_COUNT; i++)
        assert_true(strlen(jws_result_text((enum jws_result)i)) > 10);
}

/* The list decides, whatever the key could do. */
static void only_what_the_list_allows(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        struct jwk_set *set = set_of(each_alg[i]);
        struct cardea_str token = token_of(each_alg[i], "x");
        struct jws jws;
        for (unsigned allowed = 0; allowed <= ALL; allowed++)
            is(jws_verify(&arena, set, allowed, token, &jws), allowed & each_alg[i] ? JWS_OK : JWS_ALG_REFUSED, "list");
        jwk_set_free(set);
    }
}

static struct cardea_str with_header(const char *header)
{
    return rig_token(&arena, rig_key(JWS_EDDSA), str_of(header), STR("x"));
}

static void refuses_other_algorithms(void **state)
{
    static const char *const names[] = {"none",  "None",  "NONE",  "nOnE",   "",       "eddsa",  "EDDSA",
                                        "RS384", "RS512", "PS256", "ES384",  "ES512",  "ES256K", "HS384",
                                        "HS512", "RS1",   "dir",   "RSA1_5", "EdDSA ", "Ed25519"};
    struct jwk_set *set = set_of(JWS_EDDSA);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *header = arena_printf(&arena, "{\"alg\":\"%s\",\"kid\":\"k\"}", names[i]).ptr;
        is(verify(set, with_header(header)), JWS_ALG_REFUSED, names[i]);
        struct cardea_str part = rig_base64url(&arena, str_of(header));
        is(verify(set, arena_printf(&arena, "%.*s.eA.", STR_ARG(part))), JWS_ALG_REFUSED, names[i]);
    }
    jwk_set_free(set);
}

static void refuses_members_that_change_the_rules(void **state)
{
    static const char *const members[] = {"\"crit\":[\"exp\"]", "\"crit\":[]",    "\"b64\":true",  "\"b64\":false",
                                          "\"zip\":\"DEF\"",    "\"enc\":\"x\"",  "\"jwk\":{}",    "\"jku\":\"x\"",
                                          "\"x5u\":\"x\"",      "\"x5c\":[\"\"]", "\"crit\":null", "\"jwk\":null",
                                          "\"cr\\u0069t\":[]"};
    struct jwk_set *set = set_of(JWS_EDDSA);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        is(verify(set, with_header(arena_printf(&arena, "{\"alg\":\"EdDSA\",\"kid\":\"k\",%s}", members[i]).ptr)),
           JWS_HEADER_REFUSED, members[i]);
    /* An attacker's own key beside the token does not help. */
    const char *jwk = rig_jwk(&arena, rig_key(JWS_ES256), "");
    struct cardea_str header = arena_printf(&arena, "{\"alg\":\"ES256\",\"jwk\":%s}", jwk);
    is(verify(set, rig_token(&arena, rig_key(JWS_ES256), header, STR("x"))), JWS_HEADER_REFUSED, "embedded jwk");
    jwk_set_free(set);
}

static void refuses_bad_headers(void **state)
{
    static const char *const headers[] = {
        "[]",
        "null",
        "\"EdDSA\"",
        "{",
        "{}",
        "{\"kid\":\"k\"}",
        "{\"alg\":7,\"kid\":\"k\"}",
        "{\"alg\":null,\"kid\":\"k\"}",
        "{\"alg\":[\"EdDSA\"],\"kid\":\"k\"}",
        "{\"alg\":\"EdDSA\",\"kid\":7}",
        "{\"alg\":\"EdDSA\",\"kid\":null}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"typ\":7}",
        "{\"alg\":\"none\",\"alg\":\"EdDSA\",\"kid\":\"k\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"alg\":\"EdDSA\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"x\":{\"a\":1,\"a\":1}}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\"} ,",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\"}{}",
        "\xef\xbb\xbf{\"alg\":\"EdDSA\",\"kid\":\"k\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"x\":\"\xff\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\\u0000\"}",
        "{'alg':'EdDSA','kid':'k'}",
    };
    struct jwk_set *set = set_of(JWS_EDDSA);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        is(verify(set, with_header(headers[i])), JWS_BAD_HEADER, headers[i]);
    is(verify(set, with_header(" {\n\"kid\" : \"k\",\t\"alg\" : \"EdDSA\" }\r\n")), JWS_OK, "white space");
    jwk_set_free(set);
}

/* HS256 with what everybody knows: the classic attack on verifiers that let the token choose. */
static void a_public_key_is_no_secret(void **state)
{
    EVP_PKEY *rsa = rig_key(JWS_RS256)->pair;
    uint8_t *der = NULL;
    int der_len = i2d_PUBKEY(rsa, &der);
    assert_true(der_len > 32);
    struct rig_key forger = {.alg = JWS_HS256};
    memcpy(forger.secret, der, sizeof(forger.secret));
    struct jwk_set *set = set_of(JWS_RS256);
    is(verify(set, rig_token(&arena, &forger, STR("{\"alg\":\"HS256\",\"kid\":\"k\"}"), STR("x"))), JWS_KEY_MISFIT,
       "with kid");
    is(verify(set, rig_token(&arena, &forger, STR("{\"alg\":\"HS256\"}"), STR("x"))), JWS_NO_KEY, "without");
    OPENSSL_free(der);
    jwk_set_free(set);
}

static void a_kid_selects(void **state)
{
    const struct rig_key *ed = rig_key(JWS_EDDSA), *ec = rig_key(JWS_ES256);
    struct jwk_set *set = rig_set(&arena, JWK_PUBLISHED, rig_jwk(&arena, ed, "\"kid\":\"a\""),
                                  rig_jwk(&arena, ec, "\"kid\":\"a\""),
                                  rig_jwk(&arena, ec, "\"kid\":\"b\",\"use\":\"enc\""));
    is(verify(set, with_header("{\"alg\":\"EdDSA\",\"kid\":\"a\"}")), JWS_OK, "one kid, two types");
    is(verify(set, rig_token(&arena, ec, STR("{\"alg\":\"ES256\",\"kid\":\"a\"}"), STR("x"))), JWS_OK, "the other");
    is(verify(set, rig_token(&arena, ec, STR("{\"alg\":\"ES256\",\"kid\":\"b\"}"), STR("x"))), JWS_KEY_MISFIT, "use");
    is(verify(set, with_header("{\"alg\":\"RS256\",\"kid\":\"a\"}")), JWS_KEY_MISFIT, "no such type");
    is(verify(set, with_header("{\"alg\":\"EdDSA\",\"kid\":\"A\"}")), JWS_UNKNOWN_KID, "case");
    is(verify(set, with_header("{\"alg\":\"EdDSA\",\"kid\":\"\"}")), JWS_UNKNOWN_KID, "empty");
    is(verify(set, with_header("{\"alg\":\"EdDSA\",\"kid\":\"a \"}")), JWS_UNKNOWN_KID, "longer");
    /* The right kid and another key's signature. */
    is(verify(set, rig_token(&arena, ec, STR("{\"alg\":\"EdDSA\",\"kid\":\"a\"}"), STR("x"))), JWS_BAD_SIGNATURE,
       "mix");
    jwk_set_free(set);
}

static void without_a_kid_one_key_must_fit(void **state)
{
    const struct rig_key *ed = rig_key(JWS_EDDSA), *ec = rig_key(JWS_ES256);
    struct cardea_str token = with_header("{\"alg\":\"EdDSA\"}");
    const char *ed_a = rig_jwk(&arena, ed, "\"kid\":\"a\""), *ed_b = rig_jwk(&arena, ed, "\"kid\":\"b\"");
    const char *ec_a = rig_jwk(&arena, ec, "");
    struct jwk_set *one = rig_set(&arena, JWK_PUBLISHED, ed_a, ec_a, NULL);
    struct jwk_set *two = rig_set(&arena, JWK_PUBLISHED, ed_a, ed_b, ec_a);
    struct jwk_set *none = rig_set(&arena, JWK_PUBLISHED, ec_a, NULL, NULL);
    struct jwk_set *nameless = rig_set(&arena, JWK_PUBLISHED, rig_jwk(&arena, ed, ""), NULL, NULL);
    is(verify(one, token), JWS_OK, "one fits");
    is(verify(two, token), JWS_AMBIGUOUS, "two fit");
    is(verify(none, token), JWS_NO_KEY, "none fits");
    is(verify(nameless, with_header("{\"alg\":\"EdDSA\",\"kid\":\"a\"}")), JWS_UNKNOWN_KID,
       "a kid, and a nameless key");
    jwk_set_free(one);
    jwk_set_free(two);
    jwk_set_free(none);
    jwk_set_free(nameless);
}

static void a_lone_secret_has_no_name(void **state)
{
    const struct rig_key *hs = rig_key(JWS_HS256);
    struct jwk_set *set = jwk_set_of_secret(hs->secret, sizeof(hs->secret));
    is(verify(set, rig_token(&arena, hs, STR("{\"alg\":\"HS256\"}"), STR("x"))), JWS_OK, "without kid");
    is(verify(set, rig_token(&arena, hs, STR("{\"alg\":\"HS256\",\"kid\":\"any\"}"), STR("x"))), JWS_OK, "with kid");
    is(verify(set, with_header("{\"alg\":\"EdDSA\",\"kid\":\"any\"}")), JWS_NO_KEY, "another algorithm");
    struct rig_key other = *hs;
    other.secret[31] ^= 1;
    is(verify(set, rig_token(&arena, &other, STR("{\"alg\":\"HS256\"}"), STR("x"))), JWS_BAD_SIGNATURE, "wrong secret");
    jwk_set_free(set);
}

/* `%` stands for the part of that position in a good token. */
static void only_the_compact_form(void **state)
{
    struct jwk_set *set = set_of(JWS_EDDSA);
    struct cardea_str rest = token_of(JWS_EDDSA, "payload"), h, p, s;
    str_cut(&rest, '.', &h);
    str_cut(&rest, '.', &p);
    s = rest;
#define SHAPE(fmt, ...) verify(set, arena_printf(&arena, fmt, __VA_ARGS__))
    is(SHAPE("%.*s.%.*s.%.*s", STR_ARG(h), STR_ARG(p), STR_ARG(s)), JWS_OK, "as it is");
    static const char *const stray[] = {"=", "==", " ", "\n", "\t", "?", "+", "/", "%", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof(stray) / sizeof(stray[0]); i++) {
        is(SHAPE("%.*s%s.%.*s.%.*s", STR_ARG(h), stray[i], STR_ARG(p), STR_ARG(s)), JWS_MALFORMED, stray[i]);
        is(SHAPE("%.*s.%.*s%s.%.*s", STR_ARG(h), STR_ARG(p), stray[i], STR_ARG(s)), JWS_MALFORMED, stray[i]);
        is(SHAPE("%.*s.%.*s.%.*s%s", STR_ARG(h), STR_ARG(p), STR_ARG(s), stray[i]), JWS_MALFORMED, stray[i]);
        is(SHAPE("%s%.*s.%.*s.%.*s", stray[i], STR_ARG(h), STR_ARG(p), STR_ARG(s)), JWS_MALFORMED, stray[i]);
    }
    is(verify(set, STR("")), JWS_MALFORMED, "nothing");
    is(verify(set, STR(".")), JWS_MALFORMED, "a dot");
    is(verify(set, STR("..")), JWS_MALFORMED, "two dots");
    is(verify(set, STR("....")), JWS_MALFORMED, "four dots");
    is(SHAPE("%.*s", STR_ARG(h)), JWS_MALFORMED, "a header");
    is(SHAPE("%.*s.%.*s", STR_ARG(h), STR_ARG(p)), JWS_MALFORMED, "no signature");
    is(SHAPE("%.*s.%.*s.", STR_ARG(h), STR_ARG(p)), JWS_BAD_SIGNATURE, "an empty one");
    is(SHAPE("%.*s..%.*s", STR_ARG(h), STR_ARG(s)), JWS_BAD_SIGNATURE, "no payload");
    is(SHAPE(".%.*s.%.*s", STR_ARG(p), STR_ARG(s)), JWS_MALFORMED, "no header");
    is(SHAPE("%.*s.%.*s.%.*s.", STR_ARG(h), STR_ARG(p), STR_ARG(s)), JWS_MALFORMED, "a fourth part");
    is(SHAPE(".%.*s.%.*s.%.*s", STR_ARG(h), STR_ARG(p), STR_ARG(s)), JWS_MALFORMED, "a part before");
    is(SHAPE("{\"payload\":\"%.*s\",\"protected\":\"%.*s\",\"signature\":\"%.*s\"}", STR_ARG(p), STR_ARG(h),
             STR_ARG(s)),
       JWS_MALFORMED, "JSON serialization");
#undef SHAPE
    jwk_set_free(set);
}

static void bounds_length(void **state)
{
    struct jwk_set *set = set_of(JWS_HS256);
    char *payload = arena_alloc(&arena, JWS_TEXT_MAX + 1);
    size_t small = token_of(JWS_HS256, "").len, len = (JWS_TEXT_MAX - small) * 3 / 4;
    memset(payload, 'x', len);
    struct cardea_str most = token_of(JWS_HS256, payload);
    assert_true(most.len <= JWS_TEXT_MAX && most.len >= JWS_TEXT_MAX - 2);
    is(verify(set, most), JWS_OK, "the longest");
    memset(payload, 'x', len + 3);
    struct cardea_str more = token_of(JWS_HS256, payload);
    assert_true(more.len > JWS_TEXT_MAX);
    is(verify(set, more), JWS_TOO_LONG, "longer");
    jwk_set_free(set);
}

/* Whatever bit of a token is turned, it is refused: no part of it is without meaning. */
static void every_bit_counts(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        struct jwk_set *set = set_of(each_alg[i]);
        struct cardea_str token = token_of(each_alg[i], "payload");
        struct jws jws;
        char *copy = arena_alloc(&arena, token.len);
        memcpy(copy, token.ptr, token.len);
        for (size_t at = 0; at < token.len * 8; at++) {
            struct arena scratch = {0};
            copy[at / 8] = (char)(copy[at / 8] ^ 1 << at % 8);
            if (jws_verify(&scratch, set, ALL, (struct cardea_str){copy, token.len}, &jws) == JWS_OK)
                fail_msg("%s: bit %zu", jws_alg_name((enum jws_alg)each_alg[i]), at);
            copy[at / 8] = (char)(copy[at / 8] ^ 1 << at % 8);
            arena_release(&scratch);
        }
        for (size_t len = 0; len < token.len; len++)
            assert_int_not_equal(verify(set, (struct cardea_str){token.ptr, len}), JWS_OK);
        jwk_set_free(set);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

/* A good header and payload with these bytes for a signature. */
static enum jws_result with_signature(const struct jwk_set *set, unsigned alg, const uint8_t *signature, size_t len)
{
    struct cardea_str rest = token_of(alg, "payload"), h, p;
    str_cut(&rest, '.', &h);
    str_cut(&rest, '.', &p);
    return verify(set, arena_printf(&arena, "%.*s.%.*s.%.*s", STR_ARG(h), STR_ARG(p),
                                    STR_ARG(rig_base64url(&arena, (struct cardea_str){(const char *)signature, len}))));
}

static void signatures_have_one_length(void **state)
{
    static const size_t lengths[] = {256, 64, 64, 32};
    for (size_t i = 0; i < 4; i++) {
        struct jwk_set *set = set_of(each_alg[i]);
        struct cardea_str token = token_of(each_alg[i], "payload");
        size_t input_len = (size_t)((const char *)memrchr(token.ptr, '.', token.len) - token.ptr);
        struct cardea_str good = rig_sign(&arena, rig_key(each_alg[i]), (struct cardea_str){token.ptr, input_len});
        uint8_t bytes[260] = {0};
        assert_int_equal(good.len, lengths[i]);
        memcpy(bytes + 1, good.ptr, good.len);
        is(with_signature(set, each_alg[i], bytes + 1, good.len), JWS_OK, "whole");
        is(with_signature(set, each_alg[i], bytes + 1, good.len - 1), JWS_BAD_SIGNATURE, "cut at the end");
        is(with_signature(set, each_alg[i], bytes + 2, good.len - 1), JWS_BAD_SIGNATURE, "cut at the start");
        is(with_signature(set, each_alg[i], bytes + 1, good.len + 1), JWS_BAD_SIGNATURE, "a zero after");
        is(with_signature(set, each_alg[i], bytes, good.len + 1), JWS_BAD_SIGNATURE, "a zero before");
        memset(bytes, 0, sizeof(bytes));
        is(with_signature(set, each_alg[i], bytes, good.len), JWS_BAD_SIGNATURE, "zeros");
        memset(bytes, 0xff, sizeof(bytes));
        is(with_signature(set, each_alg[i], bytes, good.len), JWS_BAD_SIGNATURE, "ones");
        jwk_set_free(set);
    }
}

struct task {
    const struct jwk_set *set;
    struct cardea_str good, bad;
    bool failed;
};

static void *verify_often(void *arg)
{
    struct task *t = arg;
    for (int i = 0; i < 200; i++) {
        struct arena scratch = {0};
        struct jws jws;
        t->failed |= jws_verify(&scratch, t->set, ALL, t->good, &jws) != JWS_OK ||
                     jws_verify(&scratch, t->set, ALL, t->bad, &jws) != JWS_BAD_SIGNATURE;
        arena_release(&scratch);
    }
    return NULL;
}

static void threads_share_a_set(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        struct jwk_set *set = set_of(each_alg[i]);
        struct cardea_str good = token_of(each_alg[i], "payload"), bad = arena_str(&arena, good);
        char *flip = (char *)(uintptr_t)bad.ptr + bad.len - 10;
        *flip = *flip == 'A' ? 'B' : 'A';
        struct task tasks[4];
        pthread_t threads[4];
        for (size_t n = 0; n < 4; n++) {
            tasks[n] = (struct task){set, good, bad, false};
            assert_int_equal(pthread_create(&threads[n], NULL, verify_often, &tasks[n]), 0);
        }
        for (size_t n = 0; n < 4; n++) {
            pthread_join(threads[n], NULL);
            assert_false(tasks[n].failed);
        }
        jwk_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(accepts_each_algorithm, release),
        cmocka_unit_test_teardown(names_go_both_ways, release),
        cmocka_unit_test_teardown(only_what_the_list_allows, release),
        cmocka_unit_test_teardown(refuses_other_algorithms, release),
        cmocka_unit_test_teardown(refuses_members_that_change_the_rules, release),
        cmocka_unit_test_teardown(refuses_bad_headers, release),
        cmocka_unit_test_teardown(a_public_key_is_no_secret, release),
        cmocka_unit_test_teardown(a_kid_selects, release),
        cmocka_unit_test_teardown(without_a_kid_one_key_must_fit, release),
        cmocka_unit_test_teardown(a_lone_secret_has_no_name, release),
        cmocka_unit_test_teardown(only_the_compact_form, release),
        cmocka_unit_test_teardown(bounds_length, release),
        cmocka_unit_test_teardown(every_bit_counts, release),
        cmocka_unit_test_teardown(signatures_have_one_length, release),
        cmocka_unit_test_teardown(threads_share_a_set, release),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
