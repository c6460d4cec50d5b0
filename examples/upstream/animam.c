/* Animam: a tenant's corpus, its conversations and its settings. The {slug} was matched with the key's tenant by the
 * gateway; here the account's id alone decides whose documents these are. */
#include "upstream.h"

/* A tenant has settings from the start, and one conversation to read: there is no scope with which to write one. */
static json_t *first(struct call *c, const char *collection, json_t *document)
{
    json_t *all = store_list(c->store, c->who.account, collection);
    json_t *kept = json_incref(json_array_get(all, 0));
    json_decref(all);
    if (kept) {
        json_decref(document);
        return kept;
    }
    if (!document || json_object_set_new(document, "account", json_string(c->who.account)) != 0) {
        json_decref(document);
        return NULL;
    }
    return json_incref(store_add(c->store, c->who.account, collection, document));
}

static void conversations(struct call *c)
{
    json_decref(
        first(c, c->collection, json_pack("{s:s, s:s}", "title", "Welcome", "last_message", "Ask me anything.")));
    documents_list(c);
}

static json_t *settings_of(struct call *c)
{
    return first(c, c->collection, json_pack("{s:s, s:s}", "language", "en", "tone", "friendly"));
}

static void settings_get(struct call *c)
{
    reply_json(c, 200, settings_of(c));
}

static void settings_merge(struct call *c)
{
    json_t *settings = settings_of(c);
    snprintf(c->capture[1], sizeof(c->capture[1]), "%s",
             settings ? json_string_value(json_object_get(settings, "id")) : "");
    json_decref(settings);
    c->id = c->capture[1];
    documents_merge(c);
}

#define TENANT "/tenants/{slug}"

static const struct route routes[] = {
    {"GET", TENANT "/corpus", documents_list, "animam/corpus"},
    {"POST", TENANT "/corpus", documents_create, "animam/corpus", "title"},
    {"GET", TENANT "/corpus/{id}", documents_get, "animam/corpus"},
    {"PATCH", TENANT "/corpus/{id}", documents_merge, "animam/corpus", "title"},
    {"DELETE", TENANT "/corpus/{id}", documents_delete, "animam/corpus"},
    {"GET", TENANT "/conversations", conversations, "animam/conversations"},
    {"GET", TENANT "/conversations/{id}", documents_get, "animam/conversations"},
    {"GET", TENANT "/settings", settings_get, "animam/settings"},
    {"PATCH", TENANT "/settings", settings_merge, "animam/settings", "language"},
    {"PUT", TENANT "/settings", settings_merge, "animam/settings", "language"},
};

const struct product animam = {"animam", "api.animam.ai", routes, sizeof(routes) / sizeof(routes[0])};
