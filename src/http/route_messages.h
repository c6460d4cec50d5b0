/* http/route_messages.h - the handlers of agents' messages: on the native API, and on a product's own hosts where its
 * profile has them. captures[0] is the agent, captures[1] the message. */
#ifndef HTTP_ROUTE_MESSAGES_H
#define HTTP_ROUTE_MESSAGES_H

#include "http/call.h"

/* 1 MiB of text may need more in JSON. */
#define MESSAGES_BODY_MAX ((size_t)2 << 20)

void messages_send(struct call *c);
void messages_receive(struct call *c);
void messages_get(struct call *c);
void messages_acknowledge(struct call *c);
void messages_acknowledge_up_to(struct call *c);
void messages_push_secret(struct call *c);
void messages_list(struct call *c);

#endif
