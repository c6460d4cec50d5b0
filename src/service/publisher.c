#include "service/publisher.h"

#include "base/log.h"
#include "service/bootstrap.h"
#include "service/publisher_fill.h"
#include "service/usage.h"
#include "service/usage_groups.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_MODE     0640
#define SNAPSHOT_KEYS_MIN 1024
#define CLOCK_SLACK_SEC   2
/* Feed rows that are applied at once while catching up. */
#define CATCH_UP_BATCH 256

struct publisher {
    struct publisher_target target;
    struct service *svc;
    uint8_t deployment_id[16];
    _Atomic bool healthy;
    bool clock_behind; /* it was told of */
    pthread_mutex_t stats_lock;
    struct cardea_writer_stats stats;
};

bool publisher_healthy(const struct publisher *p)
{
    return p && atomic_load(&p->healthy);
}

void publisher_stats(const struct publisher *p, struct cardea_writer_stats *out)
{
    /* The lock is the publisher's own matter: readers of the numbers change nothing. */
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&p->stats_lock;
    pthread_mutex_lock(lock);
    *out = p->stats;
    pthread_mutex_unlock(lock);
}

static void stats_refresh(struct publisher *p)
{
    struct cardea_writer_stats now;
    if (!p->target.writer)
        return; /* as of when there was one */
    cardea_writer_stats(p->target.writer, &now);
    pthread_mutex_lock(&p->stats_lock);
    p->stats = now;
    pthread_mutex_unlock(&p->stats_lock);
}

/* Says a change of health once, not each second. */
static void health_set(struct publisher *p, bool healthy, const struct cardea_why *why)
{
    if (atomic_exchange(&p->healthy, healthy) == healthy)
        return;
    if (healthy)
        log_info("the snapshot holds all that the store has committed again");
    else
        log_error("the snapshot cannot take a change that is committed; nothing is acknowledged until it can: %s",
                  why->text);
}

struct catch_up {
    struct publisher *p;
    struct store_conn *c;
    struct cardea_why *why;
    struct store_touch batch[CATCH_UP_BATCH];
    size_t count;
};

static bool catch_up_apply(struct catch_up *u)
{
    if (u->count == 0)
        return true;
    if (!publisher_fill_touched(&u->p->target, u->c, u->batch, u->count, u->why))
        return false;
    cardea_writer_set_position(u->p->target.writer, (uint64_t)u->batch[u->count - 1].position);
    u->count = 0;
    return true;
}

static enum store_err catch_up_each(void *arg, const struct store_touch *t)
{
    struct catch_up *u = arg;
    if (u->count == CATCH_UP_BATCH && !catch_up_apply(u))
        return STORE_UNAVAILABLE;
    u->batch[u->count++] = *t;
    return STORE_OK;
}

enum caught { CAUGHT_UP, CAUGHT_FAILED, CAUGHT_TOO_FAR };

/* Applies what the feed holds beyond the snapshot's position. CAUGHT_TOO_FAR: only a new file will do. The feed does
 * not reach back so far, or the snapshot has seen commits that the store has not (it was put back from a copy). */
static enum caught catch_up(struct publisher *p, struct store_conn *c, struct cardea_why *why)
{
    struct catch_up u = {.p = p, .c = c, .why = why};
    why->text[0] = 0;
    p->target.refused = false;
    enum store_err err = store_feed_since(c, (int64_t)cardea_writer_position(p->target.writer), catch_up_each, &u);
    if (err == STORE_OK && catch_up_apply(&u))
        return CAUGHT_UP;
    if (err == STORE_NOTFOUND || p->target.refused)
        return CAUGHT_TOO_FAR;
    if (why->text[0] == 0)
        snprintf(why->text, sizeof(why->text), "the store's feed cannot be read: %s", store_error_text(c));
    return CAUGHT_FAILED;
}

/* What readers need of the profiles. NULL when the store cannot be read. */
static const struct cardea_profile *const *profiles_number(struct arena *a, const struct profile_set *profiles,
                                                           struct store_conn *c, struct cardea_why *why)
{
    struct cardea_profile *items = arena_array(a, profiles->count, sizeof(*items));
    const struct cardea_profile **list = arena_array(a, profiles->count, sizeof(*list));
    for (size_t i = 0; i < profiles->count; i++) {
        list[i] = &items[i];
        if (usage_groups_number(c, a, profiles->items[i], &items[i]) == STORE_OK)
            continue;
        snprintf(why->text, sizeof(why->text), "the groups of routes cannot be read: %s", store_error_text(c));
        return NULL;
    }
    return list;
}

/* A new file stays aside until it is full: readers keep what they have, or find nothing yet. */
static bool writer_make(struct publisher *p, const struct profile_set *profiles, bool fresh, bool *adopted,
                        struct store_conn *c, struct cardea_why *why)
{
    const struct service *svc = p->svc;
    struct arena arena = {0};
    struct cardea_writer_options options = {
        .path = arena_printf(&arena, "%s/snapshot", svc->runtime_dir).ptr,
        .profiles = profiles_number(&arena, profiles, c, why),
        .profile_count = profiles->count,
        .key_capacity = SNAPSHOT_KEYS_MIN,
        .mode = SNAPSHOT_MODE,
        .fresh = fresh,
        .aside = true,
        .max_staleness_ms = svc->max_staleness_ms,
    };
    memcpy(options.deployment_id, p->deployment_id, sizeof(options.deployment_id));
    enum cardea_err err = CARDEA_E_IO;
    if (!svc->random(svc->random_arg, options.seed, sizeof(options.seed)))
        snprintf(why->text, sizeof(why->text), "no random numbers for the snapshot");
    else if (options.profiles)
        err = cardea_writer_open(&p->target.writer, &options, adopted, why);
    if (err == CARDEA_OK)
        p->target.profiles = profiles;
    else
        p->target.writer = NULL;
    arena_release(&arena);
    return err == CARDEA_OK;
}

static bool deployment_id_read(struct publisher *p, struct store_conn *c, struct cardea_why *why)
{
    struct arena arena = {0};
    struct cardea_str value;
    bool ok = store_meta_get(c, &arena, BOOTSTRAP_META_DEPLOYMENT, &value) == STORE_OK &&
              value.len == sizeof(p->deployment_id);
    if (ok)
        memcpy(p->deployment_id, value.ptr, value.len);
    else
        snprintf(why->text, sizeof(why->text), "the store has no deployment id: %s", store_error_text(c));
    arena_release(&arena);
    return ok;
}

static void writer_drop(struct publisher *p)
{
    cardea_writer_free(p->target.writer);
    p->target.writer = NULL;
}

/* Everything from the store into an empty file, which then is shown. */
static bool fill_and_show(struct publisher *p, struct store_conn *c, struct cardea_why *why)
{
    /* Taken first: what is committed meanwhile is read already or comes again with the feed. */
    int64_t position = 0;
    bool ok = store_feed_position(c, &position) == STORE_OK;
    if (!ok)
        snprintf(why->text, sizeof(why->text), "the store's feed cannot be read: %s", store_error_text(c));
    if (!ok || !publisher_fill_everything(&p->target, c, why))
        return false;
    cardea_writer_set_position(p->target.writer, (uint64_t)position);
    cardea_writer_heartbeat(p->target.writer, cardea_time_now()); /* else it would be stale until the first tick */
    if (cardea_writer_show(p->target.writer) == CARDEA_OK)
        return true;
    snprintf(why->text, sizeof(why->text), "the new snapshot cannot be put in place: %s", strerror(errno));
    return false;
}

/* An intact file is brought up to date; else, or when that does not reach, a new one is made. On failure no writer is
 * left open, and the file that readers have stays as it is. */
static bool open_and_fill(struct publisher *p, const struct profile_set *profiles, bool fresh, struct store_conn *c,
                          struct cardea_why *why)
{
    bool adopted = false;
    writer_drop(p);
    bool ok = writer_make(p, profiles, fresh, &adopted, c, why);
    if (ok && adopted) {
        enum caught caught = catch_up(p, c, why);
        if (caught == CAUGHT_TOO_FAR)
            return open_and_fill(p, profiles, true, c, why);
        ok = caught == CAUGHT_UP;
        if (ok)
            cardea_writer_heartbeat(p->target.writer, cardea_time_now());
    } else if (ok) {
        ok = fill_and_show(p, c, why);
    }
    if (!ok)
        writer_drop(p);
    return ok;
}

bool publisher_open(struct publisher **out, struct service *svc, struct store_conn *c, struct cardea_why *why)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p) {
        snprintf(why->text, sizeof(why->text), "out of memory");
        return false;
    }
    p->svc = svc;
    p->target.activity = svc->activity;
    pthread_mutex_init(&p->stats_lock, NULL);
    bool remade = false;
    if (!usage_groups_assign(svc, atomic_load(&svc->profiles), why) || !service_usage_prepare(svc, c, &remade, why) ||
        !deployment_id_read(p, c, why) || !open_and_fill(p, atomic_load(&svc->profiles), remade, c, why) ||
        (remade && !service_usage_prepared(svc, why))) {
        publisher_free(p);
        return false;
    }
    atomic_store(&p->healthy, true);
    stats_refresh(p);
    *out = p;
    return true;
}

void publisher_free(struct publisher *p)
{
    if (!p)
        return;
    cardea_writer_free(p->target.writer);
    pthread_mutex_destroy(&p->stats_lock);
    free(p);
}

/* Commits that were never applied here: made before the publisher was there, or left behind by a failure. */
static bool gap_before(const struct publisher *p, const struct store_touch *touched)
{
    return !atomic_load(&p->healthy) || (uint64_t)touched[0].position > cardea_writer_position(p->target.writer) + 1;
}

/* Up to the store's last commit, by the feed or, where that does not reach, by a new file. */
static bool bring_up(struct publisher *p, struct store_conn *c, struct cardea_why *why)
{
    if (!p->target.writer)
        return open_and_fill(p, p->target.profiles, false, c, why);
    enum caught caught = catch_up(p, c, why);
    if (caught == CAUGHT_TOO_FAR)
        return open_and_fill(p, p->target.profiles, true, c, why);
    return caught == CAUGHT_UP;
}

void publisher_apply(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count)
{
    struct service *svc = arg;
    struct publisher *p = svc->publisher;
    struct cardea_why why;
    if (!p || count == 0)
        return;
    bool ok = p->target.writer && !gap_before(p, touched) &&
              publisher_fill_touched(&p->target, c, touched, count, &why);
    if (ok) {
        uint64_t last = (uint64_t)touched[count - 1].position;
        if (last > cardea_writer_position(p->target.writer))
            cardea_writer_set_position(p->target.writer, last);
    } else {
        ok = bring_up(p, c, &why);
    }
    health_set(p, ok, &why);
    stats_refresh(p);
}

/* On a connection of its own: the writer's may stand in the midst of a group that is not committed yet. */
static void repair(struct publisher *p)
{
    struct cardea_why why;
    struct store_conn *c;
    if (store_reader_open(p->svc->store, &c, &why) != STORE_OK)
        return;
    health_set(p, bring_up(p, c, &why), &why);
    store_reader_free(c);
}

/* Once when it falls behind and once when it has come up. A second or two is what clocks are set by all the time. */
static void tell_of_clock(struct publisher *p, int64_t behind_sec)
{
    if (!p->clock_behind && behind_sec > CLOCK_SLACK_SEC)
        log_warn("the clock is %lld s behind the time that it once showed: until it gets there, keys expire by that "
                 "time. If that time was wrong: stop the daemon, remove %s/snapshot, start it again",
                 (long long)behind_sec, p->svc->runtime_dir);
    if (p->clock_behind && behind_sec == 0)
        log_info("the clock shows the time that keys expire by again");
    p->clock_behind = behind_sec > (p->clock_behind ? 0 : CLOCK_SLACK_SEC);
}

void publisher_heartbeat(struct publisher *p, struct cardea_time now)
{
    if (!atomic_load(&p->healthy))
        repair(p);
    if (p->target.writer)
        tell_of_clock(p, cardea_writer_heartbeat(p->target.writer, now));
    stats_refresh(p);
}

bool publisher_rebuild(struct publisher *p, const struct profile_set *profiles, struct cardea_why *why)
{
    const struct profile_set *old = p->target.profiles;
    struct store_conn *c;
    struct cardea_why again;
    if (store_reader_open(p->svc->store, &c, why) != STORE_OK)
        return false;
    bool ok = open_and_fill(p, profiles, false, c, why);
    bool back = ok || open_and_fill(p, old, false, c, &again);
    p->target.profiles = ok ? profiles : old;
    health_set(p, back, &again);
    stats_refresh(p);
    store_reader_free(c);
    return ok;
}
