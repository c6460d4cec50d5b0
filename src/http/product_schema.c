#include "http/product_schema.h"

#include <cardea/refusal.h>

#include "base/str.h"
#include "http/product_pages.h"

#define REST "/**" /* at a pattern's end */

static const struct {
    enum cardea_method bit;
    const char *name;
} methods[] = {{CARDEA_GET, "get"},     {CARDEA_POST, "post"},     {CARDEA_PUT, "put"},
               {CARDEA_PATCH, "patch"}, {CARDEA_DELETE, "delete"}, {CARDEA_OPTIONS, "options"}};

static bool is_docs_page(const char *pattern)
{
    static const char *const pages[] = {
        PROFILE_DOCS_INDEX,         PROFILE_DOCS_PAGES "/{page}",  PROFILE_DOCS_ERRORS "/{code}",
        PROFILE_DOCS_REFERENCE "/", PROFILE_DOCS_ASSETS "/{file}", PROFILE_DOCS_SCHEMA "/"};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (strcmp(pattern, pages[i]) == 0)
            return true;
    return false;
}

/* ---- a route ---- */

/* Who may call it, for people. */
static json_t *route_description(struct arena *a, const struct profile *p, const struct cardea_route *r)
{
    static const char *const roles[] = {[CARDEA_ROLE_VIEWER] = "a viewer",
                                        [CARDEA_ROLE_MEMBER] = "a member",
                                        [CARDEA_ROLE_ADMIN] = "an admin",
                                        [CARDEA_ROLE_OWNER] = "an owner"};
    if (r->access == CARDEA_ACCESS_PUBLIC)
        return json_string("Needs no key.");
    const char *key = r->access == CARDEA_ACCESS_SCOPE
                          ? arena_printf(a, "Needs a key with `%s`.", p->core.scopes[r->scope]).ptr
                          : "Any key will do.";
    const char *role = r->min_role == CARDEA_ROLE_NONE
                           ? ""
                           : arena_printf(a, " Whoever made it is %s of the account at least.", roles[r->min_role]).ptr;
    return json_string(
        arena_printf(a, "%s%s%s", key, role, r->scan ? " What it says is scanned before it goes on." : "").ptr);
}

static const char *route_summary(const struct profile *p, const struct cardea_route *r)
{
    return r->access == CARDEA_ACCESS_PUBLIC                             ? "Public"
           : r->access == CARDEA_ACCESS_SCOPE && p->scope_docs[r->scope] ? p->scope_docs[r->scope]
                                                                         : "";
}

static json_t *route_security(const struct profile *p, const struct cardea_route *r)
{
    if (r->access == CARDEA_ACCESS_PUBLIC)
        return json_array();
    json_t *scopes = r->access == CARDEA_ACCESS_SCOPE ? json_pack("[s]", p->core.scopes[r->scope]) : json_array();
    return p->core.legacy_header ? json_pack("[{s:o}, {s:[]}]", "key", scopes, "legacy")
                                 : json_pack("[{s:o}]", "key", scopes);
}

static json_t *route_responses(const struct profile *p, const struct cardea_route *r)
{
    json_t *all = json_pack("{s:{s:s}}", "2XX", "description", "The product's answer.");
    if (r->access == CARDEA_ACCESS_PUBLIC)
        return all;
    char text[CARDEA_REFUSAL_MAX], status[12], ref[64];
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        struct cardea_refusal refusal;
        if (!product_page_has_code(&p->core, (enum cardea_code)code))
            continue;
        product_page_refuse(&p->core, (enum cardea_code)code, text, &refusal);
        snprintf(status, sizeof(status), "%u", refusal.status);
        snprintf(ref, sizeof(ref), "#/components/responses/Refused%u", refusal.status);
        json_object_set_new(all, status, json_pack("{s:s}", "$ref", ref));
    }
    return all;
}

/* What the profile does not know, it does not forbid: any parameters, any body. */
static void add_input(json_t *operation, enum cardea_method method)
{
    if (method == CARDEA_GET)
        json_array_append_new(json_object_get(operation, "parameters"),
                              json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s}, s:{}}, s:s, s:b}", "name", "query", "in",
                                        "query", "description", "Whatever the product takes.", "schema", "type",
                                        "object", "additionalProperties", "type", "string", "example", "style", "form",
                                        "explode", true));
    else if (method != CARDEA_DELETE && method != CARDEA_OPTIONS)
        json_object_set_new(
            operation, "requestBody",
            json_pack("{s:{s:{s:{s:s}, s:{}}}}", "content", "application/json", "schema", "type", "object", "example"));
}

/* "get", "/v1/assets/{rest}" to "get_v1_assets_rest". */
static json_t *operation_id(struct arena *a, const char *method, const char *path)
{
    char *id = arena_cstr(a, arena_printf(a, "%s%s", method, path)), *to = id;
    for (const char *from = id; *from; from++) {
        bool word = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') || (*from >= '0' && *from <= '9');
        if (word || to[-1] != '_')
            *to++ = word ? *from : '_';
    }
    return json_stringn(id, (size_t)(to - id) - (to[-1] == '_'));
}

static bool add_operation(struct arena *a, const struct profile *p, const struct cardea_route *r, const char *path,
                          size_t method, json_t *paths)
{
    json_t *at = json_object_get(paths, path);
    if (!at && json_object_set_new(paths, path, at = json_object()) != 0)
        return false;
    if (json_object_get(at, methods[method].name))
        return true; /* a route before this one has it */
    json_t *o = json_pack(
        "{s:o, s:[s], s:s, s:o, s:o, s:[], s:o}", "operationId", operation_id(a, methods[method].name, path), "tags",
        r->group ? p->route_groups[r->group - 1] : p->title, "summary", route_summary(p, r), "description",
        route_description(a, p, r), "security", route_security(p, r), "parameters", "responses", route_responses(p, r));
    if (!o || json_object_set_new(at, methods[method].name, o) != 0)
        return false;
    add_input(o, methods[method].bit);
    return product_schema_add_captures(o, path);
}

static bool add_route(struct arena *a, const struct profile *p, const struct cardea_route *r, json_t *paths)
{
    const char *pattern = r->pattern;
    size_t len = strlen(pattern);
    bool rest = len > strlen(REST) && strcmp(pattern + len - strlen(REST), REST) == 0;
    const char *whole = rest ? arena_printf(a, "%.*s", (int)(len - strlen(REST)), pattern).ptr : pattern;
    const char *below = arena_printf(a, "%s/{rest}", whole).ptr;
    for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
        if (r->methods & methods[m].bit &&
            !(add_operation(a, p, r, whole, m, paths) && (!rest || add_operation(a, p, r, below, m, paths))))
            return false;
    return true;
}

/* ---- what they share ---- */

/* Each status with the bodies that it comes with, as examples by their codes. */
static bool add_refusals(const struct profile *p, json_t *responses)
{
    char text[CARDEA_REFUSAL_MAX], name[32];
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        struct cardea_refusal r;
        if (!product_page_has_code(&p->core, (enum cardea_code)code))
            continue;
        product_page_refuse(&p->core, (enum cardea_code)code, text, &r);
        snprintf(name, sizeof(name), "Refused%u", r.status);
        json_t *response = json_object_get(responses, name);
        if (!response)
            json_object_set_new(
                responses, name,
                response = json_pack("{s:s, s:{}}", "description", cardea_status_title(r.status), "content"));
        json_t *content = json_object_get(response, "content");
        char type[128];
        snprintf(type, sizeof(type), "%.*s", STR_ARG(r.media_type));
        json_t *media = json_object_get(content, type);
        if (!media)
            json_object_set_new(content, type, media = json_pack("{s:{}}", "examples"));
        json_t *body = json_loadb(r.body.ptr, r.body.len, JSON_REJECT_DUPLICATES, NULL);
        if (!body)
            body = json_stringn(r.body.ptr, r.body.len);
        struct cardea_str meaning = product_page_meaning((enum cardea_code)code);
        if (json_object_set_new(
                json_object_get(media, "examples"), cardea_code_name((enum cardea_code)code),
                json_pack("{s:s%, s:o}", "summary", meaning.len ? meaning.ptr : "", meaning.len, "value", body)) != 0)
            return false;
    }
    return true;
}

static json_t *security_schemes(const struct profile *p)
{
    json_t *all = json_pack("{s:{s:s, s:s, s:s}}", "key", "type", "http", "scheme", "bearer", "description",
                            "An API key of the account. [How to send it](" PROFILE_DOCS_PAGES "/authentication.md).");
    if (p->core.legacy_header)
        json_object_set_new(all, "legacy",
                            json_pack("{s:s, s:s, s:s, s:s}", "type", "apiKey", "in", "header", "name",
                                      p->core.legacy_header, "description", "A key of the system before."));
    if (p->management.base && p->management.by_session)
        json_object_set_new(all, "session",
                            json_pack("{s:s, s:s, s:s, s:s}", "type", "http", "scheme", "bearer", "bearerFormat", "JWT",
                                      "description", "The token of somebody who is logged in."));
    return all;
}

/* Where all keys are for servers alone, a browser is refused whatever it sends. */
static bool servers_only(const struct cardea_profile *p)
{
    for (size_t i = 0; i < p->kind_count; i++)
        if (!(p->kinds[i].flags & (CARDEA_KIND_SERVER_SIDE | CARDEA_KIND_LEGACY)))
            return false;
    return true;
}

static json_t *info(struct arena *a, const struct profile *p)
{
    static const char links[] = "[Authentication](" PROFILE_DOCS_PAGES
                                "/authentication.md) · [Scopes and routes](" PROFILE_DOCS_PAGES
                                "/scopes.md) · [Errors](" PROFILE_DOCS_PAGES
                                "/errors.md) · [Managing keys](" PROFILE_DOCS_PAGES
                                "/keys.md) · [All pages for a model](" PROFILE_DOCS_INDEX ")";
    const char *title = arena_printf(a, "%s API", p->title).ptr;
    const char *text = arena_printf(a, "%s\n\n%s%s", p->docs.summary, links,
                                    servers_only(&p->core)
                                        ? "\n\nKeys belong on servers: what a browser sends is refused, so requests "
                                          "cannot be tried on this page."
                                        : "")
                           .ptr;
    return json_pack("{s:s, s:s, s:s}", "title", title, "version", "1", "description", text);
}

static bool fill(struct arena *a, const struct profile *p, json_t *paths, json_t *components)
{
    for (size_t i = 0; i < p->core.route_count; i++) {
        const struct cardea_route *r = &p->core.routes[i];
        if (!is_docs_page(r->pattern) && !product_schema_is_managed(p, r->pattern) && !add_route(a, p, r, paths))
            return false;
    }
    return add_refusals(p, json_object_get(components, "responses")) &&
           product_schema_add_managed(a, p, paths, components);
}

/* In the order in which they come. */
static json_t *tags_of(json_t *paths)
{
    json_t *seen = json_object(), *tags = json_array();
    for (void *p = json_object_iter(paths); p; p = json_object_iter_next(paths, p)) {
        json_t *item = json_object_iter_value(p);
        for (void *m = json_object_iter(item); m; m = json_object_iter_next(item, m)) {
            json_t *name = json_array_get(json_object_get(json_object_iter_value(m), "tags"), 0);
            if (json_object_get(seen, json_string_value(name)))
                continue;
            json_object_set_new(seen, json_string_value(name), json_true());
            json_array_append_new(tags, json_pack("{s:O}", "name", name));
        }
    }
    json_decref(seen);
    return tags;
}

static int add_text(const char *text, size_t len, void *out)
{
    buf_add(out, text, len);
    return ((struct buf *)out)->failed ? -1 : 0;
}

bool product_schema_write(struct arena *a, const struct profile *p, struct buf *out)
{
    json_t *paths = json_object();
    json_t *components = json_pack("{s:o, s:{}, s:{}, s:{}}", "securitySchemes", security_schemes(p), "parameters",
                                   "responses", "schemas");
    bool ok = fill(a, p, paths, components);
    json_t *all = json_pack("{s:s, s:o, s:[{s:s}], s:{s:s, s:s?, s:b}, s:o, s:o, s:o}", "openapi", "3.1.0", "info",
                            info(a, p), "servers", "url", "/", "x-cardea", "title", p->title, "color",
                            p->dashboard.color, "try", !servers_only(&p->core), "tags", tags_of(paths), "paths", paths,
                            "components", components);
    ok = ok && all && json_dump_callback(all, add_text, out, JSON_COMPACT) == 0;
    json_decref(all);
    return ok;
}
