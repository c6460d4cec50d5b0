/* http/web.h - the pages of web/, built and compiled in by tools/pages.py; and how they are sent. */
#ifndef HTTP_WEB_H
#define HTTP_WEB_H

#include "http/call.h"

struct web_piece {
    uint32_t at, len; /* of web_blob */
};

struct web_file {
    const char *name; /* "dashboard/assets/index-Dk3bV1_x.js" */
    const char *type;
    const char *etag;
    int base_at; /* of a page: where the `./` of its base stands, which is ours to say; -1: it has none */
    struct web_piece raw, gzip; /* gzip.len 0: there is none */
};

/* By name. In a build without Node there are none. */
extern const struct web_file web_files[];
extern const size_t web_file_count;
extern const char web_blob[];

/* Whether this build has pages. */
bool web_built(void);

/* "dashboard", "assets/index-Dk3bV1_x.js"; NULL: there is none. */
const struct web_file *web_find(struct arena *a, const char *folder, struct cardea_str path);

/* WEB_HASHED: its name changes with it, so it may be kept for good. */
enum web_caching { WEB_ASKED_AGAIN, WEB_HASHED };

/* The whole reply, gzipped for who takes that; 304 for who has it already. */
void web_send(struct call *c, const struct web_file *f, enum web_caching caching);

/* A page, told beneath which path it lies ("/dashboard/"), with the headers that keep others out of it. `policy` says
 * what it may load and talk to; NULL: files of this host alone, nothing inline. */
void web_send_page(struct call *c, const struct web_file *f, const char *base, const char *policy);

/* The 404 of a build without pages, which says how to get one with them. */
void web_missing(struct call *c);

#endif
