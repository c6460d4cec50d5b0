/* http/router.h - from method and path to a route: a trie of segments, compiled once. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/call.h"

#define ROUTER_ROUTES_MAX 256

struct router_node;

struct router {
    struct arena arena;
    struct router_node *root;
    const struct http_route *routes[ROUTER_ROUTES_MAX]; /* by operation number */
    unsigned count;
};

/* Zero-initialised is empty. The tables must outlive the router. Aborts on a pattern that breaks the rules or stands
 * twice: both are our own mistakes. */
void router_add(struct router *r, const struct http_routes *table);
void router_release(struct router *r);

enum router_result { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD };

/* A literal wins over a capture, a capture over "**"; one trailing slash is ignored. Captures are percent-decoded into
 * the call's arena; one that decodes to nothing sensible (a broken escape, a NUL) finds nothing. On ROUTER_FOUND sets
 * c->route, c->operation and c->captures; on ROUTER_NO_METHOD *allowed is what the path answers to. */
enum router_result router_find(const struct router *r, struct call *c, uint32_t *allowed);

/* "GET, HEAD, POST". */
void router_allow_text(uint32_t methods, char *out, size_t cap);
/* The 405 that names these methods. */
void router_refuse_method(struct call *c, uint32_t allowed);

#endif
