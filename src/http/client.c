#include "http/client.h"

#include "base/str.h"
#include "http/app.h"
#include "service/client_session.h"
#include "service/client_token.h"

/* The native API under its own path; a dashboard's is for its own pages. */
static bool is_plain_native(const struct call *c)
{
    return !c->profile && c->path.ptr == c->target.ptr;
}

/* One, and only one. */
static struct cardea_str origin_of_page(const struct call *c)
{
    unsigned count;
    struct cardea_str origin = call_header(c, "Origin", &count);
    return count == 1 ? origin : (struct cardea_str){0};
}

static bool unauthenticated(struct call *c, enum cardea_code code)
{
    struct cardea_decision d = {.code = code, .missing_scope = -1};
    call_denial(c, &d, NULL);
    return false;
}

static bool forbid(struct call *c, const char *detail)
{
    call_problem(c, 403, "forbidden", "%s", detail);
    return false;
}

bool client_authenticate(struct call *c, struct cardea_str token)
{
    struct client_session s;
    struct cardea_str origin = origin_of_page(c);
    if (!is_plain_native(c) || !service_client_session_open(&c->svc, token, &s))
        return unauthenticated(c, CARDEA_NOT_FOUND);
    if (!(c->route->access & ACCESS_CLIENT))
        return forbid(c, "A client session is for an account's keys and their usage alone.");
    if (!service_client_session_allows(&s, origin))
        return forbid(c, "This client session is for the pages of other origins.");
    /* From here on the page may read what it is told: that its session has expired, for one. */
    c->cors_origin = arena_str(&c->arena, origin);
    if (!c->svc.db) {
        call_problem(c, 503, "store_unavailable", "Sessions cannot be checked now. Try again shortly.");
        return false;
    }
    unsigned capability = c->route->scope ? client_capability(str_of(c->route->scope)) : 0;
    if (service_client_session_act(&c->svc, &s, capability) == SERVICE_OK)
        return true;
    if (c->svc.err == SERVICE_UNAUTHENTICATED)
        return unauthenticated(c, c->svc.now >= s.expires_at ? CARDEA_EXPIRED : CARDEA_NOT_FOUND);
    call_refuse(c);
    return false;
}

static uint32_t method_named(struct cardea_str name)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } methods[] = {{"GET", CARDEA_GET}, {"POST", CARDEA_POST}, {"PATCH", CARDEA_PATCH}, {"DELETE", CARDEA_DELETE}};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_eq(name, str_of(methods[i].name)))
            return methods[i].bit;
    return 0;
}

/* The route that the page is about to call, when client sessions may. */
static bool find_asked(struct call *c)
{
    uint32_t allowed, method = c->method;
    c->method = method_named(call_header(c, "Access-Control-Request-Method", NULL));
    bool found = c->method && router_find(&c->app->router, c, &allowed) == ROUTER_FOUND &&
                 c->route->access & ACCESS_CLIENT;
    c->method = method;
    if (!found)
        c->route = NULL;
    return found;
}

/* Whose page asks is no secret, and the session that decides is not sent yet: so any origin is told what may be sent.
 */
bool client_preflight(struct call *c)
{
    struct cardea_str origin = origin_of_page(c);
    if (c->method != CARDEA_OPTIONS || !is_plain_native(c) || client_origin_mistake(origin) || !find_asked(c))
        return false;
    c->cors_origin = arena_str(&c->arena, origin);
    c->status = 204;
    buf_clear(&c->reply);
    call_add_header(c, "Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
    call_add_header(c, "Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key");
    call_add_header(c, "Access-Control-Max-Age", "600");
    call_add_header(c, "Vary", "Access-Control-Request-Method");
    return true;
}
