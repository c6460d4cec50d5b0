/* http/render_session.h - a session as JSON: all that a page shows of who is logged in, and where. */
#ifndef HTTP_RENDER_SESSION_H
#define HTTP_RENDER_SESSION_H

#include "http/call.h"
#include "service/operator.h"
#include "service/session.h"

/* The whole reply. The token itself is in it when view->jwt is set. False: a refusal, since the store does not answer.
 */
bool render_session(struct call *c, int status, const struct session_view *view);
/* The operator's, which is nobody's and of no account. */
void render_operator(struct call *c, int status, int64_t session_id, int64_t expires_at);

/* `[…]`: accounts that a person may choose from. */
void render_choices(struct json_writer *w, const struct session_login *login);

#endif
