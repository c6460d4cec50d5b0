#include "scan/view.h"

#include <string.h>

#include "base/str.h"
#include "scan/bytes.h"

/* Fewer single letters in a row are initials or an enumeration. */
#define CELLS_MIN 4
#define GAP_MAX   8

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_gap_byte(char c)
{
    return c != '\0' && strchr(" \t\r\n.-_*|/,~+:;=#'\"", c) != NULL;
}

/* Length of the one character at `at` that stands alone; 0: none does. Between blanks (`signs`) that may be any. */
static size_t cell_at(struct cardea_str s, size_t at, bool signs)
{
    if (at >= s.len)
        return 0;
    if (!byte_is(s.ptr[at], BYTE_LETTER | BYTE_DIGIT | BYTE_HIGH))
        return signs && !is_blank(s.ptr[at]) && (at + 1 == s.len || is_blank(s.ptr[at + 1]));
    size_t len = str_utf8_step(s, at);
    return len > 0 && (at + len == s.len || !byte_is(s.ptr[at + len], BYTE_LETTER | BYTE_DIGIT | BYTE_HIGH)) ? len : 0;
}

/* Blanks, or else signs and blanks. */
static struct cardea_str gap_at(struct cardea_str s, size_t at)
{
    size_t len = 0;
    bool blank = at < s.len && is_blank(s.ptr[at]);
    while (at + len < s.len && len < GAP_MAX && (blank ? is_blank(s.ptr[at + len]) : is_gap_byte(s.ptr[at + len])))
        len++;
    return (struct cardea_str){s.ptr + at, len};
}

enum gap_kind { GAP_NONE, GAP_LETTERS, GAP_WORDS };

/* Between two letters the same always stands; more of it, or white space instead, divides words. */
static enum gap_kind gap_kind(struct cardea_str gap, struct cardea_str usual)
{
    if (gap.len == 0)
        return GAP_NONE;
    if (str_eq(gap, usual))
        return GAP_LETTERS;
    bool blank = true;
    for (size_t i = 0; i < gap.len; i++)
        blank &= is_blank(gap.ptr[i]);
    return gap.len > usual.len || (blank && !is_blank(usual.ptr[0])) ? GAP_WORDS : GAP_NONE;
}

struct run {
    size_t end, cells;
};

/* Walks the letters from `at` on; with `v`, writes them joined. */
static struct run walk(struct cardea_str s, size_t at, struct view *v)
{
    struct run run = {at, 0};
    struct cardea_str usual = {NULL, 0}, gap = usual;
    enum gap_kind kind = GAP_NONE;
    bool signs = false;
    for (size_t cell; (cell = cell_at(s, at, signs)) > 0;) {
        if (v && kind == GAP_WORDS)
            view_add(v, " ", 1, at - gap.len, gap.len);
        if (v && signs && (s.ptr[at] == '/' || s.ptr[at] == '|'))
            view_add(v, " ", 1, at, 1); /* i g n o r e / a l l */
        else if (v)
            view_copy(v, at, at + cell);
        run.cells++;
        run.end = at + cell;
        gap = gap_at(s, run.end);
        if (!usual.ptr)
            usual = gap;
        signs = usual.len > 0 && is_blank(usual.ptr[0]);
        kind = gap_kind(gap, usual);
        if (kind == GAP_NONE)
            break;
        /* The next word may have a sign of its own between its letters. */
        if (kind == GAP_WORDS && !signs && is_blank(gap.ptr[0]))
            usual.ptr = NULL;
        at = run.end + gap.len;
    }
    return run;
}

/* Bit i: at `at` + i a word begins that may be one character. Most are seen not to be by their second. */
static uint64_t cells_from(struct cardea_str s, size_t at)
{
    const unsigned classes = BYTE_LETTER | BYTE_DIGIT | BYTE_HIGH;
    uint64_t word = BYTES_BITS(s, at, bytes_word), high = BYTES_BITS(s, at, bytes_high);
    uint64_t before = at > 0 && byte_is(s.ptr[at - 1], classes),
             after = at + 64 < s.len && byte_is(s.ptr[at + 64], classes);
    return word & ~(word << 1 | before) & (high | ~(word >> 1 | after << 63));
}

bool view_join(struct view *v, const struct view *parent)
{
    struct cardea_str s = parent->text;
    size_t copied = 0, done = 0;
    bool any = false;
    for (size_t block = 0; block < s.len; block += 64)
        for (uint64_t cells = done < block + 64 ? cells_from(s, block) : 0; cells; cells &= cells - 1) {
            size_t at = block + (size_t)__builtin_ctzll(cells);
            if (at < done || cell_at(s, at, false) == 0)
                continue;
            struct run run = walk(s, at, NULL);
            done = run.end;
            if (run.cells < CELLS_MIN)
                continue;
            if (!any)
                view_begin(v, parent);
            any = true;
            if (at > copied)
                view_copy(v, copied, at);
            walk(s, at, v);
            copied = run.end;
        }
    if (!any)
        return false;
    if (copied < s.len)
        view_copy(v, copied, s.len);
    view_end(v);
    return true;
}
