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
        if (core->routes[i].pattern && is_below(core->routes[i].pattern, path))
            build_mistake(b, at, "the route `%s` lies beneath the dashboard's `%s`", core->routes[i].pattern, path);
}

static void build_keys_page(struct profile_dashboard *to, const struct fields_dashboard_keys *from)
{
    if (from->path)
        to->keys_path = build_text(from->path);
    if (from->title)
        to->keys_title = to->keys_nav = build_text(from->title);
    if (from->nav)
        to->keys_nav = build_text(from->nav);
    if (from->noun)
        to->keys_noun = build_text(from->noun);
}

static void build_dashboard(struct build *b, const struct fields_dashboard *from)
{
    struct profile_dashboard *to = &b->out->dashboard;
    to->path = from->path ? build_text(from->path) : "/dashboard";
    to->cookie = from->cookie ? build_text(from->cookie) : PROFILE_COOKIE;
    to->color = from->color ? build_text(from->color) : NULL;
    if (from->keys)
        build_keys_page(to, from->keys);
    check_routes(b, to->path, from->path ? from->path : from->node);
    if (!b->out->core.host_count)
        build_mistake(b, from->node, "a dashboard needs `hosts` to be at");
}

/* Slashes at its end make no other path of it. */
static bool is_exactly(const char *path, const char *wanted)
{
    size_t len = strlen(wanted);
    return strncmp(path, wanted, len) == 0 && strspn(path + len, "/") == strlen(path + len);
}

/* Whether the file itself has a route for the index. Where the pages are it may have none. */
static bool check_docs_routes(struct build *b)
{
    static const char *const folders[] = {PROFILE_DOCS_PAGES, PROFILE_DOCS_ERRORS, PROFILE_DOCS_ASSETS,
                                          PROFILE_DOCS_SCHEMA};
    const size_t folder_count = b->out->docs.reference ? 4 : 2;
    bool index = false;
    for (size_t i = 0; i < b->out->core.route_count; i++) {
        const struct cardea_route *route = &b->out->core.routes[i];
        if (!route->pattern)
            continue; /* the schema has told */
        const struct yaml_node *at = ((const struct fields_route *)b->from->routes.items)[i].path;
        if (b->out->docs.reference && is_exactly(route->pattern, PROFILE_DOCS_REFERENCE))
            build_mistake(b, at, "`%s` is where the reference of the API is", route->pattern);
        for (size_t k = 0; k < folder_count; k++)
            if (is_below(route->pattern, folders[k]))
                build_mistake(b, at, "`%s` lies beneath `%s`, where pages of the documentation are", route->pattern,
                              folders[k]);
        if (!is_exactly(route->pattern, PROFILE_DOCS_INDEX) || !(route->methods & CARDEA_GET))
            continue;
        index = true;
        if (route->access != CARDEA_ACCESS_PUBLIC)
            build_mistake(b, at, "the documentation's index is public: without this route it is at `%s`, too",
                          PROFILE_DOCS_INDEX);
    }
    return index;
}

/* The pages are routes like any other, so that whoever decides lets them pass. */
static void add_docs_routes(struct build *b)
{
    static const char *const patterns[] = {
        PROFILE_DOCS_INDEX,         PROFILE_DOCS_PAGES "/{page}",  PROFILE_DOCS_ERRORS "/{code}",
        PROFILE_DOCS_REFERENCE "/", PROFILE_DOCS_ASSETS "/{file}", PROFILE_DOCS_SCHEMA "/"};
    const size_t added = b->out->docs.reference ? 6 : 3;
    struct cardea_profile *core = &b->out->core;
    size_t first = check_docs_routes(b) ? 1 : 0;
    if (core->route_count + added > CARDEA_ROUTES_MAX) {
        build_mistake(b, b->from->docs->node, "with that many routes there is no room for the documentation's");
        return;
    }
    struct cardea_route *routes = arena_array(b->arena, core->route_count + added, sizeof(*routes));
    if (core->route_count)
        memcpy(routes, core->routes, core->route_count * sizeof(*routes));
    for (size_t i = first; i < added; i++)
        routes[core->route_count++] = (struct cardea_route){
            .methods = CARDEA_GET, .pattern = patterns[i], .access = CARDEA_ACCESS_PUBLIC};
    core->routes = routes;
}

static void build_docs(struct build *b, const struct fields_docs *from)
{
    struct profile_docs *to = &b->out->docs;
    to->summary = build_text(from->summary);
    to->reference = from->reference == 1;
    add_docs_routes(b);
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
    if (b->from->docs)
        build_docs(b, b->from->docs);
    if (b->from->webhooks)
        b->out->webhooks = (struct profile_webhooks){build_text(b->from->webhooks->signature_header),
                                                     b->from->webhooks->signature_style == PROFILE_SIGNATURE_PREFIXED
                                                         ? PROFILE_SIGNATURE_PREFIXED
                                                         : PROFILE_SIGNATURE_HEX};
    struct profile_dashboard *dashboard = &b->out->dashboard;
    dashboard->keys_path = "api-keys";
    dashboard->keys_nav = dashboard->keys_title = "API Keys";
    dashboard->keys_noun = "key";
    if (b->from->dashboard)
        build_dashboard(b, b->from->dashboard);
}
