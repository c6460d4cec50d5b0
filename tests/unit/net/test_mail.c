/* What stands in a mail's header: one line of ours, whatever the text says. tests/api/test_messages_outside.py sends
 * them to a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "net/mail.h"

static const char *header(const char *text, size_t used)
{
    static struct buf out;
    buf_release(&out);
    buf_init(&out, 8192);
    return net_mail_header(&out, text, used) ? (out.ptr ? out.ptr : "") : NULL;
}

static void plain_stays(void **state)
{
    assert_string_equal(header("Lunch at noon?", 9), "Lunch at noon?");
    assert_string_equal(header("", 9), "");
}

static void the_rest_is_encoded(void **state)
{
    assert_string_equal(header("Gr\xc3\xbc\xc3\x9f"
                               "e",
                               9),
                        "=?UTF-8?B?R3LDvMOfZQ==?=");
    assert_string_equal(header("a@b, \"c\"", 6), "=?UTF-8?B?YUBiLCAiYyI=?=");
    assert_string_equal(header("=?utf-8?q?x?=", 9), "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=");
}

static void lines_are_short_and_characters_whole(void **state)
{
    char text[998 + 1];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[998] = 0;
    const char *out = header(text, 9);
    assert_non_null(out);
    size_t line = 9;
    for (const char *p = out; *p; p++) {
        line = *p == '\n' ? 0 : line + 1;
        assert_true(line <= 76 + 1);
        if (*p == '\n')
            assert_true(p[-1] == '\r' && p[1] == ' ');
    }
    /* 38 bytes a word: 19 whole characters of two */
    assert_non_null(strstr(out, "=?UTF-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7w=?="));
}

static void no_text_ends_a_line(void **state)
{
    const char *const bad[] = {"a\r\nBcc: eve@example.com", "a\nb", "a\rb", "\x01", "a\x7f", "a\tb"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(header(bad[i], 9));
}

static void relays(void **state)
{
    char why[NET_WHY_MAX];
    const char *const good[] = {"smtp://mail.example.com:587", "smtps://mail.example.com", "smtp://127.0.0.1:25"};
    const char *const bad[] = {"http://mail.example.com", "mail.example.com", "smtp://user:pw@mail.example.com", "",
                               "smtp://a b"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(net_relay_check(good[i], why));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(net_relay_check(bad[i], why));
        assert_true(strlen(why) > 0 && !strstr(why, "pw"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_stays), cmocka_unit_test(the_rest_is_encoded),
                                       cmocka_unit_test(lines_are_short_and_characters_whole),
                                       cmocka_unit_test(no_text_ends_a_line), cmocka_unit_test(relays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
