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
};

/* In the arena, or within `pattern`. */
struct factors factors_of(struct arena *a, struct cardea_str pattern, unsigned flags);

#endif
