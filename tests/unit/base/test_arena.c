#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

static void gives_aligned_zeroed_memory(void **state)
{
    struct arena a = {0};
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_release(&a);
    assert_null(a.head);
}

static void pieces_do_not_overlap(void **state)
{
    struct arena a = {0};
    unsigned char *pieces[500];
    for (size_t i = 0; i < 500; i++) {
        size_t size = 1 + i * 37 % 9000;
        pieces[i] = arena_alloc(&a, size);
        memset(pieces[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < 1 + i * 37 % 9000; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
    arena_release(&a);
}

static void clear_keeps_a_block_that_is_zero_again(void **state)
{
    struct arena a = {0};
    for (int round = 0; round < 3; round++) {
        arena_alloc(&a, 100000); /* larger than a block: never kept */
        char *text = arena_alloc(&a, 1000);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(text[i], 0);
        memset(text, 's', 1000);
        arena_alloc(&a, 16000);
        arena_clear(&a);
        assert_int_equal(a.used, 0);
    }
    arena_release(&a);
    arena_clear(&a);
    arena_release(&a);
}

static void copies_text_with_a_nul(void **state)
{
    struct arena a = {0};
    assert_string_equal(arena_cstr(&a, (struct cardea_str){"hello world", 5}), "hello");
    assert_string_equal(arena_cstr(&a, (struct cardea_str){NULL, 0}), "");
    struct cardea_str s = arena_str(&a, STR("abc"));
    assert_int_equal(s.len, 3);
    assert_int_equal(s.ptr[3], 0);
    s = arena_printf(&a, "%s-%d", "x", 42);
    assert_int_equal(s.len, 4);
    assert_string_equal(s.ptr, "x-42");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_zeroed_memory),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(clear_keeps_a_block_that_is_zero_again),
        cmocka_unit_test(copies_text_with_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
