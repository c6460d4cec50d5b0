/* http/refusals.h - denied calls of the management, told to the audit log. */
#ifndef HTTP_REFUSALS_H
#define HTTP_REFUSALS_H

#include "http/call.h"

/* The reply is about to leave. Of decisions on keys (forward-auth, verification) the readers of keys tell themselves:
 * service/notices.h. */
void refusal_tell(struct call *c);

#endif
