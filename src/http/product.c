#include "http/product.h"

#include "base/str.h"
#include "http/app.h"
#include "http/dashboard.h"
#include "http/product_docs.h"
#include "http/routes.h"

/* Which places this host has. */
static unsigned places_of(const struct call *c)
{
    const struct profile *p = c->profile;
    unsigned docs = p->docs.summary ? PLACE_DOCS : 0;
    return c->docs_host ? docs
                        : docs | (p->docs.reference ? PLACE_REFERENCE : 0) | (p->cli.browser_login ? PLACE_LOGIN : 0);
}

static bool nothing_here(struct call *c)
{
    c->route = NULL;
    call_problem(c, 404, "not_found", "Nothing answers at this path.");
    return false;
}

/* The native API's routes, for people and for this product's accounts. */
static bool find_in_dashboard(struct call *c)
{
    uint32_t allowed;
    c->place = PLACE_DASHBOARD;
    enum router_result result = router_find(&c->app->router, c, &allowed);
    if (result == ROUTER_FOUND && c->route->places & PLACE_DASHBOARD)
        return true;
    if (result != ROUTER_NO_METHOD)
        return nothing_here(c);
    router_refuse_method(c, allowed);
    return false;
}

/* One of the daemon's own pages, when this host has such. */
static bool find_page(struct call *c)
{
    uint32_t allowed;
    c->route = places_of(c) & PLACE_DOCS ? product_docs_find(c) : NULL;
    if (c->route) {
        c->place = PLACE_DOCS;
        return true;
    }
    if (router_find(&c->app->router, c, &allowed) != ROUTER_FOUND)
        return false;
    c->place = c->route->places & places_of(c);
    if (c->place)
        return true;
    c->route = NULL;
    return false;
}

/* Whatever is none of ours is the product's own: decided here, answered by the gateway. */
static bool decide(struct call *c)
{
    struct cardea_request r = {.profile = c->profile_index,
                               .method = c->method_name,
                               .target = c->target,
                               .ip = c->has_ip ? c->ip : NULL,
                               .now = cardea_time_now()};
    r.authorization = call_header(c, "Authorization", &r.authorization_count);
    if (c->profile->core.legacy_header)
        r.legacy = call_header(c, c->profile->core.legacy_header, &r.legacy_count);
    r.origin = call_header(c, "Origin", NULL);
    r.sec_fetch_mode = call_header(c, "Sec-Fetch-Mode", NULL);
    struct cardea_decision d;
    cardea_authorize(c->reader, &r, &d);
    call_decided(c, d.code);
    if (d.code != CARDEA_VALID) {
        call_denial(c, &d, &c->profile->core);
    } else {
        call_problem(c, 502, "no_upstream", "The credential is good, but nothing stands behind this path.");
        call_rate_headers(c, &d);
    }
    return false;
}

bool product_find(struct call *c)
{
    enum dashboard_result dashboard = dashboard_find(c);
    bool found;
    if (dashboard == DASHBOARD_API)
        found = find_in_dashboard(c);
    else if (dashboard != DASHBOARD_NOT_HERE)
        found = dashboard == DASHBOARD_FOUND;
    else if (!c->docs_host && route_managed_match(c, &c->route))
        found = c->route != NULL;
    else
        found = find_page(c) || (c->docs_host ? nothing_here(c) : decide(c));
    c->operation = METRICS_PROFILE_HOST;
    return found;
}
