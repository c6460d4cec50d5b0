/* scan/fold.h - what each character becomes when a text is folded: compatibility forms, case, marks, look-alikes.
 *
 * A table made once from utf8proc's data, so that folding costs a look-up a character. */
#ifndef SCAN_FOLD_H
#define SCAN_FOLD_H

#include <cardea/types.h>

enum fold_flag {
    FOLD_SAME = 1u << 0,   /* stays as it is */
    FOLD_LETTER = 1u << 1, /* part of a word: letters and digits */
    FOLD_DENSE = 1u << 2,  /* of a script that writes words without spaces between them */
    FOLD_LOOSE = 1u << 3,  /* `like` is in question: it counts in words that mix scripts */
};

/* Scripts only as far as look-alikes need them told apart. */
enum fold_script { FOLD_NO_SCRIPT, FOLD_LATIN, FOLD_GREEK, FOLD_CYRILLIC, FOLD_ARMENIAN, FOLD_CHEROKEE, FOLD_OTHER };

struct fold_entry {
    uint32_t at; /* of its bytes in the pool */
    uint8_t len; /* 0: it is dropped, unless FOLD_SAME */
    uint8_t flags;
    uint8_t script;
    char like; /* the letter of ASCII that it looks like; 0: none */
};

struct fold;

/* NULL when memory is out. */
struct fold *fold_new(void);
void fold_free(struct fold *f);
/* Of a code point above 0x7f. */
struct fold_entry fold_of(const struct fold *f, uint32_t code);
struct cardea_str fold_bytes(const struct fold *f, const struct fold_entry *e);

/* The code point at s[at] (at < s.len) and its length in bytes; length 0 when there is no well-formed character. */
uint32_t fold_decode(struct cardea_str s, size_t at, size_t *len);
/* Writes 1 to 4 bytes. */
size_t fold_encode(uint32_t code, char out[4]);

#endif
