#include "policy/policy.h"

#define NAME_OF(names, value) \
    ((unsigned)(value) < sizeof(names) / sizeof((names)[0]) ? (names)[(unsigned)(value)] : "unknown")

const char *policy_type_name(enum policy_type type)
{
    static const char *const names[] = {"regex", "keyword", "domain", "pack", "ai"};
    return NAME_OF(names, type);
}

const char *policy_action_name(enum policy_action action)
{
    static const char *const names[] = {"allow", "flag", "block", "redact"};
    return NAME_OF(names, action);
}

const char *policy_mode_name(bool shadow)
{
    return shadow ? "shadow" : "enforce";
}

const char *policy_verdict_name(enum cardea_scan_verdict verdict)
{
    static const char *const names[] = {"allow", "flag", "block"};
    return NAME_OF(names, verdict);
}

const char *policy_delivery_name(enum policy_delivery delivery)
{
    static const char *const names[] = {"text", "redacted_text", "nothing"};
    return NAME_OF(names, delivery);
}

const char *policy_code(enum cardea_scan_category category)
{
    static const char *const codes[] = {"INJECTION", "SECRET",        "PAYLOAD",    "HIDDEN_TEXT",
                                        "DOMAIN",    "PERSONAL_DATA", "FRAUD_SIGNS"};
    return NAME_OF(codes, category);
}
