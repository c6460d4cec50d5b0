/* core/writer_put.c - putting entries: fields first, then the count, then the one store that publishes.
 *
 * The stores that change what a decision says are sequentially consistent: when a put returns, every processor sees it.
 */
#include <string.h>

#include "core/text.h"
#include "core/writer.h"

struct id_match {
    const struct snapshot *s;
    uint64_t id;
    uint32_t account;
};

static bool is_account(const void *arg, uint32_t i)
{
    const struct id_match *m = arg;
    return m->s->accounts[i].id == m->id;
}

static bool is_member(const void *arg, uint32_t i)
{
    const struct id_match *m = arg;
    return m->s->members[i].user_id == m->id && m->s->members[i].account == m->account;
}

static bool is_agent(const void *arg, uint32_t i)
{
    const struct id_match *m = arg;
    return m->s->agents[i].id == m->id;
}

static uint32_t find_account(const struct cardea_writer *w, uint64_t id)
{
    struct id_match m = {.s = &w->s, .id = id};
    return index_find(&w->accounts, writer_id_hash(id, 0), is_account, &m);
}

static uint32_t find_member(const struct cardea_writer *w, uint32_t account, uint64_t user_id)
{
    struct id_match m = {.s = &w->s, .id = user_id, .account = account};
    return index_find(&w->members, writer_id_hash(user_id, account + UINT64_C(1)), is_member, &m);
}

static uint32_t find_agent(const struct cardea_writer *w, uint64_t id)
{
    struct id_match m = {.s = &w->s, .id = id};
    return index_find(&w->agents, writer_id_hash(id, 0), is_agent, &m);
}

/* Room for one more entry in an array region and its index. */
static enum cardea_err reserve(struct cardea_writer *w, enum layout_region_id id, struct index *x)
{
    enum cardea_err err = CARDEA_OK;
    if (writer_count(&w->s, id) == w->s.capacity[id])
        err = writer_grow(w, id);
    return err == CARDEA_OK ? index_reserve(x) : err;
}

static void added(struct cardea_writer *w, enum layout_region_id id, struct index *x, uint64_t hash)
{
    uint64_t n = writer_count(&w->s, id);
    index_add(x, hash, (uint32_t)n);
    atomic_store(&w->s.header->counts[id], n + 1);
}

enum cardea_err cardea_writer_put_account(struct cardea_writer *w, const struct cardea_account_entry *e)
{
    uint32_t status = e->deleted     ? LAYOUT_ACCOUNT_DELETED
                      : e->suspended ? LAYOUT_ACCOUNT_SUSPENDED
                                     : LAYOUT_ACCOUNT_ACTIVE;
    if (e->id == 0 || e->profile >= w->profiles.count || e->slug.len > CARDEA_SLUG_MAX)
        return CARDEA_E_INVALID;
    uint32_t i = find_account(w, e->id);
    if (i != INDEX_NONE) {
        struct layout_account *a = &w->s.accounts[i];
        if (a->profile != e->profile || !text_equal((struct cardea_str){a->slug, a->slug_len}, e->slug))
            return CARDEA_E_INVALID;
        atomic_store(&a->status, status);
        return CARDEA_OK;
    }
    enum cardea_err err = reserve(w, LAYOUT_ACCOUNTS, &w->accounts);
    if (err != CARDEA_OK)
        return err;
    struct layout_account *a = &w->s.accounts[writer_count(&w->s, LAYOUT_ACCOUNTS)];
    *a = (struct layout_account){
        .id = e->id, .status = status, .profile = e->profile, .slug_len = (uint16_t)e->slug.len};
    if (e->slug.len > 0)
        memcpy(a->slug, e->slug.ptr, e->slug.len);
    added(w, LAYOUT_ACCOUNTS, &w->accounts, writer_id_hash(e->id, 0));
    return CARDEA_OK;
}

enum cardea_err cardea_writer_put_member(struct cardea_writer *w, const struct cardea_member_entry *e)
{
    uint32_t account = find_account(w, e->account_id);
    if (e->user_id == 0 || (unsigned)e->role > CARDEA_ROLE_OWNER)
        return CARDEA_E_INVALID;
    if (account == INDEX_NONE)
        return CARDEA_E_NOTFOUND;
    uint32_t i = find_member(w, account, e->user_id);
    if (i != INDEX_NONE) {
        atomic_store(&w->s.members[i].role, (uint32_t)e->role);
        return CARDEA_OK;
    }
    enum cardea_err err = reserve(w, LAYOUT_MEMBERS, &w->members);
    if (err != CARDEA_OK)
        return err;
    w->s.members[writer_count(&w->s, LAYOUT_MEMBERS)] = (struct layout_member){
        .user_id = e->user_id, .account = account, .role = (uint32_t)e->role};
    added(w, LAYOUT_MEMBERS, &w->members, writer_id_hash(e->user_id, account + UINT64_C(1)));
    return CARDEA_OK;
}

enum cardea_err cardea_writer_put_agent(struct cardea_writer *w, const struct cardea_agent_entry *e)
{
    uint32_t account = find_account(w, e->account_id);
    if (e->id == 0 || e->slug.len > CARDEA_SLUG_MAX)
        return CARDEA_E_INVALID;
    if (account == INDEX_NONE)
        return CARDEA_E_NOTFOUND;
    uint32_t i = find_agent(w, e->id);
    if (i != INDEX_NONE) {
        struct layout_agent *a = &w->s.agents[i];
        if (a->account != account || !text_equal((struct cardea_str){a->slug, a->slug_len}, e->slug))
            return CARDEA_E_INVALID;
        atomic_store(&a->disabled, e->disabled);
        return CARDEA_OK;
    }
    enum cardea_err err = reserve(w, LAYOUT_AGENTS, &w->agents);
    if (err != CARDEA_OK)
        return err;
    struct layout_agent *a = &w->s.agents[writer_count(&w->s, LAYOUT_AGENTS)];
    *a = (struct layout_agent){.id = e->id, .account = account, .disabled = e->disabled, .slug_len = e->slug.len};
    if (e->slug.len > 0)
        memcpy(a->slug, e->slug.ptr, e->slug.len);
    added(w, LAYOUT_AGENTS, &w->agents, writer_id_hash(e->id, 0));
    return CARDEA_OK;
}

struct writer_spot writer_seek(const struct snapshot *s, const struct cardea_digest *d)
{
    struct writer_spot spot = {.home = snapshot_home(s, d)};
    spot.slot = spot.home;
    for (; spot.distance < LAYOUT_PROBE_MAX; spot.distance++) {
        const struct layout_key *k = &s->keys[spot.slot];
        if (word_state(atomic_load_explicit(&k->word, memory_order_relaxed)) == 0)
            return spot;
        if (cardea_digest_equal(&k->digest, d)) {
            spot.found = true;
            return spot;
        }
        if (++spot.slot == s->slots)
            spot.slot = 0;
    }
    return spot;
}

void writer_reach(const struct snapshot *s, const struct writer_spot *spot)
{
    unsigned reach = spot->distance < WORD_REACH_FAR ? spot->distance : WORD_REACH_FAR;
    struct layout_key *home = &s->keys[spot->home];
    uint64_t word = atomic_load_explicit(&home->word, memory_order_relaxed);
    if (word_reach(word) < reach)
        atomic_store(&home->word, word_make(word_state(word), reach, word_expiry(word), word_grant(word)));
}

/* What the entry's ids lead to. */
struct owners {
    uint32_t account, member, agent;
};

static enum cardea_err find_owners(const struct cardea_writer *w, const struct cardea_key_entry *e, struct owners *out)
{
    *out = (struct owners){.account = find_account(w, e->account_id), .member = LAYOUT_NONE, .agent = LAYOUT_NONE};
    if (out->account == INDEX_NONE)
        return CARDEA_E_NOTFOUND;
    if (e->user_id != 0) {
        out->member = find_member(w, out->account, e->user_id);
        if (out->member == INDEX_NONE)
            return CARDEA_E_NOTFOUND;
    }
    if (e->agent_id != 0) {
        out->agent = find_agent(w, e->agent_id);
        if (out->agent == INDEX_NONE || w->s.agents[out->agent].account != out->account)
            return CARDEA_E_NOTFOUND;
    }
    return CARDEA_OK;
}

static bool valid_key(const struct cardea_writer *w, const struct cardea_key_entry *e, uint32_t account)
{
    if (e->id == 0 || (unsigned)e->state < CARDEA_KEY_ACTIVE || (unsigned)e->state > CARDEA_KEY_REVOKED ||
        e->expires_at < 0 || e->expires_at >> WORD_EXPIRY_BITS != 0 || e->network_count > CARDEA_NETWORKS_MAX)
        return false;
    if (e->kind >= w->profiles.items[w->s.accounts[account].profile].kind_count)
        return false;
    for (size_t i = 0; i < e->network_count; i++) {
        if (e->networks[i].prefix_len > 128)
            return false;
    }
    return e->rate.limit == 0 || e->rate.window_ms > 0;
}

static void publish(struct cardea_writer *w, const struct writer_spot *spot, const struct cardea_key_entry *e,
                    const struct owners *o, uint32_t grant)
{
    struct layout_key *k = &w->s.keys[spot->slot];
    if (!spot->found) {
        k->digest = e->digest;
        k->id = e->id;
        k->account = o->account;
        k->ordinal = e->ordinal;
        k->member = o->member;
        k->agent = o->agent;
        /* Before the word: after a crash between the two one key too many is counted, never one too few. */
        atomic_store(&w->s.header->counts[LAYOUT_KEYS], writer_count(&w->s, LAYOUT_KEYS) + 1);
    }
    unsigned reach = word_reach(atomic_load_explicit(&k->word, memory_order_relaxed));
    atomic_store(&k->word, word_make(e->state, reach, e->expires_at, grant));
    if (!spot->found)
        writer_reach(&w->s, spot);
}

enum cardea_err cardea_writer_put_key(struct cardea_writer *w, const struct cardea_key_entry *e)
{
    struct owners o;
    enum cardea_err err = find_owners(w, e, &o);
    if (err != CARDEA_OK)
        return err;
    if (!valid_key(w, e, o.account))
        return CARDEA_E_INVALID;
    struct writer_spot spot = writer_seek(&w->s, &e->digest);
    const struct layout_key *k = &w->s.keys[spot.slot];
    if (spot.found && (k->id != e->id || k->account != o.account || k->ordinal != e->ordinal || k->member != o.member ||
                       k->agent != o.agent))
        return CARDEA_E_INVALID;
    while (!spot.found &&
           (spot.distance == LAYOUT_PROBE_MAX || writer_count(&w->s, LAYOUT_KEYS) >= writer_key_limit(w->s.slots))) {
        err = writer_grow(w, LAYOUT_KEYS);
        if (err != CARDEA_OK)
            return err;
        spot = writer_seek(&w->s, &e->digest);
    }
    struct layout_grant g = {.profile = w->s.accounts[o.account].profile,
                             .kind = e->kind,
                             .flags = (e->has_credits ? LAYOUT_GRANT_CREDITS : 0u) |
                                      (e->has_metadata ? LAYOUT_GRANT_METADATA : 0u),
                             .scopes = e->scopes,
                             .rate = e->rate.limit == 0 ? (struct cardea_rate){0} : e->rate,
                             .network_count = (uint32_t)e->network_count,
                             .credits = e->credits_ordinal == e->ordinal ? LAYOUT_NONE : e->credits_ordinal};
    if (!e->has_credits)
        g.credits = 0;
    uint32_t grant;
    err = writer_intern(w, g, e->networks, &grant);
    if (err != CARDEA_OK)
        return err;
    spot = writer_seek(&w->s, &e->digest); /* a grant may have made the file grow */
    publish(w, &spot, e, &o, grant);
    return CARDEA_OK;
}

enum cardea_err cardea_writer_set_current(struct cardea_writer *w, uint64_t account_id, uint64_t key_id)
{
    uint32_t i = find_account(w, account_id);
    if (i == INDEX_NONE)
        return CARDEA_E_NOTFOUND;
    atomic_store(&w->s.accounts[i].current_key, key_id);
    return CARDEA_OK;
}
