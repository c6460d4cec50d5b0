/* anyformat: an organization's workflows, files and webhooks, and two public paths. No key management. */
#include "upstream.h"

static void root(struct call *c)
{
    reply_json(c, 200, json_pack("{s:s, s:s, s:s}", "name", "anyformat", "schema", "/schema/", "docs", "/docs/"));
}

static void health(struct call *c)
{
    reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
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
};

const struct product anyformat = {"anyformat", "api.anyformat.ai", routes, sizeof(routes) / sizeof(routes[0])};
