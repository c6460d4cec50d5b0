#include "store/runner.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

struct unit {
    store_work_fn work;
    store_done_fn done; /* NULL: nobody waits */
    void *arg;
    bool checked;       /* needs no savepoint: store_submit_checked() */
    enum store_err err; /* the unit's own */
};

/* After a checked unit failed in the midst of its changes, so many get savepoints all the same: whoever can bring that
 * about would stop all others else. */
#define WARY_UNITS 4096

struct runner {
    struct store_conn *writer;
    store_publish_fn publish;
    void (*committed)(void *arg);
    void *publish_arg;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work_came, room_came;
    struct unit queue[STORE_QUEUE_MAX]; /* a ring */
    size_t head, count;
    size_t waiting_for_room;
    bool stopping;
    /* the thread's own */
    struct unit group[STORE_GROUP_MAX];
    unsigned wary;                  /* checked units that are not believed yet */
    bool failing, maintain_failing; /* said so in the log: say it once, not a thousand times a second */
};

static enum store_err run_checked(struct runner *r, struct unit *u)
{
    struct store_conn *c = r->writer;
    int64_t before = c->backend->conn->change_count(c);
    u->err = u->work(c, u->arg);
    if (c->broken != STORE_OK || u->err == STORE_OK || c->backend->conn->change_count(c) == before) {
        return c->broken;
    }
    r->wary = WARY_UNITS;
    snprintf(c->error, sizeof c->error, "a change failed half-way, and was undone with those beside it");
    return STORE_UNAVAILABLE;
}

/* Runs one unit behind a savepoint, unless it is alone: then the transaction itself is what rolls back. */
static enum store_err run_unit(struct runner *r, struct unit *u, bool alone)
{
    struct store_conn *c = r->writer;
    const struct store_backend_conn *tx = c->backend->conn;
    size_t touched = c->touched_count;
    if (!alone && u->checked && r->wary == 0) {
        return run_checked(r, u);
    }
    r->wary -= u->checked && r->wary > 0;
    if (!alone && tx->savepoint(c) != STORE_OK) {
        return c->broken;
    }
    u->err = u->work(c, u->arg);
    if (c->broken != STORE_OK || alone) {
        return c->broken;
    }
    if (u->err == STORE_OK) {
        return tx->release(c);
    }
    c->touched_count = touched;
    return tx->rollback_to(c);
}

/* Returns what befell the group as a whole. */
static enum store_err run_transaction(struct runner *r, size_t count)
{
    struct store_conn *c = r->writer;
    const struct store_backend_conn *tx = c->backend->conn;
    c->touched_count = 0;
    c->broken = STORE_OK;
    enum store_err err = tx->begin(c);
    for (size_t i = 0; i < count && err == STORE_OK; i++) {
        err = run_unit(r, &r->group[i], count == 1);
    }
    bool lone_failure = err == STORE_OK && count == 1 && r->group[0].err != STORE_OK;
    if (err == STORE_OK && !lone_failure) {
        err = tx->commit(c);
    }
    if (err != STORE_OK || lone_failure) {
        c->touched_count = 0;
        tx->rollback(c);
    }
    return err;
}

static void log_outcome(struct runner *r, enum store_err err)
{
    if (err != STORE_OK && !r->failing) {
        log_error("%s; changes are refused until it can be written again", r->writer->error);
    } else if (err == STORE_OK && r->failing) {
        log_info("the store can be written again");
    }
    r->failing = err != STORE_OK;
}

static void publish_group(struct runner *r)
{
    struct store_conn *c = r->writer;
    const struct store_backend_conn *tx = c->backend->conn;
    bool held = tx->begin_read(c) == STORE_OK;
    r->publish(r->publish_arg, c, c->touched, c->touched_count);
    if (held) {
        tx->end_read(c);
    }
}

static void run_group(struct runner *r, size_t count)
{
    struct store_conn *c = r->writer;
    enum store_err err = run_transaction(r, count);
    log_outcome(r, err);
    if (err == STORE_OK && c->touched_count > 0 && r->publish) {
        publish_group(r);
    }
    for (size_t i = 0; i < count; i++) {
        if (r->group[i].done) {
            r->group[i].done(r->group[i].arg, err != STORE_OK ? err : r->group[i].err);
        }
    }
    if (err == STORE_OK && r->committed) {
        r->committed(r->publish_arg);
    }
    bool failed = err == STORE_OK && c->backend->conn->maintain(c) != STORE_OK;
    if (failed && !r->maintain_failing) {
        log_warn("%s; nothing is lost, but the log beside the store grows meanwhile", c->error);
    }
    r->maintain_failing = failed;
}

/* Takes what is queued now, at most a group. 0: stopping, and all is done. */
static size_t take_group(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->count == 0 && !r->stopping) {
        pthread_cond_wait(&r->work_came, &r->lock);
    }
    size_t n = r->count < STORE_GROUP_MAX ? r->count : STORE_GROUP_MAX;
    for (size_t i = 0; i < n; i++) {
        r->group[i] = r->queue[(r->head + i) % STORE_QUEUE_MAX];
    }
    r->head = (r->head + n) % STORE_QUEUE_MAX;
    r->count -= n;
    if (n > 0 && r->waiting_for_room > 0) {
        pthread_cond_broadcast(&r->room_came);
    }
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void *runner_main(void *arg)
{
    struct runner *r = arg;
    size_t n;
    while ((n = take_group(r)) > 0) {
        run_group(r, n);
    }
    return NULL;
}

bool runner_start(struct runner **out, struct store_conn *writer, const struct store_options *options)
{
    struct runner *r = calloc(1, sizeof *r);
    if (!r) {
        return false;
    }
    r->writer = writer;
    r->publish = options->publish;
    r->committed = options->committed;
    r->publish_arg = options->publish_arg;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->work_came, NULL);
    pthread_cond_init(&r->room_came, NULL);
    if (pthread_create(&r->thread, NULL, runner_main, r) != 0) {
        pthread_cond_destroy(&r->room_came);
        pthread_cond_destroy(&r->work_came);
        pthread_mutex_destroy(&r->lock);
        free(r);
        return false;
    }
    pthread_setname_np(r->thread, "store-writer");
    *out = r;
    return true;
}

void runner_free(struct runner *r)
{
    if (!r) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->work_came);
    pthread_cond_broadcast(&r->room_came);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->room_came);
    pthread_cond_destroy(&r->work_came);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* With the lock held. */
static bool enqueue(struct runner *r, struct unit u)
{
    if (r->stopping || r->count == STORE_QUEUE_MAX) {
        return false;
    }
    r->queue[(r->head + r->count) % STORE_QUEUE_MAX] = u;
    r->count++;
    if (r->count == 1) {
        pthread_cond_signal(&r->work_came);
    }
    return true;
}

bool runner_submit(struct runner *r, store_work_fn work, store_done_fn done, void *arg)
{
    pthread_mutex_lock(&r->lock);
    bool queued = enqueue(r, (struct unit){.work = work, .done = done, .arg = arg});
    pthread_mutex_unlock(&r->lock);
    return queued;
}

bool runner_submit_checked(struct runner *r, store_work_fn work, store_done_fn done, void *arg)
{
    pthread_mutex_lock(&r->lock);
    bool queued = enqueue(r, (struct unit){.work = work, .done = done, .arg = arg, .checked = true});
    pthread_mutex_unlock(&r->lock);
    return queued;
}

/* A unit that somebody waits for. */
struct awaited {
    store_work_fn work;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    bool done;
    enum store_err err;
};

static enum store_err awaited_work(struct store_conn *c, void *arg)
{
    struct awaited *w = arg;
    return w->work(c, w->arg);
}

static void awaited_done(void *arg, enum store_err err)
{
    struct awaited *w = arg;
    pthread_mutex_lock(&w->lock);
    w->err = err;
    w->done = true;
    pthread_cond_signal(&w->finished);
    pthread_mutex_unlock(&w->lock);
}

enum store_err runner_run(struct runner *r, store_work_fn work, void *arg)
{
    assert(!pthread_equal(pthread_self(), r->thread));
    struct awaited w = {.work = work, .arg = arg};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.finished, NULL);
    pthread_mutex_lock(&r->lock);
    while (r->count == STORE_QUEUE_MAX && !r->stopping) {
        r->waiting_for_room++;
        pthread_cond_wait(&r->room_came, &r->lock);
        r->waiting_for_room--;
    }
    bool queued = enqueue(r, (struct unit){.work = awaited_work, .done = awaited_done, .arg = &w});
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_lock(&w.lock);
    while (queued && !w.done) {
        pthread_cond_wait(&w.finished, &w.lock);
    }
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.finished);
    pthread_mutex_destroy(&w.lock);
    return queued ? w.err : STORE_UNAVAILABLE;
}
