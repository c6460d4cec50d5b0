#include <string.h>

#include "base/str.h"
#include "profile/build.h"

/* How long a rotated key goes on working when nobody says. */
#define OVERLAP_SEC 86400

static void add_scopes(struct build *b, const struct yaml_node *list, struct cardea_scopes *set)
{
    const struct cardea_profile *p = &b->out->core;
    for (const struct yaml_node *one = list->first; one; one = one->next) {
        bool wild = one->text.len && one->text.ptr[one->text.len - 1] == '*';
        if (!wild)
            build_scope(b, one);
        if (cardea_scopes_add(set, p, one->text) != CARDEA_OK && wild)
            build_mistake(b, one, "`%.*s` matches no scope of this profile", DIAG_ARG(one->text));
    }
}

static bool is_empty(const struct cardea_scopes *set)
{
    static const struct cardea_scopes none;
    return cardea_scopes_cover(&none, set);
}

static void build_kind_scopes(struct build *b, const struct fields_kind *from, struct profile_kind *to)
{
    static const struct fields_kind_scopes nothing = {.required = -1, .selectable = -1};
    const struct fields_kind_scopes *scopes = from->scopes ? from->scopes : &nothing;
    bool any = b->out->core.scope_count > 0;
    if (scopes->allowed) {
        struct cardea_scopes *allowed = arena_alloc(b->arena, sizeof(*allowed));
        add_scopes(b, scopes->allowed, allowed);
        to->allowed = allowed;
    }
    if (scopes->granted)
        add_scopes(b, scopes->granted, &to->granted);
    to->scopes_required = scopes->required == 1;
    to->scopes_selectable = scopes->selectable >= 0 ? scopes->selectable == 1
                                                    : any && !(from->flags & CARDEA_KIND_FOLLOWS_ROLE);

    if (scopes->selectable == 1 && !any)
        build_mistake(b, yaml_tree_get(scopes->node, "selectable"),
                      "`selectable`: this profile has no scopes to select from");
    if (scopes->allowed && !to->scopes_selectable)
        build_mistake(b, scopes->allowed, "`allowed` limits what may be selected, and nothing may be here");
    if (to->scopes_required && !to->scopes_selectable && is_empty(&to->granted))
        build_mistake(b, yaml_tree_get(scopes->node, "required"),
                      "`required`: no scope is granted and none can be selected, so no key could be made");
}

static void build_lifetime(struct build *b, const struct fields_kind *from, struct profile_kind *to)
{
    bool replaces = (from->flags & CARDEA_KIND_REPLACES) != 0;
    to->max_active = from->max_active > 0 ? from->max_active : 0;
    to->max_ttl_sec = from->max_ttl > 0 ? from->max_ttl : 0;
    to->default_ttl_sec = from->default_ttl >= 0 ? from->default_ttl : to->max_ttl_sec;
    to->rotate_every_sec = from->rotate_every > 0 ? from->rotate_every : 0;
    to->overlap_sec = from->overlap >= 0 ? from->overlap : replaces ? 0 : OVERLAP_SEC;
    if (to->max_ttl_sec && (to->default_ttl_sec == 0 || to->default_ttl_sec > to->max_ttl_sec))
        build_mistake(b, yaml_tree_get(from->node, "default_ttl"),
                      "`default_ttl` is longer than `max_ttl` (0 is without end)");
    if (replaces && to->overlap_sec)
        build_mistake(b, yaml_tree_get(from->node, "overlap"),
                      "`overlap`: with `replaces_previous` the old key ends at once");
}

static void build_format(struct build *b, const struct fields_kind *from, struct cardea_kind *to)
{
    bool legacy = (from->flags & CARDEA_KIND_LEGACY) != 0;
    if (legacy && from->format)
        build_mistake(b, from->format, "a `legacy` kind has no `format`: its keys are known by their hash alone");
    if (legacy && !yaml_tree_get(b->from->node, "legacy_header"))
        build_mistake(b, from->node, "a `legacy` kind needs the profile's `legacy_header`");
    if (!legacy && !from->format && !yaml_tree_get(from->node, "format"))
        build_mistake(b, from->node, "`format` is missing in a kind; only a `legacy` one has none");
    if (legacy || !from->format)
        return;
    struct cardea_why why = {""};
    enum cardea_alphabet alphabet = from->alphabet < 0 ? CARDEA_BASE62 : (enum cardea_alphabet)from->alphabet;
    if (cardea_key_format_compile(&to->format, from->format->text, alphabet, &why) != CARDEA_OK)
        build_mistake(b, from->format, "`format`: `%.*s` is not valid: %s", DIAG_ARG(from->format->text), why.text);
}

/* Keys of two kinds must be told apart before anything is looked up. */
static void check_literals(struct build *b, const struct fields_kind *from, const struct cardea_kind *kinds, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        const struct cardea_key_format *mine = &kinds[i].format, *other = &kinds[k].format;
        if (mine->part_count == 0 || other->part_count == 0)
            continue;
        const struct cardea_format_part *a = &mine->parts[0], *c = &other->parts[0];
        if (a->len != c->len || memcmp(a->literal, c->literal, a->len) != 0)
            continue;
        build_mistake(b, from[i].format, "keys of this kind begin with `%.*s`, as those of kind `%s` in line %u do",
                      (int)a->len, a->literal, kinds[k].name, from[k].node->key_line);
        return;
    }
}

static void build_default_kind(struct build *b)
{
    const struct yaml_node *named = b->from->default_kind;
    struct profile *p = b->out;
    p->default_kind = 0;
    if (named) {
        int index = build_kind(b, named);
        p->default_kind = index < 0 ? 0 : index;
        if (index >= 0 && (p->core.kinds[index].flags & CARDEA_KIND_LEGACY))
            build_mistake(b, named, "`default_kind` is a `legacy` kind, of which no new key is made");
    } else if (p->core.kind_count > 1 && !yaml_tree_get(b->from->node, "default_kind")) {
        build_mistake(b, b->from->node, "`default_kind` is missing: there are %zu kinds", p->core.kind_count);
    }
}

void build_kinds(struct build *b)
{
    const struct fields_kind *from = b->from->kinds.items;
    size_t count = b->from->kinds.count;
    struct cardea_kind *kinds = arena_array(b->arena, count, sizeof(*kinds));
    struct profile_kind *more = arena_array(b->arena, count, sizeof(*more));
    bool legacy = false;
    for (size_t i = 0; i < count; i++) {
        kinds[i].name = from[i].node->key.ptr;
        kinds[i].flags = from[i].flags;
        legacy |= (from[i].flags & CARDEA_KIND_LEGACY) != 0;
        more[i].title = from[i].title ? build_text(from[i].title) : kinds[i].name;
        more[i].root_only = from[i].root_only == 1;
        if (from[i].node->shape != YAML_SHAPE_MAP)
            continue; /* the schema has told */
        build_format(b, &from[i], &kinds[i]);
        build_kind_scopes(b, &from[i], &more[i]);
        build_lifetime(b, &from[i], &more[i]);
        check_literals(b, from, kinds, i);
    }
    if (b->from->legacy_header && !legacy)
        build_mistake(b, b->from->legacy_header, "`legacy_header` is read for `legacy` kinds, and there is none");
    b->out->core.kinds = kinds;
    b->out->core.kind_count = count;
    b->out->kinds = more;
    build_default_kind(b);
}
