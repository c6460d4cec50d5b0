#include "judge/judge.h"

#include <cardea/secret.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "judge/breaker.h"
#include "judge/budget.h"
#include "judge/cache.h"
#include "judge/client.h"

#define LINES_MAX 32 /* connections kept; as many as threads may ask at once, and some */

const int64_t judge_bounds_ms[JUDGE_BUCKETS] = {50, 100, 250, 500, 1000, 2000, 5000, 10000};

/* The settings in force, and who uses them. */
struct setup {
    struct client *client;
    struct cardea_digest key; /* of who is asked */
    unsigned timeout_ms;
    unsigned users; /* with the judge's own */
};

/* One question under way, and who waits for its answer. */
struct flight {
    struct cardea_digest key;
    pthread_cond_t landed;
    bool done;
    unsigned users;
    struct judge_answer answer;
    struct flight *next;
};

struct judge {
    struct judge_env env;
    pthread_mutex_t lock; /* all below */
    struct setup *setup;  /* NULL: not configured */
    struct budget budget;
    struct breaker breaker;
    struct cache *cache;
    struct flight *flights;
    struct net_line *lines[LINES_MAX];
    unsigned line_count;
    struct judge_stats stats;
};

static int64_t monotonic_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static int64_t monotonic_ms(void *arg)
{
    return monotonic_us() / 1000;
}

/* ---- settings ---- */

struct judge *judge_new(const struct judge_env *env)
{
    struct judge *j = calloc(1, sizeof(*j));
    if (!j)
        abort();
    j->env = *env;
    if (!j->env.now_ms)
        j->env.now_ms = monotonic_ms;
    if (!j->env.random)
        j->env.random = cardea_random_system;
    j->cache = cache_new(JUDGE_CACHE_SIZE, JUDGE_CACHE_MS);
    pthread_mutex_init(&j->lock, NULL);
    return j;
}

/* With the lock. */
static void leave_setup(struct setup *s)
{
    if (!s || --s->users)
        return;
    client_free(s->client);
    free(s);
}

/* Digests of the parts, so that no two lists of parts read the same. */
static void digest_parts(const struct cardea_str *parts, size_t count, struct cardea_digest *out)
{
    struct cardea_digest each[3];
    for (size_t i = 0; i < count; i++)
        cardea_digest(parts[i], &each[i]);
    cardea_digest((struct cardea_str){(const char *)each, count * sizeof(each[0])}, out);
}

static struct setup *setup_new(const struct judge_settings *settings)
{
    struct cardea_str who[] = {str_of(settings->url), str_of(settings->model)};
    struct setup *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->client = client_new(settings);
    s->timeout_ms = settings->timeout_ms;
    s->users = 1;
    digest_parts(who, 2, &s->key);
    return s;
}

void judge_configure(struct judge *j, const struct judge_settings *settings)
{
    struct setup *next = settings->configured ? setup_new(settings) : NULL;
    pthread_mutex_lock(&j->lock);
    leave_setup(j->setup);
    j->setup = next;
    j->breaker = (struct breaker){0}; /* what failed may be what was changed */
    budget_set(&j->budget, settings->requests_per_min);
    pthread_mutex_unlock(&j->lock);
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    leave_setup(j->setup);
    budget_release(&j->budget);
    cache_free(j->cache);
    while (j->line_count)
        net_line_free(j->lines[--j->line_count]);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* ---- what is counted; all with the lock ---- */

static void count_answer(struct judge *j, const struct judge_answer *a)
{
    if (a->status == JUDGE_SKIPPED)
        j->stats.skipped[a->skip]++;
    else if (a->status == JUDGE_CACHED)
        j->stats.cached++;
    else
        j->stats.asked[a->verdict]++;
}

static void count_request(struct judge *j, int64_t took_us)
{
    unsigned bucket = 0;
    while (bucket < JUDGE_BUCKETS && took_us > judge_bounds_ms[bucket] * 1000)
        bucket++;
    j->stats.requests[bucket]++;
    j->stats.requests_us += (uint64_t)took_us;
}

static void settle_skip(struct judge_answer *out, enum judge_skip why)
{
    *out = (struct judge_answer){.status = JUDGE_SKIPPED, .skip = why};
}

/* ---- questions under way; all with the lock ---- */

static struct flight *flight_find(const struct judge *j, const struct cardea_digest *key)
{
    struct flight *f = j->flights;
    while (f && memcmp(&f->key, key, sizeof(*key)) != 0)
        f = f->next;
    return f;
}

static struct flight *flight_begin(struct judge *j, const struct cardea_digest *key)
{
    struct flight *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    thread_cond_init(&f->landed);
    f->key = *key;
    f->users = 1;
    f->next = j->flights;
    j->flights = f;
    return f;
}

static void flight_leave(struct flight *f)
{
    if (--f->users)
        return;
    pthread_cond_destroy(&f->landed);
    free(f);
}

static void flight_end(struct judge *j, struct flight *f, const struct judge_answer *answer)
{
    struct flight **link = &j->flights;
    while (*link != f)
        link = &(*link)->next;
    *link = f->next;
    f->answer = *answer;
    f->done = true;
    pthread_cond_broadcast(&f->landed);
    flight_leave(f);
}

/* Somebody else asks the same: their answer is ours, if it comes in our time. */
static void wait_for(struct judge *j, struct flight *f, unsigned timeout_ms, struct judge_answer *out)
{
    struct timespec until = thread_in_ms(timeout_ms);
    f->users++;
    while (!f->done && pthread_cond_timedwait(&f->landed, &j->lock, &until) == 0)
        ;
    if (f->done) {
        *out = f->answer;
        out->status = out->status == JUDGE_SKIPPED ? JUDGE_SKIPPED : JUDGE_CACHED;
    } else {
        settle_skip(out, JUDGE_SKIP_TIMEOUT);
    }
    flight_leave(f);
}

/* ---- asking ---- */

static void tell(const struct judge *j, const struct client_answer *got, bool changed)
{
    if (changed && j->breaker.state == JUDGE_CIRCUIT_CLOSED)
        log_info("the AI layer answers again");
    else if (changed && j->breaker.state == JUDGE_CIRCUIT_OPEN)
        log_warn("the AI layer is left alone for %d s: %s", BREAKER_OPEN_MS / 1000, got->why);
    else if (!got->reached && j->breaker.failures == 1)
        log_warn("the AI layer does not answer: %s", got->why);
}

/* With the lock, which is open while the server is asked. */
static void fly(struct judge *j, struct setup *setup, const struct cardea_digest *key, struct cardea_str text,
                struct judge_answer *out)
{
    struct client_answer got;
    struct flight *flight = flight_begin(j, key);
    bool probe = breaker_begin(&j->breaker);
    struct net_line *line = j->line_count ? j->lines[--j->line_count] : NULL;
    pthread_mutex_unlock(&j->lock);
    int64_t began_us = monotonic_us();
    if (!line)
        line = net_line_new();
    client_ask(setup->client, line, text, j->env.random, j->env.random_arg, &got);
    int64_t took_us = monotonic_us() - began_us, now_ms = j->env.now_ms(j->env.now_arg);
    pthread_mutex_lock(&j->lock);
    if (j->line_count < LINES_MAX) {
        j->lines[j->line_count++] = line;
        line = NULL;
    }
    if (setup == j->setup) /* or it says nothing of the one that is asked now */
        tell(j, &got, breaker_report(&j->breaker, now_ms, probe, got.reached));
    if (got.said.status == JUDGE_ASKED)
        cache_put(j->cache, key, now_ms, &got.said);
    count_request(j, took_us);
    flight_end(j, flight, &got.said);
    *out = got.said;
    net_line_free(line);
}

/* With the lock. */
static void decide(struct judge *j, struct setup *setup, const struct cardea_digest *key, struct cardea_str text,
                   struct judge_answer *out)
{
    int64_t now_ms = j->env.now_ms(j->env.now_arg);
    struct flight *under_way;
    if (cache_get(j->cache, key, now_ms, out))
        out->status = JUDGE_CACHED;
    else if ((under_way = flight_find(j, key)))
        wait_for(j, under_way, setup->timeout_ms, out);
    else if (!breaker_admits(&j->breaker, now_ms))
        settle_skip(out, JUDGE_SKIP_CIRCUIT_OPEN);
    else if (!budget_take(&j->budget, now_ms))
        settle_skip(out, JUDGE_SKIP_RATE_LIMITED);
    else
        fly(j, setup, key, text, out);
}

static struct setup *take_setup(struct judge *j)
{
    pthread_mutex_lock(&j->lock);
    struct setup *s = j->setup;
    if (s)
        s->users++;
    pthread_mutex_unlock(&j->lock);
    return s;
}

void judge_ask(struct judge *j, struct cardea_str text, struct cardea_str policy_key, struct judge_answer *out)
{
    struct setup *setup = j ? take_setup(j) : NULL;
    if (!setup || text.len > JUDGE_TEXT_MAX) {
        judge_skip(j, setup ? JUDGE_SKIP_TOO_LARGE : JUDGE_SKIP_NOT_CONFIGURED, out);
    } else {
        struct cardea_str parts[] = {{(const char *)setup->key.bytes, sizeof(setup->key.bytes)}, policy_key, text};
        struct cardea_digest key;
        int64_t began_us = monotonic_us();
        *out = (struct judge_answer){0};
        digest_parts(parts, 3, &key);
        pthread_mutex_lock(&j->lock);
        decide(j, setup, &key, text, out);
        count_answer(j, out);
        pthread_mutex_unlock(&j->lock);
        out->latency_us = monotonic_us() - began_us;
    }
    if (!setup)
        return;
    pthread_mutex_lock(&j->lock);
    leave_setup(setup);
    pthread_mutex_unlock(&j->lock);
}

void judge_skip(struct judge *j, enum judge_skip why, struct judge_answer *out)
{
    settle_skip(out, why);
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    count_answer(j, out);
    pthread_mutex_unlock(&j->lock);
}

void judge_stats(struct judge *j, struct judge_stats *out)
{
    *out = (struct judge_stats){0};
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    *out = j->stats;
    out->configured = j->setup != NULL;
    out->circuit = j->breaker.state;
    pthread_mutex_unlock(&j->lock);
}
