/* From a request to its handler: which product, who asks, which route, what body; closed by default at each step. */
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>

#include "upstream.h"

#define BODY_MAX     (1u << 20)
#define PATH_MAX_LEN 512
#define ALLOW_MAX    64
#define ID_CHARS     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static const struct product *const products[] = {&animus, &animam, &open_animate, &anima, &anyformat};

static const struct method {
    enum evhttp_cmd_type type;
    const char *name;
    bool body;
} methods[] = {
    {EVHTTP_REQ_GET, "GET", false},         {EVHTTP_REQ_HEAD, "GET", false},   {EVHTTP_REQ_POST, "POST", true},
    {EVHTTP_REQ_PUT, "PUT", true},          {EVHTTP_REQ_PATCH, "PATCH", true}, {EVHTTP_REQ_DELETE, "DELETE", false},
    {EVHTTP_REQ_OPTIONS, "OPTIONS", false},
};

static const struct method *method_of(const struct evhttp_request *req)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].type == evhttp_request_get_command(req))
            return &methods[i];
    return NULL;
}

/* False when the header stands twice: one of them is not the gateway's. */
static bool header_once(struct evhttp_request *req, const char *name, const char **out)
{
    *out = NULL;
    const struct evkeyval *h = evhttp_request_get_input_headers(req)->tqh_first;
    for (; h; h = h->next.tqe_next) {
        if (strcasecmp(h->key, name) != 0)
            continue;
        if (*out)
            return false;
        *out = h->value;
    }
    return true;
}

/* Ids such as acc_2Kx9: what is anything else was not set by the gateway. */
static bool is_id(const char *value, size_t len)
{
    return len > 0 && len <= ID_MAX && *value != '.' && strspn(value, ID_CHARS) >= len;
}

static bool read_identity(struct call *c)
{
    const struct {
        const char *name, **value;
    } headers[] = {
        {"Cardea-Key-Id", &c->who.key},
        {"Cardea-Account", &c->who.account},
        {"Cardea-User", &c->who.user},
        {"Cardea-Agent", &c->who.agent},
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const char **value = headers[i].value;
        if (!header_once(c->req, headers[i].name, value))
            return false;
        if (*value && !**value)
            *value = NULL; /* a gateway may send an empty one for "none" */
        if (*value && !is_id(*value, strlen(*value)))
            return false;
    }
    return true;
}

static const struct product *product_of(struct evhttp_request *req)
{
    const char *host;
    if (!header_once(req, "Host", &host) || !host)
        return NULL;
    size_t len = strcspn(host, ":"), label = strcspn(host, ".:");
    for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
        const struct product *p = products[i];
        if (strlen(p->name) == label && strncasecmp(host, p->name, label) == 0)
            return p;
        if (p->host && strlen(p->host) == len && strncasecmp(host, p->host, len) == 0)
            return p;
    }
    return NULL;
}

/* The gateway decided on the undecoded path, so nothing is decoded here: an escape, a dot segment or a doubled slash
 * fits no route. One slash at the end counts for nothing. */
static bool fits(const char *pattern, const char *path, struct call *c)
{
    unsigned captures = 0;
    size_t have;
    do {
        size_t want = strcspn(++pattern, "/");
        have = strcspn(++path, "/");
        if (*pattern == '{') {
            if (captures == CAPTURES_MAX || !is_id(path, have))
                return false;
            c->id = c->capture[captures++];
            snprintf(c->capture[captures - 1], sizeof(c->capture[0]), "%.*s", (int)have, path);
        } else if (want != have || memcmp(pattern, path, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
    } while (*pattern && *path);
    const char *rest = *path ? path : pattern; /* the other is at its end */
    return !*rest || (have && strcmp(rest, "/") == 0);
}

/* The route of this path and method, or NULL with what is allowed on the path ("" when it is none). */
static const struct route *find_route(struct call *c, const char *path, const char *method,
                                      char allow[static ALLOW_MAX])
{
    *allow = 0;
    for (size_t i = 0; i < c->product->count; i++) {
        const struct route *r = &c->product->routes[i];
        if (!fits(r->path, path, c))
            continue;
        if (strcmp(r->method, method) == 0)
            return r;
        size_t len = strlen(allow);
        if (!strstr(allow, r->method))
            snprintf(allow + len, ALLOW_MAX - len, "%s%s", len ? ", " : "", r->method);
    }
    return NULL;
}

/* The content type isn't asked for: the pages' own commands send JSON without naming it. */
static bool read_body(struct call *c)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(c->req);
    size_t len = evbuffer_get_length(input);
    if (len > BODY_MAX) {
        evhttp_add_header(evhttp_request_get_output_headers(c->req), "Connection", "close");
        reply_error(c, 413, "the body is larger than 1 MiB");
        return false;
    }
    json_error_t error;
    char what[sizeof(error.text) + 64];
    c->body = json_loadb(len ? (const char *)evbuffer_pullup(input, -1) : "", len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(c->body))
        return true;
    if (c->body)
        snprintf(what, sizeof(what), "the body must be a JSON object");
    else /* the position alone: jansson's own text may quote the body */
        snprintf(what, sizeof(what), "the body is not JSON: line %d, column %d", error.line, error.column);
    reply_error(c, 400, what);
    return false;
}

/* Everything up to the handler; false when the answer is given. */
static bool accept_call(struct call *c, const struct route **route)
{
    const struct method *method = method_of(c->req);
    const char *target = evhttp_request_get_uri(c->req);
    char allow[ALLOW_MAX], path[PATH_MAX_LEN];
    size_t len = strcspn(target, "?");
    if (*target != '/' || len >= sizeof(path) || !method) {
        reply_error(c, 400, "the target must be a path");
        return false;
    }
    memcpy(path, target, len);
    path[len] = 0;
    *route = find_route(c, path, method->name, allow);
    bool sure = read_identity(c);
    if (!(*route && (*route)->open) && !(sure && c->who.account)) {
        evhttp_add_header(evhttp_request_get_output_headers(c->req), "WWW-Authenticate", "Bearer");
        reply_error(c, 401, "no identity: this API is reached through its gateway");
        return false;
    }
    if (*route)
        return !method->body || read_body(c);
    if (*allow)
        evhttp_add_header(evhttp_request_get_output_headers(c->req), "Allow", allow);
    reply_error(c, *allow ? 405 : 404, *allow ? "this path has no such method" : "no such path");
    return false;
}

void router_answer(struct evhttp_request *req, void *store)
{
    struct call c = {.req = req, .store = store, .product = product_of(req)};
    const struct route *route;
    if (!c.product) {
        reply_error(&c, 421, "no product answers at this host");
        return;
    }
    if (accept_call(&c, &route)) {
        c.collection = route->collection;
        c.required = route->required;
        route->handle(&c);
    }
    json_decref(c.body);
}
