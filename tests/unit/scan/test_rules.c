/* The packs that are compiled in: each can be read, each pattern searched for, and each example holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "scan/examples.h"
#include "scan/pack.h"

static struct cardea_scanner *open_scanner(const struct cardea_scan_options *options)
{
    struct cardea_scanner *s = NULL;
    char *mistakes;
    enum cardea_err err = cardea_scanner_open(&s, options, &mistakes);
    if (err != CARDEA_OK)
        fail_msg("%d: %s", err, mistakes ? mistakes : "");
    return s;
}

static void run_examples(const struct cardea_scanner *s)
{
    struct scan_examples done;
    struct buf report;
    buf_init(&report, 1 << 20);
    assert_int_equal(scan_examples_run(s, NULL, &report, &done), CARDEA_OK);
    if (done.failed)
        fail_msg("%zu of %zu examples fail:\n%s", done.failed, done.run, report.ptr);
    assert_true(done.run > 0);
    buf_release(&report);
}

static void every_pattern_compiles(void **state)
{
    for (size_t i = 0; i < scan_pack_builtin_count; i++) {
        struct arena arena = {0};
        struct diags diags;
        struct buf out;
        const struct scan_pack_builtin *b = &scan_pack_builtins[i];
        buf_init(&out, 1 << 20);
        diags_init(&diags, &arena, b->file);
        if (!scan_pack_read(&arena, b->file, (struct cardea_str){b->text, b->len}, true, &diags)) {
            diags_write(&diags, &out);
            fail_msg("%s", out.ptr);
        }
        buf_release(&out);
        arena_release(&arena);
    }
}

static void every_example_holds(void **state)
{
    struct cardea_scanner *s = open_scanner(&(struct cardea_scan_options){0});
    run_examples(s);
    cardea_scanner_free(s);
}

static void every_example_holds_with_pcre2_alone(void **state)
{
    struct cardea_scanner *s = open_scanner(&(struct cardea_scan_options){.without_multi = true});
    struct cardea_scanner_info info;
    cardea_scanner_info(s, &info);
    assert_string_equal(info.engine, "PCRE2");
    assert_null(info.degraded);
    run_examples(s);
    cardea_scanner_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_compiles),
        cmocka_unit_test(every_example_holds),
        cmocka_unit_test(every_example_holds_with_pcre2_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
