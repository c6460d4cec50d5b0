#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void compares(void **state)
{
    assert_true(str_eq_nocase(STR("Authorization"), STR("aUTHORIZATION")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_false(str_eq_nocase(STR("["), STR("{"))); /* 0x5b and 0x7b: no letters */
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_eq((struct cardea_str){NULL, 0}, STR("")));
}

static void cuts_every_piece(void **state)
{
    struct cardea_str rest = STR("a,,bc,"), piece;
    static const char *const expected[] = {"a", "", "bc", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_cut(&rest, ',', &piece));
        assert_true(str_eq(piece, str_of(expected[i])));
    }
    assert_false(str_cut(&rest, ',', &piece));
    rest = STR("");
    assert_true(str_cut(&rest, ',', &piece));
    assert_int_equal(piece.len, 0);
    assert_false(str_cut(&rest, ',', &piece));
    rest = (struct cardea_str){NULL, 0};
    assert_false(str_cut(&rest, ',', &piece));
}

static void trims(void **state)
{
    assert_true(str_eq(str_trim(STR(" \t a b \t")), STR("a b")));
    assert_true(str_eq(str_trim(STR(" \t ")), STR("")));
    assert_true(str_eq(str_trim(STR("\n")), STR("\n")));
}

/* The classes of RFC 3629 section 4 and one step beyond each bound. */
static void utf8_is_strict(void **state)
{
    static const char *const good[] = {"",
                                       "ascii",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x7f",
                                      "\xc2\xc0",
                                      "\xe0\x9f\xbf" /* overlong */,
                                      "\xe0\xa0",
                                      "\xed\xa0\x80" /* surrogate */,
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf" /* overlong */,
                                      "\xf4\x90\x80\x80" /* above U+10FFFF */,
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xfe",
                                      "ok\xe2\x82",
                                      "\xe2\x28\xa1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(str_utf8_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(str_utf8_valid(str_of(bad[i])));
    assert_true(str_utf8_valid((struct cardea_str){"a\0b", 3}));
}

static void suggests_what_was_meant(void **state)
{
    static const char *const names[] = {"format", "alphabet", "flags", "scopes", "max_active", "up"};
    static const struct {
        const char *given, *meant;
    } cases[] = {
        {"frmat", "format"}, {"fromat", "format"},    {"Format", "format"},        {"formats", "format"},
        {"scope", "scopes"}, {"alphabt", "alphabet"}, {"maxactive", "max_active"}, {"xyz", NULL},
        {"", NULL},          {"routes", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = str_nearest(str_of(cases[i].given), names, 6);
        if (cases[i].meant)
            assert_string_equal(got, cases[i].meant);
        else
            assert_null(got);
    }
    char huge[10000];
    memset(huge, 'f', sizeof(huge));
    assert_null(str_nearest((struct cardea_str){huge, sizeof(huge)}, names, 6));
    assert_null(str_nearest(STR("x"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),       cmocka_unit_test(cuts_every_piece),        cmocka_unit_test(trims),
        cmocka_unit_test(utf8_is_strict), cmocka_unit_test(suggests_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
