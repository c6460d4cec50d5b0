/* core/writer_grant.c - grants, interned: keys with the same scopes, limits and networks share one. */
#include <string.h>

#include "core/writer.h"

static uint64_t grant_hash(const struct layout_grant *g, const struct layout_network *networks)
{
    struct layout_grant plain = *g;
    plain.network = 0;
    uint64_t words[sizeof plain / 8];
    memcpy(words, &plain, sizeof words);
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        h = mix_pair(h ^ words[i], UINT64_C(0xe7037ed1a0b428db));
    for (uint32_t i = 0; i < g->network_count; i++) {
        uint64_t halves[2];
        memcpy(halves, networks[i].address, sizeof halves);
        h = mix_pair(h ^ halves[0], halves[1] ^ UINT64_C(0x8ebc6af09c88c6e3)) ^ networks[i].prefix_len;
    }
    return mix_pair(h, UINT64_C(0xa0761d6478bd642f));
}

struct wanted {
    const struct snapshot *s;
    const struct layout_grant *g;
    const struct layout_network *networks;
};

static bool same_grant(const void *arg, uint32_t position)
{
    const struct wanted *want = arg;
    struct layout_grant a = *want->g;
    struct layout_grant b = want->s->grants[position];
    uint32_t first = b.network;
    a.network = b.network = 0;
    return memcmp(&a, &b, sizeof a) == 0 &&
           memcmp(want->networks, want->s->networks + first, a.network_count * sizeof *want->networks) == 0;
}

enum cardea_err writer_index_grants(const struct snapshot *s, struct index *out)
{
    uint32_t n = (uint32_t)writer_count(s, LAYOUT_GRANTS);
    for (uint32_t i = 0; i < n; i++) {
        const struct layout_grant *g = &s->grants[i];
        uint64_t end = (uint64_t)g->network + g->network_count;
        if (end > s->capacity[LAYOUT_NETWORKS])
            return CARDEA_E_FORMAT;
        enum cardea_err err = index_reserve(out);
        if (err != CARDEA_OK)
            return err;
        index_add(out, grant_hash(g, s->networks + g->network), i);
    }
    return CARDEA_OK;
}

static enum cardea_err make_room(struct cardea_writer *w, uint32_t networks)
{
    enum cardea_err err = CARDEA_OK;
    if (writer_count(&w->s, LAYOUT_GRANTS) == w->s.capacity[LAYOUT_GRANTS])
        err = writer_grow(w, LAYOUT_GRANTS);
    /* A region of at least twice CARDEA_NETWORKS_MAX has room for one more grant's after it was doubled. */
    if (err == CARDEA_OK && writer_count(&w->s, LAYOUT_NETWORKS) + networks > w->s.capacity[LAYOUT_NETWORKS])
        err = writer_grow(w, LAYOUT_NETWORKS);
    return err == CARDEA_OK ? index_reserve(&w->grants) : err;
}

enum cardea_err writer_intern(struct cardea_writer *w, struct layout_grant g, const struct cardea_network *networks,
                              uint32_t *out)
{
    struct layout_network flat[CARDEA_NETWORKS_MAX];
    memset(flat, 0, sizeof flat);
    g.network = 0;
    for (uint32_t i = 0; i < g.network_count; i++) {
        memcpy(flat[i].address, networks[i].address, sizeof flat[i].address);
        flat[i].prefix_len = networks[i].prefix_len;
    }
    uint64_t hash = grant_hash(&g, flat);
    struct wanted want = {.s = &w->s, .g = &g, .networks = flat};
    *out = index_find(&w->grants, hash, same_grant, &want);
    if (*out != INDEX_NONE)
        return CARDEA_OK;
    enum cardea_err err = make_room(w, g.network_count);
    if (err != CARDEA_OK)
        return err;
    uint64_t first = writer_count(&w->s, LAYOUT_NETWORKS);
    memcpy(w->s.networks + first, flat, g.network_count * sizeof *flat);
    g.network = (uint32_t)first;
    *out = (uint32_t)writer_count(&w->s, LAYOUT_GRANTS);
    w->s.grants[*out] = g;
    atomic_store(&w->s.header->counts[LAYOUT_NETWORKS], first + g.network_count);
    atomic_store(&w->s.header->counts[LAYOUT_GRANTS], *out + UINT64_C(1));
    index_add(&w->grants, hash, *out);
    return CARDEA_OK;
}
