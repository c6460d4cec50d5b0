/* Which reminder comes when: each step once, the last that has passed for who comes late, none for what was short from
 * the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/reminder_plan.h"

#define DAY   INT64_C(86400)
#define START (INT64_C(20000) * DAY)

static struct store_reminder r;
static struct reminder_due due;

static int fresh(void **state)
{
    r = (struct store_reminder){.key_id = 1};
    return 0;
}

static void plan(int64_t expires_at, int64_t rotate_at, int64_t from)
{
    reminder_plan(&r, expires_at, from, rotate_at, from);
}

/* -1: nothing is said. */
static int expiry_told(int64_t now)
{
    reminder_take(&r, now, &due);
    return due.expiry ? due.expiry_days : -1;
}

static int rotation_told(int64_t now)
{
    reminder_take(&r, now, &due);
    return due.rotation ? due.rotation_days : -1;
}

static void a_key_without_end_is_never_told_of(void **state)
{
    plan(0, 0, START);
    assert_int_equal(r.next_at, 0);
    assert_int_equal(expiry_told(START + 9999 * DAY), -1);
    assert_int_equal(r.next_at, 0);
}

static void each_step_comes_once_and_in_time(void **state)
{
    static const int days[] = {14, 3, 1, 0};
    plan(START + 90 * DAY, 0, START);
    for (int i = 0; i < 4; i++) {
        int64_t at = START + (90 - days[i]) * DAY;
        assert_int_equal(r.next_at, at);
        assert_int_equal(expiry_told(at - 1), -1);
        assert_int_equal(expiry_told(at), days[i]);
        assert_int_equal(expiry_told(at), -1);
        assert_int_equal(expiry_told(at + DAY / 2), -1);
    }
    assert_int_equal(r.next_at, 0);
}

static void who_comes_late_tells_the_last_step(void **state)
{
    plan(START + 90 * DAY, 0, START);
    assert_int_equal(expiry_told(START + 88 * DAY), 3);
    assert_int_equal(r.next_at, START + 89 * DAY);
    assert_int_equal(expiry_told(START + 400 * DAY), 0);
    assert_int_equal(r.next_at, 0);
}

static void a_clock_set_back_repeats_nothing(void **state)
{
    plan(START + 90 * DAY, 0, START);
    assert_int_equal(expiry_told(START + 87 * DAY), 3);
    assert_int_equal(expiry_told(START + 10 * DAY), -1);
    assert_int_equal(expiry_told(START + 77 * DAY), -1);
    assert_int_equal(expiry_told(START + 89 * DAY), 1);
    plan(START + 90 * DAY, 0, START + 20 * DAY); /* planned once more, the end is the same */
    assert_int_equal(expiry_told(START + 89 * DAY), -1);
}

static void steps_that_were_over_from_the_start_are_passed_by(void **state)
{
    plan(START + 2 * DAY, 0, START);
    assert_int_equal(r.next_at, START + DAY);
    assert_int_equal(expiry_told(START), -1);
    assert_int_equal(expiry_told(START + DAY), 1);
    fresh(NULL);
    plan(START + 60, 0, START);
    assert_int_equal(expiry_told(START + 59), -1);
    assert_int_equal(expiry_told(START + 60), 0);
}

static void another_expiry_begins_anew(void **state)
{
    plan(START + 10 * DAY, 0, START);
    assert_int_equal(expiry_told(START + 7 * DAY), 3);
    reminder_plan(&r, START + 100 * DAY, START + 7 * DAY, 0, START);
    assert_int_equal(r.next_at, START + 86 * DAY);
    assert_int_equal(expiry_told(START + 86 * DAY), 14);
    reminder_plan(&r, 0, START + 87 * DAY, 0, START);
    assert_int_equal(r.next_at, 0);
    assert_int_equal(expiry_told(START + 100 * DAY), -1);
}

static void a_rotation_is_told_of_by_itself(void **state)
{
    plan(START + 365 * DAY, START + 90 * DAY, START);
    assert_int_equal(r.next_at, START + 76 * DAY);
    assert_int_equal(rotation_told(START + 76 * DAY), 14);
    assert_false(due.expiry);
    assert_int_equal(rotation_told(START + 90 * DAY), 0);
    assert_int_equal(r.next_at, START + 351 * DAY);
    assert_int_equal(rotation_told(START + 350 * DAY), -1);
}

static void what_has_expired_is_not_to_be_rotated(void **state)
{
    plan(START + 80 * DAY, START + 90 * DAY, START);
    assert_int_equal(rotation_told(START + 76 * DAY), 14);
    reminder_take(&r, START + 95 * DAY, &due);
    assert_true(due.expiry && !due.rotation);
    assert_int_equal(r.next_at, 0);
}

/* An imported key is as old as it says: overdue is told at once, and once. */
static void an_old_key_is_overdue(void **state)
{
    reminder_plan(&r, 0, START, START - 10 * DAY, START - 100 * DAY);
    assert_true(r.next_at <= START && r.next_at > 0);
    assert_int_equal(rotation_told(START), 0);
    assert_int_equal(rotation_told(START + DAY), -1);
    fresh(NULL);
    reminder_plan(&r, 0, START, 5 * DAY, 0); /* made in 1970 */
    assert_int_equal(rotation_told(START), 0);
}

static void a_key_shows_what_is_near(void **state)
{
    assert_false(reminder_is_near(0, START, START));
    assert_false(reminder_is_near(START + 90 * DAY, START, START + 75 * DAY));
    assert_true(reminder_is_near(START + 90 * DAY, START, START + 76 * DAY));
    assert_true(reminder_is_near(START + 90 * DAY, START, START + 91 * DAY));
    assert_false(reminder_is_near(START + 7 * DAY, START, START + 3 * DAY));
    assert_true(reminder_is_near(START + 7 * DAY, START, START + 4 * DAY));
    assert_false(reminder_is_near(START + 3600, START, START + 3599));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(a_key_without_end_is_never_told_of),
        TEST(each_step_comes_once_and_in_time),
        TEST(who_comes_late_tells_the_last_step),
        TEST(a_clock_set_back_repeats_nothing),
        TEST(steps_that_were_over_from_the_start_are_passed_by),
        TEST(another_expiry_begins_anew),
        TEST(a_rotation_is_told_of_by_itself),
        TEST(what_has_expired_is_not_to_be_rotated),
        TEST(an_old_key_is_overdue),
        TEST(a_key_shows_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
