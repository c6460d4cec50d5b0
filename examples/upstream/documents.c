/* Lists of documents, as most resources of the five products are. A document is the object that the client sent, plus
 * what this server knows: id, account, created_by, created_at. The account stands in each, so that one that leaked
 * would tell. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "upstream.h"

static json_t *now_text(void)
{
    char text[32];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

static const char *author(const struct call *c)
{
    return c->who.agent ? c->who.agent : c->who.user ? c->who.user : c->who.key;
}

static bool has_required(struct call *c, const json_t *document)
{
    const char *text = json_string_value(json_object_get(document, c->required));
    if (text && *text)
        return true;
    char what[96];
    snprintf(what, sizeof(what), "\"%s\" must be a string that isn't empty", c->required);
    reply_error(c, 422, what);
    return false;
}

void documents_list(struct call *c)
{
    reply_json(c, 200, json_pack("{s:o}", "data", store_list(c->store, c->who.account, c->collection)));
}

void documents_create(struct call *c)
{
    if (!has_required(c, c->body))
        return;
    json_t *document = json_copy(c->body);
    json_t *known = json_pack("{s:s, s:s?, s:o}", "account", c->who.account, "created_by", author(c), "created_at",
                              now_text());
    bool made = document && known && json_object_update(document, known) == 0;
    json_decref(known);
    if (!made) {
        json_decref(document);
        reply_json(c, 500, NULL);
        return;
    }
    document = store_add(c->store, c->who.account, c->collection, document);
    if (document)
        reply_json(c, 201, json_incref(document));
    else
        reply_error(c, 507, "no room for another document");
}

void documents_get(struct call *c)
{
    json_t *document = store_find(c->store, c->who.account, c->collection, c->id);
    if (document)
        reply_json(c, 200, json_incref(document));
    else
        reply_error(c, 404, "no such document");
}

/* What the client sends never changes what the server knows. */
static void update(struct call *c, bool merge)
{
    static const char *const known[] = {"id", "account", "created_by", "created_at"};
    json_t *old = store_find(c->store, c->who.account, c->collection, c->id);
    if (!old) {
        reply_error(c, 404, "no such document");
        return;
    }
    json_t *document = merge ? json_copy(old) : json_object();
    bool made = document && json_object_update(document, c->body) == 0;
    for (size_t i = 0; made && i < sizeof(known) / sizeof(known[0]); i++) {
        json_t *value = json_object_get(old, known[i]);
        if (value)
            made = json_object_set(document, known[i], value) == 0;
        else
            json_object_del(document, known[i]);
    }
    if (!made || !has_required(c, document)) {
        json_decref(document);
        if (!made)
            reply_json(c, 500, NULL);
        return;
    }
    document = store_replace(c->store, c->who.account, c->collection, c->id, document);
    if (document)
        reply_json(c, 200, json_incref(document));
    else
        reply_error(c, 507, "no room for a document of this size");
}

void documents_replace(struct call *c)
{
    update(c, false);
}

void documents_merge(struct call *c)
{
    update(c, true);
}

void documents_delete(struct call *c)
{
    if (store_remove(c->store, c->who.account, c->collection, c->id) == 0)
        reply_none(c);
    else
        reply_error(c, 404, "no such document");
}
