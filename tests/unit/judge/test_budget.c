/* At most so many in any minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/budget.h"
#include "judge/judge.h"

static unsigned take(struct budget *b, int64_t now_ms, unsigned tries)
{
    unsigned got = 0;
    while (tries--)
        got += budget_take(b, now_ms);
    return got;
}

static void a_minute_has_its_number(void **state)
{
    struct budget b = {0};
    assert_false(budget_take(&b, 0));
    budget_set(&b, 100);
    assert_int_equal(take(&b, 1000, 250), 100);
    assert_int_equal(take(&b, 1000 + JUDGE_MINUTE_MS - 1, 10), 0);
    assert_int_equal(take(&b, 1000 + JUDGE_MINUTE_MS, 250), 100);
    budget_release(&b);
}

/* In every window of 60 seconds, wherever it begins, whatever the pace. */
static void no_window_has_more(void **state)
{
    enum { LIMIT = 10, STEPS = 5000 };
    static int64_t taken[STEPS];
    unsigned n = 0;
    struct budget b = {0};
    uint64_t seed = 7;
    int64_t now = 0;
    budget_set(&b, LIMIT);
    for (unsigned i = 0; i < STEPS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        now += (int64_t)(seed >> 33) % (i % 1000 < 500 ? 100 : 9000);
        if (budget_take(&b, now))
            taken[n++] = now;
    }
    assert_true(n > LIMIT * 10);
    for (unsigned i = LIMIT; i < n; i++)
        assert_true(taken[i] - taken[i - LIMIT] >= JUDGE_MINUTE_MS);
    budget_release(&b);
}

static void can_be_changed(void **state)
{
    struct budget b = {0};
    budget_set(&b, 5);
    assert_int_equal(take(&b, 0, 9), 5);
    budget_set(&b, 8); /* what was taken stays taken */
    assert_int_equal(take(&b, 10, 9), 3);
    budget_set(&b, 2);
    assert_int_equal(take(&b, JUDGE_MINUTE_MS, 9), 0); /* the last two were at 10 */
    assert_int_equal(take(&b, 10 + JUDGE_MINUTE_MS, 9), 2);
    budget_set(&b, 0);
    assert_int_equal(take(&b, 99 * JUDGE_MINUTE_MS, 9), 0);
    budget_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_has_its_number),
        cmocka_unit_test(no_window_has_more),
        cmocka_unit_test(can_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
