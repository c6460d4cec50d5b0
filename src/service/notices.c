#include "service/notices.h"

#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "service/keys_internal.h"
#include "service/networks.h"
#include "service/origins.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "<the ring's id> <position>", in hexadecimal. */
#define META_POSITION "notices"

/* Remembered keys and reasons. A collision means one record more, bounded by a round's. */
#define QUIET_SLOTS 4096u

/* Remembered networks of keys: of those that come again for want of room in the key's slot. */
#define ORIGIN_SLOTS 16384u

#define DETAIL_MAX 4096

struct quiet {
    uint64_t key_id;
    int64_t at; /* unix seconds of the last record; 0: never */
    enum cardea_code code;
};

struct origin {
    uint64_t key_id;
    uint64_t network[2];
    int64_t at; /* unix seconds of the last note; 0: never */
};

struct notices {
    struct service *svc;
    struct cardea_notices *ring;
    uint64_t ring_id;
    uint64_t position; /* committed */

    /* A round: filled by who takes, then the writer's until `busy` is false again. */
    atomic_bool busy;
    struct cardea_notice read[NOTICES_READ_MAX];
    struct cardea_notice kept[NOTICES_RECORD_MAX];
    size_t kept_count;
    struct cardea_notice origins[NOTICES_ORIGINS_MAX_ROUND];
    size_t origin_count;
    uint64_t next, lost, coalesced, unknown, unknown_origins;
    int64_t now_ms;

    struct quiet quiet[QUIET_SLOTS];
    struct origin noted[ORIGIN_SLOTS];
    _Atomic uint64_t total_recorded, total_coalesced, total_lost;
};

/* ---- what is recorded ---- */

static const char *reason_of(enum cardea_code code)
{
    switch (code) {
    case CARDEA_CLIENT_SIDE:
        return "The key came from a browser page, where whoever visits it can read it. Rotate it.";
    case CARDEA_REVOKED:
        return "The key is revoked, and was used.";
    case CARDEA_DISABLED:
        return "The key, its agent or its user is disabled.";
    case CARDEA_EXPIRED:
        return "The key has expired.";
    case CARDEA_WRONG_ACCOUNT:
        return "The key was used for another account's data.";
    case CARDEA_WRONG_AGENT:
        return "The key was used for another agent.";
    case CARDEA_INSUFFICIENT_SCOPE:
        return "The key lacks the scope, or is of another kind, than what it was used for needs.";
    case CARDEA_INSUFFICIENT_ROLE:
        return "The user whose role the key has may not do what it was used for.";
    case CARDEA_IP_DENIED:
        return "The key came from an address that it is not allowed from.";
    case CARDEA_RATE_LIMITED:
        return "The key was used more often than its rate limit allows.";
    case CARDEA_CREDITS_EXHAUSTED:
        return "The key's credits are used up.";
    default:
        return "The key was refused.";
    }
}

/* No name, no metadata, no secret. The address stands beside the detail: it is personal data. */
static struct cardea_str detail_of(struct service_call *c, const struct cardea_notice *n, struct store_key *row)
{
    struct buf b;
    struct json_writer w;
    key_add_live_usage(c, row);
    buf_init(&b, DETAIL_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "prefix", row->prefix);
    jw_member_str(&w, "kind", row->kind);
    jw_member_str(&w, "code", str_of(cardea_code_name(n->code)));
    jw_member_str(&w, "reason", str_of(reason_of(n->code)));
    jw_member_time(&w, "seen_at", n->unix_sec);
    jw_member_int(&w, "denial_count", row->denial_count);
    jw_object_end(&w);
    struct cardea_str detail = b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    return detail;
}

static enum store_err record_one(struct notices *s, struct service_call *c, const struct cardea_notice *n)
{
    struct store_key row;
    char address[NETWORK_TEXT_MAX];
    enum store_err err = store_key_get(c->db, c->arena, (int64_t)n->key_id, &row);
    if (err == STORE_NOTFOUND) {
        s->unknown++; /* somebody has written what no decision told of */
        return STORE_OK;
    }
    if (err != STORE_OK)
        return err;
    c->source_ip = (struct cardea_str){0};
    if (n->has_ip) {
        struct cardea_network alone = {.prefix_len = 128};
        memcpy(alone.address, n->ip, sizeof(alone.address));
        c->source_ip = (struct cardea_str){address, network_format(&alone, address)};
    }
    const char *action = n->code == CARDEA_CLIENT_SIDE ? "key.exposed" : "key.denied";
    return service_record_seen(c, action, "key", row.id, row.account_id, detail_of(c, n, &row)) == SERVICE_OK
               ? STORE_OK
               : STORE_UNAVAILABLE;
}

static enum store_err put_position(struct store_conn *c, uint64_t ring_id, uint64_t position)
{
    char text[40];
    int len = snprintf(text, sizeof(text), "%016llx %016llx", (unsigned long long)ring_id,
                       (unsigned long long)position);
    return store_meta_put(c, META_POSITION, (struct cardea_str){text, (size_t)len});
}

static enum store_err note_origin(struct notices *s, struct service_call *c, const struct cardea_notice *n)
{
    enum store_err err = service_origin_seen(c, (int64_t)n->key_id, n->ip, n->unix_sec);
    if (err != STORE_NOTFOUND)
        return err;
    s->unknown_origins++;
    return STORE_OK;
}

static enum store_err record_unit(struct store_conn *db, void *arg)
{
    struct notices *s = arg;
    struct arena arena = {0};
    enum store_err err = put_position(db, s->ring_id, s->next);
    s->unknown = s->unknown_origins = 0;
    for (size_t i = 0; i < s->kept_count + s->origin_count && err == STORE_OK; i++) {
        struct service_call c = {.svc = s->svc,
                                 .db = db,
                                 .arena = &arena,
                                 .actor = {.kind = ACTOR_SYSTEM, .profile = -1},
                                 .now = s->now_ms / 1000,
                                 .now_ms = s->now_ms};
        err = i < s->kept_count ? record_one(s, &c, &s->kept[i]) : note_origin(s, &c, &s->origins[i - s->kept_count]);
        arena_clear(&arena);
    }
    arena_release(&arena);
    return err;
}

static struct quiet *quiet_of(struct notices *s, const struct cardea_notice *n)
{
    uint64_t h = (n->key_id ^ (uint64_t)n->code << 58) * UINT64_C(0x9e3779b97f4a7c15);
    return &s->quiet[h >> 52 & (QUIET_SLOTS - 1)];
}

static struct origin origin_told(const struct cardea_notice *n)
{
    struct origin o = {.key_id = n->key_id};
    memcpy(o.network, n->ip, sizeof(o.network));
    return o;
}

static struct origin *noted_of(struct notices *s, const struct origin *o)
{
    uint64_t h = (o->key_id + (o->network[0] ^ o->network[1] >> 3) * 31) * UINT64_C(0x9e3779b97f4a7c15);
    return &s->noted[h >> 40 & (ORIGIN_SLOTS - 1)];
}

static void remember_origins(struct notices *s)
{
    for (size_t i = 0; i < s->origin_count; i++) {
        struct origin o = origin_told(&s->origins[i]);
        o.at = s->now_ms / 1000;
        *noted_of(s, &o) = o;
    }
}

static void record_done(void *arg, enum store_err err)
{
    struct notices *s = arg;
    if (err == STORE_OK) {
        for (size_t i = 0; i < s->kept_count; i++)
            *quiet_of(s, &s->kept[i]) = (struct quiet){s->kept[i].key_id, s->now_ms / 1000, s->kept[i].code};
        remember_origins(s);
        s->position = s->next;
        atomic_fetch_add(&s->total_recorded, s->kept_count - s->unknown);
        atomic_fetch_add(&s->total_coalesced, s->coalesced);
        atomic_fetch_add(&s->total_lost, s->lost + s->unknown + s->unknown_origins);
    } else { /* the same again, from where the store still stands */
        counter_add(&s->svc->counters.chores_failed[CHORE_NOTICES], 1);
    }
    atomic_store(&s->busy, false);
}

/* ---- what is read ---- */

static bool is_repeated(struct notices *s, const struct cardea_notice *n)
{
    const struct quiet *q = quiet_of(s, n);
    int64_t since = s->now_ms / 1000 - q->at;
    if (q->at && q->key_id == n->key_id && q->code == n->code && since >= 0 && since < NOTICES_QUIET_SEC)
        return true;
    for (size_t i = 0; i < s->kept_count; i++)
        if (s->kept[i].key_id == n->key_id && s->kept[i].code == n->code)
            return true;
    return false;
}

static bool is_noted(struct notices *s, const struct cardea_notice *n)
{
    struct origin o = origin_told(n);
    const struct origin *known = noted_of(s, &o);
    int64_t since = s->now_ms / 1000 - known->at;
    return known->at && known->key_id == o.key_id && memcmp(known->network, o.network, sizeof(o.network)) == 0 &&
           since >= 0 && since < ORIGINS_FRESH_SEC;
}

/* How much of what was read this round takes: up to the network that is one too many. None of them is left out, since
 * readers do not tell again for days. */
static size_t keep_origins(struct notices *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cardea_notice *n = &s->read[i];
        if (n->code != CARDEA_VALID || is_noted(s, n))
            continue;
        if (s->origin_count == NOTICES_ORIGINS_MAX_ROUND) {
            s->next = n->number;
            return i;
        }
        s->origins[s->origin_count++] = *n;
    }
    return count;
}

static void keep(struct notices *s, size_t count, bool exposed)
{
    for (size_t i = 0; i < count; i++) {
        const struct cardea_notice *n = &s->read[i];
        if (n->code == CARDEA_VALID || (n->code == CARDEA_CLIENT_SIDE) != exposed)
            continue;
        if (is_repeated(s, n))
            s->coalesced++;
        else if (s->kept_count == NOTICES_RECORD_MAX)
            s->lost++;
        else
            s->kept[s->kept_count++] = *n;
    }
}

void service_notices_take(struct service *svc)
{
    struct notices *s = svc->notices;
    size_t count;
    if (!s || atomic_load(&s->busy))
        return;
    s->next = s->position;
    if (cardea_notices_read(s->ring, &s->next, s->read, NOTICES_READ_MAX, &count, &s->lost) != CARDEA_OK) {
        log_warn("the ring of notices cannot be read: refusals are counted, but not told");
        return;
    }
    if (s->next == s->position)
        return;
    s->now_ms = svc->now_ms(svc->now_arg);
    s->kept_count = s->origin_count = 0;
    s->coalesced = 0;
    count = keep_origins(s, count);
    keep(s, count, true);
    keep(s, count, false);
    atomic_store(&s->busy, true);
    if (!store_submit(svc->store, record_unit, record_done, s))
        atomic_store(&s->busy, false); /* the queue is full of what matters more */
}

void service_notices_stats(const struct service *svc, struct notices_stats *out)
{
    const struct notices *s = svc->notices;
    *out = (struct notices_stats){0};
    if (!s)
        return;
    out->recorded = atomic_load(&s->total_recorded);
    out->coalesced = atomic_load(&s->total_coalesced);
    out->lost = atomic_load(&s->total_lost);
}

/* ---- the ring itself ---- */

static bool load_position(struct notices *s, struct store_conn *c)
{
    struct arena arena = {0};
    struct cardea_str value;
    unsigned long long id, position;
    bool known = store_meta_get(c, &arena, META_POSITION, &value) == STORE_OK &&
                 sscanf(arena_cstr(&arena, value), "%16llx %16llx", &id, &position) == 2;
    arena_release(&arena);
    if (known) {
        s->ring_id = id;
        s->position = position;
    }
    return known;
}

static enum store_err begin_unit(struct store_conn *c, void *arg)
{
    const struct notices *s = arg;
    return put_position(c, s->ring_id, 0);
}

/* The store knows the new ring before it is there: a crash between means to make another. */
static bool make_ring(struct notices *s, unsigned mode, struct cardea_why *why)
{
    struct service *svc = s->svc;
    s->position = 0;
    if (!svc->random(svc->random_arg, &s->ring_id, sizeof(s->ring_id))) {
        snprintf(why->text, sizeof(why->text), "there is no randomness");
        return false;
    }
    s->ring_id |= 1; /* never 0 */
    if (store_run(svc->store, begin_unit, s) != STORE_OK) {
        snprintf(why->text, sizeof(why->text), "the store cannot be written");
        return false;
    }
    if (cardea_notices_create(&s->ring, svc->runtime_dir, mode, s->ring_id) == CARDEA_OK)
        return true;
    snprintf(why->text, sizeof(why->text), "the ring of notices cannot be made in %s: %s", svc->runtime_dir,
             strerror(errno));
    return false;
}

bool service_notices_open(struct service *svc, struct store_conn *c, unsigned mode, struct cardea_why *why)
{
    struct notices *s = calloc(1, sizeof(*s));
    if (!s) {
        snprintf(why->text, sizeof(why->text), "out of memory");
        return false;
    }
    s->svc = svc;
    bool ok = (load_position(s, c) && cardea_notices_open(&s->ring, svc->runtime_dir, s->ring_id) == CARDEA_OK) ||
              make_ring(s, mode, why);
    if (ok)
        svc->notices = s;
    else
        free(s);
    return ok;
}

void service_notices_close(struct service *svc)
{
    if (!svc->notices)
        return;
    cardea_notices_free(svc->notices->ring);
    free(svc->notices);
    svc->notices = NULL;
}
