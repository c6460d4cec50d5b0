#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"

#define METHODS 6

struct router_node {
    struct cardea_str literal; /* empty: a capture, or "**" */
    struct router_node *next;  /* its siblings */
    struct router_node *literals, *capture, *rest;
    uint32_t methods;
    uint16_t route[METHODS]; /* by the method's bit number */
};

static void defect(const struct http_route *route, const char *what)
{
    log_error("route %s: %s", route->pattern, what);
    abort();
}

static struct router_node *node_literal(struct router *r, struct router_node *parent, struct cardea_str literal)
{
    for (struct router_node *n = parent->literals; n; n = n->next)
        if (str_eq(n->literal, literal))
            return n;
    struct router_node *n = arena_alloc(&r->arena, sizeof(*n));
    n->literal = literal;
    n->next = parent->literals;
    parent->literals = n;
    return n;
}

static struct router_node *node_other(struct router *r, struct router_node **slot)
{
    if (!*slot)
        *slot = arena_alloc(&r->arena, sizeof(**slot));
    return *slot;
}

static void add_route(struct router *r, const struct http_route *route)
{
    if (r->count == ROUTER_ROUTES_MAX)
        defect(route, "too many routes");
    if (!r->root)
        r->root = arena_alloc(&r->arena, sizeof(*r->root));
    struct router_node *at = r->root;
    struct cardea_str rest = str_of(route->pattern), piece;
    size_t captures = 0;
    if (!str_cut(&rest, '/', &piece) || piece.len)
        defect(route, "does not begin with a slash");
    while (str_cut(&rest, '/', &piece)) {
        if (str_eq(piece, STR("**")))
            at = node_other(r, &at->rest);
        else if (piece.len && piece.ptr[0] == '{' && ++captures <= CALL_CAPTURES_MAX)
            at = node_other(r, &at->capture);
        else if (piece.len && piece.ptr[0] != '{')
            at = node_literal(r, at, piece);
        else if (piece.len)
            defect(route, "too many captures");
    }
    if (at->methods & route->method)
        defect(route, "stands twice");
    at->methods |= route->method;
    for (unsigned bit = 0; bit < METHODS; bit++)
        if (route->method >> bit & 1)
            at->route[bit] = (uint16_t)r->count;
    r->routes[r->count++] = route;
}

void router_add(struct router *r, const struct http_routes *table)
{
    for (size_t i = 0; i < table->count; i++)
        add_route(r, &table->items[i]);
}

void router_release(struct router *r)
{
    arena_release(&r->arena);
    *r = (struct router){0};
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What does not decode becomes empty, which no handler takes for an id. */
static struct cardea_str decode(struct arena *a, struct cardea_str raw)
{
    if (!raw.len || !memchr(raw.ptr, '%', raw.len))
        return raw;
    char *out = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] != '%') {
            out[len++] = raw.ptr[i];
            continue;
        }
        int high = i + 2 < raw.len ? hex(raw.ptr[i + 1]) : -1, low = high >= 0 ? hex(raw.ptr[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return (struct cardea_str){0};
        out[len++] = (char)(high << 4 | low);
        i += 2;
    }
    return (struct cardea_str){out, len};
}

struct search {
    struct cardea_str captures[CALL_CAPTURES_MAX];
    const struct router_node *found;
};

/* Depth first, the best kind of segment first. Once a path is found it is the path, whatever it lacks: /v1/keys/verify
 * is never a key called `verify`. */
static bool walk(const struct router_node *at, struct cardea_str rest, size_t captures, struct search *s)
{
    struct cardea_str piece;
    struct cardea_str all = rest;
    if (!str_cut(&rest, '/', &piece) || (!piece.len && !rest.ptr)) {
        s->found = at->methods ? at : NULL;
    } else if (piece.len) {
        for (const struct router_node *n = at->literals; n; n = n->next)
            if (str_eq(n->literal, piece) && walk(n, rest, captures, s))
                return true;
        if (at->capture && captures < CALL_CAPTURES_MAX) {
            s->captures[captures] = piece;
            if (walk(at->capture, rest, captures + 1, s))
                return true;
        }
    }
    if (!s->found && at->rest) {
        if (captures < CALL_CAPTURES_MAX)
            s->captures[captures] = all;
        s->found = at->rest;
    }
    return s->found != NULL;
}

enum router_result router_find(const struct router *r, struct call *c, uint32_t *allowed)
{
    struct search s = {0};
    struct cardea_str rest = c->path, piece;
    *allowed = 0;
    if (!r->root || !c->path.len || !str_cut(&rest, '/', &piece) || piece.len || !walk(r->root, rest, 0, &s))
        return ROUTER_NO_PATH;
    *allowed = s.found->methods;
    if (!(s.found->methods & c->method))
        return ROUTER_NO_METHOD;
    for (size_t i = 0; i < CALL_CAPTURES_MAX; i++)
        c->captures[i] = decode(&c->arena, s.captures[i]);
    unsigned bit = (unsigned)__builtin_ctz(c->method);
    c->operation = s.found->route[bit];
    c->route = r->routes[c->operation];
    return ROUTER_FOUND;
}

void router_allow_text(uint32_t methods, char *out, size_t cap)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{CARDEA_GET, "GET, HEAD"}, {CARDEA_POST, "POST"},     {CARDEA_PUT, "PUT"},
                 {CARDEA_PATCH, "PATCH"},   {CARDEA_DELETE, "DELETE"}, {CARDEA_OPTIONS, "OPTIONS"}};
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (methods & names[i].bit && len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len ? ", " : "", names[i].name);
}

void router_refuse_method(struct call *c, uint32_t allowed)
{
    char text[64];
    router_allow_text(allowed, text, sizeof(text));
    call_problem(c, 405, "method_not_allowed", "This path answers to %s.", text);
    call_add_header(c, "Allow", text);
}
