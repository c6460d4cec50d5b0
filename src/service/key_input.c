#include "service/key_input.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "service/networks.h"

#include <stdarg.h>
#include <stdio.h>

/* The snapshot keeps expiry in 34 bits: until the year 2514. */
#define EXPIRES_END (INT64_C(1) << 34)

struct check {
    struct service_call *c;
    const struct key_rules *rules;
    const struct key_input *in;
    struct store_key *row;
    bool failed;
};

static void __attribute__((format(printf, 4, 5)))
complain(struct check *k, const char *member, const char *message, const char *fix, ...)
{
    char text[512];
    va_list args;
    va_start(args, fix);
    vsnprintf(text, sizeof(text), fix, args);
    va_end(args);
    service_invalid(k->c, arena_printf(k->c->arena, "%s/%s", k->rules->at, member).ptr, message,
                    arena_cstr(k->c->arena, str_of(text)));
    k->failed = true;
}

static void complain_at(struct check *k, const char *member, size_t index, const char *message, const char *fix)
{
    complain(k, arena_printf(k->c->arena, "%s/%zu", member, index).ptr, message, "%s", fix);
}

/* The code point of the well-formed character at s[at], whose length is `step`. */
static uint32_t code_point(struct cardea_str s, size_t at, size_t step)
{
    static const uint8_t lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value = (uint8_t)s.ptr[at] & lead_mask[step];
    for (size_t i = 1; i < step; i++)
        value = value << 6 | ((uint8_t)s.ptr[at + i] & 0x3fu);
    return value;
}

/* C0, DEL, C1, line and paragraph separators, and what turns the direction of the text around it (names are shown in
 * tables and logs). */
static bool is_control(uint32_t u)
{
    return u < 0x20 || (u >= 0x7f && u <= 0x9f) || u == 0x2028 || u == 0x2029 || (u >= 0x202a && u <= 0x202e) ||
           (u >= 0x2066 && u <= 0x2069);
}

const char *key_text_problem(struct cardea_str text, size_t max)
{
    size_t characters = 0;
    bool visible = false;
    for (size_t i = 0, step; i < text.len; i += step, characters++) {
        step = str_utf8_step(text, i);
        if (step == 0)
            return "It is not UTF-8.";
        uint32_t u = code_point(text, i, step);
        if (is_control(u))
            return "It holds a control character.";
        visible |= u != ' ' && u != 0xa0 && u != 0x3000 && u != 0x200b;
    }
    if (!visible)
        return "It is empty.";
    return characters > max ? "It is too long." : NULL;
}

static void check_name(struct check *k)
{
    const char *problem = key_text_problem(k->in->name, KEY_NAME_MAX);
    if (problem)
        complain(k, "name", problem, "Send 1 to %d characters, such as \"ci-pipeline\".", KEY_NAME_MAX);
    k->row->name = k->in->name;
}

static bool may_be_given(const struct profile *profile, int kind, unsigned scope)
{
    const struct cardea_scopes *allowed = profile->kinds[kind].allowed;
    return !allowed || cardea_scopes_has(allowed, scope);
}

const char *key_scopes_choice(struct service_call *c, const struct profile *profile, int kind)
{
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < profile->core.scope_count; i++) {
        if (!may_be_given(profile, kind, (unsigned)i))
            continue;
        buf_add_cstr(&b, b.len ? ", " : "");
        buf_add_cstr(&b, profile->core.scopes[i]);
    }
    const char *text = arena_cstr(c->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

void key_scopes_effective(const struct profile *profile, int kind, struct cardea_str scopes, struct cardea_scopes *out)
{
    struct cardea_str name;
    *out = profile->kinds[kind].granted;
    while (str_cut(&scopes, ' ', &name))
        if (name.len)
            cardea_scopes_add(out, &profile->core, name);
}

/* Adds one scope's name to the row's list; what is wrong with it goes to `index`. */
static void take_scope(struct check *k, struct buf *list, size_t index)
{
    struct cardea_str name = k->in->scopes[index];
    const struct profile *profile = k->rules->profile;
    const struct cardea_scopes *allowed = profile->kinds[k->rules->kind].allowed;
    struct cardea_scopes set = {{0}};
    if (name.len == 0 || memchr(name.ptr, ' ', name.len) ||
        cardea_scopes_add(&set, &profile->core, name) != CARDEA_OK) {
        const char *nearest = str_nearest(name, profile->core.scopes, profile->core.scope_count);
        const char *fix =
            nearest
                ? arena_printf(k->c->arena, "Did you mean `%s`?", nearest).ptr
                : arena_printf(k->c->arena, "Choose among: %s.", key_scopes_choice(k->c, profile, k->rules->kind)).ptr;
        complain_at(k, "scopes", index, "There is no such scope.", fix);
        return;
    }
    if (allowed && !cardea_scopes_cover(allowed, &set)) {
        complain_at(
            k, "scopes", index, "Keys of this kind may not have this scope.",
            arena_printf(k->c->arena, "Choose among: %s.", key_scopes_choice(k->c, profile, k->rules->kind)).ptr);
        return;
    }
    for (size_t i = 0; i < index; i++)
        if (str_eq(k->in->scopes[i], name))
            return;
    if (list->len)
        buf_add_char(list, ' ');
    buf_add_str(list, name);
}

static void check_scopes(struct check *k)
{
    const struct profile_kind *kind = &k->rules->profile->kinds[k->rules->kind];
    if (k->in->scope_count && !kind->scopes_selectable) {
        complain(k, "scopes", "Keys of this kind have fixed permissions.", "Leave `scopes` out.");
        return;
    }
    if (k->in->scope_count > CARDEA_SCOPES_MAX) {
        complain(k, "scopes", "There are too many.", "Send at most %d scopes.", CARDEA_SCOPES_MAX);
        return;
    }
    if (k->in->scope_count == 0 && kind->scopes_required) {
        complain(k, "scopes", "A key needs at least one scope.", "Choose among: %s.",
                 key_scopes_choice(k->c, k->rules->profile, k->rules->kind));
        return;
    }
    struct buf list;
    buf_init(&list, 64 * 1024);
    for (size_t i = 0; i < k->in->scope_count; i++)
        take_scope(k, &list, i);
    k->row->scopes = arena_str(k->c->arena, buf_str(&list));
    buf_release(&list);
}

static void check_expiry(struct check *k)
{
    const struct profile_kind *kind = &k->rules->profile->kinds[k->rules->kind];
    int64_t at = 0;
    char text[TIMEFMT_LEN];
    if (k->in->expires_null) {
        if (kind->max_ttl_sec) {
            timefmt_rfc3339(text, k->c->now + kind->max_ttl_sec);
            complain(k, "expires_at", "Keys of this kind must expire.", "Send a time up to \"%s\".", text);
        }
        k->row->expires_at = 0;
        return;
    }
    timefmt_rfc3339(text, k->c->now + 86400);
    if (!timefmt_parse(k->in->expires_at, &at)) {
        complain(k, "expires_at", "It is not a time in RFC 3339.", "Send a time such as \"%s\", or null for never.",
                 text);
    } else if (at >= EXPIRES_END) {
        complain(k, "expires_at", "It is too far away.", "Send null for a key that never expires.");
    } else if (at <= k->c->now && !k->rules->imported) {
        complain(k, "expires_at", "It lies in the past.", "Send a time to come, such as \"%s\".", text);
    } else if (kind->max_ttl_sec && at > k->c->now + kind->max_ttl_sec) {
        timefmt_rfc3339(text, k->c->now + kind->max_ttl_sec);
        complain(k, "expires_at", "Keys of this kind may not live so long.", "Send a time up to \"%s\".", text);
    }
    k->row->expires_at = at;
}

static void check_networks(struct check *k)
{
    struct buf list;
    char shown[NETWORK_TEXT_MAX];
    if (k->in->ip_allow_count > CARDEA_NETWORKS_MAX) {
        complain(k, "ip_allow", "There are too many networks.", "Send at most %d; join neighbours in a larger one.",
                 CARDEA_NETWORKS_MAX);
        return;
    }
    buf_init(&list, (NETWORK_TEXT_MAX + 1) * CARDEA_NETWORKS_MAX);
    for (size_t i = 0; i < k->in->ip_allow_count; i++) {
        struct cardea_network network;
        switch (network_parse(k->in->ip_allow[i], &network)) {
        case NETWORK_BAD:
            complain_at(
                k, "ip_allow", i, "It is neither an address nor a network.",
                "Send an address such as \"192.0.2.7\" or a network such as \"10.0.0.0/8\" or \"2001:db8::/32\".");
            continue;
        case NETWORK_HOST_BITS:
            network_format(&network, shown);
            complain_at(k, "ip_allow", i, "Bits are set behind the network's prefix.",
                        arena_printf(k->c->arena, "Did you mean \"%s\"?", shown).ptr);
            continue;
        case NETWORK_OK:
            break;
        }
        buf_add_cstr(&list, list.len ? " " : "");
        buf_add(&list, shown, network_format(&network, shown));
    }
    k->row->ip_allow = arena_str(k->c->arena, buf_str(&list));
    buf_release(&list);
}

static void check_range(struct check *k, const char *member, int64_t value, int64_t min, int64_t max)
{
    if (value < min || value > max)
        complain(k, member, value < min ? "The value is too small." : "The value is too large.",
                 "Send between %lld and %lld.", (long long)min, (long long)max);
}

static void check_rate(struct check *k)
{
    k->row->rate = (struct cardea_rate){0};
    if (k->in->rate_null)
        return;
    check_range(k, "rate_limit/limit", k->in->rate_limit, 1, KEY_RATE_MAX);
    check_range(k, "rate_limit/window_sec", k->in->rate_window_sec, 1, KEY_WINDOW_MAX_SEC);
    check_range(k, "rate_limit/burst", k->in->rate_burst, 0, KEY_RATE_MAX);
    if (!k->failed)
        k->row->rate = (struct cardea_rate){
            .limit = (uint32_t)k->in->rate_limit,
            .window_ms = (uint32_t)k->in->rate_window_sec * 1000,
            .burst = (uint32_t)k->in->rate_burst,
        };
}

static void check_metadata(struct check *k)
{
    if (k->in->metadata.len > KEY_METADATA_MAX)
        complain(k, "metadata", "It is too large.",
                 "Send at most %d bytes of JSON; keep more elsewhere, by the key's id.", KEY_METADATA_MAX);
    k->row->metadata = str_eq(k->in->metadata, STR("{}")) ? STR("") : k->in->metadata;
}

enum service_err key_input_apply(struct service_call *c, const struct key_rules *rules, const struct key_input *in,
                                 struct store_key *row)
{
    struct check k = {.c = c, .rules = rules, .in = in, .row = row};
    if (in->given & KEY_NAME)
        check_name(&k);
    if (in->given & KEY_SCOPES)
        check_scopes(&k);
    if (in->given & KEY_EXPIRES)
        check_expiry(&k);
    if (in->given & KEY_IP_ALLOW)
        check_networks(&k);
    if (in->given & KEY_RATE)
        check_rate(&k);
    if ((in->given & KEY_CREDITS) && !in->credits_null)
        check_range(&k, "credits", in->credits, 0, KEY_CREDITS_MAX);
    if (in->given & KEY_METADATA)
        check_metadata(&k);
    return k.failed ? SERVICE_INVALID : SERVICE_OK;
}

enum service_err key_input_defaults(struct service_call *c, const struct key_rules *rules, const struct key_input *in,
                                    struct store_key *row)
{
    const struct profile_kind *kind = &rules->profile->kinds[rules->kind];
    struct check k = {.c = c, .rules = rules, .in = in, .row = row};
    int64_t ttl = kind->default_ttl_sec ? kind->default_ttl_sec : kind->max_ttl_sec;
    row->expires_at = ttl ? c->now + ttl : 0;
    row->credits = -1;
    if (!(in->given & KEY_SCOPES) && kind->scopes_required)
        complain(&k, "scopes", "A key needs at least one scope.", "Choose among: %s.",
                 key_scopes_choice(c, rules->profile, rules->kind));
    return k.failed ? SERVICE_INVALID : SERVICE_OK;
}
