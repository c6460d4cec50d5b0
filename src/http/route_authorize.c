#include <cardea/refusal.h>

#include "base/str.h"
#include "http/app.h"
#include "http/routes.h"

#define ALL_METHODS (CARDEA_GET | CARDEA_POST | CARDEA_PUT | CARDEA_PATCH | CARDEA_DELETE | CARDEA_OPTIONS)

/* What the proxy asks about, in one of the two manners of saying so. */
struct original {
    struct cardea_str method, uri;
    unsigned method_count, uri_count;
};

static struct original read_original(const struct call *c, const char *method, const char *uri)
{
    struct original o = {0};
    o.method = call_header(c, method, &o.method_count);
    o.uri = call_header(c, uri, &o.uri_count);
    return o;
}

static bool is_sent(const struct original *o)
{
    return o->method_count || o->uri_count;
}

static bool refuse_original(struct call *c, const char *detail)
{
    call_problem(c, 400, "bad_request", "%s", detail);
    return false;
}

/* The method and target of the request that is decided. A proxy sets one pair of headers; a client behind it may have
 * sent the other one, or the same once more, and must not be the one who is believed: then nobody is. Half a pair is
 * refused too: nginx asks by GET whatever the client's method is, so that guessing the method would let writes pass as
 * reads. */
static bool read_forwarded(struct call *c, struct cardea_request *r)
{
    struct original nginx = read_original(c, "X-Original-Method", "X-Original-URI");
    struct original other = read_original(c, "X-Forwarded-Method", "X-Forwarded-Uri");
    const struct original *o = is_sent(&nginx) ? &nginx : &other;
    if (!is_sent(o))
        return true;
    if (is_sent(&nginx) && is_sent(&other) && (!str_eq(nginx.method, other.method) || !str_eq(nginx.uri, other.uri)))
        return refuse_original(c, "X-Original-* and X-Forwarded-* disagree. Have the proxy set one pair and remove the "
                                  "other from what clients send.");
    if (o->method_count > 1 || o->uri_count > 1)
        return refuse_original(c, "The original request is named more than once. Have the proxy replace what clients "
                                  "send in these headers.");
    if (!o->method.len || !o->uri.len)
        return refuse_original(c, "The proxy must send both: X-Original-Method and X-Original-URI, or "
                                  "X-Forwarded-Method and X-Forwarded-Uri.");
    r->method = o->method;
    r->target = o->uri;
    return true;
}

/* What follows "/v1/authorize/{profile}", undecoded. */
static struct cardea_str own_target(struct call *c)
{
    const struct cardea_str prefix = STR("/v1/authorize/");
    struct cardea_str rest = {c->target.ptr + prefix.len, c->target.len - prefix.len};
    size_t at = 0;
    while (at < rest.len && rest.ptr[at] != '/' && rest.ptr[at] != '?')
        at++;
    rest.ptr += at;
    rest.len -= at;
    if (rest.len && rest.ptr[0] == '/')
        return rest;
    return arena_printf(&c->arena, "/%.*s", STR_ARG(rest));
}

/* Who called, for the upstream. A route that is public has no caller. */
static void grant(struct call *c, const struct cardea_decision *d, const struct cardea_profile *profile)
{
    c->status = 200;
    buf_clear(&c->reply);
    call_rate_headers(c, d);
    struct cardea_str values[CARDEA_IDENTITY_COUNT];
    size_t len = cardea_identity_write(profile, d, NULL, 0, values);
    cardea_identity_write(profile, d, arena_alloc(&c->arena, len), len, values);
    for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        if (values[i].len > 0)
            call_add_header(c, cardea_identity_name((enum cardea_identity)i).ptr, arena_cstr(&c->arena, values[i]));
    }
}

/* nginx's auth_request throws a refusal's body away, so a proxy may ask for it in a header: `Cardea-Refusal: header`.
 * Line ends and other control characters, which no header can hold, become spaces; in JSON they say nothing. */
static void body_to_header(struct call *c)
{
    char *text = arena_alloc(&c->arena, c->reply.len + 1);
    for (size_t i = 0; i < c->reply.len; i++) {
        unsigned char byte = (unsigned char)c->reply.ptr[i];
        text[i] = byte < 0x20 || byte == 0x7f ? ' ' : (char)byte;
    }
    text[c->reply.len] = '\0';
    call_add_header(c, "Content-Type", c->content_type ? c->content_type : "application/json");
    call_add_header(c, "Cardea-Refusal", text);
    buf_clear(&c->reply);
}

static void decide(struct call *c)
{
    struct cardea_decision d;
    struct cardea_request r = {.method = c->method_name, .ip = c->has_ip ? c->ip : NULL, .now = cardea_time_now()};
    r.profile = cardea_reader_profile_named(c->reader, c->captures[0]);
    if (r.profile < 0) {
        call_problem(c, 404, "not_found", "There is no such profile.");
        return;
    }
    const struct cardea_profile *profile = cardea_reader_profile(c->reader, (size_t)r.profile);
    r.target = own_target(c);
    if (c->trusted_proxy && !read_forwarded(c, &r))
        return;
    r.authorization = call_header(c, "Authorization", &r.authorization_count);
    if (profile->legacy_header)
        r.legacy = call_header(c, profile->legacy_header, &r.legacy_count);
    r.origin = call_header(c, "Origin", NULL);
    r.sec_fetch_mode = call_header(c, "Sec-Fetch-Mode", NULL);
    cardea_authorize(c->reader, &r, &d);
    call_decided(c, d.code);
    /* The decision may have followed the snapshot to a new file, with profiles in another order. */
    profile = d.profile >= 0 ? cardea_reader_profile(c->reader, (size_t)d.profile) : NULL;
    if (d.code == CARDEA_VALID)
        grant(c, &d, profile);
    else
        call_denial(c, &d, profile);
}

static void authorize(struct call *c)
{
    decide(c);
    if (c->status != 200 && c->trusted_proxy && str_eq(call_header(c, "Cardea-Refusal", NULL), STR("header")))
        body_to_header(c);
}

/* Whose credential it is stands in the request that is decided: the call itself asks for none. */
static const struct http_route items[] = {
    {.method = ALL_METHODS,
     .pattern = "/v1/authorize/{profile}/**",
     .lane = LANE_LOOP,
     .access = ACCESS_PUBLIC,
     .handle = authorize,
     .operation = "authorize"},
};

const struct http_routes routes_authorize = {items, sizeof(items) / sizeof(items[0])};
