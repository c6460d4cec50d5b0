#include <string.h>

#include "base/str.h"
#include "profile/build.h"

static bool is_below(const char *path, const char *base)
{
    size_t len = strlen(base);
    return strncmp(path, base, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The daemon answers everything beneath it, so a route there would never be asked. */
static void check_routes(struct build *b, const char *path, const struct yaml_node *at)
{
    const struct cardea_profile *core = &b->out->core;
    for (size_t i = 0; i < core->route_count; i++)
        if (is_below(core->routes[i].pattern, path))
            build_mistake(b, at, "the route `%s` lies beneath the dashboard's `%s`", core->routes[i].pattern, path);
}

static void build_dashboard(struct build *b, const struct fields_dashboard *from)
{
    struct profile_dashboard *to = &b->out->dashboard;
    to->path = from->path ? build_text(from->path) : "/dashboard";
    to->cookie = from->cookie ? build_text(from->cookie) : PROFILE_COOKIE;
    check_routes(b, to->path, from->path ? from->path : from->node);
    if (!b->out->core.host_count)
        build_mistake(b, from->node, "a dashboard needs `hosts` to be at");
}

static void build_docs(struct build *b, const struct fields_docs *from)
{
    struct profile_docs *to = &b->out->docs;
    to->summary = build_text(from->summary);
    if (!from->hosts)
        return;
    const char **hosts = arena_array(b->arena, from->hosts->count, sizeof(*hosts));
    for (const struct yaml_node *one = from->hosts->first; one; one = one->next) {
        for (size_t i = 0; i < b->out->core.host_count; i++)
            if (str_eq(one->text, str_of(b->out->core.hosts[i])))
                build_mistake(b, one, "`%.*s` is among the product's `hosts`, which answer with documentation anyway",
                              DIAG_ARG(one->text));
        hosts[to->host_count++] = one->text.ptr;
    }
    to->hosts = hosts;
}

void build_places(struct build *b)
{
    b->out->upstream = build_text(b->from->upstream);
    if (b->from->dashboard)
        build_dashboard(b, b->from->dashboard);
    if (b->from->docs)
        build_docs(b, b->from->docs);
}
