/* http/authenticate.h - who asks, and may they: decided before the body is looked at. */
#ifndef HTTP_AUTHENTICATE_H
#define HTTP_AUTHENTICATE_H

#include "http/call.h"

/* Fills c->svc.actor and checks it against c->route. False: the reply is a refusal. */
bool authenticate(struct call *c);

#endif
