/* test_gcra.c - the rate limiter against a simulated clock, and by several threads at once. */
#include "rig.h"

#include <pthread.h>

#include "core/gcra.h"

#define MS   UINT64_C(1000000)
#define MARK UINT64_C(5)

static struct gcra_outcome draw(_Atomic uint64_t *word, uint32_t limit, uint32_t window_ms, uint32_t burst,
                                uint32_t cost, uint64_t ms)
{
    struct cardea_rate rate = {.limit = limit, .window_ms = window_ms, .burst = burst};
    return gcra_draw(word, MARK, &rate, cost, ms * MS);
}

static void burst_then_one_an_interval(void **state)
{
    _Atomic uint64_t word = 0;
    for (uint32_t i = 0; i < 10; i++) {
        struct gcra_outcome o = draw(&word, 10, 1000, 0, 1, 5000);
        assert_true(o.allowed);
        assert_int_equal(o.remaining, 9 - i);
        assert_int_equal(o.reset_ms, 100 * (i + 1));
    }
    struct gcra_outcome o = draw(&word, 10, 1000, 0, 1, 5000);
    assert_false(o.allowed);
    assert_int_equal(o.remaining, 0);
    assert_int_equal(o.retry_after_ms, 100);
    assert_false(draw(&word, 10, 1000, 0, 1, 5099).allowed);
    assert_true(draw(&word, 10, 1000, 0, 1, 5100).allowed);
    assert_false(draw(&word, 10, 1000, 0, 1, 5101).allowed);
    assert_int_equal(draw(&word, 10, 1000, 0, 0, 60000).remaining, 10);
}

static void a_burst_of_its_own(void **state)
{
    _Atomic uint64_t word = 0;
    assert_true(draw(&word, 60, 60000, 3, 3, 1000).allowed);
    assert_false(draw(&word, 60, 60000, 3, 1, 1999).allowed);
    assert_true(draw(&word, 60, 60000, 3, 1, 2000).allowed);
    struct gcra_outcome o = draw(&word, 60, 60000, 3, 4, 100000);
    assert_false(o.allowed); /* more than the burst never fits */
    assert_int_equal(o.remaining, 3);
}

static void looking_takes_nothing(void **state)
{
    _Atomic uint64_t word = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(draw(&word, 2, 1000, 0, 0, 1000).remaining, 2);
    assert_int_equal(word, 0);
    draw(&word, 2, 1000, 0, 2, 1000);
    struct gcra_outcome o = draw(&word, 2, 1000, 0, 0, 1000);
    assert_true(o.allowed);
    assert_int_equal(o.remaining, 0);
}

static void refunds_and_other_boots(void **state)
{
    _Atomic uint64_t word = 0;
    struct cardea_rate rate = {.limit = 2, .window_ms = 1000};
    assert_true(draw(&word, 2, 1000, 0, 2, 1000).allowed);
    gcra_refund(&word, &rate, 1);
    assert_true(draw(&word, 2, 1000, 0, 1, 1000).allowed);
    assert_false(draw(&word, 2, 1000, 0, 1, 1000).allowed);
    assert_true(gcra_draw(&word, MARK + 1, &rate, 2, 1000 * MS).allowed);
    uint8_t id[16] = {0};
    assert_int_not_equal(gcra_boot_mark(id), 0);
    assert_true(gcra_boot_mark(id) < 4096);
}

/* The rate was one a day and is now ten a second: the old debt does not keep the key out for a day. */
static void a_faster_rate_counts_at_once(void **state)
{
    _Atomic uint64_t word = 0;
    assert_true(draw(&word, 1, 86400000, 0, 1, 1000).allowed);
    assert_false(draw(&word, 1, 86400000, 0, 1, 2000).allowed);
    assert_false(draw(&word, 10, 1000, 0, 1, 3000).allowed);
    assert_true(draw(&word, 10, 1000, 0, 1, 3100).allowed);
}

static void extreme_rates(void **state)
{
    _Atomic uint64_t word = 0;
    assert_true(draw(&word, UINT32_MAX, 1, UINT32_MAX, 1, 1).allowed);
    word = 0;
    assert_true(draw(&word, 1, UINT32_MAX, UINT32_MAX, 1, 1).allowed);
    word = UINT64_MAX;
    (void)draw(&word, 1, 1, 1, 1, 1);
    assert_true(draw(&word, 1, 1, 1, 1, UINT64_C(1) << 40).allowed);
}

struct crowd {
    _Atomic uint64_t word;
    _Atomic unsigned allowed;
};

static void *press(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < 5000; i++) {
        if (draw(&c->word, 1000, 3600000, 0, 1, 1000).allowed)
            c->allowed++;
    }
    return NULL;
}

static void a_crowd_gets_no_more(void **state)
{
    struct crowd c = {0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, press, &c), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(c.allowed, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_one_an_interval),   cmocka_unit_test(a_burst_of_its_own),
        cmocka_unit_test(looking_takes_nothing),        cmocka_unit_test(refunds_and_other_boots),
        cmocka_unit_test(a_faster_rate_counts_at_once), cmocka_unit_test(extreme_rates),
        cmocka_unit_test(a_crowd_gets_no_more),
    };
    return cmocka_run_group_tests_name("gcra", tests, NULL, NULL);
}
