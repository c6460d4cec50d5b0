/* core/route_table.c - routes as a trie whose edges all stand in one open-addressed table.
 *
 * Literal edges are found by (node, segment), so the cost of a match depends on the depth of the path, not on the
 * number of routes. A literal wins over a capture, a capture over `**`; where the better branch has no route for the
 * rest of the path and the method, the next one is tried. A pattern has at most CARDEA_CAPTURES_MAX captures, which
 * bounds that. */
#include "core/route_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/mix.h"
#include "core/text.h"
#include "core/why.h"

#define NO_NODE    0 /* the root is nobody's child */
#define NO_CAPTURE 0xff

struct edge {
    uint32_t node, child;
    uint32_t hash;
    uint32_t len;
    const char *text; /* NULL: empty */
};

struct node {
    uint32_t capture; /* child for any segment */
    bool literals;    /* has edges */
    uint32_t exact;   /* first route that ends here, + 1 */
    uint32_t rest;    /* first route that goes on with `**`, + 1 */
};

/* What is known of a route beyond the profile: the next one of its node, and where its captures stand. */
struct entry {
    uint32_t next;         /* + 1 */
    uint8_t tenant, agent; /* segment, or NO_CAPTURE */
};

struct route_table {
    const struct cardea_profile *profile;
    struct node *nodes;
    struct edge *edges;
    struct entry *entries;
    uint32_t node_count, edge_mask;
};

static uint32_t edge_hash(uint32_t node, struct cardea_str s)
{
    uint64_t h = (node + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15) ^ s.len;
    uint64_t word = 0;
    if (s.len >= 8) {
        for (size_t i = 0; i + 8 < s.len; i += 8) {
            memcpy(&word, s.ptr + i, 8);
            h = mix_pair(h ^ word, UINT64_C(0xe7037ed1a0b428db));
        }
        memcpy(&word, s.ptr + s.len - 8, 8); /* the last eight, whatever they share with those before */
    } else if (s.len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, s.ptr, 4);
        memcpy(&last, s.ptr + s.len - 4, 4);
        word = (uint64_t)first << 32 | last;
    } else if (s.len > 0) {
        word = (uint64_t)(uint8_t)s.ptr[0] << 16 | (uint64_t)(uint8_t)s.ptr[s.len / 2] << 8 | (uint8_t)s.ptr[s.len - 1];
    }
    return (uint32_t)mix_pair(h ^ word, UINT64_C(0x8ebc6af09c88c6e3));
}

static uint32_t find_edge(const struct route_table *t, uint32_t node, struct cardea_str s)
{
    uint32_t hash = edge_hash(node, s);
    for (uint32_t i = hash & t->edge_mask;; i = (i + 1) & t->edge_mask) {
        const struct edge *e = &t->edges[i];
        if (e->text == NULL)
            return NO_NODE;
        if (e->hash == hash && e->node == node && e->len == s.len && text_same_bytes(e->text, s.ptr, s.len))
            return e->child;
    }
}

static uint32_t add_edge(struct route_table *t, uint32_t node, struct cardea_str s)
{
    uint32_t hash = edge_hash(node, s);
    uint32_t i = hash & t->edge_mask;
    while (t->edges[i].text != NULL)
        i = (i + 1) & t->edge_mask;
    t->nodes[node].literals = true;
    t->edges[i] = (struct edge){
        .node = node, .child = t->node_count, .hash = hash, .len = (uint32_t)s.len, .text = s.ptr};
    return t->node_count++;
}

/* The next segment of a pattern; false at its end. */
static bool next_segment(struct cardea_str *rest, struct cardea_str *segment)
{
    if (rest->len <= 1) /* nothing, or the one trailing slash */
        return false;
    const char *start = rest->ptr + 1;
    const char *slash = memchr(start, '/', rest->len - 1);
    size_t len = slash == NULL ? rest->len - 1 : (size_t)(slash - start);
    *segment = (struct cardea_str){.ptr = start, .len = len};
    rest->ptr += len + 1;
    rest->len -= len + 1;
    return true;
}

static bool is_capture(struct cardea_str s)
{
    if (s.len < 3 || s.ptr[0] != '{' || s.ptr[s.len - 1] != '}')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || s.ptr[i] == '_' || (i > 1 && s.ptr[i] >= '0' && s.ptr[i] <= '9')))
            return false;
    }
    return true;
}

static bool is_literal(struct cardea_str s)
{
    if (s.len == 0 || text_equal(s, text_of(".")) || text_equal(s, text_of("..")))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c == 0x7f || strchr("{}*?#%\\", c) != NULL)
            return false;
    }
    return true;
}

/* Adds one route; on failure returns what is wrong with its pattern. */
static const char *add_route(struct route_table *t, uint32_t index)
{
    struct entry *entry = &t->entries[index];
    struct cardea_str rest = text_of(t->profile->routes[index].pattern);
    struct cardea_str s;
    uint32_t node = 0;
    unsigned depth = 0;
    unsigned captures = 0;
    bool open_end = false;
    entry->tenant = entry->agent = NO_CAPTURE;
    if (rest.len == 0 || rest.ptr[0] != '/')
        return "a pattern starts with /";
    for (; next_segment(&rest, &s); depth++) {
        if (open_end)
            return "** is the last segment";
        if (depth == ROUTE_DEPTH_MAX)
            return "too many segments";
        if (text_equal(s, text_of("**"))) {
            open_end = true;
        } else if (is_capture(s)) {
            uint8_t *place = text_equal(s, text_of("{tenant}"))  ? &entry->tenant
                             : text_equal(s, text_of("{agent}")) ? &entry->agent
                                                                 : NULL;
            if (++captures > CARDEA_CAPTURES_MAX || (place != NULL && *place != NO_CAPTURE))
                return "too many captures, or one of them twice";
            if (place != NULL)
                *place = (uint8_t)depth;
            if (t->nodes[node].capture == NO_NODE)
                t->nodes[node].capture = t->node_count++;
            node = t->nodes[node].capture;
        } else if (is_literal(s)) {
            uint32_t child = find_edge(t, node, s);
            node = child != NO_NODE ? child : add_edge(t, node, s);
        } else {
            return "a segment is a {capture}, ** or plain text";
        }
    }
    uint32_t *list = open_end ? &t->nodes[node].rest : &t->nodes[node].exact;
    for (uint32_t i = *list; i != 0; i = t->entries[i - 1].next) {
        if (t->profile->routes[i - 1].methods & t->profile->routes[index].methods)
            return "another route has the same paths and method";
    }
    entry->next = *list;
    *list = index + 1;
    return NULL;
}

enum cardea_err route_table_compile(struct route_table **out, const struct cardea_profile *p, struct cardea_why *why)
{
    size_t segments = 1;
    for (size_t i = 0; i < p->route_count; i++) {
        for (const char *c = p->routes[i].pattern; *c != '\0'; c++)
            segments += *c == '/';
    }
    uint32_t slots = 16;
    while (slots < segments * 2 && slots < UINT32_C(1) << 30)
        slots *= 2;
    struct route_table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return why_fail(why, CARDEA_E_NOMEM, "out of memory");
    *t = (struct route_table){.profile = p, .node_count = 1, .edge_mask = slots - 1};
    t->nodes = calloc(segments, sizeof *t->nodes);
    t->edges = calloc(slots, sizeof *t->edges);
    t->entries = calloc(p->route_count + 1, sizeof *t->entries);
    if (t->nodes == NULL || t->edges == NULL || t->entries == NULL) {
        route_table_free(t);
        return why_fail(why, CARDEA_E_NOMEM, "out of memory");
    }
    for (uint32_t i = 0; i < p->route_count; i++) {
        const char *mistake = add_route(t, i);
        if (mistake != NULL) {
            route_table_free(t);
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: route %.100s: %s", p->name, p->routes[i].pattern,
                            mistake);
        }
    }
    *out = t;
    return CARDEA_OK;
}

void route_table_free(struct route_table *t)
{
    if (t == NULL)
        return;
    free(t->nodes);
    free(t->edges);
    free(t->entries);
    free(t);
}

static uint32_t pick(const struct route_table *t, uint32_t list, uint32_t method)
{
    for (; list != 0; list = t->entries[list - 1].next) {
        if (t->profile->routes[list - 1].methods & method)
            return list - 1;
    }
    return ROUTE_NONE;
}

static uint32_t match_from(const struct route_table *t, uint32_t node, uint32_t method, const struct route_path *path,
                           unsigned at)
{
    uint32_t found = ROUTE_NONE;
    const struct node *n = &t->nodes[node];
    if (at == path->count) {
        found = pick(t, n->exact, method);
    } else {
        uint32_t child = n->literals ? find_edge(t, node, path->segments[at]) : NO_NODE;
        if (child != NO_NODE)
            found = match_from(t, child, method, path, at + 1);
        if (found == ROUTE_NONE && n->capture != NO_NODE)
            found = match_from(t, n->capture, method, path, at + 1);
    }
    return found != ROUTE_NONE ? found : pick(t, n->rest, method);
}

void route_table_match(const struct route_table *t, uint32_t method, const struct route_path *path,
                       struct route_match *out)
{
    *out = (struct route_match){.route = match_from(t, 0, method, path, 0)};
    if (out->route == ROUTE_NONE)
        return;
    const struct entry *e = &t->entries[out->route];
    if (e->tenant != NO_CAPTURE)
        out->tenant = path->segments[e->tenant];
    if (e->agent != NO_CAPTURE)
        out->agent = path->segments[e->agent];
}
