#include "store.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int store_init(struct store *s)
{
    *s = (struct store){.accounts = json_object()};
    return s->accounts ? 0 : -1;
}

void store_release(struct store *s)
{
    json_decref(s->accounts);
    s->accounts = NULL;
}

static json_t *documents_of(const struct store *s, const char *account, const char *collection)
{
    return json_object_get(json_object_get(s->accounts, account), collection);
}

static size_t index_of(const json_t *documents, const char *id)
{
    size_t i;
    json_t *document;
    json_array_foreach(documents, i, document)
    {
        if (strcmp(json_string_value(json_object_get(document, "id")), id) == 0)
            return i;
    }
    return json_array_size(documents);
}

static size_t size_of(const json_t *document)
{
    return json_dumpb(document, NULL, 0, JSON_COMPACT);
}

json_t *store_list(const struct store *s, const char *account, const char *collection)
{
    json_t *documents = documents_of(s, account, collection);
    return documents ? json_copy(documents) : json_array();
}

json_t *store_find(const struct store *s, const char *account, const char *collection, const char *id)
{
    json_t *documents = documents_of(s, account, collection);
    return json_array_get(documents, index_of(documents, id));
}

/* obj[key], made by `make` when it is not there yet. */
static json_t *member(json_t *obj, const char *key, json_t *(*make)(void))
{
    if (!json_object_get(obj, key))
        json_object_set_new(obj, key, make());
    return json_object_get(obj, key);
}

json_t *store_add(struct store *s, const char *account, const char *collection, json_t *document)
{
    char id[32];
    snprintf(id, sizeof(id), "doc_%llu", s->last_id + 1);
    bool named = json_object_set_new(document, "id", json_string(id)) == 0;
    size_t size = size_of(document);
    if (!named || s->bytes + size > STORE_BYTES_MAX) {
        json_decref(document);
        return NULL;
    }
    if (json_array_append_new(member(member(s->accounts, account, json_object), collection, json_array), document) != 0)
        return NULL;
    s->last_id++;
    s->bytes += size;
    return document;
}

json_t *store_replace(struct store *s, const char *account, const char *collection, const char *id, json_t *document)
{
    json_t *documents = documents_of(s, account, collection);
    size_t i = index_of(documents, id);
    const json_t *old = json_array_get(documents, i);
    bool named = old && json_object_set(document, "id", json_object_get(old, "id")) == 0;
    size_t size = size_of(document), had = old ? size_of(old) : 0;
    if (!named || s->bytes - had + size > STORE_BYTES_MAX) {
        json_decref(document);
        return NULL;
    }
    if (json_array_set_new(documents, i, document) != 0)
        return NULL;
    s->bytes += size - had;
    return document;
}

int store_remove(struct store *s, const char *account, const char *collection, const char *id)
{
    json_t *documents = documents_of(s, account, collection);
    size_t i = index_of(documents, id);
    if (i == json_array_size(documents))
        return -1;
    s->bytes -= size_of(json_array_get(documents, i));
    return json_array_remove(documents, i);
}
