/* Animus: a personal library of content and collections, and a search over it. */
#include <event2/keyvalq_struct.h>
#include <string.h>

#include "upstream.h"

#define RECENT_MAX 10

static void recent(struct call *c)
{
    json_t *all = store_list(c->store, c->who.account, c->collection), *newest = json_array();
    for (size_t i = json_array_size(all); i > 0 && json_array_size(newest) < RECENT_MAX; i--)
        json_array_append(newest, json_array_get(all, i - 1));
    json_decref(all);
    reply_json(c, 200, json_pack("{s:o}", "data", newest));
}

static size_t count_of(const struct call *c, const char *collection)
{
    json_t *all = store_list(c->store, c->who.account, collection);
    size_t count = json_array_size(all);
    json_decref(all);
    return count;
}

static void stats(struct call *c)
{
    reply_json(c, 200,
               json_pack("{s:s, s:I, s:I}", "account", c->who.account, "content",
                         (json_int_t)count_of(c, "animus/content"), "collections",
                         (json_int_t)count_of(c, "animus/collections")));
}

static bool mentions(json_t *document, const char *words)
{
    const char *name;
    json_t *value;
    json_object_foreach(document, name, value)
    {
        if (json_is_string(value) && strcasestr(json_string_value(value), words))
            return true;
    }
    return false;
}

static void search(struct call *c)
{
    struct evkeyvalq query = {0};
    const char *uri_query = strchr(evhttp_request_get_uri(c->req), '?');
    bool parsed = uri_query && evhttp_parse_query_str(uri_query + 1, &query) == 0;
    const char *words = parsed ? evhttp_find_header(&query, "q") : NULL;
    if (!words || !*words) {
        reply_error(c, 400, "say what to look for: ?q=words");
    } else {
        json_t *all = store_list(c->store, c->who.account, c->collection), *found = json_array(), *document;
        size_t i;
        json_array_foreach(all, i, document)
        {
            if (mentions(document, words))
                json_array_append(found, document);
        }
        json_decref(all);
        reply_json(c, 200, json_pack("{s:o}", "data", found));
    }
    if (parsed)
        evhttp_clear_headers(&query);
}

#define CONTENT     "/api/v1/content"
#define COLLECTIONS "/api/v1/collections"

static const struct route routes[] = {
    {"GET", CONTENT, documents_list, "animus/content"},
    {"POST", CONTENT, documents_create, "animus/content", "title"},
    {"GET", CONTENT "/recent", recent, "animus/content"},
    {"GET", CONTENT "/{id}", documents_get, "animus/content"},
    {"PUT", CONTENT "/{id}", documents_replace, "animus/content", "title"},
    {"PATCH", CONTENT "/{id}", documents_merge, "animus/content", "title"},
    {"DELETE", CONTENT "/{id}", documents_delete, "animus/content"},
    {"GET", COLLECTIONS, documents_list, "animus/collections"},
    {"POST", COLLECTIONS, documents_create, "animus/collections", "name"},
    {"GET", COLLECTIONS "/{id}", documents_get, "animus/collections"},
    {"PUT", COLLECTIONS "/{id}", documents_replace, "animus/collections", "name"},
    {"PATCH", COLLECTIONS "/{id}", documents_merge, "animus/collections", "name"},
    {"DELETE", COLLECTIONS "/{id}", documents_delete, "animus/collections"},
    {"GET", "/api/v1/library/stats", stats},
    {"GET", "/api/v1/search", search, "animus/content"},
};

const struct product animus = {"animus", "api.animus.so", routes, sizeof(routes) / sizeof(routes[0])};
