/* What a route's use is counted as: what its file says, or else its path. */
#include <string.h>

#include "base/str.h"
#include "profile/build.h"
#include "profile/rules.h"

/* "v1", "v2beta" */
static bool is_version(struct cardea_str segment)
{
    return segment.len >= 2 && segment.ptr[0] == 'v' && segment.ptr[1] >= '0' && segment.ptr[1] <= '9';
}

static bool is_subject(struct cardea_str name)
{
    return str_eq(name, STR("tenant")) || str_eq(name, STR("agent"));
}

/* The first word that says what the path is about. Empty: it has none. */
static struct cardea_str group_of_path(struct cardea_str path)
{
    struct cardea_str found = {NULL, 0}, rest = path, segment, name;
    bool behind = false; /* a subject, and nothing found since */
    while (str_cut(&rest, '/', &segment)) {
        if (rule_capture(segment, &name)) {
            behind = behind || is_subject(name);
            continue;
        }
        if ((found.len && !behind) || rule_group(segment) || is_version(segment) || str_eq(segment, STR("api")))
            continue;
        found = segment;
        behind = false;
    }
    return found;
}

/* Counted from 1; 0: there are as many as can be counted apart. */
static uint8_t number_of(struct build *b, const char **groups, struct cardea_str name)
{
    size_t *count = &b->out->route_group_count;
    for (size_t i = 0; i < *count; i++)
        if (str_eq(name, str_of(groups[i])))
            return (uint8_t)(i + 1);
    if (*count == CARDEA_ROUTE_GROUPS_MAX)
        return 0;
    groups[*count] = arena_str(b->arena, name).ptr;
    return (uint8_t)++ * count;
}

void build_groups(struct build *b, struct cardea_route *routes)
{
    const struct fields_route *from = b->from->routes.items;
    const char **groups = arena_array(b->arena, CARDEA_ROUTE_GROUPS_MAX, sizeof(*groups));
    b->out->route_groups = groups;
    for (size_t i = 0; i < b->from->routes.count; i++) {
        if (!routes[i].pattern)
            continue; /* the schema has told */
        if (from[i].group && from[i].is_public == 1)
            build_mistake(b, from[i].group, "a public route asks for no key, so its use is not counted");
        if (from[i].is_public == 1)
            continue;
        struct cardea_str name = from[i].group ? from[i].group->text : group_of_path(from[i].path->text);
        if (name.len)
            routes[i].group = number_of(b, groups, name);
    }
}
