#include <pthread.h>

#include "base/str.h"
#include "http/pages.h"
#include "http/product_schema.h"
#include "http/route_audit.h"
#include "http/route_billing.h"
#include "http/route_policies.h"
#include "http/route_webhooks.h"
#include "http/routes.h"

/* ---- the native API's description, read once; only ever read afterwards ---- */

static pthread_once_t parsed = PTHREAD_ONCE_INIT;
static json_t *native;

static void parse(void)
{
    native = json_loadb(page_openapis[0].text, page_openapis[0].len, 0, NULL);
}

/* The operation of this id; *path and *method say where it is. */
static const json_t *native_operation(const char *id, const char **path, const char **method)
{
    json_t *paths = json_object_get(native, "paths");
    for (void *at = json_object_iter(paths); at; at = json_object_iter_next(paths, at)) {
        json_t *item = json_object_iter_value(at);
        for (void *m = json_object_iter(item); m; m = json_object_iter_next(item, m)) {
            const char *found = json_string_value(json_object_get(json_object_iter_value(m), "operationId"));
            if (!found || strcmp(found, id) != 0)
                continue;
            *path = json_object_iter_key(at);
            *method = json_object_iter_key(m);
            return json_object_iter_value(m);
        }
    }
    return NULL;
}

/* ---- a section of the profile's management ---- */

struct section {
    struct arena *arena;
    const struct profile *profile;
    const char *base, *beneath; /* the product's path, and the native one in whose place it stands */
    const char *tag;
    bool by_session, by_key;
    json_t *paths, *components;
};

static json_t *security(const struct section *s, int scope)
{
    json_t *all = json_array();
    if (s->by_key)
        json_array_append_new(all, scope < 0 ? json_pack("{s:[]}", "key")
                                             : json_pack("{s:[s]}", "key", s->profile->core.scopes[scope]));
    if (s->by_session)
        json_array_append_new(all, json_pack("{s:[]}", "session"));
    return all;
}

static json_t *description(const struct section *s, int scope)
{
    const char *key = scope < 0 ? "a key of the account"
                                : arena_printf(s->arena, "a key with `%s`", s->profile->core.scopes[scope]).ptr;
    const char *who = s->by_session && s->by_key ? arena_printf(s->arena, "people who are logged in, and %s", key).ptr
                      : s->by_session            ? "people who are logged in; never for a key"
                                                 : key;
    return json_string(arena_printf(s->arena, "For %s.", who).ptr);
}

/* Copies what `from` refers to into `components`, and what that refers to. */
static bool add_references(json_t *from, json_t *components)
{
    if (json_is_array(from)) {
        for (size_t i = 0; i < json_array_size(from); i++)
            if (!add_references(json_array_get(from, i), components))
                return false;
        return true;
    }
    for (void *at = json_object_iter(from); at; at = json_object_iter_next(from, at)) {
        json_t *value = json_object_iter_value(at);
        if (strcmp(json_object_iter_key(at), "$ref") != 0) {
            if ((json_is_object(value) || json_is_array(value)) && !add_references(value, components))
                return false;
            continue;
        }
        struct cardea_str rest = str_of(json_string_value(value)), kind, start = STR("#/components/");
        if (!str_starts(rest, start))
            return false;
        rest = (struct cardea_str){rest.ptr + start.len, rest.len - start.len};
        str_cut(&rest, '/', &kind);
        char folder[32];
        snprintf(folder, sizeof(folder), "%.*s", STR_ARG(kind));
        json_t *to = json_object_get(components, folder);
        if (json_object_get(to, rest.ptr))
            continue;
        json_t *component = json_object_get(json_object_get(json_object_get(native, "components"), folder), rest.ptr);
        if (!component || json_object_set_new(to, rest.ptr, json_deep_copy(component)) != 0 ||
            !add_references(component, components))
            return false;
    }
    return true;
}

/* Examples name accounts, scopes and keys of no product in particular. What is sent is an example all the same when it
 * names no account: then the caller's own is meant. */
static void adapt_examples(json_t *operation)
{
    json_t *body = json_object_get(json_object_get(operation, "requestBody"), "content");
    json_object_del(json_object_get(json_object_get(body, "application/json"), "example"), "account");
    json_t *responses = json_object_get(operation, "responses");
    for (void *r = json_object_iter(responses); r; r = json_object_iter_next(responses, r)) {
        json_t *content = json_object_get(json_object_iter_value(r), "content");
        for (void *m = json_object_iter(content); m; m = json_object_iter_next(content, m)) {
            json_object_del(json_object_iter_value(m), "example");
            json_object_del(json_object_iter_value(m), "examples");
        }
    }
}

/* A key as this product has them. */
static json_t *example_key(const struct profile *p)
{
    const struct profile_kind *kind = &p->kinds[p->default_kind];
    json_t *example = json_pack("{s:s}", "name", "ci-pipeline");
    for (size_t i = 0; kind->scopes_selectable && i < p->core.scope_count; i++) {
        if (kind->allowed && !cardea_scopes_has(kind->allowed, (unsigned)i))
            continue;
        json_object_set_new(example, "scopes", json_pack("[s]", p->core.scopes[i]));
        break;
    }
    return example;
}

/* What is asked of this section's path by the native operation `id`; a key needs `scope` (-1: none). */
static bool add(struct section *s, const char *id, int scope)
{
    const char *path, *method;
    const json_t *found = native_operation(id, &path, &method);
    if (!found)
        return false;
    const char *own = arena_printf(s->arena, "%s%s", s->base, path + strlen(s->beneath)).ptr;
    json_t *at = json_object_get(s->paths, own), *o = json_deep_copy(found);
    const json_t *shared = json_object_get(json_object_get(json_object_get(native, "paths"), path), "parameters");
    if (!at)
        json_object_set_new(s->paths, own, at = json_object());
    if (!json_object_get(o, "parameters"))
        json_object_set_new(o, "parameters", json_array());
    for (size_t i = 0; i < json_array_size(shared); i++)
        json_array_append_new(json_object_get(o, "parameters"), json_deep_copy(json_array_get(shared, i)));
    adapt_examples(o);
    json_object_set_new(o, "tags", json_pack("[s]", s->tag));
    json_object_set_new(o, "security", security(s, scope));
    json_object_set_new(o, "description", description(s, scope));
    return json_object_set_new(at, method, o) == 0 && product_schema_add_captures(o, own) &&
           add_references(o, s->components);
}

/* All that the native table has for a person or a key. */
static bool add_table(struct section *s, const struct http_routes *routes, const struct profile_things *who)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct http_route *r = &routes->items[i];
        if (!(r->access & (ACCESS_USER | ACCESS_KEY)))
            continue;
        bool writes = strcmp(strchr(r->scope, ':'), ":write") == 0;
        if (!add(s, r->operation, writes ? who->write_scope : who->read_scope))
            return false;
    }
    return true;
}

static bool add_things(struct section *s, const struct http_routes *routes, const struct profile_things *who)
{
    s->base = who->base;
    s->by_session = who->by_session;
    s->by_key = who->by_key;
    return !s->base || add_table(s, routes, who);
}

static bool add_key_create(struct section *s, const struct profile_management *m)
{
    if (!add(s, "keys_create", m->create_scope))
        return false;
    json_t *body = json_object_get(json_object_get(json_object_get(s->paths, s->base), "post"), "requestBody");
    json_t *media = json_object_get(json_object_get(body, "content"), "application/json");
    return json_object_set_new(media, "example", example_key(s->profile)) == 0;
}

static bool add_keys(struct section *s, const struct profile_management *m)
{
    s->base = m->base;
    s->by_session = m->by_session;
    s->by_key = m->by_key;
    return !s->base || (add(s, "keys_list", m->list_scope) && (!m->can_create || add_key_create(s, m)) &&
                        (!m->can_show || add(s, "keys_get", m->list_scope)) &&
                        (!m->can_update || add(s, "keys_update", m->update_scope)) &&
                        (!m->can_revoke || add(s, "keys_revoke", m->revoke_scope)));
}

static bool add_agents(struct section *s, const struct profile_management *m)
{
    int reads = m->agents.read_scope, writes = m->agents.write_scope;
    s->base = m->agents.base;
    s->by_session = m->agents.by_session;
    s->by_key = m->agents.by_key;
    return !s->base ||
           (add(s, "agents_list", reads) && add(s, "agents_create", writes) && add(s, "agents_get", reads) &&
            add(s, "agents_update", writes) && add(s, "agents_delete", writes));
}

/* Beneath an agent, and all of the account's. */
static bool add_messages(struct section *s, const struct profile_management *m)
{
    s->base = m->agents.base;
    s->by_session = m->messages.by_session;
    s->by_key = m->messages.by_key;
    if (!s->base || !m->messages.base)
        return true;
    if (!add(s, "messages_send", m->messages.send_scope) || !add(s, "messages_receive", m->messages.receive_scope) ||
        !add(s, "messages_get", m->messages.receive_scope) || !add(s, "messages_ack", m->messages.receive_scope) ||
        !add(s, "messages_ack_up_to", m->messages.receive_scope) ||
        !add(s, "messages_push_secret", m->agents.write_scope))
        return false;
    s->base = m->messages.base;
    s->beneath = "/v1/messages";
    return add(s, "messages_list", m->messages.read_scope);
}

bool product_schema_add_managed(struct arena *a, const struct profile *p, json_t *paths, json_t *components)
{
    const struct profile_management *m = &p->management;
    pthread_once(&parsed, parse);
    struct section all[] = {
        {.tag = p->dashboard.keys_title, .beneath = "/v1/keys"},
        {.tag = "Agents", .beneath = "/v1/agents"},
        {.tag = "Messages", .beneath = "/v1/agents"},
        {.tag = "Policies", .beneath = POLICIES_BASE},
        {.tag = "Webhooks", .beneath = WEBHOOKS_BASE},
        {.tag = "Logs", .beneath = AUDIT_BASE},
        {.tag = "Billing", .beneath = BILLING_BASE},
    };
    const size_t count = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < count; i++) {
        all[i].arena = a;
        all[i].profile = p;
        all[i].paths = paths;
        all[i].components = components;
    }
    return native && add_keys(&all[0], m) && add_agents(&all[1], m) && add_messages(&all[2], m) &&
           add_things(&all[3], &routes_policies, &m->policies) && add_things(&all[4], &routes_webhooks, &m->webhooks) &&
           add_things(&all[5], &routes_audit, &m->logs) && add_things(&all[6], &routes_billing, &m->billing);
}

bool product_schema_is_managed(const struct profile *p, const char *pattern)
{
    const struct profile_management *m = &p->management;
    const char *const bases[] = {m->base,      m->agents.base,  m->policies.base, m->webhooks.base,
                                 m->logs.base, m->billing.base, m->messages.base};
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        size_t len = bases[i] ? strlen(bases[i]) : 0;
        if (len && strncmp(pattern, bases[i], len) == 0 && (!pattern[len] || pattern[len] == '/'))
            return true;
    }
    return false;
}

static bool is_described(const json_t *parameters, struct cardea_str name)
{
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *one = json_array_get(parameters, i);
        const char *said = json_string_value(json_object_get(one, "name"));
        const char *ref = json_string_value(json_object_get(one, "$ref"));
        if (!said && ref) {
            const json_t *all = json_object_get(json_object_get(native, "components"), "parameters");
            said = json_string_value(json_object_get(json_object_get(all, strrchr(ref, '/') + 1), "name"));
        }
        if (said && str_eq(str_of(said), name))
            return true;
    }
    return false;
}

static const char *meaning_of(struct cardea_str name)
{
    return str_eq(name, STR("tenant"))  ? "The account's short name, or `-` for the caller's own"
           : str_eq(name, STR("agent")) ? "Id or short name of an agent of the account"
           : str_eq(name, STR("rest"))  ? "Whatever follows; it may hold slashes"
                                        : "";
}

bool product_schema_add_captures(json_t *operation, const char *path)
{
    json_t *parameters = json_object_get(operation, "parameters");
    for (const char *open = strchr(path, '{'); open; open = strchr(open + 1, '{')) {
        struct cardea_str name = {open + 1, strcspn(open + 1, "}")};
        if (!is_described(parameters, name) &&
            json_array_append_new(parameters, json_pack("{s:s%, s:s, s:b, s:s, s:{s:s}}", "name", name.ptr, name.len,
                                                        "in", "path", "required", true, "description", meaning_of(name),
                                                        "schema", "type", "string")) != 0)
            return false;
    }
    return true;
}
