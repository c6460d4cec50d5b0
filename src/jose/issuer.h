/* jose/issuer.h - whose tokens are accepted beside our own: the file in which the operator says so. */
#ifndef JOSE_ISSUER_H
#define JOSE_ISSUER_H

#include "base/arena.h"
#include "base/buf.h"
#include "jose/jws.h"

#define ISSUERS_MAX      32
#define ISSUER_TEXT_MAX  255 /* bytes of `issuer` and of a subject: OpenID Connect Core, section 2 */
#define ISSUER_AGE_NEVER 0

enum issuer_source { ISSUER_JWKS_URL, ISSUER_JWKS_FILE, ISSUER_SECRET_FILE };

struct issuer {
    const char *name;         /* for logs and metrics */
    struct cardea_str issuer; /* `iss`, exactly */
    struct cardea_str audience;
    unsigned algs; /* of enum jws_alg */
    enum issuer_source source;
    const char *where;         /* the URL, or a path */
    const char *ca_file;       /* PEM, for the URL; NULL: the system's */
    const char *account_claim; /* NULL: none */
    int64_t clock_skew_sec;
    int64_t max_age_sec; /* ISSUER_AGE_NEVER: any age */
};

struct issuer_list {
    const struct issuer *items; /* in the arena */
    size_t count;
};

/* False with every mistake in `errors`, as `file:line:col: ...`. The files of keys are read too, to tell now what would
 * be wrong later; no URL is asked. */
bool issuer_list_load(struct arena *a, const char *file, struct issuer_list *out, struct buf *errors);
/* NULL: none of that name. `issuer` is compared byte by byte. */
const struct issuer *issuer_list_find(const struct issuer_list *list, struct cardea_str issuer);

/* What tells that a file was written or replaced. Zeroed: not looked at yet. */
struct issuer_stamp {
    uint64_t device, inode, size;
    int64_t changed_ns;
};
/* The keys in an issuer's file, a secret's or a public one's. NULL with one line in `why`; also, with an empty one,
 * when the file is the one that `stamp` was taken of, which is that of a file with good keys or zeroed. */
struct jwk_set *issuer_file_keys(const struct issuer *issuer, struct issuer_stamp *stamp, struct cardea_why *why);

/* The manual of the file, in Markdown. */
void issuer_docs(struct buf *out);

#endif
