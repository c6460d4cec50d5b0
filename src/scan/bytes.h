/* scan/bytes.h - what kind of byte one is: a look-up, since every byte of every text is asked. */
#ifndef SCAN_BYTES_H
#define SCAN_BYTES_H

#include <cardea/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum byte_class {
    BYTE_LETTER = 1u << 0, /* of ASCII */
    BYTE_DIGIT = 1u << 1,
    BYTE_HIGH = 1u << 2,  /* part of a character beyond ASCII */
    BYTE_RUN = 1u << 3,   /* of the alphabets of base64 and base64url */
    BYTE_NAME = 1u << 4,  /* of a host's name: letters, digits, `-`, `_`, `.` and what is high */
    BYTE_PLAIN = 1u << 5, /* ASCII that folding leaves alone: all but control characters other than white space */
    BYTE_LEET = 1u << 6,  /* may stand for a letter */
};

extern const uint8_t byte_classes[256];

static inline bool byte_is(char c, unsigned classes)
{
    return (byte_classes[(unsigned char)c] & classes) != 0;
}

/* The first byte from `at` on that is of none of the classes; the end when there is none. */
static inline size_t bytes_skip(struct cardea_str s, size_t at, unsigned classes)
{
    while (at < s.len && byte_is(s.ptr[at], classes))
        at++;
    return at;
}

/* Bytes of a class as ranges, for sixteen at a time: what most texts have few of is found faster so. */
struct byte_range {
    uint8_t first, last;
};

static const struct byte_range bytes_word[] = {{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {0x80, 0xff}};
static const struct byte_range bytes_high[] = {{0x80, 0xff}};
static const struct byte_range bytes_digit[] = {{'0', '9'}};
static const struct byte_range bytes_run[] = {{'a', 'z'}, {'A', 'Z'}, {'/', '9'}, {'+', '+'}, {'-', '-'}, {'_', '_'}};
static const struct byte_range bytes_leet[] = {{'0', '9'}, {'@', '@'}, {'$', '$'}, {'!', '!'}, {'|', '|'}, {'+', '+'}};
/* `.`, `:`, or what dots of other scripts begin with: there is no host without. */
static const struct byte_range bytes_dot[] = {{'.', '.'}, {':', ':'}, {0xe3, 0xe3}, {0xef, 0xef}};
static const struct byte_range bytes_sign[] = {{'%', '&'}, {'\\', '\\'}};
static const struct byte_range bytes_space[] = {{' ', ' '}, {'\t', '\r'}};
static const struct byte_range bytes_not_plain[] = {{0, 8}, {0x0e, 0x1f}, {0x7f, 0xff}};

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* 0xff for each byte of text[at, at + 16) that is in the ranges; beyond the text's end there are zeros. Unrolled, since
 * the ranges are constants then. */
static inline void bytes_mark(struct cardea_str s, size_t at, const struct byte_range *ranges, size_t count,
                              uint64_t marks[2])
{
    bytes16 c = {0}, in = {0};
    if (at + sizeof(c) <= s.len)
        memcpy(&c, s.ptr + at, sizeof(c));
    else if (at < s.len)
        memcpy(&c, s.ptr + at, s.len - at);
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        in |= (bytes16)(c - ranges[i].first <= (uint8_t)(ranges[i].last - ranges[i].first));
    memcpy(marks, &in, sizeof(in));
}

/* The first byte from `at` on that is in the ranges; the end when there is none. */
static inline size_t bytes_next(struct cardea_str s, size_t at, const struct byte_range *ranges, size_t count)
{
    uint64_t marks[2];
    for (; at < s.len; at += 16) {
        bytes_mark(s, at, ranges, count, marks);
        if ((marks[0] | marks[1]) == 0)
            continue;
        at += (unsigned)__builtin_ctzll(marks[0] ? marks[0] : marks[1]) / 8 + (marks[0] ? 0 : 8);
        break;
    }
    return at < s.len ? at : s.len;
}
#define BYTES_NEXT(s, at, ranges) bytes_next(s, at, ranges, sizeof(ranges) / sizeof(ranges[0]))

/* Bit i: the byte at `at` + i is in the ranges, which zero is not. */
static inline uint64_t bytes_bits(struct cardea_str s, size_t at, const struct byte_range *ranges, size_t count)
{
    uint64_t bits = 0, marks[2];
    for (unsigned i = 0; i < 64; i += 16) {
        bytes_mark(s, at + i, ranges, count, marks);
#ifdef __SSE2__
        typedef char chars16 __attribute__((vector_size(16)));
        chars16 in;
        memcpy(&in, marks, sizeof(in));
        uint64_t some = (unsigned)__builtin_ia32_pmovmskb128(in);
#else
        /* One bit of each byte, gathered in the highest. */
        const uint64_t one = 0x8040201008040201u, all = 0x0101010101010101u;
        uint64_t some = (marks[0] & one) * all >> 56 | (marks[1] & one) * all >> 56 << 8;
#endif
        bits |= some << i;
    }
    return bits;
}
#define BYTES_BITS(s, at, ranges) bytes_bits(s, at, ranges, sizeof(ranges) / sizeof(ranges[0]))

/* `\w` */
static inline bool byte_is_word(char c)
{
    return byte_is(c, BYTE_LETTER | BYTE_DIGIT) || c == '_';
}

#endif
