/* cli/session.h - trying a key: does the server take it, and what does it say about it. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/client.h"

enum session_result {
    SESSION_WORKS,
    SESSION_LIMITED, /* the key is good, but its product lets it manage nothing */
    SESSION_UNKNOWN, /* the product has no path to ask */
};

/* Natively GET /v1/keys/self; for a product, or with a session token, a list of keys. CLI_OK with *result, else the
 * exit code with a message. `self` (may be NULL) gets the key's view, or NULL: release it. */
int session_try(struct client *c, enum session_result *result, json_t **self);

#endif
