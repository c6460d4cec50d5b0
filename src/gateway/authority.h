/* gateway/authority.h - a certificate authority for one machine: TLS to try things with, without asking anybody. */
#ifndef GATEWAY_AUTHORITY_H
#define GATEWAY_AUTHORITY_H

#include "base/arena.h"

struct authority_files {
    const char *ca;         /* what clients are told to trust (PEM) */
    const char *cert, *key; /* the server's, with the authority's certificate behind it */
};

/* Makes in `dir` what is missing, too old or not for these names: the authority lives ten years, the server's
 * certificate one, and both keys (EC P-256) never leave the folder. `names` are host names and addresses. Texts of
 * `out` live in `a`. */
bool authority_prepare(struct arena *a, const char *dir, const char *const *names, size_t count, int64_t now,
                       struct authority_files *out, struct cardea_why *why);

#endif
