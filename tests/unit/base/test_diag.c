#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/diag.h"

static void sorts_by_place_and_keeps_ties(void **state)
{
    struct arena a = {0};
    struct buf out;
    struct diags d;
    buf_init(&out, 1 << 20);
    diags_init(&d, &a, "f.yaml");
    diags_add(&d, 3, 1, "third");
    diags_add(&d, 1, 9, "second");
    diags_add(&d, 1, 2, "first");
    diags_add(&d, 1, 9, "second too");
    diags_add(&d, 0, 0, "all of it");
    diags_write(&d, &out);
    assert_string_equal(out.ptr, "f.yaml: all of it\nf.yaml:1:2: first\nf.yaml:1:9: second\nf.yaml:1:9: second too\n"
                                 "f.yaml:3:1: third\n");
    buf_release(&out);
    arena_release(&a);
}

static void escapes_what_a_terminal_would_obey(void **state)
{
    struct arena a = {0};
    struct buf out;
    struct diags d;
    buf_init(&out, 1 << 20);
    diags_init(&d, &a,
               "a\x1b"
               "b");
    diags_add(&d, 1, 1, "%s", "x\x1b[2J\n\xc2\x9b\xff\xc3\xa9");
    diags_write(&d, &out);
    assert_string_equal(out.ptr, "a\\x1bb:1:1: x\\x1b[2J\\x0a\\xc2\\x9b\\xff\xc3\xa9\n");
    buf_release(&out);
    arena_release(&a);
}

static void counts_what_it_does_not_keep(void **state)
{
    struct arena a = {0};
    struct buf out;
    struct diags d;
    buf_init(&out, 1 << 20);
    diags_init(&d, &a, "f");
    for (unsigned i = 0; i < DIAG_MAX + 7; i++)
        diags_add(&d, i + 1, 1, "mistake");
    diags_write(&d, &out);
    assert_non_null(strstr(out.ptr, "f:200:1: mistake\nf: and 7 more mistakes\n"));
    assert_null(strstr(out.ptr, "f:201:"));
    buf_release(&out);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_place_and_keeps_ties),
        cmocka_unit_test(escapes_what_a_terminal_would_obey),
        cmocka_unit_test(counts_what_it_does_not_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
