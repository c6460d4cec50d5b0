/* http/route_managed.h - what the dispatcher asks about keys' routes, beside route_managed_match() of http/routes.h.
 *
 * route_managed_match(c, &route) is asked on a profile's host, before cardea_authorize() decides:
 *  - false: not a management path of this profile;
 *  - true with a route: c->captures are set (0 the key); go on as with any other route: authenticate under
 * route->access (a session, or a key of c->profile), ask route_keys_admit(), look at the body, run the handler on its
 * lane;
 *  - true with *route NULL: it is one, but answers other methods. The 405 with `Allow` is rendered. */
#ifndef HTTP_ROUTE_MANAGED_H
#define HTTP_ROUTE_MANAGED_H

#include "http/routes.h"

/* For every route, native or managed, after authentication and before the body is looked at: whether this caller may
 * ask for such a thing at all (a viewer creates no keys or agents; a profile that takes sessions takes no keys). False:
 * the refusal is rendered. Always true for routes of other resources. Reads at most one row on c->svc.db, so call it on
 * the lane. */
bool route_keys_admit(struct call *c, const struct http_route *route);

#endif
