/* http/product.h - what answers on a product's hosts: its dashboard, the management of keys, its documentation, logging
 * in by the browser, each as far as its profile says; all else is the product's own API, and is decided. */
#ifndef HTTP_PRODUCT_H
#define HTTP_PRODUCT_H

#include "http/call.h"

/* Sets c->route, c->place and c->captures, to go on as with any other route. False: the reply is rendered. */
bool product_find(struct call *c);

#endif
