/* core/append.h - text into a caller's buffer: what does not fit is not written, and the length that is wanted counts
 * on. */
#ifndef CORE_APPEND_H
#define CORE_APPEND_H

#include <cardea/types.h>

#include <string.h>

struct append {
    char *buf;
    size_t cap, len;
};

static inline void append_text(struct append *a, struct cardea_str text)
{
    if (a->len <= a->cap && text.len <= a->cap - a->len && text.len > 0)
        memcpy(a->buf + a->len, text.ptr, text.len);
    a->len += text.len;
}

static inline void append_cstr(struct append *a, const char *text)
{
    append_text(a, (struct cardea_str){.ptr = text, .len = strlen(text)});
}

/* Within quotes of JSON: names and ids are printable ASCII; whatever else there might be is left out. */
static inline void append_quoted(struct append *a, struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\')
            append_cstr(a, "\\");
        if (c >= ' ' && c < 0x7f)
            append_text(a, (struct cardea_str){.ptr = &text.ptr[i], .len = 1});
    }
}

#endif
