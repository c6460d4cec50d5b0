/* cardea/refusal.h - what is said of a decision by HTTP: the reply to a denial, the limits, who the caller is.
 *
 * The daemon and the nginx module answer in these words, so that a caller cannot tell who refused. */
#ifndef CARDEA_REFUSAL_H
#define CARDEA_REFUSAL_H

#include <cardea/authorize.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_REFUSAL_MAX 16384 /* room that every refusal fits in */

/* The reply to a denial. Texts lie in the caller's buffer or are the profile's own. */
struct cardea_refusal {
    unsigned status;
    enum cardea_code code;        /* as it is told outside: see cardea_refuse() */
    struct cardea_str media_type; /* of `body` */
    struct cardea_str body;
    struct cardea_str challenge; /* WWW-Authenticate (RFC 6750); empty: none */
    uint32_t retry_after_sec;    /* Retry-After; 0: none */
};

struct cardea_refusal_options {
    const char *realm;            /* NULL: the profile's, or "cardea" */
    struct cardea_str request_id; /* for the body; at most 64 bytes */
};

/* Renders the denial `d` into `buf` of CARDEA_REFUSAL_MAX bytes: status and body as the profile has them, else
 * problem+json (RFC 9457). `p` NULL: no profile is known. Codes that would tell a stranger whether a key exists look
 * the same, unless the profile has words for them. */
CARDEA_API void cardea_refuse(const struct cardea_profile *p, const struct cardea_decision *d,
                              const struct cardea_refusal_options *options, char buf[CARDEA_REFUSAL_MAX],
                              struct cardea_refusal *out);

/* "Not Found"; "Error" for what HTTP does not name. Static storage. */
CARDEA_API const char *cardea_status_title(unsigned status);

/* One header of a reply; NUL-terminated. */
struct cardea_field {
    const char *name;
    char value[64];
};

/* RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10), and RateLimit-Limit, -Remaining and -Reset
 * as clients of earlier drafts know them. Returns how many: none when no limit applies. */
#define CARDEA_RATE_FIELDS 5
CARDEA_API size_t cardea_rate_fields(const struct cardea_decision *d, struct cardea_field out[CARDEA_RATE_FIELDS]);

/* A decision as JSON, the answer of POST /v1/keys/verify: {"valid":true,"code":"VALID","key_id":"key_...",...}. `p` is
 * the key's profile; `metadata` is JSON text, empty for null. Returns the bytes it takes, written when `cap` holds
 * them.
 */
CARDEA_API size_t cardea_verdict(const struct cardea_profile *p, const struct cardea_decision *d,
                                 struct cardea_str metadata, char *buf, size_t cap);

/* The headers that tell whoever stands behind a gateway who calls. */
enum cardea_identity {
    CARDEA_IDENTITY_KEY_ID,
    CARDEA_IDENTITY_ACCOUNT,
    CARDEA_IDENTITY_USER,
    CARDEA_IDENTITY_AGENT,
    CARDEA_IDENTITY_SCOPES,
    CARDEA_IDENTITY_KIND,
    CARDEA_IDENTITY_COUNT
};

/* "Cardea-Key-Id", ... Static storage. */
CARDEA_API struct cardea_str cardea_identity_name(enum cardea_identity which);

/* True for a header name that some server behind might take for one of these: in any case, with any sign for '-', since
 * CGI and its kin know no difference. A gateway removes them from what comes in. */
CARDEA_API bool cardea_identity_is_claimed(struct cardea_str name);

/* What a grant says, one value behind the other in `buf`; an empty one's header is left out. Returns the bytes that all
 * of it takes: when that is more than `cap`, only the lengths in `out` are good. */
CARDEA_API size_t cardea_identity_write(const struct cardea_profile *p, const struct cardea_decision *d, char *buf,
                                        size_t cap, struct cardea_str out[CARDEA_IDENTITY_COUNT]);

#ifdef __cplusplus
}
#endif
#endif
