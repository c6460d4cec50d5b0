/* cli/transfer.h - one HTTP exchange over libcurl: the reply's bytes go on as they come. */
#ifndef CLI_TRANSFER_H
#define CLI_TRANSFER_H

#include "cli/client.h"

struct transfer {
    const char *method, *path;       /* the path starts with '/', may hold a query, is encoded */
    const char *body, *content_type; /* NULL: none */
    bool streams;                    /* takes as long as bytes come; else the whole must end in time */

    /* Each piece of the body; false ends the transfer. `status` and `reply_type` are there by then. */
    bool (*take)(void *arg, const char *data, size_t len);
    /* How far it is, a few times a second; `total` is 0 while nobody knows. NULL: nobody asks. */
    void (*tick)(void *arg, int64_t got, int64_t total);
    void *arg;

    /* filled in */
    long status;
    const char *reply_type; /* "image/png": without parameters, lower case, in the arena; "" when none was named */
    const char *next;       /* the header Cardea-Next, in the arena; NULL: there is none */
    bool invalid_token;     /* the challenge says that the credential itself is refused (RFC 6750, 3.1) */
    bool taken;             /* false from `take` ended it */
    bool refused;           /* nobody listens there */
    bool untrusted;         /* its certificate is by nobody that is trusted here, or another name's */
    const char *why;        /* NULL: there was an answer */
};

/* False when there was no answer, or none to its end: `why` says so, unless `taken` does. The key goes along when there
 * is one. */
bool transfer_run(struct client *c, struct transfer *t);

#endif
