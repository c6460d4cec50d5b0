/* base64 and base64url: one text for each value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/str.h"

static void goes_there_and_back(void **state)
{
    uint8_t in[64], out[66];
    char text[88];
    size_t back;
    for (size_t len = 0; len <= sizeof(in); len++) {
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t)(i * 151 + len * 7);
        size_t n = base64url_encode(in, len, text);
        assert_int_equal(n, BASE64URL_TEXT_LEN(len));
        assert_true(base64url_decode((struct cardea_str){text, n}, out, &back));
        assert_true(back == len && back <= BASE64URL_DATA_MAX(n));
        assert_memory_equal(in, out, len);
        n = base64_encode(in, len, text);
        assert_int_equal(n, BASE64_TEXT_LEN(len));
        assert_true(base64_decode((struct cardea_str){text, n}, out, &back));
        assert_true(back == len && back <= BASE64_DATA_MAX(n));
        assert_memory_equal(in, out, len);
    }
}

/* RFC 4648, section 10, and both characters that the two spell otherwise. */
static void knows_the_rfc_s_examples(void **state)
{
    static const char *const pairs[][2] = {{"f", "Zg"},         {"fo", "Zm8"},        {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg"},  {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
                                           {"\xfb\xff", "-_8"}, {"\xff\xef", "_-8"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char text[16];
        size_t n = base64url_encode((const uint8_t *)pairs[i][0], strlen(pairs[i][0]), text);
        assert_true(str_eq((struct cardea_str){text, n}, str_of(pairs[i][1])));
        assert_int_equal(base64_encode(pairs[i][0], strlen(pairs[i][0]), text), BASE64_TEXT_LEN(strlen(pairs[i][0])));
        for (size_t k = 0; k < n; k++)
            assert_int_equal(text[k], pairs[i][1][k] == '-' ? '+' : pairs[i][1][k] == '_' ? '/' : pairs[i][1][k]);
        for (const char *pad = text + n; (size_t)(pad - text) < BASE64_TEXT_LEN(strlen(pairs[i][0])); pad++)
            assert_int_equal(*pad, '=');
    }
}

static void refuses_every_other_spelling(void **state)
{
    static const char *const texts[] = {
        "Z",     "Zg==", "Zm8=", "Zm9v=", "Zm9v\n", " Zm9v",  "Zm 9v",   "Zm9vZ",      "Zh",   "Zm9",  "-_9",  "+/8",
        "Zm9v.", "Zg=",  "=",    "====",  "Zm9v\t", "Zm9vYh", "Zm9vYmF", "\xc3\xa9Zm", "Zm-+", "Zm/_", "Zm@v", "Zm[v"};
    uint8_t out[32];
    size_t len;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (base64url_decode(str_of(texts[i]), out, &len))
            fail_msg("\"%s\" was read", texts[i]);
    assert_false(base64url_decode((struct cardea_str){"Zm9\0", 4}, out, &len));
    static const char *const padded[] = {"Zg",   "Zg=",  "Zm8",      "Zm9v=",  "Zm9v====", "====", "Z===",  "Zh==",
                                         "Zm9=", "=Zm8", "Zg==Zg==", "Zm9v\n", "Zm 9vZm9", "-_8=", "Zm9vZ", "Zm=8"};
    for (size_t i = 0; i < sizeof(padded) / sizeof(padded[0]); i++)
        if (base64_decode(str_of(padded[i]), out, &len))
            fail_msg("\"%s\" was read", padded[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_there_and_back),
        cmocka_unit_test(knows_the_rfc_s_examples),
        cmocka_unit_test(refuses_every_other_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
