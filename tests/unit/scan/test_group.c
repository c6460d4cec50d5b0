/* Alternatives by their first character match what they matched before, at the same places. */
#include "kit.h"

#include "scan/fields.h"
#include "scan/group.h"
#include "scan/pattern.h"

static struct arena arena;

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static void becomes(const char *pattern, const char *grouped)
{
    struct cardea_str made = pattern_grouped(&arena, str_of(pattern), FIELDS_CASELESS);
    assert_string_equal(arena_cstr(&arena, made), grouped);
}

static void alternatives_share_their_beginning(void **state)
{
    becomes("(?:cat|dog|cow)s", "(?:c(?:at|ow)|dog)s");
    becomes("\\b(?:note|no|a|not)\\b", "\\b(?:n(?:o(?:te||t))|a)\\b");
    becomes("act|bee|acting", "a(?:c(?:t(?:|ing)))|bee");
}

static void what_is_no_character_divides(void **state)
{
    becomes("(?:ab|\\d|ac)", "(?:ab|\\d|ac)");
    becomes("(?:a+b|ac|ad)", "(?:a+b|a(?:c|d))");
    becomes("(?:ab|Ac)", "(?:ab|Ac)"); /* in any case they are the same */
    becomes("(?:a(b)|ac)", "(?:a(b)|ac)");
    becomes("[a|b]c|\\|", "[a|b]c|\\|");
    becomes("plain", "plain");
}

static void the_same_is_matched(void **state)
{
    static const char *const patterns[] = {"\\b(?:ab|a|abc|b(?:ca?|c)|ba)c?", "(?:a|ab)(?:c|bcd|b)*", "b|ba|bac|c+a|ca",
                                           "x?(?:aa|ab|a)\\b|c(?:a|ab|)b"};
    struct scan_matcher *m = scan_matcher_new(10000);
    uint64_t seed = 0x9e3779b97f4a7c15u;
    for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
        struct scan_pattern *plain = scan_pattern_new(str_of(patterns[p]), 0);
        struct scan_pattern *grouped = scan_pattern_new(pattern_grouped(&arena, str_of(patterns[p]), 0), 0);
        for (size_t round = 0; round < 5000; round++) {
            char text[12];
            for (size_t i = 0; i < sizeof(text); i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                text[i] = "abcd x"[seed >> 33 & 3 ? seed >> 33 & 3 : seed >> 40 & 1 ? 4 : 0];
            }
            struct scan_match a = {0}, b = {0};
            struct cardea_str s = {text, sizeof(text)};
            assert_int_equal(scan_pattern_match(plain, m, s, 0, s.len, &a),
                             scan_pattern_match(grouped, m, s, 0, s.len, &b));
            assert_memory_equal(&a, &b, sizeof(a));
        }
        scan_pattern_free(plain);
        scan_pattern_free(grouped);
    }
    scan_matcher_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternatives_share_their_beginning),
        cmocka_unit_test(what_is_no_character_divides),
        cmocka_unit_test(the_same_is_matched),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
