#include "service/usage.h"

#include "base/log.h"
#include "service/usage_hours.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a round hands over at most: at 20 us a row a fifth of a second of the writer's time, in slices between which
 * others take their turn. */
#define ROUND_ROWS (20 * USAGE_UNIT_ROWS)
/* How long one call looks through touched blocks; what is left waits for the next. */
#define ROUND_LOOK_NS INT64_C(100000000)
/* Blocks whose slots are remembered, to tell the few that changed from their 4095 neighbours without asking the store:
 * 16 KiB each, so 16 MiB at most, for four million keys in use. Others are compared with their rows. It is 4 bytes a
 * key, not the last counts themselves (24): a sum of them tells that something changed, the row says how much. */
#define BLOCKS_KEPT 1024
/* A clean stop waits so long for the last round. */
#define CLOSE_WAIT_SEC 5
/* No key is used a trillion times between two rounds: such a number was written by a verifier gone mad, and would
 * overflow the row's sums. */
#define DELTA_MAX (INT64_C(1) << 40)

struct seen_block {
    uint64_t number; /* of the block, from the first segment's first */
    uint64_t used;   /* when last, in rounds */
    uint32_t sums[CARDEA_ACTIVITY_BLOCK];
};

struct usage {
    struct service *svc;
    struct store_conn *db; /* the flushing thread's own */
    struct arena arena;
    uint64_t *pending; /* a bit a block, a word a segment: touched, and not yet looked through */
    size_t segments;
    struct seen_block *seen[BLOCKS_KEPT];
    size_t seen_count;
    struct cardea_activity_slot *slots; /* one block */
    int64_t rest_until_ns;
    uint64_t round;

    /* One round at a time: the flushing thread fills it, then the writer's thread owns it until it is done. */
    uint32_t rows[ROUND_ROWS]; /* ordinals */
    size_t count, done;
    int64_t writer_ns;
    bool failed;

    pthread_mutex_t lock;
    pthread_cond_t idle;
    bool busy;                /* under the lock */
    struct usage_stats stats; /* under the lock */
};

_Static_assert(CARDEA_ACTIVITY_BLOCKS == 64, "a segment's blocks are the bits of one word");

static int64_t monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- counts ---- */

static bool made_anew(const struct store_key *key, const struct cardea_activity_slot *slot)
{
    return (int64_t)slot->uses < key->slot_uses || (int64_t)slot->denials < key->slot_denials ||
           slot->credits_drawn < key->slot_drawn;
}

int64_t service_usage_drawn(const struct store_key *key, const struct cardea_activity_slot *slot)
{
    return slot->credits_drawn - (made_anew(key, slot) ? 0 : key->slot_drawn);
}

int64_t service_usage_granted(const struct store_key *key, const struct cardea_activity_slot *slot)
{
    int64_t base = made_anew(key, slot) ? 0 : key->slot_drawn;
    return key->credits > INT64_MAX - base ? INT64_MAX : base + key->credits;
}

static int64_t delta(int64_t now, int64_t before)
{
    int64_t d = now - before;
    return d > DELTA_MAX ? DELTA_MAX : d;
}

/* False when the row knows all of it. */
static bool difference(const struct store_key *key, const struct cardea_activity_slot *slot,
                       struct store_key_usage *out)
{
    bool anew = made_anew(key, slot);
    *out = (struct store_key_usage){
        .ordinal = key->ordinal,
        .last_used_at = slot->last_used,
        .uses_delta = delta((int64_t)slot->uses, anew ? 0 : key->slot_uses),
        .denials_delta = delta((int64_t)slot->denials, anew ? 0 : key->slot_denials),
        .credits_delta = -delta(service_usage_drawn(key, slot), 0),
        .slot_uses = (int64_t)slot->uses,
        .slot_denials = (int64_t)slot->denials,
        .slot_drawn = slot->credits_drawn,
    };
    return anew || out->uses_delta || out->denials_delta || out->credits_delta;
}

static uint32_t sum_of(const struct cardea_activity_slot *slot)
{
    uint64_t h = slot->uses * UINT64_C(0x9e3779b97f4a7c15) + slot->denials * UINT64_C(0xc2b2ae3d27d4eb4f) +
                 (uint64_t)slot->credits_drawn * UINT64_C(0x165667b19e3779f9);
    return (uint32_t)(h >> 32);
}

/* ---- the writer's side ---- */

static enum store_err usage_unit(struct store_conn *c, void *arg);

/* Once more later, whatever the slots say by then. */
static void forget_round(struct usage *u)
{
    for (size_t i = 0; i < u->count; i++) {
        uint64_t number = u->rows[i] / CARDEA_ACTIVITY_BLOCK;
        u->pending[number / 64] |= UINT64_C(1) << (number % 64);
        for (size_t k = 0; k < u->seen_count; k++)
            if (u->seen[k]->number == number)
                u->seen[k]->sums[u->rows[i] % CARDEA_ACTIVITY_BLOCK] = 0;
    }
}

static void round_end(struct usage *u)
{
    pthread_mutex_lock(&u->lock);
    u->stats.rounds++;
    u->stats.rows += u->done;
    u->stats.failures += u->failed;
    u->busy = false;
    pthread_cond_broadcast(&u->idle);
    pthread_mutex_unlock(&u->lock);
}

static void usage_done(void *arg, enum store_err err)
{
    struct usage *u = arg;
    size_t end = u->done + USAGE_UNIT_ROWS;
    if (err == STORE_OK)
        u->done = end < u->count ? end : u->count;
    u->failed = err != STORE_OK;
    /* The next slice queues behind whoever came meanwhile. */
    if (!u->failed && u->done < u->count)
        u->failed = !store_submit(u->svc->store, usage_unit, usage_done, u);
    if (u->failed || u->done == u->count)
        round_end(u);
}

/* The slot is read here, where nobody else changes the row: one that was read before would be behind a row whose
 * credits were set meanwhile, and look as if it had been made anew. Refusals are counted before their sum, so those
 * that are read after it are no fewer. */
static enum store_err write_change(struct service_call *c, uint32_t ordinal)
{
    struct store_key key;
    struct store_key_usage change;
    struct cardea_activity_slot slot;
    if (cardea_activity_read(c->svc->activity, ordinal, 1, &slot) != CARDEA_OK)
        return STORE_OK; /* touched again, it comes again */
    enum store_err err = store_key_by_ordinal(c->db, c->arena, ordinal, &key);
    if (err != STORE_OK)
        return err == STORE_NOTFOUND ? STORE_OK : err; /* a slot that no key has */
    if (!difference(&key, &slot, &change))
        return STORE_OK;
    struct usage_seen seen = {.last_used_at = slot.last_used, .anew = made_anew(&key, &slot)};
    seen.has_refusals = slot.denials &&
                        cardea_activity_read_refusals(c->svc->activity, ordinal, seen.refusals) == CARDEA_OK;
    seen.has_groups = slot.uses && cardea_activity_read_groups(c->svc->activity, ordinal, seen.groups) == CARDEA_OK;
    err = usage_hours_add(c, &key, &change, &seen);
    return err == STORE_OK ? store_key_add_usage(c->db, &change) : err;
}

static enum store_err usage_unit(struct store_conn *c, void *arg)
{
    struct usage *u = arg;
    struct arena arena = {0};
    int64_t began = monotonic_ns(), now_ms = u->svc->now_ms(u->svc->now_arg);
    enum store_err err = STORE_OK;
    for (size_t i = u->done; i < u->count && i < u->done + USAGE_UNIT_ROWS && err == STORE_OK; i++) {
        struct service_call call = {.svc = u->svc,
                                    .db = c,
                                    .arena = &arena,
                                    .actor = {.kind = ACTOR_SYSTEM, .profile = -1},
                                    .now = now_ms / 1000,
                                    .now_ms = now_ms};
        err = write_change(&call, u->rows[i]);
        arena_clear(&arena);
    }
    arena_release(&arena);
    u->writer_ns += monotonic_ns() - began;
    return err;
}

/* ---- the flushing side ---- */

static bool note_touched(struct usage *u)
{
    uint8_t flags[CARDEA_ACTIVITY_BLOCKS];
    for (uint32_t segment = 0;; segment++) {
        if (cardea_activity_take_dirty(u->svc->activity, segment, flags) != CARDEA_OK)
            return true; /* no more of them, or one that cannot be read now */
        if (segment >= u->segments) {
            uint64_t *grown = reallocarray(u->pending, segment + 1, sizeof(*grown));
            if (!grown)
                return false;
            grown[segment] = 0;
            u->pending = grown;
            u->segments = segment + 1;
        }
        for (unsigned i = 0; i < CARDEA_ACTIVITY_BLOCKS; i++)
            if (flags[i])
                u->pending[segment] |= UINT64_C(1) << i;
    }
}

/* What is remembered of a block; *known false: nothing yet. NULL when memory is out. */
static struct seen_block *seen_of(struct usage *u, uint64_t number, bool *known)
{
    struct seen_block *oldest = NULL;
    *known = true;
    for (size_t i = 0; i < u->seen_count; i++) {
        if (u->seen[i]->number == number)
            return u->seen[i];
        if (!oldest || u->seen[i]->used < oldest->used)
            oldest = u->seen[i];
    }
    *known = false;
    if (u->seen_count < BLOCKS_KEPT) {
        oldest = malloc(sizeof(*oldest));
        if (!oldest)
            return NULL;
        u->seen[u->seen_count++] = oldest;
    }
    memset(oldest, 0, sizeof(*oldest));
    oldest->number = number;
    return oldest;
}

/* A slot of a block that is new to us: does its row know already? When in doubt the writer looks. */
static bool row_knows(struct usage *u, uint32_t ordinal, const struct cardea_activity_slot *slot)
{
    struct store_key key;
    struct store_key_usage change;
    enum store_err err = store_key_by_ordinal(u->db, &u->arena, ordinal, &key);
    bool knows = err == STORE_NOTFOUND || (err == STORE_OK && !difference(&key, slot, &change));
    arena_clear(&u->arena);
    return knows;
}

/* False when the round is full before the block is through: it stays pending. */
static bool look_through(struct usage *u, uint64_t number)
{
    bool known;
    uint32_t first = (uint32_t)(number * CARDEA_ACTIVITY_BLOCK);
    if (cardea_activity_read(u->svc->activity, first, CARDEA_ACTIVITY_BLOCK, u->slots) != CARDEA_OK)
        return true; /* touched again, it comes again */
    struct seen_block *seen = seen_of(u, number, &known);
    if (!seen)
        return false;
    seen->used = u->round;
    for (uint32_t i = 0; i < CARDEA_ACTIVITY_BLOCK; i++) {
        const struct cardea_activity_slot *slot = &u->slots[i];
        uint32_t sum = sum_of(slot);
        if (sum == seen->sums[i])
            continue;
        if (known || !row_knows(u, first + i, slot)) {
            if (u->count == ROUND_ROWS)
                return false;
            u->rows[u->count++] = first + i;
        }
        seen->sums[i] = sum;
    }
    return true;
}

static void collect(struct usage *u)
{
    int64_t end = monotonic_ns() + ROUND_LOOK_NS;
    for (size_t segment = 0; segment < u->segments; segment++)
        while (u->pending[segment]) {
            unsigned block = (unsigned)__builtin_ctzll(u->pending[segment]);
            if (!look_through(u, segment * CARDEA_ACTIVITY_BLOCKS + block))
                return;
            u->pending[segment] &= u->pending[segment] - 1;
            if (monotonic_ns() > end)
                return;
        }
}

static bool take_turn(struct usage *u)
{
    pthread_mutex_lock(&u->lock);
    bool free = !u->busy;
    if (!free)
        u->stats.skipped++;
    pthread_mutex_unlock(&u->lock);
    return free;
}

/* What the last round took of the writer's time is 20 parts of 100: the other 80 are not ours. */
static void finish_last(struct usage *u)
{
    if (u->failed)
        forget_round(u);
    u->rest_until_ns = monotonic_ns() + u->writer_ns * (100 - USAGE_WRITER_SHARE_PERCENT) / USAGE_WRITER_SHARE_PERCENT;
    u->count = u->done = 0;
    u->writer_ns = 0;
    u->failed = false;
}

static void hand_over(struct usage *u)
{
    if (u->count == 0)
        return;
    pthread_mutex_lock(&u->lock);
    u->busy = true;
    pthread_mutex_unlock(&u->lock);
    if (!store_submit(u->svc->store, usage_unit, usage_done, u)) {
        u->failed = true; /* the queue is full of what matters more */
        round_end(u);
    }
}

/* False when there was nothing to do. */
static bool flush(struct usage *u, bool resting)
{
    if (!take_turn(u))
        return true;
    if (u->count)
        finish_last(u);
    if (resting && monotonic_ns() < u->rest_until_ns)
        return true;
    u->round++;
    if (!note_touched(u))
        log_error("no memory to count usage in; it is counted later");
    collect(u);
    bool more = u->count > 0;
    for (size_t i = 0; !more && i < u->segments; i++)
        more = u->pending[i] != 0;
    if (!more) {
        pthread_mutex_lock(&u->lock);
        u->stats.quiet++;
        pthread_mutex_unlock(&u->lock);
    }
    hand_over(u);
    return more;
}

void service_usage_flush(struct service *svc)
{
    if (svc->usage)
        flush(svc->usage, true);
}

void service_usage_stats(const struct service *svc, struct usage_stats *out)
{
    *out = (struct usage_stats){0};
    if (!svc->usage)
        return;
    pthread_mutex_lock(&svc->usage->lock);
    *out = svc->usage->stats;
    pthread_mutex_unlock(&svc->usage->lock);
}

bool service_usage_open(struct service *svc, struct cardea_why *why)
{
    struct usage *u = calloc(1, sizeof(*u));
    if (u)
        u->slots = calloc(CARDEA_ACTIVITY_BLOCK, sizeof(*u->slots));
    if (!u || !u->slots) {
        snprintf(why->text, sizeof(why->text), "out of memory");
        free(u);
        return false;
    }
    if (store_reader_open(svc->store, &u->db, why) != STORE_OK) {
        free(u->slots);
        free(u);
        return false;
    }
    u->svc = svc;
    pthread_mutex_init(&u->lock, NULL);
    pthread_cond_init(&u->idle, NULL);
    svc->usage = u;
    return true;
}

/* Waits for the round that runs. False when it takes too long: the store hangs. */
static bool wait_idle(struct usage *u)
{
    struct timespec until;
    int err = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_SEC;
    pthread_mutex_lock(&u->lock);
    while (u->busy && err == 0)
        err = pthread_cond_timedwait(&u->idle, &u->lock, &until);
    bool idle = !u->busy;
    pthread_mutex_unlock(&u->lock);
    return idle;
}

void service_usage_close(struct service *svc)
{
    struct usage *u = svc->usage;
    int64_t end = monotonic_ns() + CLOSE_WAIT_SEC * INT64_C(1000000000);
    if (!u)
        return;
    bool idle = wait_idle(u);
    while (idle && !u->failed && monotonic_ns() < end && flush(u, false))
        idle = wait_idle(u);
    if (!idle || u->failed)
        log_warn("the last seconds of usage are not in the store: the activity files keep them for the next start");
    store_reader_free(u->db);
    svc->usage = NULL;
    if (!idle)
        return; /* the writer may still come back to it */
    for (size_t i = 0; i < u->seen_count; i++)
        free(u->seen[i]);
    arena_release(&u->arena);
    pthread_mutex_destroy(&u->lock);
    pthread_cond_destroy(&u->idle);
    free(u->pending);
    free(u->slots);
    free(u);
}
