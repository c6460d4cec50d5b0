#include "policy/glob.h"
#include "policy/internal.h"

static struct cardea_str piece(const struct policy_look *look, struct cardea_scan_span span)
{
    return (struct cardea_str){look->text.ptr + span.start, span.end - span.start};
}

/* The value, or all that was found: who writes an exception has seen either. */
static bool is_text(const struct policy_look *look, const struct policy_exception *e, const struct policy_hit *hit)
{
    const struct cardea_str pieces[] = {piece(look, hit->redact), piece(look, hit->span)};
    struct cardea_digest digest;
    if (!hit->has_span)
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (str_eq(pieces[i], e->text))
            return true;
        if (!e->has_digest)
            continue;
        cardea_digest(pieces[i], &digest);
        if (cardea_digest_equal(&digest, &e->digest))
            return true;
    }
    return false;
}

/* Every host within what was found, and at least one, is of the domain: another beside it is not excused by it. */
static bool is_within_domain(const struct policy_look *look, const struct policy_exception *e,
                             const struct policy_seen *seen)
{
    const struct cardea_scan_result *r = look->result;
    const struct policy_hit *hit = &seen->hit;
    size_t under = 0;
    if (seen->host.len > 0)
        return cardea_scan_host_under(seen->host, e->domain);
    for (size_t i = 0; hit->has_span && i < r->host_count; i++) {
        if (r->hosts[i].span.start >= hit->span.end || hit->span.start >= r->hosts[i].span.end)
            continue;
        if (!cardea_scan_host_under(r->hosts[i].name, e->domain))
            return false;
        under++;
    }
    return under > 0;
}

static bool excuses(const struct policy_look *look, const struct policy_exception *e, const struct policy_seen *seen)
{
    if (e->glob && !policy_glob_matches(e->glob, seen->hit.rule_id))
        return false;
    if (e->has_text && !is_text(look, e, &seen->hit))
        return false;
    if (!e->domain.len)
        return true;
    /* A domain alone excuses that it is named, not whatever else stands in a link to it. */
    bool of_host = seen->host.len > 0 || seen->category == CARDEA_SCAN_DOMAIN;
    return (of_host || e->glob || e->has_text) && is_within_domain(look, e, seen);
}

bool policy_is_exempt(const struct policy_look *look, const struct policy_seen *seen)
{
    for (size_t i = 0; i < look->p->settings.exception_count; i++)
        if (excuses(look, &look->p->exceptions[i], seen))
            return true;
    return false;
}
