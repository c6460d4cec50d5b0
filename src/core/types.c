/* core/types.c - the words of types.h and their names. */
#include <cardea/types.h>

#include <string.h>

static const struct {
    const char *name;
    unsigned status;
} codes[CARDEA_CODE_COUNT] = {
    [CARDEA_VALID] = {"VALID", 200},
    [CARDEA_MISSING] = {"MISSING", 401},
    [CARDEA_MALFORMED] = {"MALFORMED", 401},
    [CARDEA_NOT_FOUND] = {"NOT_FOUND", 401},
    [CARDEA_REVOKED] = {"REVOKED", 401},
    [CARDEA_DISABLED] = {"DISABLED", 401},
    [CARDEA_EXPIRED] = {"EXPIRED", 401},
    [CARDEA_WRONG_ACCOUNT] = {"WRONG_ACCOUNT", 403},
    [CARDEA_WRONG_AGENT] = {"WRONG_AGENT", 403},
    [CARDEA_INSUFFICIENT_SCOPE] = {"INSUFFICIENT_SCOPE", 403},
    [CARDEA_INSUFFICIENT_ROLE] = {"INSUFFICIENT_ROLE", 403},
    [CARDEA_IP_DENIED] = {"IP_DENIED", 403},
    [CARDEA_ACCOUNT_SUSPENDED] = {"ACCOUNT_SUSPENDED", 403},
    [CARDEA_CLIENT_SIDE] = {"CLIENT_SIDE", 403},
    [CARDEA_NO_ROUTE] = {"NO_ROUTE", 403},
    [CARDEA_AMBIGUOUS] = {"AMBIGUOUS", 400},
    [CARDEA_RATE_LIMITED] = {"RATE_LIMITED", 429},
    [CARDEA_CREDITS_EXHAUSTED] = {"CREDITS_EXHAUSTED", 429},
    [CARDEA_STALE] = {"STALE", 503},
    [CARDEA_CONTENT_BLOCKED] = {"CONTENT_BLOCKED", 403},
    [CARDEA_SCANNER_UNAVAILABLE] = {"SCANNER_UNAVAILABLE", 503},
};

static const char *const roles[] = {"none", "viewer", "member", "admin", "owner"};

static bool same_text(struct cardea_str a, const char *b)
{
    return a.len == strlen(b) && (a.len == 0 || memcmp(a.ptr, b, a.len) == 0);
}

const char *cardea_code_name(enum cardea_code code)
{
    return (unsigned)code < CARDEA_CODE_COUNT ? codes[code].name : "UNKNOWN";
}

bool cardea_code_parse(struct cardea_str name, enum cardea_code *out)
{
    for (unsigned i = 0; i < CARDEA_CODE_COUNT; i++) {
        if (same_text(name, codes[i].name)) {
            *out = (enum cardea_code)i;
            return true;
        }
    }
    return false;
}

unsigned cardea_code_status(enum cardea_code code)
{
    return (unsigned)code < CARDEA_CODE_COUNT ? codes[code].status : 503;
}

const char *cardea_role_name(enum cardea_role role)
{
    return (unsigned)role <= CARDEA_ROLE_OWNER ? roles[role] : "none";
}

bool cardea_role_parse(struct cardea_str name, enum cardea_role *out)
{
    for (unsigned i = 0; i <= CARDEA_ROLE_OWNER; i++) {
        if (same_text(name, roles[i])) {
            *out = (enum cardea_role)i;
            return true;
        }
    }
    return false;
}
