/* http/pages.h - documents that are compiled in, by tools/embed.py. */
#ifndef HTTP_PAGES_H
#define HTTP_PAGES_H

#include <stddef.h>

struct page {
    const char *file; /* "errors/not_found.md" */
    const char *text;
    size_t len;
};

extern const struct page page_openapis[]; /* one: api/openapi.yaml as JSON */
extern const size_t page_openapi_count;
extern const struct page page_errors[]; /* docs/reference/errors */
extern const size_t page_error_count;
extern const struct page page_devices[]; /* one: src/http/device.css */
extern const size_t page_device_count;

#endif
