/* service/issuer_fetch.h - an issuer's keys as its URL or file has them now. Blocking. */
#ifndef SERVICE_ISSUER_FETCH_H
#define SERVICE_ISSUER_FETCH_H

#include "jose/issuer.h"
#include "service/issuer_schedule.h"

#define ISSUER_FETCH_MS 3000 /* a stop of the daemon waits for it */

struct issuer_fetch {
    struct issuer issuer;
    struct issuer_stamp stamp; /* kept from one fetch to the next */
    struct jwk_set *set;       /* ISSUER_FETCHED: the caller's */
    struct cardea_why why;     /* a failure: one line */
};

typedef enum issuer_outcome (*issuer_fetch_fn)(void *arg, struct issuer_fetch *f);

/* The real one; `arg` is ignored. */
enum issuer_outcome issuer_fetch(void *arg, struct issuer_fetch *f);

#endif
