/* The last answers: for how long, how many, and which go first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "judge/cache.h"

static struct cardea_digest key_of(unsigned n)
{
    struct cardea_digest d;
    char text[16];
    snprintf(text, sizeof(text), "%u", n);
    cardea_digest(str_of(text), &d);
    return d;
}

static void put(struct cache *c, unsigned n, int64_t now_ms)
{
    struct cardea_digest key = key_of(n);
    struct judge_answer a = {.verdict = (enum judge_verdict)(n % JUDGE_VERDICT_COUNT)};
    snprintf(a.reason, sizeof(a.reason), "reason %u", n);
    cache_put(c, &key, now_ms, &a);
}

static bool has(struct cache *c, unsigned n, int64_t now_ms)
{
    struct cardea_digest key = key_of(n);
    struct judge_answer a = {0};
    char want[32];
    if (!cache_get(c, &key, now_ms, &a))
        return false;
    snprintf(want, sizeof(want), "reason %u", n);
    assert_string_equal(a.reason, want);
    assert_int_equal(a.verdict, n % JUDGE_VERDICT_COUNT);
    return true;
}

static void keeps_for_five_minutes(void **state)
{
    struct cache *c = cache_new(JUDGE_CACHE_SIZE, JUDGE_CACHE_MS);
    assert_false(has(c, 1, 0));
    put(c, 1, 1000);
    assert_true(has(c, 1, 1000));
    assert_true(has(c, 1, 1000 + 5 * 60 * 1000 - 1));
    assert_false(has(c, 1, 1000 + 5 * 60 * 1000)); /* from when it was made: being used does not renew it */
    put(c, 1, 400000);
    assert_true(has(c, 1, 400000 + 5 * 60 * 1000 - 1));
    cache_free(c);
}

static void keeps_a_thousand(void **state)
{
    struct cache *c = cache_new(JUDGE_CACHE_SIZE, JUDGE_CACHE_MS);
    for (unsigned n = 0; n < 1000; n++)
        put(c, n, 0);
    for (unsigned n = 0; n < 1000; n++)
        assert_true(has(c, n, 1)); /* used in this order */
    assert_true(has(c, 0, 1));
    put(c, 1000, 1);
    assert_true(has(c, 1000, 1) && has(c, 0, 1));
    assert_false(has(c, 1, 1)); /* the one that was not used for longest */
    assert_true(has(c, 2, 1));
    cache_free(c);
}

/* Against a plain list, with few places and many keys. */
static void agrees_with_a_list(void **state)
{
    enum { SIZE = 7, KEYS = 20 };
    struct cache *c = cache_new(SIZE, 1000000);
    unsigned list[SIZE], count = 0;
    srand(3);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned n = (unsigned)rand() % KEYS, at = 0;
        while (at < count && list[at] != n)
            at++;
        bool known = at < count;
        if (rand() % 2) {
            put(c, n, 0);
            if (!known && count < SIZE)
                at = count++;
            else if (!known)
                at = SIZE - 1;
        } else {
            assert_int_equal(has(c, n, 0), known);
            if (!known)
                continue;
        }
        memmove(list + 1, list, at * sizeof(list[0]));
        list[0] = n;
    }
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_for_five_minutes),
        cmocka_unit_test(keeps_a_thousand),
        cmocka_unit_test(agrees_with_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
