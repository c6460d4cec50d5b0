#include "service/event_types.h"

#include "base/str.h"

const struct event_type event_types[] = {
    {"key.created", "A key was made."},
    {"key.imported", "A key was brought along by its hash."},
    {"key.updated",
     "A key's name, scopes, limits, expiry or other settings were changed; enabling and disabling, too."},
    {"key.rotated", "A key was replaced by another; it goes on working until the overlap ends."},
    {"key.revoked", "A key was revoked."},
    {"key.expiring", "A key expires within days."},
    {"key.expired", "A key has expired."},
    {"key.rotation_due", "A key is as old as its kind may be before it is rotated."},
    {"key.limit_reached", "A key was refused to somebody: the account has as many of its kind as it may."},
    {"key.leaked", "A key was found where it does not belong."},
    {"key.exposed", "A server-side key was refused because it came from a browser page."},
    {"key.denied", "A known key was refused; once a minute for a key and reason."},
    {"key.used_after_idle", "A key is used that nobody used for 90 days."},
    {"key.denial_spike", "A key is refused far more often than usual."},
    {"key.new_network", "A key is used from a network that it was never used from before; once an hour for a key."},
    {"content.blocked", "A text was stopped by a content policy."},
    {"content.flagged", "A text was let go on, and marked, by a content policy."},
    {"message.sent", "An agent's message was taken."},
    {"message.received", "A message is in an agent's inbox."},
    {"message.delivered", "A message was delivered to an address outside."},
    {"message.failed", "A message to an address outside was given up."},
    {"policy.published", "A version of a content policy was put in force."},
    {"agent.created", "An agent was made."},
    {"agent.updated", "An agent was renamed, enabled or disabled."},
    {"agent.deleted", "An agent was deleted; its keys are revoked."},
    {"member.added", "A person was given a role in the account."},
    {"member.updated", "A person's role in the account was changed."},
    {"member.removed", "A person left the account, or was removed."},
    {"account.updated", "The account was renamed."},
    {"account.suspended", "The account was suspended: none of its keys works."},
    {"account.resumed", "The account was resumed."},
    {"webhook.disabled", "An endpoint was disabled because it failed for too long, or wants no more."},
    {"audit.checkpoint", "The audit log was signed; of the system's own account."},
};
const size_t event_type_count = sizeof(event_types) / sizeof(event_types[0]);
_Static_assert(sizeof(event_types) / sizeof(event_types[0]) <= EVENT_TYPES_MAX, "each has a counter");

/* Stands in the list of events, and goes to no endpoint but that which is tested. */
static const char *const untold[] = {
    EVENT_TYPE_TEST,
    "account.created",
    "account.deleted",
    "agent.push_secret_made",
    "device.approved",
    "device.denied",
    "identity.linked",
    "identity.unlinked",
    "policy.created",
    "policy.deleted",
    "policy.draft_saved",
    "policy.updated",
    "session.ended",
    "session.started",
    "user.created",
    "user.disabled",
    "user.enabled",
    "user.erased",
    "user.updated",
    "webhook.created",
    "webhook.deleted",
    "webhook.replayed",
    "webhook.secret_cut_over",
    "webhook.secret_rotated",
    "webhook.updated",
};
#define UNTOLD (sizeof(untold) / sizeof(untold[0]))

size_t event_type_find(struct cardea_str name)
{
    size_t i = 0;
    while (i < event_type_count && !str_eq(name, str_of(event_types[i].name)))
        i++;
    return i;
}

static bool pattern_matches(struct cardea_str pattern, struct cardea_str type)
{
    if (!pattern.len || pattern.ptr[pattern.len - 1] != '*')
        return str_eq(pattern, type);
    pattern.len--; /* `*` alone, or behind a dot */
    return (pattern.len == 0 || pattern.ptr[pattern.len - 1] == '.') && str_starts(type, pattern);
}

bool event_pattern_known(struct cardea_str pattern)
{
    for (size_t i = 0; i < event_type_count; i++)
        if (pattern_matches(pattern, str_of(event_types[i].name)))
            return true;
    return false;
}

/* Of the table's types, or of all that are recorded. */
static const char *nearest(struct cardea_str given, bool all)
{
    const char *names[sizeof(event_types) / sizeof(event_types[0]) + UNTOLD];
    size_t count = 0;
    for (size_t i = 0; i < event_type_count; i++)
        names[count++] = event_types[i].name;
    for (size_t i = 0; all && i < UNTOLD; i++)
        names[count++] = untold[i];
    return str_nearest(given, names, count);
}

const char *event_pattern_nearest(struct cardea_str pattern)
{
    return nearest(pattern, false);
}

bool event_type_recorded(struct cardea_str type)
{
    for (size_t i = 0; i < UNTOLD; i++)
        if (str_eq(type, str_of(untold[i])))
            return true;
    return event_type_find(type) < event_type_count;
}

const char *event_type_recorded_nearest(struct cardea_str type)
{
    return nearest(type, true);
}

bool event_patterns_match(struct cardea_str patterns, struct cardea_str type)
{
    struct cardea_str pattern;
    if (event_type_find(type) == event_type_count)
        return false;
    while (str_cut(&patterns, ' ', &pattern))
        if (pattern_matches(pattern, type))
            return true;
    return false;
}
