/* core/decide.c - from a digest to a decision.
 *
 * Order of refusals: unknown; revoked, disabled, expired; the account; where the request came from, the kind; tenant
 * and agent; role and scope; then limits, so that nothing is drawn on a refusal. */
#include <string.h>

#include "core/gcra.h"
#include "core/network.h"
#include "core/origin.h"
#include "core/reader.h"
#include "core/text.h"

void decision_clear(struct cardea_decision *out, enum cardea_code code)
{
    /* Member by member: for a struct of this size gcc's memset is `rep stos`, which takes 10 ns to get going. */
    static const struct cardea_str empty;
    static const struct cardea_scopes no_scopes;
    static const struct cardea_rate no_rate;
    out->code = code;
    out->profile = -1;
    out->key_id = 0;
    out->account_id = 0;
    out->account_slug = empty;
    out->user_id = 0;
    out->agent_id = 0;
    out->agent_slug = empty;
    out->kind = 0;
    out->role = CARDEA_ROLE_NONE;
    out->scopes = no_scopes;
    out->expires_at = 0;
    out->ordinal = 0;
    out->has_metadata = false;
    out->limited = false;
    out->rate = no_rate;
    out->rate_remaining = 0;
    out->rate_reset_ms = 0;
    out->credits_remaining = -1;
    out->retry_after_ms = 0;
    out->missing_scope = -1;
    out->route = UINT32_MAX;
    out->key_in_query = false;
}

static bool profile_takes(const struct cardea_profile *p, const struct cardea_check *check)
{
    for (size_t i = 0; i < p->kind_count; i++) {
        const struct cardea_kind *k = &p->kinds[i];
        bool legacy = (k->flags & CARDEA_KIND_LEGACY) != 0;
        if (legacy == check->legacy && (legacy || cardea_key_format_match(&k->format, check->key)))
            return true;
    }
    return false;
}

/* A key of another profile than the one asked is well-formed: it is looked up, and is NOT_FOUND there. */
static bool well_formed(const struct cardea_reader *r, const struct cardea_check *check)
{
    if (check->profile >= 0) {
        if ((size_t)check->profile >= r->profiles.count)
            return false;
        if (profile_takes(&r->profiles.items[check->profile], check))
            return true;
    }
    for (size_t i = 0; i < r->profiles.count; i++) {
        if (profile_takes(&r->profiles.items[i], check))
            return true;
    }
    return false;
}

static bool has_shape(const struct cardea_kind *k, struct cardea_str key)
{
    return (k->flags & CARDEA_KIND_LEGACY) != 0 ||
           (key.len == k->format.key_len && cardea_key_format_claims(&k->format, key));
}

/* What a key's record leads to. */
struct found {
    const struct layout_key *key;
    const struct layout_grant *grant;
    struct layout_account *account;
    const struct cardea_kind *kind;
    const struct layout_network *networks;
    uint64_t word;
};

/* Without branches on the bytes: the time tells nothing about how much of a digest was right. */
static inline bool same_digest(const struct cardea_digest *a, const struct cardea_digest *b)
{
    uint64_t different = 0;
    for (unsigned i = 0; i < CARDEA_DIGEST_LEN; i += 8)
        different |= snapshot_word(a, i) ^ snapshot_word(b, i);
    return different == 0;
}

static const struct layout_key *find_key(const struct snapshot *s, const struct lookup *l, uint64_t *word)
{
    uint64_t slot = l->home;
    unsigned reach = WORD_REACH_FAR;
    for (unsigned i = 0; i < LAYOUT_PROBE_MAX; i++) {
        const struct layout_key *k = &s->keys[slot];
        *word = atomic_load_explicit(&k->word, memory_order_acquire);
        if (word_state(*word) == 0)
            return NULL;
        if (same_digest(&k->digest, &l->digest))
            return k;
        if (i == 0)
            reach = word_reach(*word);
        if (reach != WORD_REACH_FAR && i >= reach)
            return NULL;
        if (++slot == s->slots)
            slot = 0;
    }
    return NULL;
}

static bool is_drawn_from(const struct layout_grant *grant)
{
    return grant->rate.limit != 0 || (grant->flags & LAYOUT_GRANT_CREDITS) != 0;
}

/* Both lines that a key leads to are asked for at once: waiting for one and then for the other takes twice as long. */
static void fetch_lines(struct cardea_reader *r, const struct found *f, uint64_t boot_ns)
{
    __builtin_prefetch(f->account);
    if (!r->recording || (r->count_later && !is_drawn_from(f->grant)))
        return;
    activity_fetch(&r->activity, f->key->ordinal, r->group, boot_ns);
}

/* False when the record leads nowhere, or to another profile: NOT_FOUND. */
static bool resolve(struct cardea_reader *r, const struct cardea_check *check, const struct lookup *l, struct found *f)
{
    const struct snapshot *s = &r->s;
    f->key = find_key(s, l, &f->word);
    if (f->key == NULL)
        return false;
    uint32_t account = f->key->account;
    uint32_t grant = word_grant(f->word);
    if (account >= s->capacity[LAYOUT_ACCOUNTS] || grant >= s->capacity[LAYOUT_GRANTS])
        return false;
    f->account = &s->accounts[account];
    f->grant = &s->grants[grant];
    fetch_lines(r, f, check->now.boot_ns);
    uint16_t profile = f->grant->profile;
    if (profile >= r->profiles.count || (check->profile >= 0 && profile != check->profile) ||
        f->grant->kind >= r->profiles.items[profile].kind_count)
        return false;
    f->kind = &r->profiles.items[profile].kinds[f->grant->kind];
    if (check->legacy != ((f->kind->flags & CARDEA_KIND_LEGACY) != 0))
        return false;
    uint32_t count = f->grant->network_count;
    uint32_t first = f->grant->network;
    if (count > s->capacity[LAYOUT_NETWORKS] || first > s->capacity[LAYOUT_NETWORKS] - count)
        return false;
    f->networks = s->networks + first;
    return f->account->profile == profile && f->account->slug_len <= CARDEA_SLUG_MAX;
}

void decide_ahead(struct cardea_reader *r, const struct lookup *l)
{
    uint64_t word;
    const struct layout_key *key = find_key(&r->s, l, &word);
    if (key != NULL && key->account < r->s.capacity[LAYOUT_ACCOUNTS])
        __builtin_prefetch(&r->s.accounts[key->account]);
}

static void describe(const struct found *f, struct cardea_decision *out)
{
    out->profile = f->grant->profile;
    out->key_id = f->key->id;
    out->account_id = f->account->id;
    out->account_slug = (struct cardea_str){.ptr = f->account->slug, .len = f->account->slug_len};
    out->kind = f->grant->kind;
    out->role = CARDEA_ROLE_OWNER;
    out->scopes = f->grant->scopes;
    out->expires_at = word_expiry(f->word);
    out->ordinal = f->key->ordinal;
    out->has_metadata = (f->grant->flags & LAYOUT_GRANT_METADATA) != 0;
}

static enum cardea_code check_key_state(const struct cardea_reader *r, const struct found *f, int64_t unix_sec)
{
    switch (word_state(f->word)) {
    case CARDEA_KEY_ACTIVE:
        break;
    case CARDEA_KEY_DISABLED:
        return CARDEA_DISABLED;
    default:
        return CARDEA_REVOKED;
    }
    int64_t expiry = word_expiry(f->word);
    int64_t floor = atomic_load_explicit(&r->s.header->time_floor, memory_order_relaxed);
    int64_t now = unix_sec > floor ? unix_sec : floor;
    return expiry != 0 && now >= expiry ? CARDEA_EXPIRED : CARDEA_VALID;
}

static enum cardea_code check_account(const struct found *f)
{
    uint32_t status = atomic_load_explicit(&f->account->status, memory_order_acquire);
    if (status != LAYOUT_ACCOUNT_ACTIVE)
        return status == LAYOUT_ACCOUNT_SUSPENDED ? CARDEA_ACCOUNT_SUSPENDED : CARDEA_REVOKED;
    if ((f->kind->flags & CARDEA_KIND_REPLACES) &&
        atomic_load_explicit(&f->account->current_key, memory_order_acquire) != f->key->id)
        return CARDEA_REVOKED;
    return CARDEA_VALID;
}

/* The creator and the agent of the key, as they are now. */
static enum cardea_code check_people(const struct snapshot *s, const struct found *f, struct cardea_decision *out)
{
    bool follows = (f->kind->flags & CARDEA_KIND_FOLLOWS_ROLE) != 0;
    uint32_t m = f->key->member;
    if (follows)
        out->role = CARDEA_ROLE_NONE;
    if (m < s->capacity[LAYOUT_MEMBERS] && s->members[m].account == f->key->account) {
        out->user_id = s->members[m].user_id;
        uint32_t role = atomic_load_explicit(&s->members[m].role, memory_order_acquire);
        if (follows && role <= CARDEA_ROLE_OWNER)
            out->role = (enum cardea_role)role;
    }
    uint32_t a = f->key->agent;
    bool agent_off = false;
    if (a != LAYOUT_NONE) {
        if (a >= s->capacity[LAYOUT_AGENTS] || s->agents[a].account != f->key->account ||
            s->agents[a].slug_len > CARDEA_SLUG_MAX)
            return CARDEA_DISABLED;
        out->agent_id = s->agents[a].id;
        out->agent_slug = (struct cardea_str){.ptr = s->agents[a].slug, .len = s->agents[a].slug_len};
        agent_off = atomic_load_explicit(&s->agents[a].disabled, memory_order_acquire) != 0;
    }
    return agent_off || (follows && out->role == CARDEA_ROLE_NONE) ? CARDEA_DISABLED : CARDEA_VALID;
}

static enum cardea_code check_origin(const struct found *f, const struct cardea_check *check)
{
    /* Before the kind: that a key stands in a page matters more than what it was used for there. */
    if (check->from_browser && (f->kind->flags & CARDEA_KIND_SERVER_SIDE))
        return CARDEA_CLIENT_SIDE;
    if (check->kinds != 0 && (check->kinds >> f->grant->kind & 1) == 0)
        return CARDEA_INSUFFICIENT_SCOPE;
    if (f->grant->network_count == 0)
        return CARDEA_VALID;
    for (uint32_t i = 0; check->ip != NULL && i < f->grant->network_count; i++) {
        if (network_contains(f->networks[i].address, f->networks[i].prefix_len, check->ip))
            return CARDEA_VALID;
    }
    return CARDEA_IP_DENIED;
}

static enum cardea_code check_target(const struct cardea_kind *kind, const struct cardea_check *check,
                                     const struct cardea_decision *out)
{
    bool any_account = (kind->flags & CARDEA_KIND_CROSS_ACCOUNT) != 0;
    if (!any_account && check->account_id != 0 && check->account_id != out->account_id)
        return CARDEA_WRONG_ACCOUNT;
    if (!any_account && check->account.len > 0 && !text_equal(check->account, out->account_slug))
        return CARDEA_WRONG_ACCOUNT;
    /* A key of no agent acts for the whole account, unless its kind is an agent's. */
    if (out->agent_id == 0)
        return kind->flags & CARDEA_KIND_AGENT ? CARDEA_WRONG_AGENT : CARDEA_VALID;
    if ((check->agent_id != 0 && check->agent_id != out->agent_id) ||
        (check->agent.len > 0 && !text_equal(check->agent, out->agent_slug)))
        return CARDEA_WRONG_AGENT;
    return CARDEA_VALID;
}

static enum cardea_code check_permission(const struct cardea_reader *r, const struct cardea_check *check, int scope,
                                         struct cardea_decision *out)
{
    if (out->role < check->min_role)
        return CARDEA_INSUFFICIENT_ROLE;
    if (scope == SCOPE_BY_NAME) {
        if (check->scope.len == 0)
            return CARDEA_VALID;
        scope = cardea_profile_scope(&r->profiles.items[out->profile], check->scope);
        if (scope < 0)
            return CARDEA_INSUFFICIENT_SCOPE;
    }
    if (scope == SCOPE_NONE || cardea_scopes_has(&out->scopes, (unsigned)scope))
        return CARDEA_VALID;
    out->missing_scope = scope;
    return CARDEA_INSUFFICIENT_SCOPE;
}

enum cardea_code decide_demands(const struct cardea_reader *r, const struct cardea_check *check,
                                struct cardea_decision *out)
{
    const struct cardea_kind *kind = &r->profiles.items[out->profile].kinds[out->kind];
    enum cardea_code code = check_target(kind, check, out);
    return code == CARDEA_VALID ? check_permission(r, check, SCOPE_BY_NAME, out) : code;
}

static void note_limits(const struct cardea_reader *r, const struct found *f, struct cardea_decision *out)
{
    if (!r->recording)
        return;
    out->limited = f->grant->rate.limit != 0;
    out->rate = f->grant->rate;
    if (f->grant->flags & LAYOUT_GRANT_CREDITS) {
        out->credits_remaining = 0;
        out->credits_ordinal = f->grant->credits == LAYOUT_NONE ? f->key->ordinal : f->grant->credits;
    }
}

void decide_key(struct cardea_reader *r, const struct cardea_check *check, int scope, const struct lookup *l,
                struct cardea_decision *out)
{
    struct found f;
    bool found = resolve(r, check, l, &f);
    /* A digest that is found proves more than a checksum could: what is known needs no second look but at its shape. */
    if (!(found && has_shape(f.kind, check->key)) && !well_formed(r, check)) {
        out->code = CARDEA_MALFORMED;
        return;
    }
    if (!found) {
        out->code = CARDEA_NOT_FOUND;
        return;
    }
    describe(&f, out);
    enum cardea_code people = check_people(&r->s, &f, out);
    enum cardea_code code = check_key_state(r, &f, check->now.unix_sec);
    if (code == CARDEA_VALID)
        code = check_account(&f);
    if (code == CARDEA_VALID)
        code = people;
    if (code == CARDEA_VALID)
        code = check_origin(&f, check);
    if (code == CARDEA_VALID)
        code = check_target(f.kind, check, out);
    if (code == CARDEA_VALID)
        code = check_permission(r, check, scope, out);
    out->code = code;
    note_limits(r, &f, out);
}

/* What is left, for those who are refused for another reason. */
static void look(const struct cardea_reader *r, struct activity_line *line, const struct cardea_check *check,
                 struct cardea_decision *out)
{
    struct gcra_outcome g = gcra_draw(&line->arrival, r->boot_mark, &out->rate, 0, check->now.boot_ns);
    out->rate_remaining = g.remaining;
    out->rate_reset_ms = g.reset_ms;
}

static enum cardea_code draw(struct cardea_reader *r, struct activity_line *line, const struct cardea_check *check,
                             struct cardea_decision *out)
{
    if (out->limited) {
        struct gcra_outcome g = gcra_draw(&line->arrival, r->boot_mark, &out->rate, check->cost, check->now.boot_ns);
        out->rate_remaining = g.remaining;
        out->rate_reset_ms = g.reset_ms;
        out->retry_after_ms = g.retry_after_ms;
        if (!g.allowed)
            return CARDEA_RATE_LIMITED;
    }
    if (out->credits_remaining >= 0 &&
        !activity_draw(&r->activity, out->credits_ordinal, check->cost, &out->credits_remaining)) {
        if (out->limited && check->cost > 0)
            gcra_refund(&line->arrival, &out->rate, check->cost);
        return CARDEA_CREDITS_EXHAUSTED;
    }
    return CARDEA_VALID;
}

static void describe_grant(const struct cardea_reader *r, const struct cardea_check *check,
                           const struct cardea_decision *d, struct activity_grant *out)
{
    out->ordinal = d->ordinal;
    out->profile = (uint16_t)d->profile;
    out->group = r->group;
    out->key_id = d->key_id;
    out->origin = check->ip != NULL ? origin_of(check->ip) : 0;
}

void decide_settle(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out)
{
    if (!r->recording || out->key_id == 0)
        return;
    bool metered = out->credits_remaining >= 0;
    if (r->count_later && out->code == CARDEA_VALID && !out->limited && !metered) {
        if (check->cost > 0)
            describe_grant(r, check, out, grants_place(&r->grants, &r->activity, &r->notices, check->now));
        return;
    }
    struct activity_line *line = activity_find(&r->activity, out->ordinal, check->now.boot_ns);
    if (line == NULL || (metered && activity_find(&r->activity, out->credits_ordinal, check->now.boot_ns) == NULL)) {
        /* Nobody can tell what is left of a limit: closed. Without one, only the count is lost. */
        if (out->code == CARDEA_VALID && (out->limited || metered))
            out->code = CARDEA_STALE;
        return;
    }
    if (out->code == CARDEA_VALID)
        out->code = draw(r, line, check, out);
    else if (out->limited)
        look(r, line, check, out);
    if (check->cost == 0)
        return;
    if (out->code == CARDEA_VALID) {
        struct activity_grant grant;
        describe_grant(r, check, out, &grant);
        grants_record(&r->activity, &r->notices, &grant, check->now);
        return;
    }
    activity_denied(&r->activity, out->ordinal, out->code);
    notices_denied(&r->notices, &r->activity, check, out);
}
