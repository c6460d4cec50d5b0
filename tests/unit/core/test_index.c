/* test_index.c - the writer's tables of positions; memory given back at once. */
#include "rig.h"

#include "core/block.h"
#include "core/index.h"

static bool is_wanted(const void *arg, uint32_t position)
{
    const uint32_t *wanted = arg;
    return position == *wanted;
}

static void many_positions_are_found(void **state)
{
    struct index x = {.slots = NULL};
    uint32_t wanted = 3;
    assert_int_equal(index_find(&x, 7, is_wanted, &wanted), INDEX_NONE);
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(index_reserve(&x), CARDEA_OK);
        index_add(&x, (uint64_t)(i % 100) << 32, i); /* a hundred with the same hash */
    }
    for (wanted = 0; wanted < 10000; wanted += 37)
        assert_int_equal(index_find(&x, (uint64_t)(wanted % 100) << 32, is_wanted, &wanted), wanted);
    wanted = 10000;
    assert_int_equal(index_find(&x, 0, is_wanted, &wanted), INDEX_NONE);
    index_release(&x);
    assert_null(x.slots);
}

static void blocks_are_aligned_and_zero(void **state)
{
    struct block *b = NULL;
    for (size_t len = 0; len < 40000; len += 777) {
        unsigned char *at = block_alloc(&b, len);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xff, len);
    }
    assert_null(block_alloc(&b, SIZE_MAX));
    block_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_positions_are_found),
                                       cmocka_unit_test(blocks_are_aligned_and_zero)};
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
