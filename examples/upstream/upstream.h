/* upstream.h - an API behind the gateway: five products, one table of routes each. One thread, one event loop.
 *
 * Who asks is what the gateway says in the Cardea-* headers, and nothing else: this program sees no key and checks
 * none. That is safe only where nobody but the gateway can reach it, hence loopback alone. */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <event2/http.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store.h"

#define CAPTURES_MAX 2
#define ID_MAX       64

struct call;
typedef void (*handle_fn)(struct call *c);

struct route {
    const char *method;
    const char *path; /* segments; {name} takes one */
    handle_fn handle;
    const char *collection; /* which documents, for documents_* */
    const char *required;   /* the string that a new document must have */
    bool open;              /* answered without an identity */
};

struct product {
    const char *name;           /* the first label of its host, or */
    const char *host;           /* this one; may be NULL */
    const struct route *routes; /* the first row that fits answers */
    size_t count;
};

extern const struct product animus, animam, open_animate, anima, anyformat;

/* The identity headers; NULL where one is absent. Borrowed from the request. */
struct identity {
    const char *key, *account, *user, *agent;
};

struct call {
    struct evhttp_request *req;
    struct store *store;
    const struct product *product;
    struct identity who;
    char capture[CAPTURES_MAX][ID_MAX + 1];
    const char *id; /* the last capture */
    const char *collection, *required;
    json_t *body; /* the request's object; NULL unless it is a POST, PUT or PATCH */
};

/* The callback of evhttp: answers every request. `store` is a struct store. */
void router_answer(struct evhttp_request *req, void *store);

/* Each answers the call, once. reply_json takes `value`; NULL is memory run out. */
void reply_json(struct call *c, int status, json_t *value);
void reply_error(struct call *c, int status, const char *what);
void reply_data(struct call *c, const char *type, const void *data, size_t len);
void reply_none(struct call *c);

/* Handlers for the documents of c->collection, the caller's account only. */
void documents_list(struct call *c);
void documents_create(struct call *c);
void documents_get(struct call *c);
void documents_replace(struct call *c); /* PUT */
void documents_merge(struct call *c);   /* PATCH */
void documents_delete(struct call *c);

#endif
