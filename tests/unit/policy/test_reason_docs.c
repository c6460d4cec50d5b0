#include "rig.h"

#include "base/file.h"

/* The page is written by the packs and the table of codes: one that has drifted is a mistake. */
static void page_is_up_to_date(void **state)
{
    const char *path = getenv("REASON_DOCS") ? getenv("REASON_DOCS") : "docs/reference/reason-codes.md";
    struct cardea_str committed;
    struct arena arena = {0};
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(policy_reason_docs(&out), CARDEA_OK);
    if (!file_read(&arena, path, 1 << 20, &committed))
        fail_msg("cannot read %s", path);
    if (!str_eq(committed, buf_str(&out)))
        fail_msg("%s has drifted: write it anew with `cardea rules reasons`", path);
    buf_release(&out);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(page_is_up_to_date)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
