/* core/text.h - the three questions that counted text is asked here. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <cardea/types.h>

#include <string.h>

static inline struct cardea_str text_of(const char *z)
{
    return (struct cardea_str){.ptr = z, .len = strlen(z)};
}

/* memcmp() == 0 for the short texts that a decision compares: the call alone costs more than these. */
static inline bool text_same_bytes(const char *a, const char *b, size_t len)
{
    uint64_t x = 0;
    uint64_t y = 0;
    if (len < 4) {
        for (size_t i = 0; i < len; i++)
            x |= (uint64_t)(uint8_t)(a[i] ^ b[i]);
        return x == 0;
    }
    if (len < 8) {
        uint32_t first[2];
        uint32_t last[2];
        memcpy(&first[0], a, 4);
        memcpy(&first[1], b, 4);
        memcpy(&last[0], a + len - 4, 4);
        memcpy(&last[1], b + len - 4, 4);
        return first[0] == first[1] && last[0] == last[1];
    }
    uint64_t different = 0;
    for (size_t i = 0; i + 8 < len; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        different |= x ^ y;
    }
    memcpy(&x, a + len - 8, 8); /* the last eight, whatever they share with those before */
    memcpy(&y, b + len - 8, 8);
    return (different | (x ^ y)) == 0;
}

static inline bool text_equal(struct cardea_str a, struct cardea_str b)
{
    return a.len == b.len && text_same_bytes(a.ptr, b.ptr, a.len);
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
