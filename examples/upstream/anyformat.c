/* anyformat: an organization's workflows, files and webhooks, and four public pages. No key management. */
#include <string.h>

#include "upstream.h"

static void root(struct call *c)
{
    reply_json(c, 200, json_pack("{s:s, s:s, s:s}", "name", "anyformat", "schema", "/schema/", "docs", "/docs/"));
}

static void health(struct call *c)
{
    reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
}

/* OpenAPI, from the routes themselves, so that it names every path and no other. */
static void schema(struct call *c)
{
    json_t *paths = json_object();
    for (size_t i = 0; i < c->product->count; i++) {
        const struct route *r = &c->product->routes[i];
        char method[8];
        size_t len = 0;
        for (; r->method[len] && len + 1 < sizeof(method); len++)
            method[len] = (char)(r->method[len] | 0x20);
        method[len] = 0;
        if (!json_object_get(paths, r->path))
            json_object_set_new(paths, r->path, json_object());
        json_t *operation = json_pack("{s:{s:{s:s}}}", "responses", "default", "description", "JSON");
        if (operation && strstr(r->path, "{id}"))
            json_object_set_new(operation, "parameters",
                                json_pack("[{s:s, s:s, s:b, s:{s:s}}]", "name", "id", "in", "path", "required", 1,
                                          "schema", "type", "string"));
        if (operation && !r->open)
            json_object_set_new(operation, "security", json_pack("[{s:[]}]", "key"));
        json_object_set_new(json_object_get(paths, r->path), method, operation);
    }
    reply_json(c, 200,
               json_pack("{s:s, s:{s:s, s:s}, s:{s:{s:{s:s, s:s}}}, s:o}", "openapi", "3.1.0", "info", "title",
                         "anyformat", "version", "2", "components", "securitySchemes", "key", "type", "http", "scheme",
                         "bearer", "paths", paths));
}

static void docs(struct call *c)
{
    static const char page[] = "<!doctype html><html lang=en><meta charset=utf-8><title>anyformat API</title>"
                               "<h1>anyformat API</h1><p>Described by <a href=/schema/>/schema/</a>.</html>\n";
    reply_data(c, "text/html; charset=utf-8", page, sizeof(page) - 1);
}

#define RESOURCE(name, member)                                                  \
    {"GET", "/v2/" name "/", documents_list, "anyformat/" name},                \
        {"POST", "/v2/" name "/", documents_create, "anyformat/" name, member}, \
        {"GET", "/v2/" name "/{id}/", documents_get, "anyformat/" name},        \
    {                                                                           \
        "DELETE", "/v2/" name "/{id}/", documents_delete, "anyformat/" name     \
    }

static const struct route routes[] = {
    RESOURCE("workflows", "name"),
    RESOURCE("files", "name"),
    RESOURCE("webhooks", "url"),
    {"GET", "/", root, .open = true},
    {"GET", "/health/", health, .open = true},
    {"GET", "/schema/", schema, .open = true},
    {"GET", "/docs/", docs, .open = true},
};

const struct product anyformat = {"anyformat", "api.anyformat.ai", routes, sizeof(routes) / sizeof(routes[0])};
