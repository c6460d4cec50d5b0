/* Rows for people and for programs, and what must not reach a terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/table.h"

static const struct table_column columns[] = {{"NAME", true, false}, {"ID", false, false}};

/* Prints rows of two cells; the caller frees. */
static char *print(bool aligned, bool colour, unsigned width, const char *const rows[][2], size_t count)
{
    char *text = NULL;
    size_t size;
    struct arena a = {0};
    struct table t;
    FILE *out = open_memstream(&text, &size);
    table_init(&t, &a, out, aligned, colour, width, columns, 2);
    for (size_t i = 0; i < count; i++) {
        struct table_cell cells[] = {{str_of(rows[i][0]), TABLE_GOOD}, {str_of(rows[i][1]), TABLE_PLAIN}};
        table_add(&t, cells);
    }
    table_finish(&t);
    fclose(out);
    arena_release(&a);
    return text;
}

static void check(bool aligned, bool colour, unsigned width, const char *const rows[][2], size_t count,
                  const char *want)
{
    char *got = print(aligned, colour, width, rows, count);
    assert_string_equal(got, want);
    free(got);
}

static void test_piped(void **state)
{
    const char *const rows[][2] = {{"a\tb\nc", "1"}, {"", ""}};
    (void)state;
    check(false, false, 0, rows, 2, "a b c\t1\n\t\n");
    check(false, false, 0, rows, 0, "");
}

static void test_aligned(void **state)
{
    const char *const rows[][2] = {{"short", "1"}, {"日本", "22"}, {"e\xcc\x81t\xc3\xa9", "3"}};
    (void)state;
    check(true, false, 0, rows, 3, "NAME   ID\nshort  1\n日本   22\ne\xcc\x81t\xc3\xa9    3\n");
    check(true, false, 0, rows, 0, "");
    check(true, true, 0, rows, 1, "\033[2mNAME\033[0m   \033[2mID\033[0m\n\033[32mshort\033[0m  1\n");
}

static void test_narrow(void **state)
{
    const char *const rows[][2] = {{"a name that is long", "key_1"}, {"日本語日本語日本語", "k"}};
    (void)state;
    check(true, false, 17, rows, 2, "NAME        ID\na name th…  key_1\n日本語日…   k\n");
    /* what cannot shrink stays, and a shrinking column keeps 8 */
    check(true, false, 3, rows, 1, "NAME      ID\na name …  key_1\n");
}

static void test_optional_columns(void **state)
{
    static const struct table_column four[] = {
        {"A", false, false}, {"B", false, true}, {"C", true, true}, {"D", false, true}};
    const struct table_cell row[] = {{STR("aaaa"), TABLE_PLAIN},
                                     {STR("bbbb"), TABLE_PLAIN},
                                     {STR("cccccccccc"), TABLE_PLAIN},
                                     {STR("dddd"), TABLE_PLAIN}};
    static const struct {
        unsigned width;
        const char *text;
    } cases[] = {
        {28, "A     B     C           D\naaaa  bbbb  cccccccccc  dddd\n"},
        {26, "A     B     C         D\naaaa  bbbb  ccccccc…  dddd\n"},
        {25, "A     B     C\naaaa  bbbb  ccccccc…\n"},
        {10, "A     B\naaaa  bbbb\n"},
        {2, "A\naaaa\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = NULL;
        size_t size;
        struct arena a = {0};
        struct table t;
        FILE *out = open_memstream(&text, &size);
        table_init(&t, &a, out, true, false, cases[i].width, four, 4);
        table_add(&t, row);
        table_finish(&t);
        fclose(out);
        assert_string_equal(text, cases[i].text);
        free(text);
        arena_release(&a);
    }
}

static void test_clean(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"a\x1b[2J", "a [2J"},
        {"\x7f\xc2\x9b", "  "},
        {"\xe2\x80\xae", " "},
        {"\xff\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"€😀", "€😀"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        buf_init(&b, 100);
        table_clean(&b, str_of(cases[i][0]));
        assert_string_equal(b.ptr, cases[i][1]);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_piped),  cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_narrow), cmocka_unit_test(test_optional_columns),
        cmocka_unit_test(test_clean),
    };
    setlocale(LC_CTYPE, "C.UTF-8"); /* part of glibc since 2.35 */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
