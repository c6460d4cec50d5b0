#include "http/html.h"

#include <stdlib.h>

#include "base/str.h"

static void add_character(struct buf *b, const char *at, size_t len)
{
    unsigned char c = (unsigned char)*at;
    switch (c) {
    case '&':
        buf_add_cstr(b, "&amp;");
        break;
    case '<':
        buf_add_cstr(b, "&lt;");
        break;
    case '>':
        buf_add_cstr(b, "&gt;");
        break;
    case '"':
        buf_add_cstr(b, "&quot;");
        break;
    case '\'':
        buf_add_cstr(b, "&#39;");
        break;
    default:
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            buf_add_cstr(b, "\xef\xbf\xbd");
        else
            buf_add(b, at, len);
    }
}

void html_text(struct buf *b, struct cardea_str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t step = str_utf8_step(text, i);
        if (step)
            add_character(b, text.ptr + i, step);
        else
            buf_add_cstr(b, "\xef\xbf\xbd");
        i += step ? step : 1;
    }
}

void html_fill(struct buf *b, const char *tmpl, const struct cardea_str *values, size_t count)
{
    size_t used = 0;
    for (const char *p = tmpl; *p; p++) {
        if (*p != '%')
            buf_add_char(b, *p);
        else if (used < count)
            html_text(b, values[used++]);
        else
            abort(); /* a template of ours that asks for more than it gets */
    }
    if (used != count)
        abort();
}
