/* core/text.h - the three questions that counted text is asked here. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <cardea/types.h>

#include <string.h>

static inline struct cardea_str text_of(const char *z)
{
    return (struct cardea_str){.ptr = z, .len = strlen(z)};
}

static inline bool text_equal(struct cardea_str a, struct cardea_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* ASCII only. */
static inline bool text_equal_nocase(struct cardea_str a, struct cardea_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (text_lower(a.ptr[i]) != text_lower(b.ptr[i]))
            return false;
    }
    return true;
}

#endif
