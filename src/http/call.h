/* http/call.h - one request on its way: parsed by the server, authenticated, handled, rendered.
 *
 * A handler is a straight line: parse, call a service, render. It runs on the lane that its route names: on the event
 * loop for what only reads memory and small rows; on the store's writer, inside a unit of work, for what changes
 * anything; on a worker for what is slow (password hashing). Its reply leaves after the commit, or is replaced by a 503
 * when that failed. */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include "base/buf.h"
#include "base/id.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "service/service.h"

struct app; /* http/app.h: what the daemon's wiring gives to handlers */
/* Why a call that waits is looked at (http/park.h). */
enum park_why { PARK_NEWS, PARK_SECOND, PARK_OVER };
struct issuer_claims; /* service/issuer_claims.h */

#define CALL_CAPTURES_MAX    4
#define CALL_TENANT          (CALL_CAPTURES_MAX - 1) /* the capture of a management path's `{tenant}` */
#define CALL_HEADERS_MAX     12
#define CALL_REQUEST_ID_MAX  65
#define CALL_BODY_MAX        (1u << 20)
#define CALL_BODY_MAX_IMPORT (16u << 20) /* for the route that brings many keys along; also the server's own limit */

struct call {
    struct app *app;
    struct service_call svc; /* the service's view: actor, db, arena, now */
    struct arena arena;

    /* request; borrowed until the reply is sent */
    uint32_t method;                       /* of enum cardea_method, one bit; HEAD arrives as GET */
    struct cardea_str method_name;         /* as sent */
    struct cardea_str target, path, query; /* undecoded */
    struct cardea_str host;
    struct cardea_str body;
    json_t *json;                  /* the body, when the route takes one; an object */
    const struct profile *profile; /* whose host was asked; NULL on the admin hosts */
    int profile_index;
    bool docs_host; /* of the product's documentation, not of its API */
    unsigned place; /* of enum place: where on the product's host; 0 on the admin hosts and in the product's own API */
    struct cardea_str captures[CALL_CAPTURES_MAX]; /* decoded, in the pattern's order */
    char request_id[CALL_REQUEST_ID_MAX];
    uint8_t ip[16];     /* the client's: a trusted proxy's X-Forwarded-For counts; IPv4 as ::ffff:a.b.c.d */
    bool has_ip;        /* false on a unix socket without such a header */
    bool trusted_proxy; /* the peer may speak for others: X-Original-*, X-Forwarded-* */
    bool head_only;     /* HEAD: handled as GET, answered without the body */
    void *native;       /* the server's own request: call_header() asks it */
    void *work;         /* the handlers' own: what a worker's handler leaves for its call_write() unit */
    /* Set with a refusal, by authenticate() or a worker's handler: the token's key is being fetched. The call waits,
     * then begins anew with `waited`. */
    const struct issuer_claims *keys_wanted;
    bool waited;
    bool again; /* was let in before, and is only looked at again: nothing is drawn from limits and credits */

    /* Waiting for news (http/park.h). */
    bool (*parked)(struct call *c, enum park_why why); /* NULL: it is not */
    int64_t topic;
    bool streams; /* its reply's head is sent, and pieces of its body */

    /* reply */
    int status;
    const char *refused; /* why, in a word: the problem's or the decision's code; NULL: it is not */
    int64_t created_id;  /* set by a handler whose route `creates`: what a lost reply points to */
    struct buf reply;
    const char *content_type; /* default application/json */
    struct {
        const char *name, *value;
    } headers[CALL_HEADERS_MAX];
    size_t header_count;
    bool stands;                   /* a refusal that is remembered: what its unit of work did is kept all the same */
    struct cardea_str cors_origin; /* whose pages' scripts may read the reply; empty: none but this host's */
    bool close;                    /* the connection is not to be used again */
    struct cardea_reader *reader;  /* of the thread that decides; NULL on the writer's and workers' lanes */

    const struct http_route *route; /* NULL before one is found, and on a profile's host outside its management */
    unsigned operation;             /* the metrics' index of what was asked */
    int64_t began_ns;               /* CLOCK_MONOTONIC */
};

/* The one value of a request header, or empty; *count (may be NULL) says how many there were. */
struct cardea_str call_header(const struct call *c, const char *name, unsigned *count);

/* We do not speak TLS ourselves: whoever does it before us says so. */
bool call_over_tls(const struct call *c);

/* What made a browser send this, by Sec-Fetch-Site or Origin. SENDER_UNSAID: no browser, as far as can be told. */
enum call_sender { SENDER_UNSAID, SENDER_OWN_PAGE, SENDER_ANOTHER_SITE };
enum call_sender call_sender(const struct call *c);
/* A query parameter, decoded into the arena; empty when absent. */
struct cardea_str call_query(struct call *c, const char *name);

/* Starts a 2xx reply of one JSON value. */
void call_json(struct call *c, int status, struct json_writer *w);
void call_add_header(struct call *c, const char *name, const char *value); /* value is copied */
/* Counts a decision for /metrics. On the loop's lane only. */
void call_decided(struct call *c, enum cardea_code code);
/* The whole reply to a denial, in `profile`'s shape (NULL: the native one): status, body, WWW-Authenticate, Retry-After
 * and RateLimit headers. Codes that would tell a stranger whether a key exists look the same, unless the profile names
 * them. */
void call_denial(struct call *c, const struct cardea_decision *d, const struct cardea_profile *profile);
/* RateLimit-Limit, -Remaining and -Reset, where a limit applies. */
void call_rate_headers(struct call *c, const struct cardea_decision *d);
/* problem+json from what the service said, or by hand. */
void call_refuse(struct call *c); /* from c->svc.err, code, message, problems */
void call_problem(struct call *c, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

enum lane {
    LANE_LOOP,
    LANE_WRITER,
    LANE_WORKER, /* takes a core for tens of milliseconds: passwords */
    LANE_SCAN,   /* scans a text, and may wait for a language model */
    LANE_POLICY, /* compiles a policy, or runs it over many texts: up to seconds; or reads thousands of rows */
};

/* Who may call, decided before the body is looked at. A handler narrows further (own account, role). */
enum access {
    ACCESS_PUBLIC = 0,
    ACCESS_ROOT = 1u << 0,
    ACCESS_VERIFIER = 1u << 1,
    ACCESS_USER = 1u << 2, /* a session */
    ACCESS_KEY = 1u << 3,  /* a key; of which profile and scope: `scope`, or the handler */
    ACCESS_SELF = 1u << 4, /* any key of any profile, for itself */
    ACCESS_SCANNER = 1u << 5,
    ACCESS_OPERATOR = 1u << 6, /* the operator's own browser session, where the root key itself has no business */
    ACCESS_CLIENT = 1u << 7,   /* a client session, on the native API's hosts; alone: anybody else, too */
};

/* Where a route answers beside the native API's hosts: a product's host has these only as far as its profile says. */
enum place {
    PLACE_DASHBOARD = 1u << 0, /* beneath the dashboard's path: people with a session, for the product's accounts */
    PLACE_DOCS = 1u << 1,      /* documentation, on its own hosts too */
    PLACE_REFERENCE = 1u << 3, /* the reference of the API */
    PLACE_LOGIN = 1u << 2,     /* logging in by the browser from a command line */
};

typedef void (*call_fn)(struct call *c);

/* From a worker's handler: runs `unit` on the writer and waits, as a handler on LANE_WRITER would run: inside a unit of
 * work, with the route's idempotency, rolled back when it refuses. c->db is the worker's own again afterwards. */
void call_write(struct call *c, call_fn unit);

struct http_route {
    uint32_t method;
    const char
        *pattern; /* "/v1/keys/{id}/rotate": literals and captures; a last "**" takes any rest, nothing included */
    enum lane lane;
    unsigned access;   /* of enum access, or'ed */
    unsigned places;   /* of enum place, or'ed */
    const char *scope; /* asked of ACCESS_KEY callers: a scope of the profile `cardea` */
    bool takes_json;   /* the body must be a JSON object (an empty one is {}) */
    bool parses_late;  /* on a worker: the JSON is too large to be parsed on an event loop */
    bool as_agent;     /* captures[0] is the agent that is acted for: a key that is bound to another one is refused */
    bool creates;      /* honours Idempotency-Key: the reply is kept, sealed, in the same unit of work */
    bool checks_first; /* nothing is changed before all is checked: store_submit_checked() */
    call_fn handle;
    const char *operation; /* operationId in api/openapi.yaml, and the metrics' route label */
    size_t body_max;       /* bytes; 0: CALL_BODY_MAX */
};

/* Each route_<resource>.c exports its table. */
struct http_routes {
    const struct http_route *items;
    size_t count;
};

#endif
