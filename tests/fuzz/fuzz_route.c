/* fuzz_route.c - patterns, a line each, and a request target on the last line: the compiled table finds a route exactly
 * when a plain comparison of each pattern does, and no path gets through that servers could read in two ways. */
#include <stdlib.h>
#include <string.h>

#include "core/request.h"
#include "core/route_table.h"

#define PATTERNS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rest of a pattern against the rest of a path. */
static bool plain_match(const char *pattern, const struct route_path *path, unsigned at)
{
    if (*pattern == '/')
        pattern++;
    if (*pattern == '\0')
        return at == path->count;
    size_t len = strcspn(pattern, "/");
    if (len == 2 && memcmp(pattern, "**", 2) == 0)
        return true;
    if (at == path->count)
        return false;
    struct cardea_str s = path->segments[at];
    if (pattern[0] != '{' && (s.len != len || memcmp(s.ptr, pattern, len) != 0))
        return false;
    return plain_match(pattern + len, path, at + 1);
}

static void check_path(const struct route_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        struct cardea_str s = path->segments[i];
        if (s.len == 0 || (s.len == 1 && s.ptr[0] == '.') || (s.len == 2 && memcmp(s.ptr, "..", 2) == 0))
            abort();
        for (size_t c = 0; c < s.len; c++) {
            unsigned char b = (unsigned char)s.ptr[c];
            if (b < ' ' || b == 0x7f || b == '/' || b == '\\')
                abort();
        }
    }
}

static void match_all(const struct cardea_profile *p, struct cardea_str target)
{
    static char buf[ROUTE_PATH_MAX];
    static struct route_path path;
    struct cardea_str query;
    struct cardea_why why;
    struct route_table *t;
    struct route_match m;
    (void)request_query_has_key(p, target);
    if (!request_path(target, buf, &path, &query))
        return;
    check_path(&path);
    if (route_table_compile(&t, p, &why) != CARDEA_OK)
        return;
    route_table_match(t, CARDEA_GET, &path, &m);
    bool any = false;
    for (size_t i = 0; i < p->route_count; i++)
        any |= plain_match(p->routes[i].pattern, &path, 0);
    if (any != (m.route != ROUTE_NONE))
        abort();
    if (any && !plain_match(p->routes[m.route].pattern, &path, 0))
        abort();
    route_table_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct cardea_route routes[PATTERNS_MAX];
    struct cardea_profile p = {.name = "fuzz", .routes = routes};
    char *line = text;
    for (char *end; (end = memchr(line, '\n', size - (size_t)(line - text))) != NULL && p.route_count < PATTERNS_MAX;) {
        *end = '\0';
        routes[p.route_count++] = (struct cardea_route){CARDEA_GET, line, CARDEA_ACCESS_KEY, 0, 0, 0};
        line = end + 1;
    }
    match_all(&p, (struct cardea_str){line, size - (size_t)(line - text)});
    free(text);
    return 0;
}
