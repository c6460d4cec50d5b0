#include "scan/names.h"

#include <cardea/scan.h>

#include "base/str.h"
#include "scan/host.h"

const char *const scan_category_names[CARDEA_SCAN_CATEGORY_COUNT + 1] = {
    [CARDEA_SCAN_INJECTION] = "injection", [CARDEA_SCAN_SECRET] = "secret",    [CARDEA_SCAN_PAYLOAD] = "payload",
    [CARDEA_SCAN_HIDDEN] = "hidden",       [CARDEA_SCAN_DOMAIN] = "domain",    [CARDEA_SCAN_PERSONAL] = "personal",
    [CARDEA_SCAN_KEYWORD] = "keyword",     [CARDEA_SCAN_CATEGORY_COUNT] = NULL};
const char *const scan_severity_names[CARDEA_SCAN_SEVERITY_COUNT + 1] = {
    [CARDEA_SCAN_INFO] = "info", [CARDEA_SCAN_LOW] = "low",           [CARDEA_SCAN_MEDIUM] = "medium",
    [CARDEA_SCAN_HIGH] = "high", [CARDEA_SCAN_CRITICAL] = "critical", [CARDEA_SCAN_SEVERITY_COUNT] = NULL};
const char *const scan_sensitivity_names[CARDEA_SCAN_SENSITIVITY_COUNT + 1] = {[CARDEA_SCAN_AT_LOW] = "low",
                                                                               [CARDEA_SCAN_AT_MEDIUM] = "medium",
                                                                               [CARDEA_SCAN_AT_HIGH] = "high",
                                                                               [CARDEA_SCAN_SENSITIVITY_COUNT] = NULL};
const char *const scan_view_names[CARDEA_SCAN_VIEW_COUNT + 1] = {
    [CARDEA_SCAN_RAW] = "raw",   [CARDEA_SCAN_FOLDED] = "folded",   [CARDEA_SCAN_JOINED] = "joined",
    [CARDEA_SCAN_LEET] = "leet", [CARDEA_SCAN_DECODED] = "decoded", [CARDEA_SCAN_VIEW_COUNT] = NULL};
const char *const scan_signal_names[CARDEA_SCAN_SIGNAL_COUNT + 1] = {
    [CARDEA_SCAN_FINANCE] = "finance",     [CARDEA_SCAN_ATTACHMENT] = "attachment",
    [CARDEA_SCAN_URGENCY] = "urgency",     [CARDEA_SCAN_SECRECY] = "secrecy",
    [CARDEA_SCAN_AUTHORITY] = "authority", [CARDEA_SCAN_CREDENTIALS] = "credentials",
    [CARDEA_SCAN_REWARD] = "reward",       [CARDEA_SCAN_THREAT] = "threat",
    [CARDEA_SCAN_LINK] = "link",           [CARDEA_SCAN_REQUEST] = "request",
    [CARDEA_SCAN_MODEL] = "model",         [CARDEA_SCAN_PERSONA] = "persona",
    [CARDEA_SCAN_UNBOUND] = "unbound",     [CARDEA_SCAN_COMPLIANCE] = "compliance",
    [CARDEA_SCAN_FORBIDDEN] = "forbidden", [CARDEA_SCAN_REGIME] = "regime",
    [CARDEA_SCAN_POLICY] = "policy",       [CARDEA_SCAN_FICTION] = "fiction",
    [CARDEA_SCAN_METHOD] = "method",       [CARDEA_SCAN_HARM] = "harm",
    [CARDEA_SCAN_SIGNAL_COUNT] = NULL};
const char *const scan_host_trait_names[CARDEA_SCAN_HOST_TRAIT_COUNT + 1] = {[CARDEA_SCAN_HOST_IP] = "ip",
                                                                             [CARDEA_SCAN_HOST_ODD_IP] = "odd_ip",
                                                                             [CARDEA_SCAN_HOST_PUNYCODE] = "punycode",
                                                                             [CARDEA_SCAN_HOST_MIXED] = "mixed",
                                                                             [CARDEA_SCAN_HOST_USERINFO] = "userinfo",
                                                                             [CARDEA_SCAN_HOST_NESTED] = "nested",
                                                                             [CARDEA_SCAN_HOST_TRAIT_COUNT] = NULL};

/* Of the list, and without the NULL at its end. */
#define NAME_OF(names, value) \
    ((unsigned)(value) < sizeof(names) / sizeof((names)[0]) - 1 ? (names)[(unsigned)(value)] : "unknown")

const char *cardea_scan_category_name(enum cardea_scan_category category)
{
    return NAME_OF(scan_category_names, category);
}

const char *cardea_scan_severity_name(enum cardea_scan_severity severity)
{
    return NAME_OF(scan_severity_names, severity);
}

const char *cardea_scan_sensitivity_name(enum cardea_scan_sensitivity sensitivity)
{
    return NAME_OF(scan_sensitivity_names, sensitivity);
}

const char *cardea_scan_view_name(enum cardea_scan_view view)
{
    return NAME_OF(scan_view_names, view);
}

const char *cardea_scan_signal_name(enum cardea_scan_signal signal)
{
    return NAME_OF(scan_signal_names, signal);
}

const char *cardea_scan_host_trait_name(enum cardea_scan_host_trait trait)
{
    return NAME_OF(scan_host_trait_names, trait);
}

bool cardea_scan_sensitivity_parse(struct cardea_str name, enum cardea_scan_sensitivity *out)
{
    for (unsigned i = 0; i < CARDEA_SCAN_SENSITIVITY_COUNT; i++)
        if (str_eq(name, str_of(scan_sensitivity_names[i]))) {
            *out = (enum cardea_scan_sensitivity)i;
            return true;
        }
    return false;
}

bool cardea_scan_host_under(struct cardea_str host, struct cardea_str domain)
{
    return host_is_under(host, domain);
}
