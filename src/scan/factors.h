/* scan/factors.h - what a text must hold for a pattern to match: pieces that cost little to search for all at once.
 *
 * `\bignore\s+(?:\S+\s+){0,3}previous\s` is searched for as `\bignore\s+` and `previous\s`: gaps and look-around are
 * left out, since automata pay dearly for them (measured: with gaps the packs take 11 s to compile and 2 KB of prose
 * 75 us to search; without, 2 s and 33 us). A text that lacks one of the pieces cannot match; PCRE2 tries the
 * others. */
#ifndef SCAN_FACTORS_H
#define SCAN_FACTORS_H

#include "base/arena.h"

#define FACTORS_MAX 2

struct factors {
    struct cardea_str items[FACTORS_MAX];
    size_t count; /* at least 1 */
    /* A match begins at most so many bytes that are no white space before the end of the first such piece in the text;
     * 0: nobody knows. */
    size_t reach[FACTORS_MAX];
};

/* Past the element at `at` of a pattern: a character, an escape, a class, a group; without what says how often. */
size_t pattern_element_end(struct cardea_str s, size_t at);

/* In the arena, or within `pattern`. */
struct factors factors_of(struct arena *a, struct cardea_str pattern, unsigned flags);

#endif
