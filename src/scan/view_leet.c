#include "scan/bytes.h"
#include "scan/view.h"

/* Longer runs are keys, digests, identifiers. */
#define RUN_MAX 24
/* So many words with a digit between letters make it a way of writing: one or two have any text ("B2B", "i18n"). */
#define STRONG_MIN 2
/* What could be a number in hex is none when it is so short ("d3c3453d"), but proves nothing when it is longer than
 * that. */
#define HEX_MAX      8
#define HEX_WORD_MAX 5

/* What a digit or symbol stands for; '1' marks what stands for i or l. */
static const char leet_of[256] = {
    ['0'] = 'o', ['1'] = '1', ['2'] = 'z', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['6'] = 'g', ['7'] = 't',
    ['8'] = 'b', ['9'] = 'g', ['@'] = 'a', ['$'] = 's', ['!'] = 'i', ['|'] = '1', ['+'] = 't',
};

static bool is_letter(unsigned char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

struct run {
    size_t start, end;
    bool strong;   /* a digit stands between letters */
    bool foldable; /* it may be a word, and is no number in hex */
};

/* Where a run begins that is not of letters alone: most are, and they stay as they are. */
static size_t past_plain_words(struct cardea_str s, size_t from)
{
    size_t at = BYTES_NEXT(s, from, bytes_leet);
    while (at < s.len && at > from && byte_is(s.ptr[at - 1], BYTE_LETTER))
        at--;
    return at;
}

/* The next run of letters and what may stand for them, one of these at least; false at the end. */
static bool next_run(struct cardea_str s, size_t at, struct run *out)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    at = past_plain_words(s, at);
    *out = (struct run){.start = at};
    if (at == s.len)
        return false;
    bool letters = false, digits = false, hex = true, between = false, sign = false;
    for (; at < s.len && byte_is(s.ptr[at], BYTE_LETTER | BYTE_LEET); at++) {
        if (is_letter(p[at])) {
            out->strong |= between;
            letters = true;
        } else {
            between |= letters && is_digit(p[at]);
            digits |= is_digit(p[at]);
            sign |= !is_digit(p[at]);
        }
        hex &= is_hex(p[at]);
    }
    out->end = at;
    while (out->end > out->start && (p[out->end - 1] == '!' || p[out->end - 1] == '|' || p[out->end - 1] == '+'))
        out->end--; /* punctuation */
    /* "15", "70", "4" and "@1" are words among others, as "is", "to", "a" and "ai". */
    bool word = !letters && digits && out->end - out->start <= 3;
    size_t len = at - out->start;
    out->foldable = word ||
                    (letters && (digits || sign) && out->end - out->start <= RUN_MAX && !(hex && len > HEX_MAX));
    out->strong &= out->foldable && letters && !(hex && len > HEX_WORD_MAX);
    return true;
}

static void add_run(struct view *v, const struct run *run, char one)
{
    const char *from = v->parent->text.ptr;
    for (size_t at = run->start; at < run->end; at++) {
        char c = leet_of[(unsigned char)from[at]];
        if (c == '1')
            c = one;
        view_add(v, c ? &c : from + at, 1, at, 1);
    }
}

/* Digits after something that is none: without two of them, the text needs no closer look. */
static bool has_digits_in_words(struct cardea_str s)
{
    size_t count = 0;
    for (size_t at = 0; count < STRONG_MIN && (at = BYTES_NEXT(s, at + 1, bytes_digit)) < s.len;)
        count += byte_is(s.ptr[at - 1], BYTE_LETTER | BYTE_LEET) && !byte_is(s.ptr[at - 1], BYTE_DIGIT);
    return count >= STRONG_MIN;
}

bool view_leet(struct view *v, const struct view *parent, char one)
{
    struct cardea_str s = parent->text;
    struct run run;
    size_t strong = 0, copied = 0;
    if (!has_digits_in_words(s))
        return false;
    for (size_t at = 0; strong < STRONG_MIN && next_run(s, at, &run); at = run.end > at ? run.end : at + 1)
        strong += run.strong;
    if (strong < STRONG_MIN)
        return false;
    view_begin(v, parent);
    for (size_t at = 0; next_run(s, at, &run) && !v->truncated; at = run.end > at ? run.end : at + 1) {
        if (!run.foldable)
            continue;
        if (run.start > copied)
            view_copy(v, copied, run.start);
        add_run(v, &run, one);
        copied = run.end;
    }
    if (copied < s.len)
        view_copy(v, copied, s.len);
    view_end(v);
    return true;
}
