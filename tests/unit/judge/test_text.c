/* What is shown of a text: no controls, nothing invisible, one line, and no more than fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "judge/text.h"

static void expect(const char *text, const char *want)
{
    char out[41];
    memset(out, 'x', sizeof(out));
    text_clean(out, sizeof(out), str_of(text));
    if (strcmp(out, want) != 0)
        fail_msg("`%s` became `%s`, not `%s`", text, out, want);
    assert_true(str_utf8_valid(str_of(out)));
}

static void cleans(void **state)
{
    expect("", "");
    expect("plain words", "plain words");
    expect("  spaces \t and\r\n\r\nlines\x0b\x0c ", "spaces and lines");
    expect("\x1b[31mred\x1b[0m\x07\x08\x7f", "[31mred [0m");
    expect("c1: \xc2\x9b"
           "31m \xc2\x85 end",
           "c1: 31m end");
    expect("bidi \xe2\x80\xae"
           "evil\xe2\x80\xac",
           "bidi evil");
    expect("zero\xe2\x80\x8bwidth\xef\xbb\xbf", "zerowidth");
    expect("tags\xf3\xa0\x81\x81\xf3\xa0\x81\x82.", "tags.");
    expect("soft\xc2\xadhyphen \xe2\x80\xa8line\xe2\x80\xa9", "softhyphen line");
    expect("Grüße, 昼 😀", "Grüße, 昼 😀");
    expect("not \xff utf8 \xc3", "not utf8");
    expect("\n\n\t \x01", "");
}

static void keeps_to_the_room(void **state)
{
    expect("0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789");
    expect("01234567890123456789012345678901234567890", "0123456789012345678901234567890123456...");
    expect("0123456789012345678901234567890123456 89 and more", "0123456789012345678901234567890123456...");
    /* Never within a character: each of these has three bytes. */
    expect("昼昼昼昼昼昼昼昼昼昼昼昼昼昼", "昼昼昼昼昼昼昼昼昼昼昼昼...");
    char out[8];
    for (size_t room = 4; room <= sizeof(out); room++) {
        text_clean(out, room, STR("昼昼昼昼"));
        assert_true(strlen(out) < room && str_utf8_valid(str_of(out)));
    }
}

static void tells_kinds_apart(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t code;
        enum text_kind kind;
    } all[] = {
        {"a", 1, 'a', TEXT_PLAIN},
        {"\t", 1, '\t', TEXT_PLAIN},
        {"\n", 1, '\n', TEXT_BREAK},
        {"\r\n", 1, '\r', TEXT_BREAK},
        {"\x1b", 1, 0x1b, TEXT_CONTROL},
        {"\xc2\xa0", 2, 0xa0, TEXT_PLAIN},
        {"\xe2\x80\x8b", 3, 0x200b, TEXT_INVISIBLE},
        {"\xe2\x80\x8d", 3, 0x200d, TEXT_PLAIN}, /* joins emoji and letters */
        {"\xf3\xa0\x81\x81", 4, 0xe0041, TEXT_INVISIBLE},
        {"\xf3\xa0\x84\x80", 4, 0xe0100, TEXT_INVISIBLE},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff, TEXT_INVISIBLE},
        {"\xf0\x9f\x98\x80", 4, 0x1f600, TEXT_PLAIN},
        {"\xed\xa0\x80", 1, 0, TEXT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        size_t len;
        uint32_t code;
        enum text_kind kind = text_step(str_of(all[i].text), 0, &len, &code);
        if (kind != all[i].kind || len != all[i].len || code != all[i].code)
            fail_msg("%zu: kind %d, %zu bytes, U+%04X", i, kind, len, (unsigned)code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans),
        cmocka_unit_test(keeps_to_the_room),
        cmocka_unit_test(tells_kinds_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
