/* scan/source.h - from what a rule says to the regular expressions that look for it. */
#ifndef SCAN_SOURCE_H
#define SCAN_SOURCE_H

#include "base/arena.h"
#include "scan/fold.h"
#include "scan/pack.h"

/* A pattern for bytes, made of one for characters: what is not ASCII is kept together before a quantifier and within a
 * class, and `\b` beside it is left out. With `f` it is folded as texts are. NULL ptr with `why` when a class cannot be
 * taken apart. In the arena. */
struct cardea_str source_of_pattern(struct arena *a, struct cardea_str pattern, const struct fold *f,
                                    struct cardea_why *why);

/* Patterns for words, several in one. */
struct source_list {
    struct cardea_str *items;
    size_t count;
};
struct source_list source_of_words(struct arena *a, const struct scan_texts *words, const struct fold *f);

/* A text folded character by character; as it is without `f`. */
struct cardea_str source_folded(struct arena *a, struct cardea_str text, const struct fold *f);

#endif
