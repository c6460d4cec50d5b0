/* core/notices_map.c - the verifier's side of the ring of notices: mapped on demand, atomic operations only. */
#include "core/notices_map.h"

#include <stdio.h>
#include <string.h>

#include "core/mix.h"
#include "core/origin.h"

#define LOOK_NS UINT64_C(1000000000)
#define SEC_NS  UINT64_C(1000000000)

#define BIT(code) (1u << (code))

/* What may be a sign that a key is in wrong hands, or that its owner's program is about to complain. Not: a suspended
 * account, which stops all its keys at once and is an event by itself; STALE, which says nothing of the key. */
#define TOLD                                                                                        \
    (BIT(CARDEA_REVOKED) | BIT(CARDEA_DISABLED) | BIT(CARDEA_EXPIRED) | BIT(CARDEA_WRONG_ACCOUNT) | \
     BIT(CARDEA_WRONG_AGENT) | BIT(CARDEA_INSUFFICIENT_SCOPE) | BIT(CARDEA_INSUFFICIENT_ROLE) |     \
     BIT(CARDEA_IP_DENIED) | BIT(CARDEA_CLIENT_SIDE) | BIT(CARDEA_RATE_LIMITED) | BIT(CARDEA_CREDITS_EXHAUSTED))

_Static_assert(CARDEA_CODE_COUNT <= 32, "a bit for each code");

bool notices_path(char *buf, size_t cap, const char *dir, const char *suffix)
{
    int n = snprintf(buf, cap, "%s/notices%s", dir, suffix);
    return n > 0 && (size_t)n < cap;
}

uint64_t notice_seal(const uint64_t words[NOTICE_WORDS])
{
    uint64_t h = UINT64_C(0x5ea1ed0fc4ed1757);
    for (int i = 0; i < NOTICE_SEAL; i++)
        h = mix_pair(h ^ words[i], UINT64_C(0x9e3779b97f4a7c15)) + UINT64_C(0x2545f4914f6cdd1d);
    return h;
}

/* False when there is no ring that could be written to. */
static bool is_mapped(struct notices_map *m, const char *dir, uint64_t boot_ns)
{
    if (boot_ns < m->look_ns)
        return m->map.base != NULL;
    m->look_ns = boot_ns + LOOK_NS;
    /* The daemon has put another in its place: nobody reads this one any more. */
    if (m->map.base != NULL && sys_map_is_lost(&m->map))
        sys_map_close(&m->map);
    if (m->map.base != NULL)
        return true;
    char path[4096];
    struct sys_map map;
    if (!notices_path(path, sizeof path, dir, "") || sys_map_open(&map, path, true) != CARDEA_OK)
        return false;
    const struct notices_header *h = map.base;
    if (map.len < NOTICES_FILE_LEN || memcmp(h->magic, NOTICES_MAGIC, sizeof h->magic) != 0 ||
        h->version != NOTICES_VERSION || h->lines != CARDEA_NOTICES) {
        sys_map_close(&map);
        return false;
    }
    m->map = map;
    return true;
}

bool notices_append(struct notices_map *m, const char *dir, const struct cardea_notice *n, uint64_t boot_ns)
{
    if (!is_mapped(m, dir, boot_ns))
        return false;
    struct notices_header *h = m->map.base;
    uint64_t number = atomic_fetch_add_explicit(&h->head, 1, memory_order_relaxed);
    uint8_t *base = m->map.base;
    struct notice_line *line = (struct notice_line *)(void *)(base + NOTICES_HEADER_LEN) +
                               (number & (CARDEA_NOTICES - 1));
    uint64_t words[NOTICE_WORDS] = {
        [NOTICE_NUMBER] = number + 1,
        [NOTICE_TIME] = (uint64_t)n->unix_sec,
        [NOTICE_KEY] = n->key_id,
        [NOTICE_WHAT] = (uint64_t)n->code | (uint64_t)n->profile << 16 | (uint64_t)n->has_ip << 32,
    };
    if (n->has_ip)
        memcpy(&words[NOTICE_IP], n->ip, sizeof n->ip);
    words[NOTICE_SEAL] = notice_seal(words);
    for (int i = 0; i < NOTICE_SEAL; i++)
        atomic_store_explicit(&line->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&line->words[NOTICE_SEAL], words[NOTICE_SEAL], memory_order_release);
    return true;
}

/* The key's own word holds this second and the codes that were told of in it: whoever sets a bit tells, whatever
 * process it is, so that neither a flood of one key nor its echo in many processes drowns the others. */
static bool is_first(_Atomic uint64_t *word, enum cardea_code code, uint64_t boot_ns)
{
    uint64_t second = (boot_ns / SEC_NS & UINT32_MAX) << 32;
    if (word == NULL)
        return false; /* the file lost its end: nobody could tell how often */
    uint64_t before = atomic_load_explicit(word, memory_order_relaxed);
    for (;;) {
        uint64_t told = (before & ~(uint64_t)UINT32_MAX) == second ? before : second;
        if (told & BIT(code))
            return false;
        if (atomic_compare_exchange_weak_explicit(word, &before, told | BIT(code), memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
}

void notices_denied(struct notices_map *m, struct activity_map *a, const struct cardea_check *check,
                    const struct cardea_decision *d)
{
    if ((TOLD >> d->code & 1) == 0 || !is_first(activity_told(a, d->ordinal), d->code, check->now.boot_ns))
        return;
    struct cardea_notice n = {.unix_sec = check->now.unix_sec,
                              .key_id = d->key_id,
                              .code = d->code,
                              .profile = (uint16_t)d->profile,
                              .has_ip = check->ip != NULL};
    if (check->ip != NULL)
        memcpy(n.ip, check->ip, sizeof n.ip);
    notices_append(m, a->dir, &n, check->now.boot_ns);
}

static bool has_room(struct notices_map *m, uint64_t boot_ns)
{
    if (m->origins_sec != boot_ns / SEC_NS) {
        m->origins_sec = boot_ns / SEC_NS;
        m->origins = 0;
    }
    return m->origins < NOTICES_ORIGINS_MAX;
}

void notices_origin(struct notices_map *m, struct activity_map *a, const struct activity_grant *grant,
                    struct cardea_time now)
{
    if (!has_room(m, now.boot_ns) || !is_first(activity_told(a, grant->ordinal), CARDEA_VALID, now.boot_ns))
        return;
    struct cardea_notice n = {.unix_sec = now.unix_sec,
                              .key_id = grant->key_id,
                              .code = CARDEA_VALID,
                              .profile = grant->profile,
                              .has_ip = true};
    origin_address(grant->origin, n.ip);
    if (!notices_append(m, a->dir, &n, now.boot_ns))
        return;
    m->origins++;
    /* Afterwards, so that a process which dies between the two tells twice and not never. Another one that has changed
     * the word meanwhile is right, too: this network then comes again. */
    _Atomic uint64_t *origins = &activity_find(a, grant->ordinal, now.boot_ns)->origins;
    uint64_t before = atomic_load_explicit(origins, memory_order_relaxed);
    atomic_compare_exchange_strong_explicit(origins, &before,
                                            origin_add(before, grant->origin, grant->ordinal, now.unix_sec),
                                            memory_order_relaxed, memory_order_relaxed);
}

void notices_map_release(struct notices_map *m)
{
    sys_map_close(&m->map);
    *m = (struct notices_map){.look_ns = 0};
}
