/* http/routes.h - the tables of all route_<resource>.c files. */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http/call.h"

extern const struct http_routes routes_ops;             /* route_ops.c */
extern const struct http_routes routes_keys;            /* route_keys.c */
extern const struct http_routes routes_verify;          /* route_verify.c */
extern const struct http_routes routes_authorize;       /* route_authorize.c */
extern const struct http_routes routes_accounts;        /* route_accounts.c */
extern const struct http_routes routes_agents;          /* route_agents.c */
extern const struct http_routes routes_policies;        /* route_policies.c */
extern const struct http_routes routes_usage;           /* route_usage.c */
extern const struct http_routes routes_billing;         /* route_billing.c */
extern const struct http_routes routes_leaks;           /* route_leaks.c */
extern const struct http_routes routes_scan;            /* route_scan.c */
extern const struct http_routes routes_messages;        /* route_messages.c */
extern const struct http_routes routes_webhooks;        /* route_webhooks.c */
extern const struct http_routes routes_events;          /* route_events.c */
extern const struct http_routes routes_audit;           /* route_audit.c */
extern const struct http_routes routes_users;           /* route_users.c */
extern const struct http_routes routes_sessions;        /* route_sessions.c */
extern const struct http_routes routes_device;          /* route_device.c */
extern const struct http_routes routes_client_sessions; /* route_client_sessions.c */
extern const struct http_routes routes_product;         /* route_product.c */
extern const struct http_routes routes_reference;       /* route_reference.c */
extern const struct http_routes routes_identities;      /* route_identities.c */

/* On a profile's host: is this one of its management paths (route_managed.c)? Then *route says how to answer it and
 * c->captures are set. False: not management, and cardea_authorize() decides. */
bool route_managed_match(struct call *c, const struct http_route **route);

#endif
