/* http/client.h - the component in other sites' pages: client sessions as callers, and what CORS asks beforehand. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http/call.h"

/* authenticate() for a bearer that service_client_session_is(). Fills c->svc.actor; false: the reply is a refusal. */
bool client_authenticate(struct call *c, struct cardea_str token);

/* A preflight (the CORS protocol of the Fetch standard) for a route that client sessions call: the reply is rendered.
 * False: it is none, and nothing was done. */
bool client_preflight(struct call *c);

#endif
