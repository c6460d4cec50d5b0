/* Reports of leaked keys: GitHub's published example, and everything near it that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "jose/report.h"

/* docs.github.com, "Secret scanning partner program", and the key of that name at api.github.com/meta/public_keys. */
#define NAME "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c"
#define POINT                                                                                                  \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/" \
    "AmtoNP5GrobzUvQSyJFVw=="
#define PEM "-----BEGIN PUBLIC KEY-----\\n" POINT "\\n-----END PUBLIC KEY-----\\n"
#define FILE_OF(name, pem) \
    "{\"public_keys\":[{\"key_identifier\":\"" name "\",\"key\":\"" pem "\",\"is_current\":true}]}"
#define BODY                                                                                                 \
    "[{\"source\":\"commit\",\"token\":\"some_token\",\"type\":\"some_type\",\"url\":\"https://example.com/" \
    "base-repo-url/\"}]"
#define SIGNATURE "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg=="

static struct cardea_why why;

static struct report_keys *parse(const char *text)
{
    return report_keys_parse(str_of(text), &why);
}

static void githubs_example_is_signed(void **state)
{
    struct report_keys *keys = parse(FILE_OF(NAME, PEM));
    assert_non_null(keys);
    assert_int_equal(report_keys_count(keys), 1);
    assert_int_equal(report_check(keys, STR(NAME), STR(SIGNATURE), STR(BODY)), REPORT_SIGNED);
    assert_int_equal(report_check(keys, STR(NAME "0"), STR(SIGNATURE), STR(BODY)), REPORT_UNKNOWN_KEY);
    assert_int_equal(report_check(keys, STR(""), STR(SIGNATURE), STR(BODY)), REPORT_UNKNOWN_KEY);
    report_keys_free(keys);
}

static void no_byte_may_differ(void **state)
{
    struct report_keys *keys = parse(FILE_OF(NAME, PEM));
    char body[] = BODY, signature[] = SIGNATURE;
    for (size_t i = 0; i < strlen(body); i++) {
        body[i] ^= 1;
        assert_int_equal(report_check(keys, STR(NAME), STR(SIGNATURE), str_of(body)), REPORT_BAD_SIGNATURE);
        body[i] ^= 1;
    }
    for (size_t i = 0; i < strlen(signature) - 2; i++) {
        char was = signature[i];
        signature[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(report_check(keys, STR(NAME), str_of(signature), STR(BODY)), REPORT_BAD_SIGNATURE);
        signature[i] = was;
    }
    static const char *const others[] = {"",
                                         "=",
                                         "====",
                                         "A===",
                                         SIGNATURE "AAAA",
                                         " " SIGNATURE,
                                         "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIf",
                                         "MAYCAQACAQA=" /* r and s 0 */,
                                         "MAYCAQECAQE="};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(report_check(keys, STR(NAME), str_of(others[i]), STR(BODY)), REPORT_BAD_SIGNATURE);
    report_keys_free(keys);
}

static void bad_files_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *file, *says;
    } cases[] = {
        {"", ""},
        {"[]", "no list of 1 to 64"},
        {"{\"public_keys\":[]}", "no list of 1 to 64"},
        {"{\"public_keys\":{}}", "no list of 1 to 64"},
        {"{\"public_keys\":[1]}", "key 1 has no `key_identifier`"},
        {"{\"public_keys\":[{\"key\":\"" PEM "\"}]}", "key 1 has no `key_identifier`"},
        {"{\"public_keys\":[{\"key_identifier\":\"a\"}]}", "key 1 is no public key on P-256"},
        {FILE_OF("a", "-----BEGIN PUBLIC KEY-----\\n-----END PUBLIC KEY-----"), "is no public key on P-256"},
        {FILE_OF("a", POINT), "is no public key on P-256"},
        {FILE_OF("a", "-----BEGIN PUBLIC KEY-----"), "is no public key on P-256"},
        /* Ed25519, RFC 8410 */
        {FILE_OF("a", "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n"
                      "-----END PUBLIC KEY-----"),
         "is no public key on P-256"},
        /* one coordinate changed */
        {FILE_OF("a", "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYBGMWO8XgCamYKMJS6jc/qgvSlAd\\n"
                      "AjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\\n-----END PUBLIC KEY-----"),
         "is no point on P-256"},
        {"{\"public_keys\":[{\"key_identifier\":\"a\",\"key\":\"" PEM "\"},{\"key_identifier\":\"a\",\"key\":\"" PEM
         "\"}]}",
         "key 2 has the `key_identifier` of another"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        why.text[0] = 0;
        assert_null(parse(cases[i].file));
        if (!strstr(why.text, cases[i].says) || !why.text[0])
            fail_msg("case %zu says \"%s\"", i, why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(githubs_example_is_signed),
        cmocka_unit_test(no_byte_may_differ),
        cmocka_unit_test(bad_files_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
