/* http/route_keys.h - the handlers of keys, for the native paths and for the profiles' own ones. Capture 0 is the key.
 */
#ifndef HTTP_ROUTE_KEYS_H
#define HTTP_ROUTE_KEYS_H

#include "http/call.h"

void keys_create(struct call *c);
void keys_list(struct call *c);
void keys_get(struct call *c);
void keys_update(struct call *c);
void keys_revoke(struct call *c);
void keys_self(struct call *c);
void keys_self_revoke(struct call *c);

#endif
