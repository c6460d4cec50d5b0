/* cli/table.h - rows for people (aligned, with a header) or for programs (tab-separated, without). */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"

struct table_column {
    const char *title;
    bool shrinks;  /* cut with an ellipsis when the terminal is too narrow */
    bool optional; /* left out, from the last column on, when that is not enough */
};

enum table_tone { TABLE_PLAIN, TABLE_GOOD, TABLE_WARN, TABLE_BAD, TABLE_DIM };

struct table_cell {
    struct cardea_str text;
    enum table_tone tone;
};

/* Columns at most. */
#define TABLE_COLUMNS_MAX 12

/* Caller-allocated. `aligned` false: each row goes out at once, whatever its number. */
struct table {
    FILE *out;
    bool aligned, colour;
    unsigned width; /* of the terminal; 0: not limited */
    const struct table_column *columns;
    size_t column_count;
    struct arena *arena; /* keeps the rows of an aligned table */
    struct table_row *first, *last;
};

void table_init(struct table *t, struct arena *arena, FILE *out, bool aligned, bool colour, unsigned width,
                const struct table_column *columns, size_t column_count);
/* One cell a column; the texts may go away afterwards. */
void table_add(struct table *t, const struct table_cell *cells);
/* Prints an aligned table. Nothing is printed when there is no row. */
void table_finish(struct table *t);

/* Columns that `text` takes on a terminal: wide characters count 2, combining ones 0. Needs a UTF-8 LC_CTYPE, else each
 * character counts 1. */
size_t table_text_width(struct cardea_str text);
/* Appends `text` without what could steer a terminal or break a row: control characters (C0, DEL, C1) become a space,
 * invalid UTF-8 U+FFFD. */
void table_clean(struct buf *out, struct cardea_str text);
const char *table_tone_start(enum table_tone tone);

#endif
