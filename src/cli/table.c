#include "cli/table.h"

#include <wchar.h>

#include "base/str.h"

struct table_row {
    struct table_row *next;
    struct table_cell cells[];
};

#define GAP        2
#define SHRINK_MIN 8 /* a cut cell keeps at least this many columns: enough to recognise a name */

/* Decodes one character; returns its bytes, 1 with U+FFFD for an invalid one. */
static size_t decode(struct cardea_str s, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = p[0] < 0x80 ? 1 : (p[0] >> 5) == 6 ? 2 : (p[0] >> 4) == 14 ? 3 : (p[0] >> 3) == 30 ? 4 : 0;
    if (len == 1) {
        *cp = p[0];
        return 1;
    }
    if (len == 0 || len > s.len || !str_utf8_valid((struct cardea_str){s.ptr, len})) {
        *cp = 0xfffd;
        return 1;
    }
    *cp = p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        *cp = *cp << 6 | (p[i] & 0x3f);
    return len;
}

static size_t width_of(uint32_t cp)
{
    int w = wcwidth((wchar_t)cp);
    return w < 0 ? 1 : (size_t)w;
}

size_t table_text_width(struct cardea_str text)
{
    size_t width = 0;
    while (text.len > 0) {
        uint32_t cp;
        size_t len = decode(text, &cp);
        width += width_of(cp);
        text.ptr += len, text.len -= len;
    }
    return width;
}

/* Bidirectional overrides can make a line read differently from what it says. */
static bool steers(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

void table_clean(struct buf *out, struct cardea_str text)
{
    while (text.len > 0) {
        uint32_t cp;
        size_t len = decode(text, &cp);
        if (steers(cp))
            buf_add_char(out, ' ');
        else if (cp == 0xfffd)
            buf_add_cstr(out, "\xef\xbf\xbd");
        else
            buf_add(out, text.ptr, len);
        text.ptr += len, text.len -= len;
    }
}

const char *table_tone_start(enum table_tone tone)
{
    static const char *const starts[] = {"", "\033[32m", "\033[33m", "\033[31m", "\033[2m"};
    return starts[tone];
}

void table_init(struct table *t, struct arena *arena, FILE *out, bool aligned, bool colour, unsigned width,
                const struct table_column *columns, size_t column_count)
{
    *t = (struct table){.out = out,
                        .aligned = aligned,
                        .colour = colour,
                        .width = width,
                        .columns = columns,
                        .column_count = column_count,
                        .arena = arena};
}

void table_add(struct table *t, const struct table_cell *cells)
{
    struct buf clean;
    buf_init(&clean, 1 << 16);
    struct table_row *row = NULL;
    if (t->aligned)
        row = arena_alloc(t->arena, sizeof(*row) + t->column_count * sizeof(row->cells[0]));
    for (size_t i = 0; i < t->column_count; i++) {
        buf_clear(&clean);
        table_clean(&clean, cells[i].text);
        if (row)
            row->cells[i] = (struct table_cell){arena_str(t->arena, buf_str(&clean)), cells[i].tone};
        else
            fprintf(t->out, "%s%.*s", i > 0 ? "\t" : "", STR_ARG(buf_str(&clean)));
    }
    buf_release(&clean);
    if (!row) {
        fputc('\n', t->out);
        return;
    }
    if (t->last)
        t->last->next = row;
    else
        t->first = row;
    t->last = row;
}

/* Prints at most `width` columns of `text` and returns how many it took. */
static size_t put_cut(FILE *out, struct cardea_str text, size_t width)
{
    if (table_text_width(text) <= width) {
        fprintf(out, "%.*s", STR_ARG(text));
        return table_text_width(text);
    }
    size_t used = 0;
    while (text.len > 0) {
        uint32_t cp;
        size_t len = decode(text, &cp), w = width_of(cp);
        if (used + w > width - 1)
            break;
        fwrite(text.ptr, 1, len, out);
        used += w;
        text.ptr += len, text.len -= len;
    }
    fputs("…", out);
    return used + 1;
}

static void put_row(const struct table *t, const struct table_cell *cells, const size_t *widths)
{
    size_t last = t->column_count - 1;
    while (last > 0 && cells[last].text.len == 0)
        last--;
    for (size_t i = 0; i <= last; i++) {
        bool coloured = t->colour && cells[i].tone != TABLE_PLAIN;
        if (coloured)
            fputs(table_tone_start(cells[i].tone), t->out);
        size_t used = put_cut(t->out, cells[i].text, widths[i]);
        if (coloured)
            fputs("\033[0m", t->out);
        for (size_t pad = used; i < last && pad < widths[i] + GAP; pad++)
            fputc(' ', t->out);
    }
    fputc('\n', t->out);
}

static size_t total_of(const size_t *widths, size_t count)
{
    size_t total = GAP * (count - 1);
    for (size_t i = 0; i < count; i++)
        total += widths[i];
    return total;
}

/* Makes the table fit: takes from those that may shrink, evenly from the widest, then leaves columns out. */
static void shrink(struct table *t, size_t *widths)
{
    size_t total = total_of(widths, t->column_count);
    while (t->width > 0 && total > t->width) {
        size_t widest = t->column_count;
        for (size_t i = 0; i < t->column_count; i++)
            if (t->columns[i].shrinks && widths[i] > SHRINK_MIN &&
                (widest == t->column_count || widths[i] > widths[widest]))
                widest = i;
        if (widest < t->column_count)
            widths[widest]--;
        else if (t->columns[t->column_count - 1].optional)
            t->column_count--;
        else
            return;
        total = total_of(widths, t->column_count);
    }
}

void table_finish(struct table *t)
{
    if (!t->aligned || !t->first)
        return;
    size_t widths[TABLE_COLUMNS_MAX];
    struct table_cell header[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < t->column_count; i++) {
        header[i] = (struct table_cell){str_of(t->columns[i].title), TABLE_DIM};
        widths[i] = table_text_width(header[i].text);
        for (const struct table_row *row = t->first; row; row = row->next) {
            size_t width = table_text_width(row->cells[i].text);
            if (width > widths[i])
                widths[i] = width;
        }
    }
    shrink(t, widths);
    put_row(t, header, widths);
    for (const struct table_row *row = t->first; row; row = row->next)
        put_row(t, row->cells, widths);
}
