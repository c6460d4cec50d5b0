/* scan/needs.h - which words a text must hold for a pattern to match: they are searched for all at once.
 *
 * `\b(?:ignore|forget)\s+(?:\S+\s+){0,3}previous\b` needs `ignore` or `forget`, and it needs `previous`, each as a
 * whole word. A text without cannot match; PCRE2 tries the others, and only where the words stand. */
#ifndef SCAN_NEEDS_H
#define SCAN_NEEDS_H

#include "base/arena.h"
#include "scan/parts.h"

/* Characters of [A-Za-z0-9_-] in a row that are more than a word has. */
#define NEED_RUN_LEAST 20

struct need_word {
    struct cardea_str text;  /* small letters when the pattern is caseless */
    bool run;                /* none, but any run of so many characters */
    bool begins, ends;       /* a word begins with its first character, ends with its last: `\b` */
    struct part_reach reach; /* from where a match begins to the word's end */
};

/* One of these stands in each match. */
struct need {
    struct need_word *words;
    size_t count;
};

#define NEEDS_MAX 4

/* A way to match: it needs all of these. */
struct need_branch {
    struct need items[NEEDS_MAX];
    size_t count; /* 0: nothing is known of it, or only what every text has */
};

/* Each match is one of the branches'. None: nothing is known of the pattern. */
struct needs {
    struct need_branch *branches;
    size_t count;
    bool caseless;
};

/* In the arena. `flags`: of enum fields_flag. */
struct needs needs_of(struct arena *a, struct cardea_str pattern, unsigned flags);

#endif
