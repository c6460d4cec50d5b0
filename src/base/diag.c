#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void diags_init(struct diags *d, struct arena *a, const char *file)
{
    *d = (struct diags){.arena = a, .file = file};
}

void diags_add(struct diags *d, uint32_t line, uint32_t col, const char *fmt, ...)
{
    if (d->count++ >= DIAG_MAX)
        return;
    if (!d->items)
        d->items = arena_array(d->arena, DIAG_MAX, sizeof(*d->items));
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    d->items[d->count - 1] = (struct diag){line, col, arena_cstr(d->arena, str_of(text))};
}

/* Insertion sort: few entries, nearly in order, and those of one place keep theirs. */
static void sort(struct diag *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct diag moved = items[i];
        size_t j = i;
        for (; j > 0; j--) {
            const struct diag *before = &items[j - 1];
            if (before->line < moved.line || (before->line == moved.line && before->col <= moved.col))
                break;
            items[j] = *before;
        }
        items[j] = moved;
    }
}

static void add_visible(struct buf *out, struct cardea_str text)
{
    for (size_t i = 0, step; i < text.len; i += step) {
        unsigned char c = (unsigned char)text.ptr[i];
        step = str_utf8_step(text, i);
        bool c1 = step == 2 && c == 0xc2 && (unsigned char)text.ptr[i + 1] < 0xa0;
        if (step && c >= 0x20 && c != 0x7f && !c1) {
            buf_add(out, text.ptr + i, step);
            continue;
        }
        buf_printf(out, "\\x%02x", c);
        step = 1;
    }
}

void diags_write(struct diags *d, struct buf *out)
{
    size_t kept = d->count < DIAG_MAX ? d->count : DIAG_MAX;
    sort(d->items, kept);
    for (size_t i = 0; i < kept; i++) {
        add_visible(out, str_of(d->file));
        if (d->items[i].line)
            buf_printf(out, ":%u:%u", d->items[i].line, d->items[i].col);
        buf_add_cstr(out, ": ");
        add_visible(out, str_of(d->items[i].text));
        buf_add_char(out, '\n');
    }
    if (d->count > kept) {
        add_visible(out, str_of(d->file));
        buf_printf(out, ": and %zu more mistakes\n", d->count - kept);
    }
}
