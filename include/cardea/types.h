/* cardea/types.h - the words every other header uses. */
#ifndef CARDEA_TYPES_H
#define CARDEA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CARDEA_API __attribute__((visibility("default")))
#else
#define CARDEA_API
#endif

/* Borrowed bytes, not NUL-terminated; `ptr` may be NULL when `len` is 0. */
struct cardea_str {
    const char *ptr;
    size_t len;
};

/* What a function that can fail returns. CARDEA_OK is 0. */
enum cardea_err {
    CARDEA_OK = 0,
    CARDEA_E_INVALID,  /* the caller's input breaks a documented rule */
    CARDEA_E_FORMAT,   /* a file or a template is not what it claims to be */
    CARDEA_E_NOMEM,    /* out of memory */
    CARDEA_E_IO,       /* the operating system refused; errno says why */
    CARDEA_E_FULL,     /* a documented maximum is reached */
    CARDEA_E_NOTFOUND, /* no such entity */
};

/* Human explanation of a failure, NUL-terminated, never holding a secret. */
struct cardea_why {
    char text[256];
};

/* Outcome of a decision. The order is part of the ABI; append only. */
enum cardea_code {
    CARDEA_VALID = 0,
    CARDEA_MISSING,
    CARDEA_MALFORMED,
    CARDEA_NOT_FOUND,
    CARDEA_REVOKED,
    CARDEA_DISABLED,
    CARDEA_EXPIRED,
    CARDEA_WRONG_ACCOUNT,
    CARDEA_WRONG_AGENT,
    CARDEA_INSUFFICIENT_SCOPE,
    CARDEA_INSUFFICIENT_ROLE,
    CARDEA_IP_DENIED,
    CARDEA_ACCOUNT_SUSPENDED,
    CARDEA_CLIENT_SIDE,
    CARDEA_NO_ROUTE,
    CARDEA_AMBIGUOUS,
    CARDEA_RATE_LIMITED,
    CARDEA_CREDITS_EXHAUSTED,
    CARDEA_STALE,
    CARDEA_CONTENT_BLOCKED,     /* said of a granted request's body, by whoever scans it */
    CARDEA_SCANNER_UNAVAILABLE, /* the same: it could not be scanned */
    CARDEA_CODE_COUNT
};

/* "VALID", "MISSING", ...; "UNKNOWN" for anything else. Static storage. */
CARDEA_API const char *cardea_code_name(enum cardea_code code);

/* Reverse of cardea_code_name; false when the name is none of them. */
CARDEA_API bool cardea_code_parse(struct cardea_str name, enum cardea_code *out);

/* Default HTTP status: 200, 400, 401, 403, 429 or 503. A profile may override it. */
CARDEA_API unsigned cardea_code_status(enum cardea_code code);

/* Roles in an account, weakest first, so that `>=` compares them. */
enum cardea_role {
    CARDEA_ROLE_NONE = 0,
    CARDEA_ROLE_VIEWER,
    CARDEA_ROLE_MEMBER,
    CARDEA_ROLE_ADMIN,
    CARDEA_ROLE_OWNER,
};

/* "none", "viewer", "member", "admin", "owner". Static storage. */
CARDEA_API const char *cardea_role_name(enum cardea_role role);
CARDEA_API bool cardea_role_parse(struct cardea_str name, enum cardea_role *out);

/* Both clocks a decision needs. Expiry uses the first; freshness and rate limits the second, which no
 * administrator can set. */
struct cardea_time {
    int64_t unix_sec; /* CLOCK_REALTIME */
    uint64_t boot_ns; /* CLOCK_BOOTTIME */
};

/* Reads both clocks (two vDSO calls). Callers in an event loop may read once per turn. */
CARDEA_API struct cardea_time cardea_time_now(void);

/* Fills `buf` with `len` random bytes; false means that none may be used. */
typedef bool (*cardea_random_fn)(void *arg, void *buf, size_t len);

/* The kernel's generator (getrandom). `arg` is ignored. */
CARDEA_API bool cardea_random_system(void *arg, void *buf, size_t len);

#ifdef __cplusplus
}
#endif
#endif
