#include "policy/internal.h"

#define NAME_OF(names, value) \
    ((unsigned)(value) < sizeof(names) / sizeof((names)[0]) ? (names)[(unsigned)(value)] : "unknown")

const char *const policy_type_names[POLICY_TYPE_COUNT + 1] = {"regex", "keyword", "domain", "pack", "ai"};
const char *const policy_action_names[POLICY_ACTION_COUNT + 1] = {"allow", "flag", "block", "redact"};
const char *const policy_mode_names[] = {"enforce", "shadow", NULL};

const char *policy_type_name(enum policy_type type)
{
    return type < POLICY_TYPE_COUNT ? policy_type_names[type] : "unknown";
}

const char *policy_action_name(enum policy_action action)
{
    return action < POLICY_ACTION_COUNT ? policy_action_names[action] : "unknown";
}

const char *policy_mode_name(bool shadow)
{
    return policy_mode_names[shadow];
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
