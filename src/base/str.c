#include "base/str.h"

/* Longer words are no slip of the finger; it also bounds the stack and the time. */
#define NEAREST_MAX 63

static unsigned char lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char)(c | 0x20) : (unsigned char)c;
}

bool str_eq_nocase(struct cardea_str a, struct cardea_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool str_starts(struct cardea_str s, struct cardea_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* At the end `rest` has a NULL pointer, so that "a," gives "a" and "" and then stops. */
bool str_cut(struct cardea_str *rest, char sep, struct cardea_str *piece)
{
    if (!rest->ptr)
        return false;
    const char *hit = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    if (!hit) {
        *piece = *rest;
        *rest = (struct cardea_str){NULL, 0};
        return true;
    }
    *piece = (struct cardea_str){rest->ptr, (size_t)(hit - rest->ptr)};
    *rest = (struct cardea_str){hit + 1, rest->len - piece->len - 1};
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct cardea_str str_trim(struct cardea_str s)
{
    while (s.len && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

size_t str_utf8_step(struct cardea_str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.ptr + at;
    size_t left = s.len - at;
    if (p[0] < 0x80)
        return 1;
    /* The second byte's range excludes overlong forms (E0, F0), surrogates (ED) and what is above U+10FFFF (F4). */
    unsigned char low = 0x80, high = 0xbf;
    size_t len;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (left < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

bool str_utf8_valid(struct cardea_str s)
{
    for (size_t i = 0, step; i < s.len; i += step)
        if ((step = str_utf8_step(s, i)) == 0)
            return false;
    return true;
}

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn `a` into `b`: insert, delete, replace, swap two neighbours; case does not count. */
static size_t distance(struct cardea_str a, struct cardea_str b)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
            now[j] = min2(min2(last[j], now[j - 1]) + 1, last[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
                lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]))
                now[j] = min2(now[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

const char *str_nearest(struct cardea_str given, const char *const *candidates, size_t count)
{
    if (given.len == 0 || given.len > NEAREST_MAX)
        return NULL;
    /* A third of the word, at least one letter: what people mistype and no more. */
    size_t best = given.len / 3 + 1;
    if (best > 4)
        best = 4;
    best++;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct cardea_str candidate = str_of(candidates[i]);
        if (candidate.len == 0 || candidate.len > NEAREST_MAX)
            continue;
        size_t d = distance(given, candidate);
        if (d < best && d < candidate.len) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
