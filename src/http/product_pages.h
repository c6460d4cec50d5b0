/* http/product_pages.h - the pages of a product's documentation. product_docs.c says when they are asked for. */
#ifndef HTTP_PRODUCT_PAGES_H
#define HTTP_PRODUCT_PAGES_H

#include <cardea/refusal.h>

#include "base/buf.h"
#include "profile/profile.h"

/* What a page is written from. */
struct product_docs {
    const struct profile *profile;
    const char *origin; /* "https://api.animus.so", where the product's API answers; NULL: it has no host */
};

struct product_page {
    const char *file, *title, *about;
    void (*write)(const struct product_docs *d, struct buf *out); /* beneath the heading */
};

void product_page_authentication(const struct product_docs *d, struct buf *out);
void product_page_scopes(const struct product_docs *d, struct buf *out);
void product_page_errors(const struct product_docs *d, struct buf *out);
void product_page_keys(const struct product_docs *d, struct buf *out);

/* A profile's text in a line or a cell of a table: no line ends, no column ends. */
void product_page_text(struct buf *out, const char *text);
/* The words of the nth scope, flag, ... in code: "`a`, `b`". */
void product_page_code_list(struct buf *out, const char *const *words, size_t count);
/* "90 days", "36 hours", "15 minutes", "10 seconds". */
void product_page_duration(struct buf *out, int64_t sec);
/* The variable of the environment that examples keep a key in. */
const char *product_page_variable(const struct product_docs *d);
/* Whether callers of this product can meet this code. */
bool product_page_has_code(const struct cardea_profile *p, enum cardea_code code);
/* What is answered with this code, from the function that answers. */
void product_page_refuse(const struct cardea_profile *p, enum cardea_code code, char buf[CARDEA_REFUSAL_MAX],
                         struct cardea_refusal *r);
/* The first sentence of docs/reference/errors/CODE.md. */
struct cardea_str product_page_meaning(enum cardea_code code);

#endif
