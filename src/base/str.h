/* base/str.h - small helpers on struct cardea_str. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <cardea/types.h>

#include <string.h>

#define STR(literal) ((struct cardea_str){(literal), sizeof(literal) - 1})
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct cardea_str str_of(const char *cstr)
{
    return (struct cardea_str){cstr, cstr ? strlen(cstr) : 0};
}
static inline bool str_eq(struct cardea_str a, struct cardea_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
bool str_eq_nocase(struct cardea_str a, struct cardea_str b); /* ASCII case only */
bool str_starts(struct cardea_str s, struct cardea_str prefix);
/* Cuts the next piece up to `sep` off *rest; false at the end. Empty pieces are returned too. */
bool str_cut(struct cardea_str *rest, char sep, struct cardea_str *piece);
struct cardea_str str_trim(struct cardea_str s); /* spaces and tabs */
bool str_utf8_valid(struct cardea_str s);        /* strict: no overlong forms, no surrogates, nothing above U+10FFFF */
/* Bytes of the well-formed character at s[at] (at < s.len), or 0. */
size_t str_utf8_step(struct cardea_str s, size_t at);
/* The candidate nearest to `given` by edit distance, when near enough to suggest; else NULL. */
const char *str_nearest(struct cardea_str given, const char *const *candidates, size_t count);

#endif
