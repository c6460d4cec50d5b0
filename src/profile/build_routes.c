#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/build.h"
#include "profile/rules.h"

/* A route's pattern with its captures' names taken out: what two routes must not share for one method. */
struct shape {
    struct cardea_str text;
    unsigned methods;
    const struct yaml_node *path;
};

static struct cardea_str shape_of(struct arena *a, struct cardea_str path)
{
    struct cardea_str rest = {path.ptr + 1, path.len - 1}, segment, name;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    char *text = arena_alloc(a, path.len + 1);
    size_t len = 0;
    while (str_cut(&rest, '/', &segment)) {
        struct cardea_str piece = rule_capture(segment, &name) ? STR("{}") : segment;
        text[len++] = '/';
        if (piece.len)
            memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
    return (struct cardea_str){text, len};
}

static int compare_shapes(const void *left, const void *right)
{
    const struct shape *a = left, *b = right;
    int order = strcmp(a->text.ptr, b->text.ptr);
    if (order)
        return order;
    if (a->path->line != b->path->line)
        return a->path->line < b->path->line ? -1 : 1;
    return a->path->col < b->path->col ? -1 : a->path->col > b->path->col;
}

static void check_collisions(struct build *b, struct shape *shapes, size_t count)
{
    if (count)
        qsort(shapes, count, sizeof(*shapes), compare_shapes);
    for (size_t i = 1; i < count; i++) {
        for (size_t k = i; k-- > 0 && str_eq(shapes[k].text, shapes[i].text);) {
            if (!(shapes[k].methods & shapes[i].methods))
                continue;
            build_mistake(b, shapes[i].path, "`%.*s` collides with the route in line %u: one method, one shape",
                          DIAG_ARG(shapes[i].path->text), shapes[k].path->line);
            break;
        }
    }
}

static void build_access(struct build *b, const struct fields_route *from, struct cardea_route *to)
{
    /* One that is there but wrong has been reported; it still says which access was meant. */
    bool scope = yaml_tree_get(from->node, "scope") != NULL;
    int named = (from->is_public == 1) + (from->any_key == 1) + scope;
    if (named != 1)
        build_mistake(b, from->node, "a route has exactly one of `public: true`, `any_key: true` and `scope`");
    to->access = from->is_public == 1 ? CARDEA_ACCESS_PUBLIC : scope ? CARDEA_ACCESS_SCOPE : CARDEA_ACCESS_KEY;
    int index = build_scope(b, from->scope);
    to->scope = index < 0 ? 0 : (uint16_t)index;
    if (from->is_public == 1 && (from->kinds || from->min_role >= 0))
        build_mistake(b, from->node, "a public route asks for no key, so neither `kinds` nor `min_role` say anything");
}

static void build_route_kinds(struct build *b, const struct fields_route *from, struct cardea_route *to)
{
    for (const struct yaml_node *one = from->kinds ? from->kinds->first : NULL; one; one = one->next) {
        int index = build_kind(b, one);
        if (index >= 0)
            to->kinds |= 1u << index;
    }
}

static const struct cardea_route_scan *build_scan(struct build *b, const struct fields_route *from)
{
    const struct yaml_node *list = from->scan ? from->scan->fields : NULL;
    if (!list)
        return NULL;
    const char **fields = arena_array(b->arena, list->count, sizeof(*fields));
    struct cardea_route_scan *scan = arena_alloc(b->arena, sizeof(*scan));
    size_t count = 0;
    for (const struct yaml_node *one = list->first; one; one = one->next) {
        for (size_t i = 0; i < count; i++)
            if (str_eq(one->text, str_of(fields[i])))
                build_mistake(b, one, "`%.*s` stands twice", DIAG_ARG(one->text));
        fields[count++] = one->text.ptr;
    }
    *scan = (struct cardea_route_scan){fields, count};
    return scan;
}

void build_routes(struct build *b)
{
    const struct fields_route *from = b->from->routes.items;
    size_t count = b->from->routes.count, shaped = 0;
    struct cardea_route *routes = arena_array(b->arena, count, sizeof(*routes));
    struct shape *shapes = arena_array(b->arena, count, sizeof(*shapes));
    for (size_t i = 0; i < count; i++) {
        if (from[i].node->shape != YAML_SHAPE_MAP)
            continue; /* the schema has told */
        routes[i].methods = from[i].methods;
        routes[i].pattern = build_text(from[i].path);
        routes[i].min_role = from[i].min_role < 0 ? CARDEA_ROLE_NONE : (uint8_t)(CARDEA_ROLE_VIEWER + from[i].min_role);
        build_access(b, &from[i], &routes[i]);
        build_route_kinds(b, &from[i], &routes[i]);
        routes[i].scan = build_scan(b, &from[i]);
        if (routes[i].scan && !(from[i].methods & ~(unsigned)(CARDEA_GET | CARDEA_OPTIONS)))
            build_mistake(b, from[i].scan->node, "a route of GET and OPTIONS takes no body that could be scanned");
        const struct yaml_node *methods = yaml_tree_get(from[i].node, "methods");
        if (methods && methods->shape == YAML_SHAPE_LIST && methods->count == 0)
            build_mistake(b, methods, "`methods` names none");
        if (from[i].path)
            shapes[shaped++] = (struct shape){shape_of(b->arena, from[i].path->text), from[i].methods, from[i].path};
    }
    check_collisions(b, shapes, shaped);
    build_groups(b, routes);
    b->out->core.routes = routes;
    b->out->core.route_count = count;
}
