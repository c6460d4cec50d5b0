/* http/host.h - whose host was asked: the operator's, a profile's, or nobody's. */
#ifndef HTTP_HOST_H
#define HTTP_HOST_H

#include "http/call.h"

/* "example.com:8080" to "example.com", "[::1]:80" to "[::1]"; empty when that is no host. */
struct cardea_str host_without_port(struct cardea_str host);

/* Sets c->profile, c->profile_index (NULL and CARDEA_ANY_PROFILE on an admin host) and c->docs_host (then
 * c->profile_index is CARDEA_ANY_PROFILE, too: nothing is decided there). False: an unknown host. */
bool host_resolve(struct call *c);

#endif
