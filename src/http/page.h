/* http/page.h - lists by pages: `cursor` and `limit` in, `data` and `next_cursor` out. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/call.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

struct page {
    const char *prefix; /* of the ids that are cursors */
    int64_t after;
    size_t limit;
};

/* From the query. False: the problems stand in c->svc, for call_refuse(). Ask the use case for `limit` + 1 rows: the
 * one too many says that there is a next page. */
bool page_read(struct call *c, const char *prefix, struct page *out);

/* Begins the reply; the caller writes min(count, limit) values; page_end() writes the cursor, which is `last`, the id
 * of the last value that was written, or null when `count` shows no next page. */
void page_begin(struct call *c, struct json_writer *w);
void page_end(struct json_writer *w, const struct page *page, size_t count, int64_t last);

#endif
