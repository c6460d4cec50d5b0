/* What a token of another issuer must say. The table's rows begin with the verdict: NULL is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/issuer_claims.h"

#define NOW 1000000

static struct arena arena;
static struct issuer_claims out;

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static const struct issuer plain = {
    .name = "a", .issuer = {"https://a", 9}, .audience = {"us", 2}, .clock_skew_sec = 60};

static const char *check(const struct issuer *issuer, const char *typ, const char *json)
{
    struct json_problem problem;
    json_t *claims = json_read(&arena, str_of(json), &problem);
    if (!claims)
        fail_msg("%s: %s", json, problem.message);
    const char *wrong = issuer_claims_check(&arena, claims, str_of(typ), issuer, NOW, &out);
    json_decref(claims);
    return wrong;
}

#define HEAD "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000600"

static void each_claim_is_held_to_its_rule(void **state)
{
    static const struct {
        const char *wrong; /* words of the reason */
        const char *json;
    } rows[] = {
        {NULL, HEAD "}"},
        {NULL, HEAD ",\"nbf\":1000060,\"iat\":1000060}"},
        {NULL, HEAD ",\"nbf\":0,\"iat\":-0}"},
        {"nbf", HEAD ",\"nbf\":1000061}"},
        {"iat", HEAD ",\"iat\":1000061}"},
        {"not a time", HEAD ",\"iat\":-1}"},
        {"not a time", HEAD ",\"iat\":\"1000000\"}"},
        {"not a time", HEAD ",\"nbf\":null}"},
        {"not a time", HEAD ",\"nbf\":253402300800}"},
        {NULL, "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000001}"},
        {NULL, "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000001.25}"},
        {"expired", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000000}"},
        {"expired", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000000.99}"},
        {"not a time", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1e18}"},
        {"not a time", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":true}"},
        {"no exp", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"s\"}"},
        {"iss", "{\"iss\":\"https://a/\",\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000600}"},
        {"iss", "{\"iss\":[\"https://a\"],\"aud\":\"us\",\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"aud\":\"US\",\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"aud\":[],\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"aud\":[\"them\"],\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"aud\":[\"us\",1],\"sub\":\"s\",\"exp\":1000600}"},
        {"aud", "{\"iss\":\"https://a\",\"aud\":{\"us\":\"us\"},\"sub\":\"s\",\"exp\":1000600}"},
        {NULL, "{\"iss\":\"https://a\",\"aud\":[\"them\",\"us\"],\"sub\":\"s\",\"exp\":1000600}"},
        {"sub", "{\"iss\":\"https://a\",\"aud\":\"us\",\"exp\":1000600}"},
        {"sub", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":\"\",\"exp\":1000600}"},
        {"sub", "{\"iss\":\"https://a\",\"aud\":\"us\",\"sub\":7,\"exp\":1000600}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = check(&plain, "JWT", rows[i].json);
        if (!wrong != !rows[i].wrong || (wrong && !strstr(wrong, rows[i].wrong)))
            fail_msg("%s: %s", rows[i].json, wrong ? wrong : "good");
    }
}

static void other_kinds_of_tokens_are_none(void **state)
{
    static const char *const good[] = {NULL, "JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "application/at+jwt"};
    static const char *const bad[] = {
        "", "logout+jwt", "secevent+jwt", "JWS", "application/", "application/json", "dpop+jwt"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_null(check(&plain, good[i], HEAD "}"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(check(&plain, bad[i], HEAD "}"));
}

static void age_counts_where_it_is_limited(void **state)
{
    struct issuer young = plain;
    young.max_age_sec = 100;
    assert_null(check(&young, NULL, HEAD ",\"iat\":999900}"));
    assert_string_equal(check(&young, NULL, HEAD ",\"iat\":999899}"), "it is older than max_age");
    assert_non_null(check(&young, NULL, HEAD "}"));
}

static void the_account_is_taken_as_text_or_not_at_all(void **state)
{
    struct issuer named = plain;
    named.account_claim = "org";
    assert_null(check(&named, NULL, HEAD "}"));
    assert_int_equal(out.account.len, 0);
    assert_null(check(&named, NULL, HEAD ",\"org\":\"acme\"}"));
    assert_true(str_eq(out.account, STR("acme")));
    assert_null(check(&plain, NULL, HEAD ",\"org\":\"acme\"}"));
    assert_int_equal(out.account.len, 0);
    static const char *const bad[] = {"\"\"", "1", "null", "[\"acme\"]", "{}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(check(&named, NULL, arena_printf(&arena, HEAD ",\"org\":%s}", bad[i]).ptr));
}

static void what_is_good_is_handed_over(void **state)
{
    assert_null(check(&plain, NULL, HEAD "}"));
    assert_ptr_equal(out.from, &plain);
    assert_true(str_eq(out.subject, STR("s")));
    assert_int_equal(out.expires_at, 1000600);
}

static void only_objects_with_an_issuer_are_looked_at(void **state)
{
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "e30",
                                      "e30.",
                                      "e30.e30.x",
                                      "e30.e30=.x",
                                      "x.W10.",
                                      "x.eyJ9.",
                                      "x.bnVsbA.",
                                      "x.eyJpc3MiOjF9.",
                                      "x.eyJpc3MiOiIifQ."};
    struct cardea_str iss;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(issuer_claims_peek(&arena, str_of(bad[i]), &iss));
    json_t *claims = issuer_claims_peek(&arena, STR("x.eyJpc3MiOiJhIn0.y"), &iss);
    assert_non_null(claims);
    assert_true(str_eq(iss, STR("a")));
    json_decref(claims);
    char *large = arena_alloc(&arena, JWS_TEXT_MAX + 2);
    memset(large, 'A', JWS_TEXT_MAX + 1);
    assert_null(issuer_claims_peek(&arena, str_of(large), &iss));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_claim_is_held_to_its_rule), cmocka_unit_test(other_kinds_of_tokens_are_none),
        cmocka_unit_test(age_counts_where_it_is_limited), cmocka_unit_test(the_account_is_taken_as_text_or_not_at_all),
        cmocka_unit_test(what_is_good_is_handed_over),    cmocka_unit_test(only_objects_with_an_issuer_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
