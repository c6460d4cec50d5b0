/* What is searched for first must stand wherever a pattern matches, and there: by examples, over all packs, and by
 * texts near what rules find. */
#include "kit.h"

#include "scan/needs.h"
#include "scan/pattern.h"
#include "scan/places.h"
#include "scan/ruleset.h"
#include "scan/source.h"

static struct arena arena;

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

/* `<a> b & c | d`: `a` as a whole word or `b`, and `c`; or else `d`. RUN is a run of letters and digits. */
static struct cardea_str shown(const struct needs *n)
{
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < n->count; i++)
        for (size_t k = 0; k < n->branches[i].count; k++)
            for (size_t w = 0; w < n->branches[i].items[k].count; w++) {
                const struct need_word *word = &n->branches[i].items[k].words[w];
                buf_add_cstr(&out, w ? " " : k ? " & " : i ? " | " : "");
                buf_printf(&out, "%s%.*s%s",
                           word->begins ? "<"
                           : word->run  ? "RUN"
                                        : "",
                           STR_ARG(word->text), word->ends ? ">" : "");
            }
    struct cardea_str made = arena_str(&arena, buf_str(&out));
    buf_release(&out);
    return made;
}

static void needs_are(const char *pattern, const char *expected)
{
    struct needs n = needs_of(&arena, str_of(pattern), 0);
    assert_string_equal(shown(&n).ptr, expected);
}

static void gaps_divide(void **state)
{
    needs_are("\\bignore\\s+(?:\\S+\\s+){0,3}previous\\s", "<previous> & <ignore>");
    needs_are("\\bact[^.!?\\n]{0,160}(?:rules|limits)\\b", "rules> limits> & <act");
    needs_are("token.{0,20}([0-9a-f]{40})", "token & RUN");
    needs_are("(?s)token.*secret", "secret & token");
    needs_are("a\\.b\\x2fcd\\d+ef gh", "a.b/cd & ef gh");
    needs_are("4[0-3][0-9]{4}|fulfil+s", "40 41 42 43 | fulfil");
}

static void choices_are_written_out(void **state)
{
    needs_are("\\b(?:colou?rs?|hue)\\b", "<colours> <colour> <colors> <color> <hue>");
    needs_are("(?:organi[sz]e|plan)d?", "organise organize plan");
    needs_are("\\b(?:say|tell(?:s|ing)?) \\w+ secrets?\\b", " secrets>  secret> & <say  <tells  <telling  <tell ");
    needs_are("abcd|efghi.{2}jklmn", "jklmn & efghi | abcd");
    needs_are("(?:abcd|efgh.{2}ijklm)\\d", "abcd ijklm");
}

static void what_may_be_missing_is_not_needed(void **state)
{
    needs_are("abc(?:\\w+ )*def|ghij", "abc & def | ghij");
    needs_are("(?!abcd)efgh\\S+", "efgh");
    needs_are("(?:abcd|e)\\S+fghi", "fghi");
    needs_are("abcdef(?:gh)?\\S+ijklm", "ijklm & abcdef");
    needs_are("(?:abcd)*efgh", "efgh");
    needs_are("abcd|e\\d+", "");
    needs_are("[a-z]{10}\\S+", "");
}

static void what_is_not_understood_needs_nothing(void **state)
{
    static const char *const patterns[] = {"abcd(?#efgh)",  "\\Qab|cd\\E",        "abcd(?i)efgh",
                                           "(*ACCEPT)abcd", "abcd\\x{100}?\\061", "ab(?|cdef|gh)ij",
                                           "(?x)ab cd ef",  "abcd{,3}efgh",       "abcd(?(1)ef|gh)"};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        needs_are(patterns[i], "");
}

static void reach(const char *pattern, unsigned bytes, unsigned runs)
{
    struct part_reach r = part_reach(str_of(pattern));
    assert_int_equal(r.bytes, bytes);
    assert_int_equal(r.runs, runs);
}

static void a_match_is_no_longer_than_its_parts(void **state)
{
    reach("\\bignore\\s+", 6, 1);
    reach("(?:abc|d{2,5}ef)\\s*ghi", 10, 1);
    reach("abc[0-9]{4}d?", 8, 0);
    reach("abc|de fgh", 5, 1);
    reach("ab(?:\\S+\\s+){0,3}", PART_FAR, 3);
    reach("ab[^.]{0,20}", 22, 10);
    reach("(a)\\1bcd", PART_FAR, PART_FAR);
    reach("a(?=bcd)", 1, 0);
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
    struct places *places;
    struct scan_matcher *matcher;
    size_t texts, compared, matched;
};

static void open_differ(struct differ *d, const struct cardea_scan_options *options)
{
    struct buf mistakes;
    buf_init(&mistakes, 1 << 20);
    if (ruleset_build(&d->rs, options, &mistakes) != CARDEA_OK)
        fail_msg("%s", mistakes.ptr);
    buf_release(&mistakes);
    struct multi_word *words = arena_array(&arena, d->rs.words.count, sizeof(*words));
    for (size_t i = 0; i < d->rs.words.count; i++)
        words[i] = (struct multi_word){d->rs.words.items[i].text, d->rs.words.items[i].caseless};
    assert_int_equal(multi_compile(&d->multi, words, d->rs.words.count), MULTI_OK);
    d->scratch = multi_scratch_new(d->multi);
    d->places = places_new(&d->rs.words);
    d->matcher = scan_matcher_new(1000000);
}

static void close_differ(struct differ *d)
{
    scan_matcher_free(d->matcher);
    places_free(d->places);
    multi_scratch_free(d->scratch);
    multi_free(d->multi);
    ruleset_release(&d->rs);
}

static bool may_begin(const struct differ *d, size_t unit, size_t at)
{
    struct place_range ranges[PLACE_RANGES_MAX];
    const struct ruleset_unit *u = &d->rs.units[unit];
    if (places_next(d->places, unit) != unit)
        return false;
    if (u->branch_count == 0)
        return true;
    size_t count = places_of(d->places, d->rs.words.branches + u->first_branch, u->branch_count, ranges);
    for (size_t i = 0; i < count; i++)
        if (ranges[i].from <= at && at <= ranges[i].last)
            return true;
    return false;
}

/* Wherever PCRE2 matches, it would have been tried. Every second time a part of the text is looked at, as if it were
 * the next window of a long one. */
static void compare(struct differ *d, struct cardea_str text)
{
    size_t begin = ++d->texts % 2 ? 0 : text.len / 3;
    assert_true(places_find(d->places, d->multi, d->scratch, text.ptr, begin, text.len));
    for (size_t i = 0; i < d->rs.unit_count; i++) {
        struct ruleset_unit *unit = &d->rs.units[i];
        const struct scan_pattern *pattern = ruleset_pattern(unit);
        struct scan_match m;
        d->compared++;
        for (size_t from = begin; scan_pattern_match(pattern, d->matcher, text, from, text.len, &m) == SCAN_MATCH;
             from = m.start + 1) {
            d->matched++;
            if (!may_begin(d, i, m.start))
                fail_msg("%s would be missed at %zu in: %.*s", d->rs.rules[unit->rule].rule->id, m.start,
                         STR_ARG(text));
        }
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Texts near what rules find: an example, and with some bytes changed, doubled or taken out. */
static void compare_near(struct differ *d, struct cardea_str example, uint64_t *state)
{
    char text[4096];
    for (int round = 0; round < 2; round++) {
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
    uint64_t seed = 0x2545f4914f6cdd1du;
    if (!multi_version())
        return; /* nothing to compare with */
    open_differ(&d, &options);
    for (size_t i = 0; i < d.rs.unit_count; i++)
        if (d.rs.units[i].branch_count == 0)
            fail_msg("%s has a pattern that is tried on every text, since one of its choices needs no word: %.*s",
                     d.rs.rules[d.rs.units[i].rule].rule->id, STR_ARG(d.rs.units[i].source));
    for (size_t i = 0; i < d.rs.rule_count; i++)
        for (size_t k = 0; k < d.rs.rules[i].rule->match.count; k++)
            compare_near(&d, d.rs.rules[i].rule->match.items[k], &seed);
    assert_true(d.compared > 100000);
    assert_true(d.matched > 1000);
    close_differ(&d);
}

/* Small patterns over few letters, on texts of the same: all kinds of elements beside each other. */
static void small_patterns_miss_nothing(void **state)
{
    static const char pack[] =
        "pack: small\ntitle: Small\nrules:\n"
        "  - id: small\n    title: Small\n    category: payload\n    severity: low\n    flags: caseless\n"
        "    examples: {match: [abc], no_match: [x]}\n    patterns:\n"
        "      - '\\bab(?:c|d)?\\s+(?:\\S+\\s+){0,2}(?:ba|cd)\\b'\n"
        "      - 'abc|b[cd] a.{0,3}dd|(?:ac\\s*){2}d'\n"
        "      - '(?:a|b)+cd[^a]{0,4}\\bbb'\n"
        "      - '\\b(?:[AB]C ){1,2}d?a(?!b)c|dd$'\n"
        "      - '(?<=a)bcd|[a-d]{20,}\\s?a\\b'\n";
    const struct cardea_scan_pack packs = {"small.yaml", STR(pack)};
    const struct cardea_scan_options options = {.without_builtin = true, .packs = &packs, .pack_count = 1};
    struct differ d = {0};
    uint64_t seed = 0x9e3779b97f4a7c15u;
    if (!multi_version())
        return;
    open_differ(&d, &options);
    for (size_t round = 0; round < 20000; round++) {
        char text[80];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = "abcdabcdabcdabcd   \nA"[random_next(&seed) % (round % 8 ? 21 : 16)];
        compare(&d, (struct cardea_str){text, sizeof(text)});
    }
    assert_true(d.matched > 10000);
    close_differ(&d);
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
        cmocka_unit_test_teardown(choices_are_written_out, end),
        cmocka_unit_test_teardown(what_may_be_missing_is_not_needed, end),
        cmocka_unit_test_teardown(what_is_not_understood_needs_nothing, end),
        cmocka_unit_test(a_match_is_no_longer_than_its_parts),
        cmocka_unit_test_teardown(characters_are_kept_together, end),
        cmocka_unit_test_teardown(nothing_is_missed, end),
        cmocka_unit_test_teardown(small_patterns_miss_nothing, end),
        cmocka_unit_test(hyperscan_is_right_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
