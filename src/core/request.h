/* core/request.h - what of an HTTP request decides: method, path, credential, query. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <cardea/authorize.h>

#include "core/route_table.h"

/* One bit of enum cardea_method, or 0. */
uint32_t request_method(struct cardea_str method);

/* Splits the path of a target into decoded segments; those with escapes are decoded into `buf`. False for every path
 * that two servers might read differently: see cardea_authorize. `query` is what follows '?', or empty. */
bool request_path(struct cardea_str target, char buf[ROUTE_PATH_MAX], struct route_path *out, struct cardea_str *query);

/* The one credential: CARDEA_VALID with `key`, else MISSING, MALFORMED or AMBIGUOUS. */
enum cardea_code request_credential(const struct cardea_request *req, struct cardea_str *key, bool *legacy);

/* True when some value in the query, decoded or not, starts as a key of the profile does and is as long. */
bool request_query_has_key(const struct cardea_profile *p, struct cardea_str query);

#endif
