/* A server that fails is left alone, and tried again by one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/breaker.h"

static bool ask(struct breaker *b, int64_t now_ms, bool ok)
{
    if (!breaker_admits(b, now_ms))
        return false;
    breaker_report(b, now_ms, breaker_begin(b), ok);
    return true;
}

static void fail_in_a_row(struct breaker *b, int64_t now_ms)
{
    for (unsigned i = 0; i < BREAKER_FAILURES; i++)
        assert_true(ask(b, now_ms, false));
    assert_int_equal(b->state, JUDGE_CIRCUIT_OPEN);
}

static void opens_after_failures_in_a_row(void **state)
{
    struct breaker b = {0};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i + 1 < BREAKER_FAILURES; i++)
            assert_true(ask(&b, 0, false));
        assert_true(ask(&b, 0, true)); /* not in a row */
    }
    fail_in_a_row(&b, 1000);
    assert_false(breaker_admits(&b, 1000));
    assert_false(breaker_admits(&b, 1000 + BREAKER_OPEN_MS - 1));
}

static void one_request_decides(void **state)
{
    struct breaker b = {0};
    int64_t later = BREAKER_OPEN_MS;
    fail_in_a_row(&b, 0);
    assert_true(breaker_admits(&b, later));
    assert_true(breaker_begin(&b));
    assert_int_equal(b.state, JUDGE_CIRCUIT_HALF_OPEN);
    assert_false(breaker_admits(&b, later));             /* while it is under way */
    assert_true(breaker_report(&b, later, true, false)); /* open again, from now */
    assert_false(breaker_admits(&b, later + BREAKER_OPEN_MS - 1));
    assert_true(ask(&b, later + BREAKER_OPEN_MS, true));
    assert_int_equal(b.state, JUDGE_CIRCUIT_CLOSED);
    for (unsigned i = 0; i + 1 < BREAKER_FAILURES; i++)
        assert_true(ask(&b, later, false)); /* it counts from the beginning */
    assert_int_equal(b.state, JUDGE_CIRCUIT_CLOSED);
}

/* What began before it opened ends after: it neither closes it nor keeps it open. */
static void late_news_count_for_nothing(void **state)
{
    struct breaker b = {0};
    bool late[3];
    for (unsigned i = 0; i < 3; i++)
        late[i] = breaker_begin(&b);
    fail_in_a_row(&b, 0);
    assert_false(breaker_report(&b, 1, late[0], true));
    assert_int_equal(b.state, JUDGE_CIRCUIT_OPEN);
    bool probe = breaker_begin(&b);
    assert_false(breaker_report(&b, 2, late[1], true));
    assert_false(breaker_report(&b, 2, late[2], false));
    assert_int_equal(b.state, JUDGE_CIRCUIT_HALF_OPEN);
    assert_true(breaker_report(&b, 3, probe, true));
    assert_int_equal(b.state, JUDGE_CIRCUIT_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_failures_in_a_row),
        cmocka_unit_test(one_request_decides),
        cmocka_unit_test(late_news_count_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
