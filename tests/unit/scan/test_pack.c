#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "scan/fields_rule.h"
#include "scan/pack.h"

static struct arena arena;
static struct buf out;

static int begin(void **state)
{
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&out);
    return 0;
}

static const struct scan_pack *read_pack(const char *text)
{
    struct diags diags;
    diags_init(&diags, &arena, "f");
    const struct scan_pack *pack = scan_pack_read(&arena, "f", str_of(text), true, &diags);
    diags_write(&diags, &out);
    assert_int_equal(pack == NULL, diags.count > 0);
    return pack;
}

#define RULE(rest)                                                                                                     \
    "pack: p\ntitle: P\nrules:\n- {id: a.b, title: T, category: secret, severity: high, examples: {match: [x]}, " rest \
    "}\n"

static void refuses(const char *text, const char *why)
{
    buf_clear(&out);
    assert_null(read_pack(text));
    if (!strstr(out.ptr, why))
        fail_msg("`%s` is not in: %s", why, out.ptr);
}

static void a_rule_is_filled_in(void **state)
{
    const struct scan_pack *pack = read_pack(
        RULE("pattern: 'a(b+)', entropy: 3.5, needs: [digit, upper], checksum: key"));
    assert_non_null(pack);
    assert_string_equal(pack->name, "p");
    assert_int_equal(pack->count, 1);
    const struct scan_rule *r = &pack->rules[0];
    assert_string_equal(r->id, "a.b");
    assert_int_equal(r->kind, SCAN_BY_PATTERN);
    assert_int_equal(r->seeks.count, 1);
    assert_int_equal(r->views, 1u << CARDEA_SCAN_RAW | 1u << CARDEA_SCAN_FOLDED | 1u << CARDEA_SCAN_DECODED);
    assert_int_equal(r->sensitivity, CARDEA_SCAN_AT_LOW);
    assert_int_equal(r->entropy_milli, 3500);
    assert_int_equal(r->needs, FIELDS_NEED_DIGIT | FIELDS_NEED_UPPER);
    assert_int_equal(r->checksum, FIELDS_CHECK_KEY);
    assert_int_equal(r->signal, -1);
    assert_int_equal(r->within, 0);
    assert_int_equal(r->match.count, 1);
}

static void a_context_has_a_reach(void **state)
{
    const struct scan_pack *pack = read_pack(RULE("words: [abc], context: {require: [card]}"));
    assert_non_null(pack);
    assert_int_equal(pack->rules[0].within, 100);
    assert_int_equal(pack->rules[0].require.count, 1);
    assert_int_equal(pack->rules[0].kind, SCAN_BY_WORDS);
}

static void mistakes_are_named(void **state)
{
    refuses(RULE("severity2: x"), "severity2");
    refuses(RULE("flags: caseless"), "exactly one of");
    refuses(RULE("pattern: a, words: [b]"), "exactly one of");
    refuses(RULE("pattern: 'a('"), "`a(` is no pattern: missing closing parenthesis, at character 3");
    refuses(RULE("pattern: 'a*'"), "matches the empty text");
    refuses(RULE("pattern: a, allow: ['[']"), "`[` is no pattern");
    refuses(RULE("pattern: a, signal: finance"), "`signal` belongs to");
    refuses(RULE("pattern: a, score: 3"), "`score` belongs to");
    refuses(RULE("words: [a], flags: caseless"), "`flags` belongs to");
    refuses(RULE("domains: [a.example], entropy: 3"), "a rule of hosts has no views and no checks");
    refuses(RULE("domains: [com]"), "at least two labels");
    refuses(RULE("pattern: a, context: {within: 5}"), "`require` or `forbid`");
    refuses(RULE("pattern: a, entropy: 9"), "0 to 8");
    refuses("pack: p\ntitle: P\nrules:\n"
            "- &r {id: a, title: T, category: secret, severity: low, pattern: a, examples: {match: [x]}}\n",
            "anchor");
    refuses("pack: p\ntitle: P\nrules:\n"
            "- {id: a, title: T, category: secret, severity: low, pattern: a, examples: {match: [x]}}\n"
            "- {id: a, title: T, category: secret, severity: low, pattern: b, examples: {match: [x]}}\n",
            "f:5:8: `a` stands in line 4 too");
    refuses("", "the file is empty");
}

static void entropy_is_read_in_thousandths(void **state)
{
    assert_int_equal(fields_entropy(STR("3")), 3000);
    assert_int_equal(fields_entropy(STR("3.25")), 3250);
    assert_int_equal(fields_entropy(STR("0.125")), 125);
    assert_int_equal(fields_entropy(STR("8")), 8000);
    assert_int_equal(fields_entropy(STR("8.1")), -1);
    assert_int_equal(fields_entropy(STR("3.")), -1);
    assert_int_equal(fields_entropy(STR(".5")), -1);
    assert_int_equal(fields_entropy(STR("1.2.3")), -1);
    assert_int_equal(fields_entropy(STR("")), -1);
    assert_int_equal(fields_entropy(STR("3.14159")), -1);
}

/* The manual is written by the table: one that has drifted is a mistake. */
static void manual_is_up_to_date(void **state)
{
    const char *path = getenv("RULES_DOCS") ? getenv("RULES_DOCS") : "docs/reference/rules.md";
    struct cardea_str committed;
    scan_pack_docs(&out);
    assert_false(out.failed);
    if (!file_read(&arena, path, 1 << 20, &committed))
        fail_msg("cannot read %s", path);
    if (!str_eq(committed, buf_str(&out)))
        fail_msg("%s has drifted: write it anew with `cardea rules docs`", path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rule_is_filled_in, begin, end),
        cmocka_unit_test_setup_teardown(a_context_has_a_reach, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_named, begin, end),
        cmocka_unit_test_setup_teardown(entropy_is_read_in_thousandths, begin, end),
        cmocka_unit_test_setup_teardown(manual_is_up_to_date, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
