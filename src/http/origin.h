/* http/origin.h - where a product's API answers, as somebody who reads our pages can type it. */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include "http/call.h"

/* "https://api.animus.so": the host that was asked when it is the product's, else the first of its hosts that is not
 * this machine's name. NULL: it has none. In the call's arena. */
const char *origin_of(struct call *c, const struct profile *p);

#endif
