/* http/product_schema.h - what a product's API takes and answers, for programs: OpenAPI 3.1, made from its profile. */
#ifndef HTTP_PRODUCT_SCHEMA_H
#define HTTP_PRODUCT_SCHEMA_H

#include <jansson.h>

#include "base/buf.h"
#include "profile/profile.h"

/* Only what callers of this product can ask: its routes, and of management what its profile exposes. False without
 * memory. */
bool product_schema_write(struct arena *a, const struct profile *p, struct buf *out);

/* ---- parts of it ---- */

/* Adds what the profile exposes of the native API, at the product's paths, with the components that it needs.
 * product_schema_native.c */
bool product_schema_add_managed(struct arena *a, const struct profile *p, json_t *paths, json_t *components);
/* Whether the daemon answers at this path, or beneath it, for people and keys of the product: then a route there is
 * asked nothing. */
bool product_schema_is_managed(const struct profile *p, const char *pattern);
/* `path` with what stands in braces described, as far as it is not: OpenAPI wants each to be. */
bool product_schema_add_captures(json_t *operation, const char *path);

#endif
