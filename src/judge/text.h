/* judge/text.h - what stands in a text without being seen, and what is made of it where people or models read on. */
#ifndef JUDGE_TEXT_H
#define JUDGE_TEXT_H

#include "base/buf.h"

enum text_kind {
    TEXT_PLAIN,
    TEXT_BREAK,     /* ends a line: \n, \r, U+0085, U+2028, U+2029, form feed, vertical tab */
    TEXT_CONTROL,   /* C0 and C1, but for tabs and line ends */
    TEXT_INVISIBLE, /* no width and no meaning here: zero-width, bidirectional, fillers, tags, non-characters */
    TEXT_MALFORMED  /* not UTF-8: one byte */
};

/* The character at s[at], at < s.len: its bytes and its code point (0 when malformed). */
enum text_kind text_step(struct cardea_str s, size_t at, size_t *len, uint32_t *code);

/* One line for people: line ends, controls and runs of spaces become one space, what is invisible goes, and what is
 * longer than the room (bytes, with the NUL) is cut between characters and ends with "...". */
void text_clean(char *out, size_t room, struct cardea_str s);

#endif
