/* service/issuer_claims.h - what a token of another issuer says, checked (RFC 7519, section 4; RFC 8725, section 3). */
#ifndef SERVICE_ISSUER_CLAIMS_H
#define SERVICE_ISSUER_CLAIMS_H

#include "base/json_read.h"
#include "jose/issuer.h"

struct issuer_claims {
    const struct issuer *from; /* whose token; lives as long as the configuration */
    struct cardea_str subject; /* all texts in the arena */
    struct cardea_str account; /* of the claim that names it; empty: none */
    int64_t expires_at;
    uint64_t round; /* issuers_wait(): the fetches that had ended when it was checked */
};

/* The object of a payload that says `iss`, before anything of it is proven; NULL when it is none. A new reference. */
json_t *issuer_claims_peek(struct arena *a, struct cardea_str token, struct cardea_str *iss);

/* NULL when all is well, else one line for the log that quotes nothing. `typ` is the header's. Expired at now >= exp;
 * the skew is granted where the issuer's clock may be ahead of ours, and nowhere else. */
const char *issuer_claims_check(struct arena *a, const json_t *claims, struct cardea_str typ,
                                const struct issuer *issuer, int64_t now, struct issuer_claims *out);

#endif
