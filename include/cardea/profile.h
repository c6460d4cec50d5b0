/* cardea/profile.h - what a decision needs to know of a product: scopes, kinds of keys, routes, error bodies.
 *
 * A profile is plain data that the caller owns: whoever builds one (the YAML loader, a test) allocates it, and it must
 * outlive the writer it is given to. Readers get their own copy, decoded from the snapshot. */
#ifndef CARDEA_PROFILE_H
#define CARDEA_PROFILE_H

#include <cardea/key_format.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_SCOPES_MAX       256
#define CARDEA_KINDS_MAX        16
#define CARDEA_ROUTES_MAX       4096
#define CARDEA_CAPTURES_MAX     4
#define CARDEA_ROUTE_GROUPS_MAX 15

/* Bit i stands for the profile's i-th scope. */
struct cardea_scopes {
    uint64_t bits[CARDEA_SCOPES_MAX / 64];
};

enum cardea_kind_flags {
    CARDEA_KIND_SERVER_SIDE = 1u << 0,   /* refused when a browser page sends it (CLIENT_SIDE) */
    CARDEA_KIND_REPLACES = 1u << 1,      /* only the account's newest key of this kind is valid */
    CARDEA_KIND_FOLLOWS_ROLE = 1u << 2,  /* acts with its creator's role in the account, as it is now */
    CARDEA_KIND_LEGACY = 1u << 3,        /* no format: any text up to CARDEA_KEY_MAX, known by digest alone */
    CARDEA_KIND_AGENT = 1u << 4,         /* bound to one agent */
    CARDEA_KIND_CROSS_ACCOUNT = 1u << 5, /* `{tenant}` may be any account (root keys) */
};

struct cardea_kind {
    const char *name;
    struct cardea_key_format format; /* unused with CARDEA_KIND_LEGACY */
    uint32_t flags;
};

enum cardea_access {
    CARDEA_ACCESS_PUBLIC, /* nobody is asked for anything */
    CARDEA_ACCESS_KEY,    /* any valid key */
    CARDEA_ACCESS_SCOPE,  /* a valid key with `scope` */
};

/* Bits of the HTTP methods a route answers. HEAD counts as GET. */
enum cardea_method {
    CARDEA_GET = 1u << 0,
    CARDEA_POST = 1u << 1,
    CARDEA_PUT = 1u << 2,
    CARDEA_PATCH = 1u << 3,
    CARDEA_DELETE = 1u << 4,
    CARDEA_OPTIONS = 1u << 5,
};

/* Fields whose texts are to be scanned before a request goes on: JSON pointers (RFC 6901) into its body, `*` for each
 * element or member. What holds others stands for all texts beneath it. A field that is not there holds nothing. */
#define CARDEA_SCAN_FIELDS_MAX 16
struct cardea_route_scan {
    const char *const *fields; /* "/messages/0/content"; no blanks in them */
    size_t field_count;        /* at least one */
};

/* Pattern: '/'-separated literals and captures `{name}`, each a whole segment; `{tenant}` is compared with the key's
 * account, `{agent}` with its agent; a last segment `**` takes any rest, nothing included. A literal wins over a
 * capture, a capture over `**`. One trailing slash is ignored on both sides. */
struct cardea_route {
    uint32_t methods; /* of enum cardea_method */
    const char *pattern;
    enum cardea_access access;
    uint16_t scope;                       /* index, with CARDEA_ACCESS_SCOPE */
    uint32_t kinds;                       /* bit i allows kind i; 0 allows all */
    uint8_t min_role;                     /* of enum cardea_role; CARDEA_ROLE_NONE asks for none */
    const struct cardea_route_scan *scan; /* NULL: nothing is scanned */
    uint8_t group; /* what its grants are counted as: 1 to CARDEA_ROUTE_GROUPS_MAX; 0: nothing apart */
};

/* Status and body in place of the defaults. In `body`, `{scope}` stands for the scope that was missing, `{code}` for
 * the code's name. `body` NULL keeps the default body. */
struct cardea_denial {
    enum cardea_code code;
    uint16_t status;
    const char *body;
    const char *content_type;
};

struct cardea_profile {
    const char *name;
    const char *realm;
    const char *const *hosts; /* lower case, without port */
    size_t host_count;
    const char *legacy_header; /* lower case, such as "x-api-key", or NULL: legacy keys are not accepted */
    const char *const *scopes;
    size_t scope_count;
    const struct cardea_kind *kinds;
    size_t kind_count;
    const struct cardea_route *routes;
    size_t route_count;
    const struct cardea_denial *denials;
    size_t denial_count;
};

/* Index of a scope by its exact name, or -1. */
CARDEA_API int cardea_profile_scope(const struct cardea_profile *p, struct cardea_str name);

/* Index of a kind by name, or -1. */
CARDEA_API int cardea_profile_kind(const struct cardea_profile *p, struct cardea_str name);

/* What is wrong with a field to scan, as the end of "`x` is not valid: ..."; NULL when nothing is. Static storage. */
CARDEA_API const char *cardea_scan_field_mistake(struct cardea_str pointer);

/* Adds what `name` grants to `set`: one scope, all below `prefix:*`, or all by `*`.
 * CARDEA_E_NOTFOUND when it grants nothing that the profile knows. */
CARDEA_API enum cardea_err cardea_scopes_add(struct cardea_scopes *set, const struct cardea_profile *p,
                                             struct cardea_str name);
CARDEA_API bool cardea_scopes_has(const struct cardea_scopes *set, unsigned scope);
/* True when `a` holds every scope of `b`. */
CARDEA_API bool cardea_scopes_cover(const struct cardea_scopes *a, const struct cardea_scopes *b);

/* Status, body and content type of a denial of this profile: its own, else NULL body and the default status.
 * `missing_scope` may be empty. The body is written into `buf` (truncated never: CARDEA_E_FULL), its length into `len`.
 */
CARDEA_API enum cardea_err cardea_profile_denial(const struct cardea_profile *p, enum cardea_code code,
                                                 struct cardea_str missing_scope, unsigned *status,
                                                 const char **content_type, char *buf, size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
