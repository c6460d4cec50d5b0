/* core/writer_grow.c - more room: a larger file, the same contents, without the grants that no key uses any more. */
#include <stdlib.h>
#include <string.h>

#include "core/writer.h"

/* From old grant index to new, + 1; 0: unused. */
struct moved {
    uint32_t *grants;
    uint64_t used, networks;
};

static bool grant_in_bounds(const struct snapshot *s, uint32_t index)
{
    return index < writer_count(s, LAYOUT_GRANTS) && index < s->capacity[LAYOUT_GRANTS];
}

static enum cardea_err find_used(const struct snapshot *s, struct moved *m)
{
    *m = (struct moved){.grants = calloc(s->capacity[LAYOUT_GRANTS] + UINT64_C(1), sizeof *m->grants)};
    if (m->grants == NULL)
        return CARDEA_E_NOMEM;
    for (uint64_t i = 0; i < s->slots; i++) {
        uint64_t word = atomic_load_explicit(&s->keys[i].word, memory_order_relaxed);
        uint32_t g = word_grant(word);
        if (word_state(word) == 0 || !grant_in_bounds(s, g) || m->grants[g] != 0)
            continue;
        m->grants[g] = (uint32_t)++m->used;
        m->networks += s->grants[g].network_count;
    }
    return CARDEA_OK;
}

static void copy_grants(const struct snapshot *from, struct snapshot *to, const struct moved *m)
{
    uint32_t networks = 0;
    /* In old order, so that the numbers of find_used are given anew here. */
    uint32_t next = 0;
    for (uint32_t i = 0; i < from->capacity[LAYOUT_GRANTS]; i++) {
        if (m->grants[i] == 0)
            continue;
        struct layout_grant g = from->grants[i];
        for (uint32_t n = 0; n < g.network_count; n++)
            to->networks[networks + n] = from->networks[g.network + n];
        g.network = networks;
        networks += g.network_count;
        to->grants[next] = g;
        m->grants[i] = ++next;
    }
    atomic_store_explicit(&to->header->counts[LAYOUT_GRANTS], next, memory_order_relaxed);
    atomic_store_explicit(&to->header->counts[LAYOUT_NETWORKS], networks, memory_order_relaxed);
}

static void copy_entries(const struct snapshot *from, struct snapshot *to, enum layout_region_id id, const void *src,
                         void *dst)
{
    uint64_t n = writer_count(from, id);
    memcpy(dst, src, n * snapshot_entry_len(id));
    atomic_store_explicit(&to->header->counts[id], n, memory_order_relaxed);
}

/* False when a key finds no place near enough to its home: the table must be larger still. */
static bool copy_keys(const struct snapshot *from, struct snapshot *to, const struct moved *m)
{
    uint64_t copied = 0;
    for (uint64_t i = 0; i < from->slots; i++) {
        const struct layout_key *k = &from->keys[i];
        uint64_t word = atomic_load_explicit(&k->word, memory_order_relaxed);
        uint32_t g = word_grant(word);
        if (word_state(word) == 0 || !grant_in_bounds(from, g))
            continue;
        struct writer_spot spot = writer_seek(to, &k->digest);
        if (spot.distance == LAYOUT_PROBE_MAX)
            return false;
        struct layout_key *put = &to->keys[spot.slot];
        *put = (struct layout_key){.digest = k->digest,
                                   .id = k->id,
                                   .account = k->account,
                                   .ordinal = k->ordinal,
                                   .member = k->member,
                                   .agent = k->agent};
        unsigned reach = word_reach(atomic_load_explicit(&put->word, memory_order_relaxed));
        word = word_make(word_state(word), reach, word_expiry(word), m->grants[g] - 1);
        atomic_store_explicit(&put->word, word, memory_order_relaxed);
        writer_reach(to, &spot);
        copied++;
    }
    atomic_store_explicit(&to->header->counts[LAYOUT_KEYS], copied, memory_order_relaxed);
    return true;
}

static void copy_clock(const struct layout_header *from, struct layout_header *to)
{
    atomic_init(&to->time_floor, atomic_load_explicit(&from->time_floor, memory_order_relaxed));
    atomic_init(&to->heartbeat_ns, atomic_load_explicit(&from->heartbeat_ns, memory_order_relaxed));
    atomic_init(&to->position, atomic_load_explicit(&from->position, memory_order_relaxed));
}

static void plan_growth(const struct snapshot *s, const struct moved *m, enum layout_region_id id,
                        struct writer_plan *plan)
{
    const struct layout_fixed *f = &s->header->fixed;
    *plan = (struct writer_plan){.seed = {f->seed[0], f->seed[1]},
                                 .generation = f->generation + 1,
                                 .max_staleness_ms = atomic_load(&s->header->max_staleness_ms)};
    for (int i = 0; i < LAYOUT_REGIONS; i++)
        plan->capacity[i] = f->regions[i].capacity;
    /* Where leaving unused ones behind makes enough room, the region stays as large as it was. */
    bool kept_small = (id == LAYOUT_GRANTS && m->used * 2 < plan->capacity[id]) ||
                      (id == LAYOUT_NETWORKS && m->networks * 2 + CARDEA_NETWORKS_MAX < plan->capacity[id]);
    if (!kept_small)
        plan->capacity[id] *= 2;
}

static enum cardea_err copy_all(struct cardea_writer *w, struct snapshot *made, const struct moved *m,
                                struct index *grants)
{
    copy_clock(w->s.header, made->header);
    copy_entries(&w->s, made, LAYOUT_ACCOUNTS, w->s.accounts, made->accounts);
    copy_entries(&w->s, made, LAYOUT_MEMBERS, w->s.members, made->members);
    copy_entries(&w->s, made, LAYOUT_AGENTS, w->s.agents, made->agents);
    copy_grants(&w->s, made, m);
    if (!copy_keys(&w->s, made, m))
        return CARDEA_E_FULL;
    return writer_index_grants(made, grants);
}

enum cardea_err writer_grow(struct cardea_writer *w, enum layout_region_id id)
{
    struct moved m;
    struct writer_plan plan;
    struct snapshot made;
    struct index grants = {.slots = NULL};
    enum cardea_err err = find_used(&w->s, &m);
    if (err == CARDEA_OK && id == LAYOUT_GRANTS && m.used >= UINT64_C(1) << WORD_GRANT_BITS)
        err = CARDEA_E_FULL;
    if (err != CARDEA_OK) {
        free(m.grants);
        return err;
    }
    plan_growth(&w->s, &m, id, &plan);
    err = writer_make_file(w, &plan, &made);
    if (err == CARDEA_OK) {
        err = copy_all(w, &made, &m, &grants);
        if (err != CARDEA_OK) {
            sys_unlink(w->tmp_path);
            snapshot_close(&made);
        } else {
            err = writer_publish(w, &made, w->s.header);
        }
    }
    free(m.grants);
    if (err != CARDEA_OK) {
        index_release(&grants);
        return err;
    }
    snapshot_close(&w->s);
    w->s = made;
    index_release(&w->grants);
    w->grants = grants;
    return CARDEA_OK;
}
