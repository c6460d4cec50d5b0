/* store.h - documents in memory, by account and collection. There is no call that reads over all accounts. */
#ifndef UPSTREAM_STORE_H
#define UPSTREAM_STORE_H

#include <jansson.h>
#include <stddef.h>

#define STORE_BYTES_MAX (64u << 20) /* all documents together, as JSON text */

struct store {
    json_t *accounts; /* account -> collection -> [documents] */
    size_t bytes;
    unsigned long long last_id; /* one sequence for all accounts: another's id is easy to guess and must not help */
};

int store_init(struct store *s); /* -1: no memory */
void store_release(struct store *s);

/* The documents, oldest first; a new reference, never shared with the store's own array. NULL: no memory. */
json_t *store_list(const struct store *s, const char *account, const char *collection);
/* Borrowed; NULL when this account has no such document. */
json_t *store_find(const struct store *s, const char *account, const char *collection, const char *id);
/* Takes `document` (never NULL), gives it an id and keeps it; returns it, borrowed. NULL when it doesn't fit. */
json_t *store_add(struct store *s, const char *account, const char *collection, json_t *document);
/* Takes `document`, which replaces the one of that id. NULL when there is none, or it doesn't fit. */
json_t *store_replace(struct store *s, const char *account, const char *collection, const char *id, json_t *document);
/* -1: there is none. */
int store_remove(struct store *s, const char *account, const char *collection, const char *id);

#endif
