#include <string.h>

#include "base/str.h"
#include "scan/multi.h"
#include "scan/pattern.h"

/* Patterns that Debian's Vectorscan 5.4.9 gets wrong on CPUs with AVX-512, and some of the same build. */
#define PATTERN(literal)                    \
    {                                       \
        {(literal), sizeof(literal) - 1}, 0 \
    }
static const struct multi_pattern known[] = {
    PATTERN("(?:e|[01ab])y+"), PATTERN("\\bb{1,3}"),        PATTERN("[ab]{2,4}x"),
    PATTERN("(?:ab|ba)+y"),    PATTERN("\\b[0-9]{2,3}\\b"), PATTERN("y[^y]{3,5}e"),
};
#define KNOWN       (sizeof(known) / sizeof(known[0]))
#define TEXT_LEN    96
#define TEXTS       200
#define MATCH_LIMIT 100000

static void mark(void *arg, unsigned pattern, size_t end)
{
    bool *seen = arg;
    seen[pattern] = true;
}

/* Texts of the letters that the patterns are about, the same on every machine. */
static void make_text(char text[TEXT_LEN], uint64_t *state)
{
    static const char letters[] = "abey01x. b2";
    for (size_t i = 0; i < TEXT_LEN; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        text[i] = letters[*state % (sizeof(letters) - 1)];
    }
}

static bool agree(const struct multi *m, struct multi_scratch *s, struct scan_pattern *const *right,
                  struct scan_matcher *matcher, struct cardea_why *why)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    char bytes[TEXT_LEN];
    for (size_t round = 0; round < TEXTS; round++) {
        bool seen[KNOWN] = {false};
        make_text(bytes, &state);
        struct cardea_str text = {bytes, 1 + round % TEXT_LEN};
        struct scan_match match;
        if (!multi_scan(m, s, text, mark, seen))
            return false;
        for (size_t i = 0; i < KNOWN; i++)
            if (seen[i] != (scan_pattern_match(right[i], matcher, text, 0, &match) == SCAN_MATCH)) {
                snprintf(why->text, sizeof(why->text), "it gives a wrong answer for `%s`", known[i].source.ptr);
                return false;
            }
    }
    return true;
}

bool multi_self_check(struct cardea_why *why)
{
    struct multi *m = NULL;
    size_t which;
    if (multi_compile(&m, known, KNOWN, &which, why) != MULTI_OK)
        return false;
    struct multi_scratch *s = multi_scratch_new(m);
    struct scan_matcher *matcher = scan_matcher_new(MATCH_LIMIT);
    struct scan_pattern *right[KNOWN];
    bool ready = s && matcher;
    for (size_t i = 0; i < KNOWN; i++) {
        right[i] = scan_pattern_new(known[i].source, 0);
        ready &= right[i] != NULL;
    }
    snprintf(why->text, sizeof(why->text), "it could not be tried");
    bool good = ready && agree(m, s, right, matcher, why);
    for (size_t i = 0; i < KNOWN; i++)
        scan_pattern_free(right[i]);
    scan_matcher_free(matcher);
    multi_scratch_free(s);
    multi_free(m);
    return good;
}
