/* base/diag.h - mistakes in a file, gathered so that one run tells them all, in the order of the file. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/arena.h"
#include "base/buf.h"

/* After so many the rest is only counted. */
#define DIAG_MAX 200

struct diag {
    uint32_t line, col; /* from 1; line 0: the whole file */
    const char *text;
};

struct diags {
    struct arena *arena;
    const char *file;
    struct diag *items;
    size_t count; /* of mistakes; at most DIAG_MAX are kept */
};

/* For "%.*s" of what a file says: cut, so that the words after it are not. */
#define DIAG_ARG(s) (int)((s).len > 60 ? 60 : (s).len), (s).ptr

/* Both must outlive `d`. */
void diags_init(struct diags *d, struct arena *a, const char *file);
void diags_add(struct diags *d, uint32_t line, uint32_t col, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* `file:line:col: text`, one a line, sorted by place; what a file smuggled in as control characters is escaped. */
void diags_write(struct diags *d, struct buf *out);

#endif
