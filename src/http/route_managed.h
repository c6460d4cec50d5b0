/* http/route_managed.h - a profile's own management paths on its own hosts, answered by the native use cases.
 *
 * For a call whose host is a profile's (c->profile set): before the native routes and before the request is decided by
 * cardea_authorize(), ask route_managed_match(). With a route, go on as with any other: authenticate under
 * `route->access` (a session, or a key of c->profile), then call route_keys_admit() before the body is looked at, then
 * the body, the lane, the handler. */
#ifndef HTTP_ROUTE_MANAGED_H
#define HTTP_ROUTE_MANAGED_H

#include "http/call.h"

/* The route of this path and method, with c->captures filled: 0 the tenant (empty where the path has none), 1 the key.
 * NULL with *allow NULL: not a management path. NULL with *allow set ("GET, POST"): it is one, but answers other methods
 * (405 with `Allow`). Routes and *allow are static. */
const struct http_route *route_managed_match(struct call *c, const char **allow);

/* For every route of this header, after authentication and before the body is looked at: whether this caller may ask for
 * such a thing at all. False: the refusal is rendered. True for routes of other tables. No store access but one account
 * or key row on c->svc.db where one is needed. */
bool route_keys_admit(struct call *c, const struct http_route *route);

/* The native tables. */
extern const struct http_routes route_keys, route_verify, route_self, route_authorize;

#endif
