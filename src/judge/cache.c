#include "judge/cache.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
    struct cardea_digest key;
    int64_t made_ms;
    enum judge_verdict verdict;
    char reason[JUDGE_REASON_MAX];
    uint32_t newer, older; /* by last use */
    uint32_t next;         /* of the same chain */
};

struct cache {
    struct entry *entries;
    uint32_t *chains;
    uint32_t size, count, newest, oldest;
    int64_t ttl_ms;
};

struct cache *cache_new(size_t size, int64_t ttl_ms)
{
    struct cache *c = calloc(1, sizeof(*c));
    if (!c || !(c->entries = calloc(size, sizeof(*c->entries))) || !(c->chains = calloc(size, sizeof(*c->chains))))
        abort();
    c->size = (uint32_t)size;
    c->ttl_ms = ttl_ms;
    c->newest = c->oldest = NONE;
    memset(c->chains, 0xff, size * sizeof(*c->chains)); /* NONE */
    return c;
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    cardea_wipe(c->entries, c->size * sizeof(*c->entries));
    free(c->entries);
    free(c->chains);
    free(c);
}

static uint32_t *chain_of(struct cache *c, const struct cardea_digest *key)
{
    uint64_t word;
    memcpy(&word, key->bytes, sizeof(word));
    return &c->chains[word % c->size];
}

static uint32_t find(struct cache *c, const struct cardea_digest *key)
{
    uint32_t at = *chain_of(c, key);
    while (at != NONE && memcmp(&c->entries[at].key, key, sizeof(*key)) != 0)
        at = c->entries[at].next;
    return at;
}

static void leave_order(struct cache *c, uint32_t at)
{
    struct entry *e = &c->entries[at];
    *(e->newer == NONE ? &c->newest : &c->entries[e->newer].older) = e->older;
    *(e->older == NONE ? &c->oldest : &c->entries[e->older].newer) = e->newer;
}

static void become_newest(struct cache *c, uint32_t at)
{
    struct entry *e = &c->entries[at];
    e->newer = NONE;
    e->older = c->newest;
    *(c->newest == NONE ? &c->oldest : &c->entries[c->newest].newer) = at;
    c->newest = at;
}

static void leave_chain(struct cache *c, uint32_t at)
{
    uint32_t *link = chain_of(c, &c->entries[at].key);
    while (*link != at)
        link = &c->entries[*link].next;
    *link = c->entries[at].next;
}

bool cache_get(struct cache *c, const struct cardea_digest *key, int64_t now_ms, struct judge_answer *out)
{
    uint32_t at = find(c, key);
    if (at == NONE || now_ms - c->entries[at].made_ms >= c->ttl_ms)
        return false;
    leave_order(c, at);
    become_newest(c, at);
    out->verdict = c->entries[at].verdict;
    memcpy(out->reason, c->entries[at].reason, sizeof(out->reason));
    return true;
}

/* Room for one more: an unused entry, or the one that was used least recently. */
static uint32_t make_room(struct cache *c, const struct cardea_digest *key)
{
    uint32_t at = c->count;
    if (c->count < c->size) {
        c->count++;
    } else {
        at = c->oldest;
        leave_order(c, at);
        leave_chain(c, at);
    }
    struct entry *e = &c->entries[at];
    uint32_t *chain = chain_of(c, key);
    e->key = *key;
    e->next = *chain;
    *chain = at;
    return at;
}

void cache_put(struct cache *c, const struct cardea_digest *key, int64_t now_ms, const struct judge_answer *answer)
{
    uint32_t at = find(c, key);
    if (at == NONE)
        at = make_room(c, key);
    else
        leave_order(c, at);
    become_newest(c, at);
    struct entry *e = &c->entries[at];
    e->made_ms = now_ms;
    e->verdict = answer->verdict;
    memcpy(e->reason, answer->reason, sizeof(e->reason));
}
