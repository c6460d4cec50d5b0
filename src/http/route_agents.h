/* http/route_agents.h - the handlers of agents, for the native paths and for the profiles' own ones. Capture 0 is the
 * agent. */
#ifndef HTTP_ROUTE_AGENTS_H
#define HTTP_ROUTE_AGENTS_H

#include "http/call.h"

void agents_create(struct call *c);
void agents_list(struct call *c);
void agents_get(struct call *c);
void agents_update(struct call *c);
void agents_delete(struct call *c);

#endif
