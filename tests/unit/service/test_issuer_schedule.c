/* When an issuer's keys are fetched, by a clock that the test owns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/issuer_schedule.h"

#define START 1000000

static struct issuer_schedule s;

static int setup(void **state)
{
    issuer_schedule_init(&s, ISSUER_REFRESH_MS, START);
    return 0;
}

/* One fetch at `now`, which must be due. */
static bool fetch(int64_t now, enum issuer_outcome outcome)
{
    assert_true(issuer_schedule_begin(&s, now));
    return issuer_schedule_end(&s, now, outcome);
}

static void the_first_is_at_once_and_the_next_after_the_period(void **state)
{
    assert_int_equal(issuer_schedule_next(&s), START);
    assert_true(issuer_schedule_begin(&s, START));
    assert_false(issuer_schedule_begin(&s, START)); /* one at a time */
    assert_false(issuer_schedule_end(&s, START + 50, ISSUER_FETCHED));
    assert_int_equal(s.confirmed_ms, START + 50);
    assert_int_equal(issuer_schedule_next(&s), START + 50 + ISSUER_REFRESH_MS);
    assert_false(issuer_schedule_begin(&s, START + 49 + ISSUER_REFRESH_MS));
    assert_false(fetch(START + 50 + ISSUER_REFRESH_MS, ISSUER_UNCHANGED));
}

static void unknown_kids_ask_at_most_every_thirty_seconds(void **state)
{
    int64_t now = START;
    fetch(now, ISSUER_FETCHED);
    now += 100;
    assert_true(issuer_schedule_ask(&s, now)); /* the first fetch was no answer to it */
    fetch(now, ISSUER_FETCHED);
    unsigned fetches = 0;
    for (int64_t end = now + 3 * ISSUER_ASKED_MS; now < end; now += 10) {
        bool coming = issuer_schedule_ask(&s, now);
        bool began = issuer_schedule_begin(&s, now);
        assert_int_equal(coming, began);
        if (began) {
            issuer_schedule_end(&s, now, fetches % 2 ? ISSUER_UNREACHABLE : ISSUER_FETCHED);
            fetches++;
        }
    }
    assert_in_range(fetches, 2, 5); /* with the retry after a failure, which nobody asked for */
}

static void what_was_asked_too_early_is_done_later(void **state)
{
    fetch(START, ISSUER_FETCHED);
    assert_true(issuer_schedule_ask(&s, START + 1));
    fetch(START + 1, ISSUER_FETCHED);
    assert_false(issuer_schedule_ask(&s, START + 2));
    assert_int_equal(issuer_schedule_next(&s), START + 1 + ISSUER_ASKED_MS);
    assert_false(issuer_schedule_begin(&s, START + ISSUER_ASKED_MS));
    fetch(START + 1 + ISSUER_ASKED_MS, ISSUER_FETCHED);
    assert_int_equal(issuer_schedule_next(&s), START + 1 + ISSUER_ASKED_MS + ISSUER_REFRESH_MS);
}

static void a_fetch_that_runs_answers_who_asks_meanwhile(void **state)
{
    fetch(START, ISSUER_FETCHED);
    issuer_schedule_ask(&s, START + 1);
    assert_true(issuer_schedule_begin(&s, START + 1));
    assert_true(issuer_schedule_ask(&s, START + 2));
    issuer_schedule_end(&s, START + 3, ISSUER_FETCHED);
    assert_int_equal(issuer_schedule_next(&s), START + 3 + ISSUER_REFRESH_MS);
}

static void without_keys_it_tries_sooner_and_then_slower(void **state)
{
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    int64_t now = START;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        fetch(now, ISSUER_UNREACHABLE);
        assert_int_equal(issuer_schedule_next(&s) - now, waits[i]);
        now = issuer_schedule_next(&s);
    }
    assert_int_equal(s.confirmed_ms, -1);
    fetch(now, ISSUER_FETCHED);
    now += ISSUER_REFRESH_MS;
    fetch(now, ISSUER_REFUSED);
    assert_int_equal(issuer_schedule_next(&s) - now, ISSUER_RETRY_MAX_MS);
    assert_int_equal(s.confirmed_ms, now - ISSUER_REFRESH_MS);
}

static void a_file_is_looked_at_as_often_when_it_is_bad(void **state)
{
    issuer_schedule_init(&s, ISSUER_LOOK_MS, START);
    fetch(START, ISSUER_FETCHED);
    fetch(START + ISSUER_LOOK_MS, ISSUER_UNUSABLE);
    assert_int_equal(issuer_schedule_next(&s), START + 2 * ISSUER_LOOK_MS);
}

static void the_log_is_told_once_a_minute(void **state)
{
    int64_t now = START;
    unsigned told = 0;
    while (now < START + 5 * ISSUER_COMPLAIN_MS) {
        told += fetch(now, ISSUER_UNUSABLE);
        now = issuer_schedule_next(&s);
    }
    assert_in_range(told, 4, 5);
    fetch(now, ISSUER_FETCHED);
    now = issuer_schedule_next(&s);
    assert_true(fetch(now, ISSUER_UNREACHABLE)); /* it had worked meanwhile */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_is_at_once_and_the_next_after_the_period, setup),
        cmocka_unit_test_setup(unknown_kids_ask_at_most_every_thirty_seconds, setup),
        cmocka_unit_test_setup(what_was_asked_too_early_is_done_later, setup),
        cmocka_unit_test_setup(a_fetch_that_runs_answers_who_asks_meanwhile, setup),
        cmocka_unit_test_setup(without_keys_it_tries_sooner_and_then_slower, setup),
        cmocka_unit_test_setup(a_file_is_looked_at_as_often_when_it_is_bad, setup),
        cmocka_unit_test_setup(the_log_is_told_once_a_minute, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
