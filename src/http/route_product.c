/* What a page must know of a product before anybody has logged in: its words, its kinds of keys, what it offers. All of
 * it is what the product's documentation says as well. */
#include "base/str.h"
#include "http/app.h"
#include "http/origin.h"
#include "http/routes.h"

static void member_int_or_null(struct json_writer *w, const char *name, int64_t value)
{
    if (value) {
        jw_member_int(w, name, value);
        return;
    }
    jw_name(w, name);
    jw_null(w);
}

static void write_keys_page(struct json_writer *w, const struct profile_dashboard *d)
{
    jw_name(w, "keys");
    jw_object_begin(w);
    jw_member_str(w, "path", str_of(d->keys_path));
    jw_member_str(w, "nav", str_of(d->keys_nav));
    jw_member_str(w, "title", str_of(d->keys_title));
    jw_member_str(w, "noun", str_of(d->keys_noun));
    jw_object_end(w);
}

/* ---- kinds and scopes ---- */

/* The names of those that are in `set`; NULL: all. */
static void write_names(struct json_writer *w, const char *name, const struct profile *p,
                        const struct cardea_scopes *set)
{
    jw_name(w, name);
    jw_array_begin(w);
    for (size_t i = 0; i < p->core.scope_count; i++)
        if (!set || cardea_scopes_has(set, (unsigned)i))
            jw_str(w, str_of(p->core.scopes[i]));
    jw_array_end(w);
}

static void write_kind(struct json_writer *w, const struct profile *p, size_t index)
{
    static const struct cardea_scopes none;
    const struct profile_kind *kind = &p->kinds[index];
    const struct cardea_kind *core = &p->core.kinds[index];
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {
        {CARDEA_KIND_LEGACY, "legacy"},
        {CARDEA_KIND_AGENT, "agent"},
        {CARDEA_KIND_REPLACES, "replaces_previous"},
        {CARDEA_KIND_FOLLOWS_ROLE, "follows_role"},
        {CARDEA_KIND_SERVER_SIDE, "server_side_only"},
    };
    jw_object_begin(w);
    jw_member_str(w, "name", str_of(core->name));
    jw_member_str(w, "title", str_of(kind->title ? kind->title : core->name));
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        jw_member_bool(w, flags[i].name, core->flags & flags[i].flag);
    jw_member_bool(w, "root_only", kind->root_only);
    member_int_or_null(w, "max_active", kind->max_active);
    member_int_or_null(w, "default_ttl_sec", kind->default_ttl_sec);
    member_int_or_null(w, "max_ttl_sec", kind->max_ttl_sec);
    member_int_or_null(w, "rotate_every_sec", kind->rotate_every_sec);
    jw_member_int(w, "overlap_sec", kind->overlap_sec);
    jw_name(w, "scopes");
    jw_object_begin(w);
    jw_member_bool(w, "selectable", kind->scopes_selectable);
    jw_member_bool(w, "required", kind->scopes_required);
    write_names(w, "allowed", p, kind->scopes_selectable ? kind->allowed : &none);
    write_names(w, "granted", p, &kind->granted);
    jw_object_end(w);
    jw_object_end(w);
}

static void write_scopes(struct json_writer *w, const struct profile *p)
{
    jw_name(w, "scopes");
    jw_array_begin(w);
    for (size_t i = 0; i < p->core.scope_count; i++) {
        jw_object_begin(w);
        jw_member_str(w, "name", str_of(p->core.scopes[i]));
        jw_member_str(w, "description", str_of(p->scope_docs ? p->scope_docs[i] : NULL));
        jw_object_end(w);
    }
    jw_array_end(w);
}

/* ---- what it offers ---- */

static bool has_agents(const struct profile *p)
{
    for (size_t i = 0; i < p->core.kind_count; i++)
        if (p->core.kinds[i].flags & CARDEA_KIND_AGENT)
            return true;
    return p->management.agents.base != NULL;
}

static void write_offers(struct json_writer *w, const struct profile *p)
{
    const struct profile_management *m = &p->management;
    jw_name(w, "offers");
    jw_object_begin(w);
    jw_member_bool(w, "agents", has_agents(p));
    jw_member_bool(w, "messages", m->messages.base != NULL);
    jw_member_bool(w, "policies", m->policies.base != NULL);
    jw_member_bool(w, "webhooks", m->webhooks.base != NULL);
    jw_member_bool(w, "billing", m->billing.base != NULL);
    jw_member_bool(w, "logs", true); /* every account has an audit log */
    jw_member_bool(w, "reference", p->docs.reference);
    jw_object_end(w);
    jw_name(w, "cli");
    if (!p->cli.name) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_member_str(w, "name", str_of(p->cli.name));
    jw_member_str_or_null(w, "env", str_of(p->cli.env));
    jw_object_end(w);
}

/* ---- requests to try a key with ---- */

/* A GET at one path, where the account alone is to be filled in. */
static bool is_example(const struct cardea_route *r)
{
    struct cardea_str rest = str_of(r->pattern), segment;
    if (!(r->methods & CARDEA_GET) || r->access == CARDEA_ACCESS_PUBLIC)
        return false;
    while (str_cut(&rest, '/', &segment))
        if (segment.len && segment.ptr[0] == '{' && !str_eq(segment, STR("{tenant}")))
            return false;
    return true;
}

/* The first route of the scope, or the first that wants none. */
static bool is_first(const struct cardea_profile *p, size_t index)
{
    const struct cardea_route *r = &p->routes[index];
    for (size_t i = 0; i < index; i++) {
        const struct cardea_route *before = &p->routes[i];
        if (is_example(before) && before->access == r->access &&
            (r->access == CARDEA_ACCESS_KEY || before->scope == r->scope))
            return false;
    }
    return true;
}

static void write_example(struct json_writer *w, struct call *c, const struct cardea_profile *p,
                          const struct cardea_route *r, const char *origin)
{
    struct cardea_str path = str_of(r->pattern), rest = STR("/**");
    if (path.len > rest.len && str_eq((struct cardea_str){path.ptr + path.len - rest.len, rest.len}, rest))
        path.len -= rest.len;
    jw_object_begin(w);
    jw_member_str(w, "method", STR("GET"));
    jw_member_str(w, "url", arena_printf(&c->arena, "%s%.*s", origin, STR_ARG(path)));
    jw_member_str_or_null(w, "scope", str_of(r->access == CARDEA_ACCESS_SCOPE ? p->scopes[r->scope] : NULL));
    jw_object_end(w);
}

static void write_examples(struct json_writer *w, struct call *c, const struct profile *p)
{
    const char *origin = origin_of(c, p);
    const struct cardea_route *first = NULL;
    jw_name(w, "examples");
    jw_array_begin(w);
    for (size_t i = 0; origin && i < p->core.route_count; i++) {
        const struct cardea_route *r = &p->core.routes[i];
        if (!is_example(r) || !is_first(&p->core, i))
            continue;
        write_example(w, c, &p->core, r, origin);
        first = first ? first : r;
    }
    jw_array_end(w);
    jw_name(w, "example");
    if (first)
        write_example(w, c, &p->core, first, origin);
    else
        jw_null(w);
}

/* ---- the reply ---- */

static void write_product(struct call *c, const struct profile *p)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "name", str_of(p->core.name));
    jw_member_str(&w, "title", str_of(p->title));
    jw_member_bool(&w, "operator", false);
    jw_member_str_or_null(&w, "color", str_of(p->dashboard.color));
    write_keys_page(&w, &p->dashboard);
    jw_member_str(&w, "default_kind", str_of(p->core.kinds[p->default_kind].name));
    jw_name(&w, "kinds");
    jw_array_begin(&w);
    for (size_t i = 0; i < p->core.kind_count; i++)
        write_kind(&w, p, i);
    jw_array_end(&w);
    write_scopes(&w, p);
    write_offers(&w, p);
    write_examples(&w, c, p);
    jw_object_end(&w);
}

/* On the operator's hosts, where no product was named. Which there are is not everybody's to know. */
static void write_operator(struct call *c)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "name", STR(APP_NATIVE_PROFILE));
    jw_member_str(&w, "title", STR("Cardea"));
    jw_member_bool(&w, "operator", true);
    jw_member_str_or_null(&w, "color", (struct cardea_str){0});
    jw_object_end(&w);
}

static void product_get(struct call *c)
{
    struct cardea_str name = c->profile ? (struct cardea_str){0} : call_query(c, "profile");
    const struct profile *p = c->profile;
    if (name.len)
        p = profile_set_find(c->svc.profiles, name);
    else if (!p && c->svc.actor.profile >= 0)
        p = c->svc.profiles->items[c->svc.actor.profile];
    if (name.len && !p)
        call_problem(c, 404, "not_found", "There is no product of this name.");
    else if (p)
        write_product(c, p);
    else
        write_operator(c);
}

static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = "/v1/product",
     .access = ACCESS_CLIENT,
     .places = PLACE_DASHBOARD,
     .handle = product_get,
     .operation = "product_get"},
};

const struct http_routes routes_product = {items, sizeof(items) / sizeof(items[0])};
