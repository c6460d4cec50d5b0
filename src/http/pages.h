/* http/pages.h - documents that are compiled in. */
#ifndef HTTP_PAGES_H
#define HTTP_PAGES_H

#include <stddef.h>

struct page {
    const char *name; /* the file's, without its ending */
    const unsigned char *text;
    size_t len;
};

extern const struct page pages_openapi[]; /* one: api/openapi.yaml as JSON */
extern const size_t pages_openapi_count;
extern const struct page pages_errors[]; /* docs/errors */
extern const size_t pages_errors_count;

#endif
