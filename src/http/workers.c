#include "http/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/lane.h"

/* Threads, and how many calls may wait for one. Argon2id takes a core and 64 MiB for tens of milliseconds; a long text
 * a core for up to a second, with its body in memory while it waits; a short one tens of microseconds, and then up to
 * two seconds of waiting for a model, which takes nothing. */
#define PASSWORD_THREADS 2
#define KEYS_THREADS     1
#define SCAN_THREADS     16
#define LONG_THREADS     2
#define POLICY_THREADS   2
#define THREADS_COUNT    (PASSWORD_THREADS + KEYS_THREADS + SCAN_THREADS + LONG_THREADS + POLICY_THREADS)
#define QUEUE_MAX        128

static const struct {
    unsigned threads, queue;
} sizes[WORKERS_POOLS] = {[WORKERS_PASSWORD] = {PASSWORD_THREADS, 64},
                          [WORKERS_KEYS] = {KEYS_THREADS, 64},
                          [WORKERS_SCAN] = {SCAN_THREADS, QUEUE_MAX},
                          [WORKERS_SCAN_LONG] = {LONG_THREADS, 16},
                          [WORKERS_POLICY] = {POLICY_THREADS, 32}};

struct worker {
    pthread_t thread;
    struct workers *all;
    enum workers_pool pool;
    struct store_conn *db;
};

struct queue {
    pthread_cond_t wake;
    struct call *calls[QUEUE_MAX];
    unsigned head, count;
};

struct workers {
    pthread_mutex_t lock; /* queues and stop */
    struct queue queues[WORKERS_POOLS];
    bool stop;
    unsigned running;
    struct worker workers[THREADS_COUNT];
};

static struct call *take(struct workers *w, enum workers_pool pool)
{
    struct queue *q = &w->queues[pool];
    struct call *c = NULL;
    pthread_mutex_lock(&w->lock);
    while (!q->count && !w->stop)
        pthread_cond_wait(&q->wake, &w->lock);
    if (q->count) {
        c = q->calls[q->head];
        q->head = (q->head + 1) % QUEUE_MAX;
        q->count--;
    }
    pthread_mutex_unlock(&w->lock);
    return c;
}

bool workers_give(struct workers *w, enum workers_pool pool, struct call *c)
{
    struct queue *q = &w->queues[pool];
    pthread_mutex_lock(&w->lock);
    bool room = q->count < sizes[pool].queue && !w->stop;
    if (room) {
        q->calls[(q->head + q->count++) % QUEUE_MAX] = c;
        pthread_cond_signal(&q->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

static void *worker_main(void *arg)
{
    struct worker *self = arg;
    struct call *c;
    while ((c = take(self->all, self->pool))) {
        if (self->pool == WORKERS_KEYS)
            lane_wait_for_keys(c);
        else
            lane_work(c, self->db);
    }
    return NULL;
}

static bool start_one(struct workers *w, enum workers_pool pool, struct service *svc, struct cardea_why *why)
{
    struct worker *k = &w->workers[w->running];
    *k = (struct worker){.all = w, .pool = pool};
    if (store_reader_open(svc->store, &k->db, why) != STORE_OK)
        return false;
    if (pthread_create(&k->thread, NULL, worker_main, k) != 0) {
        snprintf(why->text, sizeof(why->text), "cannot start a thread");
        store_reader_free(k->db);
        return false;
    }
    w->running++;
    return true;
}

bool workers_start(struct workers **out, struct service *svc, struct cardea_why *why)
{
    struct workers *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    pthread_mutex_init(&w->lock, NULL);
    for (int pool = 0; pool < WORKERS_POOLS; pool++)
        pthread_cond_init(&w->queues[pool].wake, NULL);
    for (int pool = 0; pool < WORKERS_POOLS; pool++) {
        for (unsigned i = 0; i < sizes[pool].threads; i++) {
            if (start_one(w, (enum workers_pool)pool, svc, why))
                continue;
            workers_stop(w);
            return false;
        }
    }
    *out = w;
    return true;
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    for (int pool = 0; pool < WORKERS_POOLS; pool++)
        pthread_cond_broadcast(&w->queues[pool].wake);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->running; i++) {
        pthread_join(w->workers[i].thread, NULL);
        store_reader_free(w->workers[i].db);
    }
    for (int pool = 0; pool < WORKERS_POOLS; pool++)
        pthread_cond_destroy(&w->queues[pool].wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
