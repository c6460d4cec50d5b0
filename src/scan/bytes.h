/* scan/bytes.h - what kind of byte one is: a look-up, since every byte of every text is asked. */
#ifndef SCAN_BYTES_H
#define SCAN_BYTES_H

#include <cardea/types.h>
#include <stdbool.h>
#include <stdint.h>

enum byte_class {
    BYTE_LETTER = 1u << 0, /* of ASCII */
    BYTE_DIGIT = 1u << 1,
    BYTE_HIGH = 1u << 2,  /* part of a character beyond ASCII */
    BYTE_RUN = 1u << 3,   /* of the alphabets of base64 and base64url */
    BYTE_NAME = 1u << 4,  /* of a host's name: letters, digits, `-`, `_`, `.` and what is high */
    BYTE_PLAIN = 1u << 5, /* ASCII that folding leaves alone: all but control characters other than white space */
    BYTE_LEET = 1u << 6,  /* may stand for a letter */
    BYTE_DOT = 1u << 7,   /* `.`, `:`, or what dots of other scripts begin with: there is no host without */
};

extern const uint8_t byte_classes[256];

static inline bool byte_is(char c, unsigned classes)
{
    return (byte_classes[(unsigned char)c] & classes) != 0;
}

/* The first byte from `at` on that is of one of the classes; the end when there is none. */
static inline size_t bytes_find(struct cardea_str s, size_t at, unsigned classes)
{
    while (at < s.len && !byte_is(s.ptr[at], classes))
        at++;
    return at;
}

/* The first that is of none of them. */
static inline size_t bytes_skip(struct cardea_str s, size_t at, unsigned classes)
{
    while (at < s.len && byte_is(s.ptr[at], classes))
        at++;
    return at;
}

/* `\w` */
static inline bool byte_is_word(char c)
{
    return byte_is(c, BYTE_LETTER | BYTE_DIGIT) || c == '_';
}

#endif
