/* The line that says how far a transfer is: what stands in it, and that it fits. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/progress.h"
#include "cli/table.h"

static void test_bytes(void **state)
{
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 KB"},
        {12345, "12.3 KB"},
        {999949, "999.9 KB"},
        {999950, "1.0 MB"},
        {1500000000, "1.5 GB"},
        {INT64_C(2000000000000), "2.0 TB"},
        {INT64_MAX, "9223.4 PB"},
    };
    struct arena a = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(progress_bytes(&a, cases[i].n), cases[i].text);
    arena_release(&a);
}

static void test_line(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(progress_line(&a, "bg.png", 0, 0, 3400, 80, false), "bg.png  waiting for 3 s");
    assert_string_equal(progress_line(&a, "bg.png", 3000, 0, 1500, 80, false), "bg.png  3.0 KB  2.0 KB/s");
    assert_string_equal(progress_line(&a, "bg.png", 5000, 10000, 5000, 80, false),
                        "bg.png  █████████████░░░░░░░░░░░░░   50%  5.0 KB of 10.0 KB  1.0 KB/s  5 s left");
    assert_string_equal(progress_line(&a, "bg.png", 5000, 10000, 5000, 50, false),
                        " 50%  5.0 KB of 10.0 KB  1.0 KB/s  5 s left");
    /* a server that sends more than it said is not at 130 % */
    assert_string_equal(progress_line(&a, "bg.png", 13000, 10000, 1000, 80, false), "bg.png  13.0 KB  13.0 KB/s");
    assert_string_equal(progress_line(&a, "bg.png", 1000, 4000000, 1000, 200, false) + strlen("bg.png  "),
                        "░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    0%  1.0 KB of 4.0 MB  1.0 KB/s  1 h 6 min left");
    assert_non_null(strstr(progress_line(&a, "bg.png", 5000, 10000, 5000, 80, true), "\033[32m█"));
    arena_release(&a);
}

static void test_it_fits(void **state)
{
    static const char *const labels[] = {"",
                                         "bg.png",
                                         "a\033[2Jb",
                                         "日本語の長い長い長い長い名前のファイル.png",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                         "\xff\xfe\xe6"};
    struct arena a = {0};
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        for (unsigned width = 0; width < 200; width++)
            for (int64_t got = 0; got <= 5000000; got += 1000000) {
                const char *line = progress_line(&a, labels[i], got, i % 2 ? 5000000 : 0, 2000, width, false);
                assert_true(table_text_width(str_of(line)) <= (width ? width - 1 : 0));
                assert_null(strchr(line, '\033'));
            }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
