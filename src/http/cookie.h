/* http/cookie.h - the session of a person's browser. Its cookie has the name that the product of the session's account
 * gives it. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/call.h"

#define COOKIE_OPERATOR "cardea_operator" /* of who logged in with the root key: on the operator's hosts alone */

/* `p` NULL: an account of a product that is not loaded any more. */
const char *cookie_name(const struct profile *p);

/* The session that a page of ours sends along, and the name it came by: on a product's dashboard and on the operator's
 * hosts, nowhere else. Empty when there is none, or another site's page had the browser send it. */
struct cardea_str cookie_read(struct call *c, const char **name);

/* Out of the reach of scripts, for this dashboard or this host alone. Other sessions of this browser here end: a
 * request must not have two. */
void cookie_set(struct call *c, const char *name, struct cardea_str value, int64_t max_age_sec);
void cookie_clear(struct call *c, const char *name);

#endif
