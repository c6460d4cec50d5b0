/* scan/places.h - where in a text the words stand that patterns need, and so where a match of each can begin. */
#ifndef SCAN_PLACES_H
#define SCAN_PLACES_H

#include "scan/multi.h"
#include "scan/words.h"

struct places;

/* What one thread needs; NULL when memory is out. For these words alone. */
struct places *places_new(const struct words *words);
void places_free(struct places *p);

/* Searches text[from, end). False when it could not be searched: then nothing is known. */
bool places_find(struct places *p, const struct multi *m, struct multi_scratch *scratch, const char *text, size_t from,
                 size_t end);

/* The next unit from `unit` on that has all it needs; SIZE_MAX: there is none. */
size_t places_next(const struct places *p, size_t unit);

/* A match begins at `from` or later, at `last` or earlier. */
struct place_range {
    size_t from, last;
};

#define PLACE_RANGES_MAX 32

/* Where a match of a unit can begin, of what was searched last: in order, apart from each other. */
size_t places_of(const struct places *p, const struct words_branch *branches, size_t count,
                 struct place_range out[PLACE_RANGES_MAX]);

#endif
