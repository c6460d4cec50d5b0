/* scan/words.h - the words that all patterns together need, each once: what is searched for in one pass. */
#ifndef SCAN_WORDS_H
#define SCAN_WORDS_H

#include "scan/needs.h"

/* That a word stands somewhere meets a need. */
struct words_use {
    uint32_t word, need;
    struct part_reach reach;
};

struct words_word {
    struct cardea_str text;
    bool caseless;
    bool begins, ends;     /* `\b` stands there */
    uint32_t first, count; /* of its uses */
};

/* A way in which a unit can match. */
struct words_branch {
    uint32_t unit, first_need, need_count;
};

struct words {
    struct words_word *items; /* and behind them one that stands for runs of letters and digits (NEED_RUN_LEAST) */
    size_t count;
    struct words_use *uses;
    uint32_t *branch_of_need;
    size_t need_count;
    struct words_branch *branches;
    size_t branch_count;
    uint64_t *always; /* bit i: unit i has no branch, so that nothing is known of what it needs */
    size_t unit_count;
};

/* Gathers the words of many patterns. Zero-initialised is ready, but for the arena. */
struct words_builder {
    struct arena *arena;
    struct words_pair *pairs; /* a word and its use */
    size_t pair_count, pair_cap;
    uint32_t *branch_of_need;
    size_t need_count, need_cap;
    struct words_branch *branches;
    size_t branch_count, branch_cap;
    size_t unit_count;
};

/* What the next unit needs. Units and branches are numbered from 0 in the order in which they come. */
void words_add(struct words_builder *b, const struct needs *needs);
/* In the builder's arena. */
void words_build(struct words_builder *b, struct words *out);

#endif
