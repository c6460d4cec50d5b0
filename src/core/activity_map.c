/* core/activity_map.c - the verifier's side of activity: mapped on demand, atomic operations only. */
#include "core/activity_map.h"
#include "core/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS UINT64_C(1000000000)

bool activity_path(char *buf, size_t cap, const char *dir, uint32_t segment)
{
    int n = snprintf(buf, cap, "%s/activity.%u", dir, segment);
    return n > 0 && (size_t)n < cap;
}

static bool map_segment(struct activity_map *m, uint32_t segment, uint64_t boot_ns)
{
    if (segment >= m->count) {
        uint32_t count = segment + 8;
        struct activity_segment *grown = realloc(m->segments, count * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + m->count, 0, (count - m->count) * sizeof *grown);
        m->segments = grown;
        m->count = count;
    }
    struct activity_segment *s = &m->segments[segment];
    if (boot_ns < s->retry_ns)
        return false;
    s->retry_ns = boot_ns + RETRY_NS;
    char path[4096];
    struct sys_map map;
    if (!activity_path(path, sizeof path, m->dir, segment) || sys_map_open(&map, path, true) != CARDEA_OK)
        return false;
    const struct activity_header *h = map.base;
    if (map.len < ACTIVITY_SLOTS_LEN || memcmp(h->magic, ACTIVITY_MAGIC, sizeof h->magic) != 0 ||
        h->version != ACTIVITY_VERSION || h->segment != segment) {
        sys_map_close(&map);
        return false;
    }
    s->map = map;
    return true;
}

static struct activity_line *line_of(const struct activity_segment *s, uint32_t ordinal)
{
    uint8_t *base = s->map.base;
    return (struct activity_line *)(void *)(base + ACTIVITY_HEADER_LEN) + ordinal % CARDEA_ACTIVITY_SEGMENT;
}

struct activity_line *activity_find(struct activity_map *m, uint32_t ordinal, uint64_t boot_ns)
{
    uint32_t segment = ordinal / CARDEA_ACTIVITY_SEGMENT;
    if (segment >= m->count || m->segments[segment].map.base == NULL) {
        if (!map_segment(m, segment, boot_ns))
            return NULL;
    }
    return line_of(&m->segments[segment], ordinal);
}

/* After the change: the daemon clears a flag before it reads the slots. */
static void mark_dirty(const struct activity_segment *s, uint32_t ordinal)
{
    struct activity_header *h = s->map.base;
    _Atomic uint8_t *flag = &h->dirty[ordinal % CARDEA_ACTIVITY_SEGMENT / CARDEA_ACTIVITY_BLOCK];
    if (atomic_load(flag) == 0)
        atomic_store(flag, 1);
}

/* NULL: the file was made by an earlier version. */
static struct activity_groups *groups_of(const struct activity_segment *s, uint32_t ordinal)
{
    uint8_t *base = s->map.base;
    if (s->map.len < ACTIVITY_FILE_LEN)
        return NULL;
    return (struct activity_groups *)(void *)(base + ACTIVITY_REFUSALS_LEN) + ordinal % CARDEA_ACTIVITY_SEGMENT;
}

void activity_fetch(struct activity_map *m, uint32_t ordinal, uint8_t group, uint64_t boot_ns)
{
    struct activity_line *line = activity_find(m, ordinal, boot_ns);
    if (line == NULL)
        return;
    __builtin_prefetch(line, 1);
    if (group != 0)
        __builtin_prefetch(groups_of(&m->segments[ordinal / CARDEA_ACTIVITY_SEGMENT], ordinal), 1);
}

bool activity_granted(struct activity_map *m, const struct activity_grant *grant, int64_t unix_sec)
{
    uint32_t ordinal = grant->ordinal;
    const struct activity_segment *s = &m->segments[ordinal / CARDEA_ACTIVITY_SEGMENT];
    struct activity_line *line = line_of(s, ordinal);
    struct activity_groups *groups = grant->group != 0 ? groups_of(s, ordinal) : NULL;
    /* Before the sum: whoever reads the sum first never finds more uses of groups in it than are counted. */
    if (groups != NULL)
        atomic_fetch_add_explicit(&groups->counts[grant->group % CARDEA_ACTIVITY_GROUPS], 1, memory_order_relaxed);
    if (atomic_load_explicit(&line->last_used, memory_order_relaxed) < unix_sec)
        atomic_store_explicit(&line->last_used, unix_sec, memory_order_relaxed);
    atomic_fetch_add(&line->uses, 1);
    mark_dirty(s, ordinal);
    uint64_t origins = atomic_load_explicit(&line->origins, memory_order_relaxed);
    return grant->origin != 0 && !origin_is_known(origins, grant->origin, ordinal, unix_sec);
}

/* Their order is the file's: append only. */
static const enum cardea_code refusals[CARDEA_ACTIVITY_REFUSALS] = {
    CARDEA_CODE_COUNT, /* all others */
    CARDEA_REVOKED,           CARDEA_DISABLED,           CARDEA_EXPIRED,           CARDEA_WRONG_ACCOUNT,
    CARDEA_WRONG_AGENT,       CARDEA_INSUFFICIENT_SCOPE, CARDEA_INSUFFICIENT_ROLE, CARDEA_IP_DENIED,
    CARDEA_ACCOUNT_SUSPENDED, CARDEA_CLIENT_SIDE,        CARDEA_NO_ROUTE,          CARDEA_RATE_LIMITED,
    CARDEA_CREDITS_EXHAUSTED,
};

unsigned cardea_activity_refusal(enum cardea_code code)
{
    for (unsigned i = 1; i < CARDEA_ACTIVITY_REFUSALS; i++)
        if (refusals[i] == code)
            return i;
    return 0;
}

enum cardea_code cardea_activity_refusal_code(unsigned counter)
{
    return counter < CARDEA_ACTIVITY_REFUSALS ? refusals[counter] : CARDEA_CODE_COUNT;
}

/* NULL: the file was made by an earlier version. */
static struct activity_refusals *refusals_of(const struct activity_segment *s, uint32_t ordinal)
{
    uint8_t *base = s->map.base;
    if (s->map.len < ACTIVITY_REFUSALS_LEN)
        return NULL;
    return (struct activity_refusals *)(void *)(base + ACTIVITY_SLOTS_LEN) + ordinal % CARDEA_ACTIVITY_SEGMENT;
}

void activity_denied(struct activity_map *m, uint32_t ordinal, enum cardea_code code)
{
    const struct activity_segment *s = &m->segments[ordinal / CARDEA_ACTIVITY_SEGMENT];
    struct activity_refusals *counts = refusals_of(s, ordinal);
    if (counts != NULL)
        atomic_fetch_add_explicit(&counts->counts[cardea_activity_refusal(code)], 1, memory_order_relaxed);
    atomic_fetch_add(&line_of(s, ordinal)->denials, 1);
    mark_dirty(s, ordinal);
}

_Atomic uint64_t *activity_told(struct activity_map *m, uint32_t ordinal)
{
    struct activity_refusals *of_key = refusals_of(&m->segments[ordinal / CARDEA_ACTIVITY_SEGMENT], ordinal);
    return of_key != NULL ? &of_key->told : NULL;
}

/* False when the two words do not agree: a write that was interrupted, or somebody's scribbling. */
static bool credits_granted(struct activity_line *line, int64_t *granted)
{
    for (int attempt = 0; attempt < 64; attempt++) {
        int64_t value = atomic_load(&line->credits_granted);
        uint64_t seal = atomic_load(&line->credits_seal);
        if (seal == ((uint64_t)value ^ ACTIVITY_SEAL) || (value == 0 && seal == 0)) {
            *granted = value;
            return true;
        }
    }
    return false;
}

bool activity_draw(struct activity_map *m, uint32_t ordinal, uint32_t cost, int64_t *remaining)
{
    const struct activity_segment *s = &m->segments[ordinal / CARDEA_ACTIVITY_SEGMENT];
    struct activity_line *line = line_of(s, ordinal);
    int64_t granted;
    *remaining = 0;
    if (!credits_granted(line, &granted))
        return false;
    int64_t drawn = atomic_load_explicit(&line->credits_drawn, memory_order_relaxed);
    do {
        /* A negative count is somebody's scribbling: nothing is given for it. */
        int64_t left = drawn >= 0 && granted > drawn ? granted - drawn : 0;
        *remaining = left;
        if (cost == 0)
            return true;
        if (left < cost)
            return false;
        *remaining = left - cost;
    } while (!atomic_compare_exchange_weak_explicit(&line->credits_drawn, &drawn, drawn + cost, memory_order_relaxed,
                                                    memory_order_relaxed));
    mark_dirty(s, ordinal);
    return true;
}

void activity_map_release(struct activity_map *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        sys_map_close(&m->segments[i].map);
    free(m->segments);
    free(m->dir);
    *m = (struct activity_map){.dir = NULL};
}
