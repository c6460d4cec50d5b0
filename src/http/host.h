/* http/host.h - whose host was asked: the operator's, a profile's, or nobody's. */
#ifndef HTTP_HOST_H
#define HTTP_HOST_H

#include "http/call.h"

/* "example.com:8080" to "example.com", "[::1]:80" to "[::1]"; empty when that is no host. */
struct cardea_str host_without_port(struct cardea_str host);

/* Sets c->profile and c->profile_index (NULL and -1 on an admin host). False: an unknown host. */
bool host_resolve(struct call *c);

#endif
