/* What is searched for first must stand wherever a pattern matches: over all packs, and by random texts. */
#include "kit.h"

#include "scan/factors.h"
#include "scan/multi.h"
#include "scan/pattern.h"
#include "scan/ruleset.h"
#include "scan/source.h"

static struct arena arena;

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static void factors_are(const char *pattern, const char *joined)
{
    struct factors f = factors_of(&arena, str_of(pattern), 0);
    struct cardea_str all = STR("");
    for (size_t i = 0; i < f.count; i++)
        all = arena_printf(&arena, "%.*s%s%.*s", STR_ARG(all), i ? " & " : "", STR_ARG(f.items[i]));
    assert_string_equal(all.ptr, joined);
}

static void gaps_divide(void **state)
{
    factors_are("\\bignore\\s+(?:\\S+\\s+){0,3}previous\\s", "\\bignore\\s+ & previous\\s");
    factors_are("\\bact[^.!?\\n]{0,160}(?:rules|limits)\\b", "\\bact & (?:rules|limits)\\b");
    factors_are("token\\s*=\\s*([0-9a-f]{40})", "token\\s*=\\s*([0-9a-f]{40})");
    factors_are("token.{0,20}([0-9a-f]{40})", "token");
    factors_are("(?s)token.*secret", "(?s)token & (?s)secret");
}

static void what_may_be_missing_is_none(void **state)
{
    factors_are("abc(?:\\w+ )*def|ghi", "abc(?:\\w+ )*def|ghi");
    factors_are("(?!abc)defg\\S+", "defg");
    factors_are("[a-z]{40}\\S+", "[a-z]{40}\\S+");
    factors_are("(?:abc|d)\\S+efgh", "efgh");
    factors_are("abcd(?:efgh)?\\S+ijkl", "abcd(?:efgh)? & ijkl");
}

static void repetitions_lose_their_end(void **state)
{
    assert_string_equal(source_relaxed(&arena, STR("a{2,5}b{0,9}c{1,3}d?e{4}[{1,2}]\\{1,2}")).ptr,
                        "a{2,}b*c+d?e{4}[{1,2}]\\{1,2}");
    assert_string_equal(source_relaxed(&arena, STR("a(?!b{2,5})")).ptr, "a(?!b{2,5})");
}

static void characters_are_kept_together(void **state)
{
    struct cardea_why why;
    assert_string_equal(source_of_pattern(&arena, STR("\\bж+a[éa-cù]?"), NULL, &why).ptr, "(?:ж)+a(?:[a-c]|é|ù)?");
    assert_string_equal(source_of_pattern(&arena, STR("[^é.]x"), NULL, &why).ptr, "[^.]x");
    assert_null(source_of_pattern(&arena, STR("[а-𐀀]"), NULL, &why).ptr);
}

struct differ {
    struct ruleset rs;
    struct multi *multi;
    struct multi_scratch *scratch;
    struct scan_matcher *matcher;
    uint64_t *seen;
    size_t compared, matched;
};

static void mark(void *arg, unsigned factor, size_t end)
{
    uint64_t *seen = arg;
    seen[factor / 64] |= 1ull << factor % 64;
}

/* Wherever PCRE2 matches, all factors were found. */
static void compare(struct differ *d, struct cardea_str text)
{
    memset(d->seen, 0, (d->rs.factor_count / 64 + 1) * sizeof(uint64_t));
    assert_true(multi_scan(d->multi, d->scratch, text, mark, d->seen));
    for (size_t i = 0; i < d->rs.unit_count; i++) {
        struct ruleset_unit *unit = &d->rs.units[i];
        struct scan_match m;
        bool may = true;
        for (uint32_t k = 0; k < unit->factor_count; k++)
            may &= (d->seen[unit->factors[k] / 64] >> unit->factors[k] % 64 & 1) != 0;
        d->compared++;
        if (scan_pattern_match(ruleset_pattern(unit), d->matcher, text, 0, &m) != SCAN_MATCH)
            continue;
        d->matched++;
        if (!may)
            fail_msg("%s would be missed in: %.*s", d->rs.rules[unit->rule].rule->id, STR_ARG(text));
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Texts near what rules find: an example, with some bytes changed, doubled or taken out. */
static void compare_near(struct differ *d, struct cardea_str example, uint64_t *state)
{
    char text[4096];
    for (int round = 0; round < 3; round++) {
        size_t n = 0;
        for (size_t i = 0; i < example.len && n + 2 < sizeof(text); i++) {
            uint64_t dice = random_next(state);
            if (round > 0 && dice % 23 == 0)
                text[n++] = (char)(32 + dice / 23 % 95);
            if (round == 0 || dice % 29 != 0)
                text[n++] = example.ptr[i];
        }
        compare(d, (struct cardea_str){text, n});
    }
}

static void nothing_is_missed(void **state)
{
    static const struct cardea_scan_options options = {0};
    struct differ d = {0};
    struct buf mistakes;
    size_t which;
    struct cardea_why why;
    uint64_t seed = 0x2545f4914f6cdd1du;
    if (!multi_version())
        return; /* nothing to compare with */
    buf_init(&mistakes, 1 << 20);
    assert_int_equal(ruleset_build(&d.rs, &options, &mistakes), CARDEA_OK);
    struct multi_pattern *patterns = arena_array(&arena, d.rs.factor_count, sizeof(*patterns));
    for (size_t i = 0; i < d.rs.factor_count; i++)
        patterns[i] = (struct multi_pattern){d.rs.factors[i].source, d.rs.factors[i].flags};
    assert_int_equal(multi_compile(&d.multi, patterns, d.rs.factor_count, &which, &why), MULTI_OK);
    d.scratch = multi_scratch_new(d.multi);
    d.matcher = scan_matcher_new(1000000);
    d.seen = arena_array(&arena, d.rs.factor_count / 64 + 1, sizeof(uint64_t));
    for (size_t i = 0; i < d.rs.rule_count; i++)
        for (size_t k = 0; k < d.rs.rules[i].rule->match.count; k++)
            compare_near(&d, d.rs.rules[i].rule->match.items[k], &seed);
    assert_true(d.compared > 100000);
    assert_true(d.matched > 1000);
    scan_matcher_free(d.matcher);
    multi_scratch_free(d.scratch);
    multi_free(d.multi);
    ruleset_release(&d.rs);
    buf_release(&mistakes);
}

static void hyperscan_is_right_here(void **state)
{
    struct cardea_why why = {""};
    if (multi_version() && !multi_self_check(&why))
        fail_msg("%s", why.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(gaps_divide, end),
        cmocka_unit_test_teardown(what_may_be_missing_is_none, end),
        cmocka_unit_test_teardown(repetitions_lose_their_end, end),
        cmocka_unit_test_teardown(characters_are_kept_together, end),
        cmocka_unit_test_teardown(nothing_is_missed, end),
        cmocka_unit_test(hyperscan_is_right_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
