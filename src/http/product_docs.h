/* http/product_docs.h - what a product's documentation says of its keys: written from its profile whenever it is
 * asked for, so that it is never behind. */
#ifndef HTTP_PRODUCT_DOCS_H
#define HTTP_PRODUCT_DOCS_H

#include "http/call.h"

/* The route of the index or a page, NULL when the path is none of them; c->captures[0] is then the page's file. On a
 * documentation host `/` is the index, too. */
const struct http_route *product_docs_find(struct call *c);

#endif
