#include "service/issuers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"

/* Of the real clock: a thread looks at the schedule at least so often, whatever the other clock does meanwhile. */
#define LOOK_AGAIN_MS 60000

/* Shared by whoever checks a token with it; counted under the lock. */
struct key_set {
    unsigned users;
    struct jwk_set *set;
};

/* One issuer. Held by the list and by its thread. */
struct entry {
    struct issuers *owner;
    unsigned users;
    bool retired; /* not in the list any more */
    const struct issuer *issuer;
    struct issuer_schedule schedule;
    struct issuer_fetch fetch; /* the fetching thread's own */
    struct key_set *keys;      /* NULL: none were had */
    uint64_t round;            /* fetches that have ended */
    uint64_t fetches[ISSUER_OUTCOMES];
};

struct issuers {
    struct issuers_options options;
    pthread_mutex_t lock; /* all that follows, and the entries */
    pthread_cond_t changed;
    struct entry *entries[ISSUERS_MAX];
    size_t count;
    unsigned threads;
};

static int64_t boot_ms(void *arg)
{
    return (int64_t)(cardea_time_now().boot_ns / 1000000);
}

struct issuers_options issuers_defaults(void)
{
    return (struct issuers_options){.fetch = issuer_fetch, .now_ms = boot_ms};
}

static int64_t now_ms(const struct issuers *s)
{
    return s->options.now_ms(s->options.now_arg);
}

struct issuers *issuers_new(const struct issuers_options *options)
{
    struct issuers *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    thread_cond_init(&s->changed);
    return s;
}

/* ---- what is shared; all under the lock ---- */

static void keys_drop(struct key_set *k)
{
    if (!k || --k->users)
        return;
    jwk_set_free(k->set);
    free(k);
}

static void entry_drop(struct entry *e)
{
    if (--e->users)
        return;
    keys_drop(e->keys);
    free(e);
}

static struct entry *find(struct issuers *s, struct cardea_str issuer)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->entries[i]->issuer->issuer, issuer))
            return s->entries[i];
    return NULL;
}

/* ---- fetching ---- */

static void keep_keys(struct entry *e, enum issuer_outcome outcome)
{
    if (outcome != ISSUER_FETCHED)
        return;
    struct key_set *k = calloc(1, sizeof(*k));
    if (!k)
        abort();
    *k = (struct key_set){1, e->fetch.set};
    e->fetch.set = NULL;
    keys_drop(e->keys);
    e->keys = k;
}

static void tell(const struct entry *e, enum issuer_outcome outcome, bool complain)
{
    const char *name = e->issuer->name;
    if (complain)
        log_warn("the keys of issuer %s cannot be had: %s; %s", name, e->fetch.why.text,
                 e->keys ? "those of before go on serving" : "its tokens are refused");
    if (outcome != ISSUER_FETCHED)
        return;
    const struct jwk_set *set = e->keys->set;
    log_debug("issuer %s: %zu of %zu keys can be used", name, jwk_set_usable(set), jwk_set_count(set));
    for (size_t i = 0; i < jwk_set_count(set); i++)
        if (jwk_set_left_out(set, i))
            log_debug("issuer %s: key %zu is left out: %s", name, i, jwk_set_left_out(set, i));
}

/* One fetch, when one is due. Gives the lock away meanwhile. */
static bool step(struct entry *e)
{
    struct issuers *s = e->owner;
    if (e->retired || !issuer_schedule_begin(&e->schedule, now_ms(s)))
        return false;
    e->fetch.issuer = *e->issuer;
    pthread_mutex_unlock(&s->lock);
    enum issuer_outcome outcome = s->options.fetch(s->options.fetch_arg, &e->fetch);
    pthread_mutex_lock(&s->lock);
    keep_keys(e, outcome);
    e->fetches[outcome]++;
    e->round++;
    tell(e, outcome, issuer_schedule_end(&e->schedule, now_ms(s), outcome));
    pthread_cond_broadcast(&s->changed);
    return true;
}

static void *entry_main(void *arg)
{
    struct entry *e = arg;
    struct issuers *s = e->owner;
    pthread_mutex_lock(&s->lock);
    while (!e->retired) {
        if (step(e))
            continue;
        int64_t wait = issuer_schedule_next(&e->schedule) - now_ms(s);
        struct timespec until = thread_in_ms(wait < 1 ? 1 : wait > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : wait);
        pthread_cond_timedwait(&s->changed, &s->lock, &until);
    }
    entry_drop(e);
    s->threads--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void issuers_step(struct issuers *s)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->count; i++)
        step(s->entries[i]);
    pthread_mutex_unlock(&s->lock);
}

/* ---- which there are ---- */

static void start_thread(struct entry *e)
{
    if (!thread_start(NULL, entry_main, e)) {
        log_error("the keys of issuer %s cannot be had: no thread", e->issuer->name);
        return;
    }
    e->users++;
    e->owner->threads++;
}

static struct entry *entry_new(struct issuers *s, const struct issuer *issuer)
{
    struct entry *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    e->owner = s;
    e->users = 1;
    e->issuer = issuer;
    issuer_schedule_init(&e->schedule, issuer->source == ISSUER_JWKS_URL ? ISSUER_REFRESH_MS : ISSUER_LOOK_MS,
                         now_ms(s));
    if (!s->options.no_threads)
        start_thread(e);
    return e;
}

static bool same_keys(const struct issuer *a, const struct issuer *b)
{
    return str_eq(a->issuer, b->issuer) && a->source == b->source && strcmp(a->where, b->where) == 0;
}

/* The entry that goes on under the new configuration; what is left of the old list is retired. */
static struct entry *take_over(struct entry **old, size_t count, const struct issuer *issuer)
{
    for (size_t i = 0; i < count; i++) {
        struct entry *e = old[i];
        if (!e || !same_keys(e->issuer, issuer))
            continue;
        old[i] = NULL;
        e->issuer = issuer;
        e->schedule.due_ms = now_ms(e->owner); /* what has changed beside may be why it did not work */
        return e;
    }
    return NULL;
}

void issuers_configure(struct issuers *s, const struct issuer_list *list)
{
    struct entry *old[ISSUERS_MAX];
    pthread_mutex_lock(&s->lock);
    size_t old_count = s->count;
    memcpy(old, s->entries, sizeof(old));
    s->count = 0;
    for (size_t i = 0; i < list->count && i < ISSUERS_MAX; i++) {
        struct entry *e = take_over(old, old_count, &list->items[i]);
        s->entries[s->count++] = e ? e : entry_new(s, &list->items[i]);
    }
    for (size_t i = 0; i < old_count; i++) {
        if (!old[i])
            continue;
        old[i]->retired = true;
        entry_drop(old[i]);
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void issuers_free(struct issuers *s)
{
    if (!s)
        return;
    issuers_configure(s, &(struct issuer_list){0});
    pthread_mutex_lock(&s->lock);
    while (s->threads)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool issuers_has(struct issuers *s, struct cardea_str issuer)
{
    pthread_mutex_lock(&s->lock);
    bool has = find(s, issuer) != NULL;
    pthread_mutex_unlock(&s->lock);
    return has;
}

/* ---- checking ---- */

static enum issuers_verdict refuse(const struct issuer *issuer, const char *reason)
{
    log_debug("a token of issuer %s is refused: %s", issuer->name, reason);
    return ISSUERS_BAD;
}

static bool is_key_unknown(enum jws_result result)
{
    return result == JWS_UNKNOWN_KID || result == JWS_NO_KEY;
}

/* No key for it: is one on its way? */
static enum issuers_verdict ask(struct issuers *s, struct cardea_str iss, bool had_keys, bool waited,
                                struct issuer_claims *out)
{
    bool coming = false;
    pthread_mutex_lock(&s->lock);
    struct entry *e = find(s, iss);
    if (e) {
        out->from = e->issuer;
        out->round = e->round;
        /* A dead issuer is waited for once: its retries are no reason to keep others waiting. */
        coming = had_keys ? issuer_schedule_ask(&e->schedule, now_ms(s)) : e->schedule.failures == 0;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    if (coming && !waited)
        return ISSUERS_KEYS_COMING;
    return had_keys ? ISSUERS_BAD : ISSUERS_NO_KEYS;
}

/* The signature first, then the claims: the same bytes as it covers. */
static enum issuers_verdict check(struct issuers *s, struct arena *a, struct cardea_str token, const json_t *claims,
                                  struct cardea_str iss, int64_t now, bool waited, struct issuer_claims *out)
{
    struct jws jws;
    pthread_mutex_lock(&s->lock);
    struct entry *e = find(s, iss);
    const struct issuer *issuer = e ? e->issuer : NULL;
    struct key_set *keys = e ? e->keys : NULL;
    if (keys)
        keys->users++;
    pthread_mutex_unlock(&s->lock);
    if (!issuer) {
        log_debug("a token of an issuer that is not configured is refused");
        return ISSUERS_BAD;
    }
    if (!keys)
        return ask(s, iss, false, waited, out);
    enum jws_result result = jws_verify(a, keys->set, issuer->algs, token, &jws);
    pthread_mutex_lock(&s->lock);
    keys_drop(keys);
    pthread_mutex_unlock(&s->lock);
    if (result != JWS_OK) {
        refuse(issuer, jws_result_text(result));
        return is_key_unknown(result) ? ask(s, iss, true, waited, out) : ISSUERS_BAD;
    }
    const char *wrong = issuer_claims_check(a, claims, jws.typ, issuer, now, out);
    return wrong ? refuse(issuer, wrong) : ISSUERS_GOOD;
}

enum issuers_verdict issuers_check(struct issuers *s, struct arena *a, struct cardea_str token, int64_t now,
                                   bool waited, struct issuer_claims *out)
{
    struct cardea_str iss;
    *out = (struct issuer_claims){0};
    json_t *claims = issuer_claims_peek(a, token, &iss);
    if (!claims)
        return ISSUERS_BAD;
    enum issuers_verdict verdict = check(s, a, token, claims, iss, now, waited, out);
    json_decref(claims);
    return verdict;
}

void issuers_wait(struct issuers *s, const struct issuer_claims *claims)
{
    struct timespec until = thread_in_ms(ISSUERS_WAIT_MS);
    pthread_mutex_lock(&s->lock);
    for (;;) {
        const struct entry *e = find(s, claims->from->issuer);
        if (!e || e->round != claims->round || pthread_cond_timedwait(&s->changed, &s->lock, &until) != 0)
            break;
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- metrics ---- */

void issuers_stats(struct issuers *s, void (*each)(void *arg, const struct issuer_stats *stats), void *arg)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->count; i++) {
        const struct entry *e = s->entries[i];
        struct issuer_stats stats = {.name = e->issuer->name, .age_ms = -1};
        memcpy(stats.fetches, e->fetches, sizeof(stats.fetches));
        if (e->schedule.confirmed_ms >= 0)
            stats.age_ms = now_ms(s) - e->schedule.confirmed_ms;
        if (e->keys)
            stats.keys = jwk_set_usable(e->keys->set);
        each(arg, &stats);
    }
    pthread_mutex_unlock(&s->lock);
}
