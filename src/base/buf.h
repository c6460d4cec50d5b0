/* base/buf.h - a growing byte buffer with a maximum and a sticky error: append freely, check once. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <cardea/types.h>

#include <stdarg.h>

struct buf {
    char *ptr; /* NUL-terminated whenever not NULL; the NUL is not counted */
    size_t len, cap, max;
    bool failed; /* the maximum or memory was exceeded: contents are what fitted before */
};

/* Allocates nothing yet. `max` in bytes. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* wipes and frees contents */
void buf_clear(struct buf *b);   /* empty, storage kept */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, struct cardea_str s);
void buf_add_cstr(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct cardea_str buf_str(const struct buf *b);

#endif
