#include <cardea/scan.h>

#include "base/str.h"
#include "scan/host.h"

#define NAME_OF(names, value) \
    ((unsigned)(value) < sizeof(names) / sizeof((names)[0]) ? (names)[(unsigned)(value)] : "unknown")

static const char *const sensitivities[] = {"low", "medium", "high"};

const char *cardea_scan_category_name(enum cardea_scan_category category)
{
    static const char *const names[] = {"injection", "secret", "payload", "hidden", "domain", "personal", "keyword"};
    return NAME_OF(names, category);
}

const char *cardea_scan_severity_name(enum cardea_scan_severity severity)
{
    static const char *const names[] = {"info", "low", "medium", "high", "critical"};
    return NAME_OF(names, severity);
}

const char *cardea_scan_sensitivity_name(enum cardea_scan_sensitivity sensitivity)
{
    return NAME_OF(sensitivities, sensitivity);
}

const char *cardea_scan_view_name(enum cardea_scan_view view)
{
    static const char *const names[] = {"raw", "folded", "joined", "leet", "decoded"};
    return NAME_OF(names, view);
}

const char *cardea_scan_signal_name(enum cardea_scan_signal signal)
{
    static const char *const names[] = {"finance",     "attachment", "urgency", "secrecy",    "authority",
                                        "credentials", "reward",     "threat",  "link",       "request",
                                        "model",       "persona",    "unbound", "compliance", "forbidden",
                                        "regime",      "policy",     "fiction", "method",     "harm"};
    return NAME_OF(names, signal);
}

const char *cardea_scan_host_trait_name(enum cardea_scan_host_trait trait)
{
    static const char *const names[] = {"ip", "odd_ip", "punycode", "mixed", "userinfo", "nested"};
    return NAME_OF(names, trait);
}

bool cardea_scan_sensitivity_parse(struct cardea_str name, enum cardea_scan_sensitivity *out)
{
    for (unsigned i = 0; i < CARDEA_SCAN_SENSITIVITY_COUNT; i++)
        if (str_eq(name, str_of(sensitivities[i]))) {
            *out = (enum cardea_scan_sensitivity)i;
            return true;
        }
    return false;
}

bool cardea_scan_host_under(struct cardea_str host, struct cardea_str domain)
{
    return host_is_under(host, domain);
}
