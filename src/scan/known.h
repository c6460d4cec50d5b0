/* scan/known.h - what is known of whatever an expression matches: every text of it, or words that it cannot do without.
 */
#ifndef SCAN_KNOWN_H
#define SCAN_KNOWN_H

#include "scan/needs.h"

struct known_words {
    struct need_word *items;
    size_t count;
};

struct known {
    bool all;   /* it matches `words` and nothing else */
    bool more;  /* all: the last part of it may follow some more times */
    bool space; /* it is white space: what stands beside it begins or ends a word */
    bool edge;  /* not all: where it ends, a word begins or ends */
    struct known_words words;
    struct known_words *musts; /* not all: each match has one word of each of these */
    size_t must_count;
};

struct known_reader {
    struct arena *arena;
    bool caseless;
};

#define KNOWN_MUSTS_MAX 64
#define KNOWN_WORDS_MAX 1024

/* Of one alternative. Words have the reach from where a match of it begins. In the reader's arena. */
struct known known_of(struct known_reader *r, struct cardea_str choice);

/* How often one of the words stands in texts, as an order of magnitude: 2^KNOWN_RAREST in each place, and half as often
 * for each bit that a word says. */
#define KNOWN_RAREST 48
/* What is as frequent costs more to look at than it spares, when something rarer is known. */
#define KNOWN_FREQUENT (1ull << (KNOWN_RAREST - 12))
uint64_t known_frequency(struct known_words words);
/* None of the words stands in every text, and they are not too many. */
bool known_is_useful(struct known_words words);

#endif
