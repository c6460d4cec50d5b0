/* Patterns that are made to be dear: refused with the reason, or tried no longer than a bound. */
#include "rig.h"

#include <time.h>

#include "policy/glob.h"
#include "policy/weight.h"

/* Of this thread's own time: what others do with the machine proves nothing about a pattern. */
static void begin(struct timespec *from)
{
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, from);
}

static long ms_since(const struct timespec *from)
{
    struct timespec to;
    begin(&to);
    return (to.tv_sec - from->tv_sec) * 1000 + (to.tv_nsec - from->tv_nsec) / 1000000;
}

/* The document of one pattern, whatever characters it has. */
static enum cardea_err open_pattern(struct rig *r, const char *pattern, size_t len)
{
    json_t *document = json_pack("{s:[{s:s,s:s,s:s,s:s%}]}", "rules", "id", "a", "type", "regex", "action", "block",
                                 "pattern", pattern, len);
    assert_non_null(document);
    *r = (struct rig){.arena = {0}};
    enum cardea_err err = policy_open(&r->policy, &r->arena, document, "", &r->mistakes);
    json_decref(document);
    return err;
}

static void refused_with_the_reason(void **state)
{
    static const struct {
        const char *pattern, *says;
    } cases[] = {
        {"(a+)+$", "too many steps"},
        {"(a*)*b", "too many steps"},
        {"(a|a)+b", "too many steps"},
        {"(a|aa)+$", "too many steps"},
        {"(x+x+)+y", "too many steps"},
        {"(.*a){12}b", "too many steps"},
        {"([a-zA-Z]+)*!x", "too many steps"},
        {"(\\w+\\s?)+[.]$", "too many steps"},
        {"(a{1,1000}){1,1000}", "over 4,096"},
        {"((a{100}){100}){100}", "over 4,096"},
        {"(?:a{1,60000})b", "over 4,096"},
        {"a{99999999999}", "over 4,096"},
        {"(?<=a+)b", "fixed length"},
        {"(?<!a{1,3}x|bc)d", "fixed length"},
        {"a*", "empty text"},
        {"(?=a)", "empty text"},
        {"\\b", "empty text"},
        {"|a", "empty text"},
        {"(", "parenthesis"},
        {"[a", "character class"},
        {"a**", "quantifier"},
        {"\\", "end of pattern"},
        {"(?<n>a)(?<n>b)", "same name"},
        {"\\C", "\\C"},
        {"(*UTF)a", "Verbs"},
        {"a(*SKIP)b", "Verbs"},
        {"(*LIMIT_MATCH=1)a", "Verbs"},
        {"(a(?R)?b)", "call themselves"},
        {"(a)(?1)", "call themselves"},
        {"(?<n>a)(?&n)", "call themselves"},
        {"\\Qa+b\\E", "Quotations"},
        {"a(?#comment)b", "Comments"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        if (open_pattern(&r, cases[i].pattern, strlen(cases[i].pattern)) != CARDEA_E_FORMAT)
            fail_msg("taken: %s", cases[i].pattern);
        const struct json_problem *m = &r.mistakes.items[0];
        assert_string_equal(m->location, "/rules/0/pattern");
        if (!strstr(m->message, cases[i].says) && !strstr(m->fix, cases[i].says))
            fail_msg("%s: %s %s", cases[i].pattern, m->message, m->fix);
        arena_release(&r.arena);
    }
}

static void taken_though_it_looks_dear(void **state)
{
    static const char *const patterns[] = {
        "(?:[a-z0-9-]+\\.)+example\\.com",
        "(?:\\d{4}[ -]?){4}",
        "\\b(?:foo|bar|baz)+\\b",
        "(?:https?://)?[a-z]+(?:\\.[a-z]+)+",
        "(?i)password\\s*[:=]\\s*\\S{8,64}",
        "(?:[A-Z][a-z]+ ){2,5}GmbH",
        "^(?:\\s*>.*\\n)+x",
    };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct rig r;
        if (open_pattern(&r, patterns[i], strlen(patterns[i])) != CARDEA_OK)
            fail_msg("%s: %s", patterns[i], r.mistakes.items[0].message);
        rig_close(&r);
    }
}

static void patterns_of_100_kilobytes(void **state)
{
    enum { LEN = 100 * 1024 };
    static const char units[] = "a([{\\|.?*";
    char *pattern = malloc(LEN);
    for (size_t u = 0; u < sizeof(units) - 1; u++) {
        struct rig r;
        memset(pattern, units[u], LEN);
        assert_int_equal(open_pattern(&r, pattern, LEN), CARDEA_E_FORMAT);
        assert_non_null(strstr(r.mistakes.items[0].message, "too large"));
        arena_release(&r.arena);
    }
    free(pattern);
}

/* At the length that is allowed: whatever comes of it, soon. */
static void patterns_as_long_as_may_be(void **state)
{
    static const char *const units[] = {"a",    "(",    "[a]",    "a?",       "(a|b)", "a+",          ".*",     "(?=a)",
                                        "\\w+", "x{9}", "(a?b)*", "\xc3\xa9", "|",     "[^\xc3\xa9]", "(?:a+)?"};
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        struct rig r;
        char pattern[POLICY_PATTERN_MAX];
        size_t unit = strlen(units[u]), len = sizeof(pattern) / unit * unit;
        for (size_t i = 0; i < len; i++)
            pattern[i] = units[u][i % unit];
        struct timespec from;
        begin(&from);
        enum cardea_err err = open_pattern(&r, pattern, len);
        assert_true(err == CARDEA_OK || err == CARDEA_E_FORMAT);
        if (ms_since(&from) > 5000)
            fail_msg("%s: %ld ms", units[u], ms_since(&from));
        if (err == CARDEA_OK) {
            rig_plain(&r, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
            policy_free(r.policy);
        }
        arena_release(&r.arena);
    }
}

/* What slips through is still bounded where it is used: the text is flagged, since not all was looked at. */
static void dear_patterns_end_by_the_clock(void **state)
{
    static const char *const patterns[] = {"a+b?a+c?a+[de]", "[a-z]+[a-z ]+[a-z]+;x", "(?:a|b|ab)(?:a|b)*[xy]z"};
    enum { LEN = 1 << 20, MANY = 60 };
    char *text = malloc(LEN + 1);
    for (size_t i = 0; i < LEN; i++)
        text[i] = i % 4000 == 3999 ? '\n' : 'a';
    text[LEN] = '\0';
    memcpy(text + LEN - 8, "; x z d", 7);
    for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
        struct rig r = {.arena = {0}};
        struct timespec from;
        json_t *rules = json_array();
        for (int i = 0; i < MANY; i++) {
            char id[8];
            snprintf(id, sizeof(id), "r%d", i);
            json_array_append_new(rules, json_pack("{s:s,s:s,s:s,s:s}", "id", id, "type", "regex", "action", "block",
                                                   "pattern", patterns[p]));
        }
        json_t *document = json_pack("{s:o}", "rules", rules);
        assert_int_equal(policy_open(&r.policy, &r.arena, document, "", &r.mistakes), CARDEA_OK);
        json_decref(document);
        begin(&from);
        enum cardea_scan_verdict verdict = rig_plain(&r, text);
        long took = ms_since(&from);
        if (took > 8000) /* half a second, and one pattern in one window: with room for instrumented builds */
            fail_msg("%s: %ld ms", patterns[p], took);
        if (r.o.truncated)
            assert_true(verdict != CARDEA_SCAN_ALLOW);
        rig_close(&r);
    }
    free(text);
}

static void weights(void **state)
{
    static const struct {
        const char *pattern;
        uint32_t characters;
        bool nested;
    } cases[] = {
        {"abc", 3, false},
        {"a{3}b", 4, false},
        {"(a{3}b){10}", 40, false},
        {"a{2,5}", 5, false},
        {"a{2,}", 2, false},
        {"[a-z]{4}", 4, false},
        {"\\d{4}", 4, false},
        {"a|bc", 3, false},
        {"(a+)+", 1, true},
        {"(?:a+b)*", 2, true},
        {"(a|b)+", 2, true},
        {"(ab)+", 2, false},
        {"a{,5}", 5, false},
        {"a{x}", 4, false},
        {"[]a{9}]", 1, false},
        {"\\{9}", 3, false},
        {"(?:a{0,40}b){3}", 123, true},
        {"(((a)))", 1, false},
        {"(a+)?", 1, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_weight w = policy_weigh(str_of(cases[i].pattern));
        if (w.characters != cases[i].characters || w.nested != cases[i].nested || w.refused)
            fail_msg("%s: %u %d", cases[i].pattern, w.characters, w.nested);
    }
    assert_int_equal(policy_weigh(STR("((a{65535}){65535}){65535}")).characters, UINT32_MAX);
}

static void globs(void **state)
{
    static const struct {
        const char *glob, *name;
        bool matches;
    } cases[] = {{"*", "", true},           {"*", "a.b", true},     {"a.*", "a.b", true},     {"a.*", "a", false},
                 {"a*c", "abc", true},      {"a*c", "abcd", false}, {"?b", "ab", true},       {"?", "", false},
                 {"a", "a", true},          {"a", "b", false},      {"*.x.*", "a.x.b", true}, {"*a*b*", "xaxbx", true},
                 {"*a*b*", "xbxax", false}, {"", "", true},         {"", "a", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (policy_glob_matches(cases[i].glob, cases[i].name) != cases[i].matches)
            fail_msg("%s %s", cases[i].glob, cases[i].name);
    char name[4001];
    memset(name, 'a', 4000);
    name[4000] = '\0';
    assert_false(policy_glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_with_the_reason),
        cmocka_unit_test(taken_though_it_looks_dear),
        cmocka_unit_test(patterns_of_100_kilobytes),
        cmocka_unit_test(patterns_as_long_as_may_be),
        cmocka_unit_test(dear_patterns_end_by_the_clock),
        cmocka_unit_test(weights),
        cmocka_unit_test(globs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
