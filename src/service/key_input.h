/* service/key_input.h - what a caller asks of a key, and the rules it must pass on its way into a row. */
#ifndef SERVICE_KEY_INPUT_H
#define SERVICE_KEY_INPUT_H

#include "service/service.h"

#define KEY_NAME_MAX        100 /* characters */
#define KEY_METADATA_MAX    4096
#define KEY_REASON_MAX      200 /* characters */
#define KEY_RATE_MAX        1000000
#define KEY_WINDOW_MAX_SEC  86400
#define KEY_CREDITS_MAX     INT64_C(1000000000000000)
#define KEY_OVERLAP_MAX_SEC (30 * 86400)
#define KEY_IMPORT_MAX      10000
#define KEY_PREFIX_MAX      32

/* Which members were sent. Absent ones take the default at creation and stay as they are in a change. */
enum key_member {
    KEY_NAME = 1u << 0,
    KEY_SCOPES = 1u << 1,
    KEY_EXPIRES = 1u << 2,
    KEY_IP_ALLOW = 1u << 3,
    KEY_RATE = 1u << 4,
    KEY_CREDITS = 1u << 5,
    KEY_METADATA = 1u << 6,
    KEY_ENABLED = 1u << 7, /* only in a change */
};

struct key_input {
    unsigned given; /* of enum key_member */
    struct cardea_str name;
    const struct cardea_str *scopes;
    size_t scope_count;
    bool expires_null;            /* never */
    struct cardea_str expires_at; /* RFC 3339 */
    const struct cardea_str *ip_allow;
    size_t ip_allow_count;                           /* 0: any address */
    bool rate_null;                                  /* no limit */
    int64_t rate_limit, rate_window_sec, rate_burst; /* burst 0: `rate_limit` */
    bool credits_null;                               /* not metered */
    int64_t credits;
    struct cardea_str metadata; /* a JSON object's compact text */
    bool enabled;
};

/* By which rules: the account's profile, one of its kinds, and where in the request the members stand ("" or
 * "/keys/3"). */
struct key_rules {
    const struct profile *profile;
    int kind;
    const char *at;
    bool imported; /* a past expiry is history, not a mistake */
};

/* Checks every given member and writes it into `row`; `row` keeps the rest. Credits are only checked. All mistakes are
 * reported (service_invalid); then the result is SERVICE_INVALID and `row` is not to be used. */
enum service_err key_input_apply(struct service_call *c, const struct key_rules *rules, const struct key_input *in,
                                 struct store_key *row);

/* What a new key gets for members that were not given: the kind's default expiry; and that scopes were asked for where
 * the kind requires some. Call before key_input_apply. */
enum service_err key_input_defaults(struct service_call *c, const struct key_rules *rules, const struct key_input *in,
                                    struct store_key *row);

/* Everything that a key of this kind with these stored scopes may do. */
void key_scopes_effective(const struct profile *profile, int kind, struct cardea_str scopes, struct cardea_scopes *out);

/* "read, write, search": what keys of this kind may be given. */
const char *key_scopes_choice(struct service_call *c, const struct profile *profile, int kind);

/* Text for people: 1 to `max` characters of UTF-8, none of them a control character, one at least visible. NULL when it
 * is well, else what is wrong. */
const char *key_text_problem(struct cardea_str text, size_t max);

#endif
