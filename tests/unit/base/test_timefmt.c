#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/str.h"
#include "base/timefmt.h"

static void writes_and_reads_the_same(void **state)
{
    for (int64_t t = 0; t <= 253402300799; t += 86400 * 37 + 12347) {
        char text[TIMEFMT_LEN];
        int64_t back = -1;
        timefmt_rfc3339(text, t);
        assert_int_equal(text[20], 0);
        assert_true(timefmt_parse(str_of(text), &back));
        assert_int_equal(back, t);
    }
    char text[TIMEFMT_LEN];
    timefmt_rfc3339(text, 1795238100);
    assert_string_equal(text, "2026-11-21T05:15:00Z");
    timefmt_rfc3339(text, -5);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    timefmt_rfc3339(text, INT64_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void reads_offsets_and_fractions(void **state)
{
    static const struct {
        const char *text;
        int64_t sec;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1985-04-12T23:20:50.52Z", 482196050}, /* RFC 3339 section 5.8, as are the next four */
        {"1996-12-19T16:39:57-08:00", 851042397},
        {"1990-12-31T23:59:60Z", 662688000},
        {"1990-12-31T15:59:60-08:00", 662688000},
        {"1937-01-01T12:00:27.87+00:20", -1}, /* before 1970 */
        {"2000-02-29t00:00:00z", 951782400},
        {"2024-02-29 12:00:00Z", 1709208000},
        {"1970-01-01T00:30:00+00:30", 0},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t got = -1;
        assert_int_equal(timefmt_parse(str_of(cases[i].text), &got), cases[i].sec >= 0);
        assert_int_equal(got, cases[i].sec);
    }
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T05:15:00",
        "2026-11-21T05:15Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T05:60:00Z",
        "2026-11-21T05:15:61Z",
        "2026-11-21T05:15:60Z" /* not midnight */,
        "2026-11-21T05:15:00.Z",
        "2026-11-21T05:15:00+24:00",
        "2026-11-21T05:15:00+0100",
        "2026-11-21T05:15:00Z ",
        " 2026-11-21T05:15:00Z",
        "+026-11-21T05:15:00Z",
        "2026-11-21T05:15:00ZZ",
        "0000-01-01T00:00:00Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1700000000",
        "2026-11-21T05:15:00\xe2\x88\x92"
        "01:00",
    };
    int64_t got = 42;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(timefmt_parse(str_of(bad[i]), &got));
    assert_false(timefmt_parse((struct cardea_str){NULL, 0}, &got));
    assert_false(timefmt_parse((struct cardea_str){"2026-11-21T05:15:00\0", 20}, &got));
    assert_int_equal(got, 42);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t sec;
    } good[] = {{"90d", 7776000},
                {"12h", 43200},
                {"30m", 1800},
                {"45s", 45},
                {"0", 0},
                {"7", 7},
                {"9223372036854775807", INT64_MAX}};
    static const char *const bad[] = {"",
                                      "d",
                                      "-1d",
                                      "+1",
                                      "1.5h",
                                      "1w",
                                      "1 d",
                                      " 1d",
                                      "d1",
                                      "1dd",
                                      "1ms",
                                      "9223372036854775808",
                                      "9223372036854775807m",
                                      "0x10",
                                      "1e3"};
    int64_t got;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(timefmt_parse_duration(str_of(good[i].text), &got));
        assert_int_equal(got, good[i].sec);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(timefmt_parse_duration(str_of(bad[i]), &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_the_same),
        cmocka_unit_test(reads_offsets_and_fractions),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
