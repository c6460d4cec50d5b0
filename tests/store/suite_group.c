/* The writer: groups, savepoints, the order of publishing and answering, the feed, many threads at once. */
#include "suite.h"

#include <pthread.h>
#include <semaphore.h>

/* What happened, in order. Written on the writer thread, read once it has answered. */
struct history {
    int events[2 * STORE_GROUP_MAX]; /* a unit's number, or PUBLISHED */
    enum store_err errs[2 * STORE_GROUP_MAX];
    size_t count;
    struct store_touch touched[2 * STORE_GROUP_MAX];
    size_t touched_count;
    bool readable; /* each published key could be read on the publisher's connection */
};
#define PUBLISHED (-1)

struct step {
    struct history *history;
    int number;
    struct store_key key;
    int64_t limit;        /* for create_within_limit */
    enum store_err after; /* what the unit returns once it has inserted */
    sem_t *done;
};

static void record_publish(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count)
{
    struct history *h = arg;
    struct arena a = {0};
    struct store_key row;
    h->events[h->count++] = PUBLISHED;
    h->readable = true;
    for (size_t i = 0; i < count; i++) {
        h->touched[h->touched_count++] = touched[i];
        h->readable &= touched[i].entity != STORE_KEY || store_key_get(c, &a, touched[i].id, &row) == STORE_OK;
    }
    arena_release(&a);
}

static enum store_err insert_step(struct store_conn *c, void *arg)
{
    struct step *s = arg;
    enum store_err err = store_key_insert(c, &s->key);
    return err == STORE_OK ? s->after : err;
}

static void record_done(void *arg, enum store_err err)
{
    struct step *s = arg;
    s->history->errs[s->history->count] = err;
    s->history->events[s->history->count++] = s->number;
    sem_post(s->done);
}

/* Holds the writer until released, so that what is submitted meanwhile makes one group. */
struct gate {
    sem_t entered, leave;
};

static enum store_err hold(struct store_conn *c, void *arg)
{
    (void)c;
    struct gate *g = arg;
    sem_post(&g->entered);
    sem_wait(&g->leave);
    return STORE_OK;
}

static void gate_close(struct gate *g)
{
    sem_init(&g->entered, 0, 0);
    sem_init(&g->leave, 0, 0);
    assert_true(store_submit(suite.store, hold, NULL, g));
    sem_wait(&g->entered);
}

static void test_group_survives_a_failing_unit(void **state)
{
    (void)state;
    int64_t account = suite_account(), before = suite_position();
    struct history h = {.count = 0};
    struct step steps[6];
    struct gate gate;
    sem_t done;
    sem_init(&done, 0, 0);
    suite.publish_arg = &h;
    suite.publish = record_publish;
    gate_close(&gate);
    for (int i = 0; i < 6; i++) {
        steps[i] = (struct step){.history = &h, .number = i, .key = suite_key(account), .done = &done};
    }
    steps[1].after = STORE_CONFLICT; /* after it has inserted */
    steps[3].after = STORE_NOTFOUND;
    steps[4].key.digest = steps[0].key.digest; /* refused by the store itself */
    for (int i = 0; i < 6; i++) {
        assert_true(store_submit(suite.store, insert_step, record_done, &steps[i]));
    }
    sem_post(&gate.leave);
    for (int i = 0; i < 6; i++) {
        sem_wait(&done);
    }
    suite.publish = NULL;

    static const int order[] = {PUBLISHED, 0, 1, 2, 3, 4, 5};
    static const enum store_err errs[] = {0,       STORE_OK, STORE_CONFLICT, STORE_OK, STORE_NOTFOUND, STORE_CONFLICT,
                                          STORE_OK};
    assert_int_equal(h.count, 7);
    assert_memory_equal(h.events, order, sizeof order);
    for (int i = 1; i < 7; i++) {
        assert_int_equal(h.errs[i], errs[i]);
    }
    static const int kept[] = {0, 2, 5};
    assert_true(h.readable);
    assert_int_equal(h.touched_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(h.touched[i].entity, STORE_KEY);
        assert_int_equal(h.touched[i].id, steps[kept[i]].key.id);
        assert_int_equal(h.touched[i].position, before + 1 + i);
        assert_int_equal(steps[kept[i]].key.ordinal, steps[0].key.ordinal + (uint32_t)i);
    }
    struct store_key got;
    assert_err(STORE_NOTFOUND, store_key_get(suite.reader, &suite.arena, steps[1].key.id, &got));
    assert_err(STORE_NOTFOUND, store_key_get(suite.reader, &suite.arena, steps[3].key.id, &got));
    assert_int_equal(suite_position(), before + 3);
}

static void test_lone_unit_rolls_back(void **state)
{
    (void)state;
    int64_t before = suite_position() + 1; /* the account's */
    struct step s = {.key = suite_key(suite_account()), .after = STORE_CONFLICT};
    struct history h = {.count = 0};
    struct store_key got;
    suite.publish_arg = &h;
    suite.publish = record_publish;
    assert_err(STORE_CONFLICT, run(insert_step, &s));
    suite.publish = NULL;
    assert_int_equal(h.count, 0); /* nothing to publish */
    assert_int_equal(suite_position(), before);
    assert_err(STORE_NOTFOUND, store_key_get(suite.reader, &suite.arena, s.key.id, &got));
    uint32_t ordinal = s.key.ordinal;
    s.after = STORE_OK;
    assert_ok(run(insert_step, &s));
    assert_int_equal(s.key.ordinal, ordinal);
}

/* ---- units that were checked first ---- */

struct checked_group {
    struct history history;
    struct step steps[4];
};

/* Four checked units in one group. The second fails before it has changed anything (a digest that is taken), the third
 * as `after` says once it has inserted. */
static void run_checked_group(struct checked_group *g, int64_t account, const struct cardea_digest *taken,
                              enum store_err after)
{
    struct gate gate;
    sem_t done;
    *g = (struct checked_group){0};
    sem_init(&done, 0, 0);
    suite.publish_arg = &g->history;
    suite.publish = record_publish;
    gate_close(&gate);
    for (int i = 0; i < 4; i++) {
        g->steps[i] = (struct step){.history = &g->history, .number = i, .key = suite_key(account), .done = &done};
    }
    g->steps[1].key.digest = *taken;
    g->steps[2].after = after;
    for (int i = 0; i < 4; i++) {
        assert_true(store_submit_checked(suite.store, insert_step, record_done, &g->steps[i]));
    }
    sem_post(&gate.leave);
    for (int i = 0; i < 4; i++) {
        sem_wait(&done);
    }
    suite.publish = NULL;
}

/* Whose keys are there, as bits. */
static unsigned kept(const struct checked_group *g)
{
    struct store_key row;
    unsigned bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        bool there = store_key_get(suite.reader, &suite.arena, g->steps[i].key.id, &row) == STORE_OK;
        bits |= (unsigned)there << i;
    }
    return bits;
}

static void test_checked_units(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct step first = {.key = suite_key(account)};
    static struct checked_group g;
    assert_ok(run(insert_step, &first));
    int64_t before = suite_position();

    /* One that fails before its first change disturbs nobody, and uses up nothing. */
    run_checked_group(&g, account, &first.key.digest, STORE_OK);
    assert_int_equal(kept(&g), 0xd);
    assert_int_equal(g.history.touched_count, 3);
    assert_err(STORE_CONFLICT, g.history.errs[2]);
    assert_int_equal(g.steps[3].key.ordinal, first.key.ordinal + 3);
    assert_int_equal(suite_position(), before + 3);

    /* One that fails after it takes all along: nothing of it may stay, and nothing is told apart. */
    run_checked_group(&g, account, &first.key.digest, STORE_CONFLICT);
    assert_int_equal(kept(&g), 0);
    assert_int_equal(g.history.touched_count, 0);
    for (int i = 0; i < 4; i++) {
        assert_err(STORE_UNAVAILABLE, g.history.errs[i]);
    }
    assert_int_equal(suite_position(), before + 3);

    /* But not again and again. */
    run_checked_group(&g, account, &first.key.digest, STORE_CONFLICT);
    assert_int_equal(kept(&g), 0x9);
    assert_int_equal(suite_position(), before + 5);
}

/* ---- the queue ---- */

static enum store_err nothing(struct store_conn *c, void *arg)
{
    (void)c, (void)arg;
    return STORE_OK;
}

static void post_done(void *arg, enum store_err err)
{
    assert_int_equal(err, STORE_OK);
    sem_post(arg);
}

static void *run_nothing(void *arg)
{
    *(enum store_err *)arg = run(nothing, NULL);
    return NULL;
}

static void test_full_queue(void **state)
{
    (void)state;
    struct gate gate;
    sem_t done;
    sem_init(&done, 0, 0);
    gate_close(&gate);
    for (int i = 0; i < STORE_QUEUE_MAX; i++) {
        assert_true(store_submit(suite.store, nothing, post_done, &done));
    }
    assert_false(store_submit(suite.store, nothing, post_done, &done));
    pthread_t thread; /* who waits anyway waits for room too */
    enum store_err err = STORE_FULL;
    assert_int_equal(pthread_create(&thread, NULL, run_nothing, &err), 0);
    sem_post(&gate.leave);
    for (int i = 0; i < STORE_QUEUE_MAX; i++) {
        sem_wait(&done);
    }
    pthread_join(thread, NULL);
    assert_int_equal(err, STORE_OK);
}

/* A done callback may submit the next unit. */
struct chain {
    sem_t finished;
    int left;
    struct store_key key;
};

static enum store_err chain_work(struct store_conn *c, void *arg)
{
    struct chain *chain = arg;
    return store_key_insert(c, &chain->key);
}

static void chain_done(void *arg, enum store_err err)
{
    struct chain *chain = arg;
    assert_int_equal(err, STORE_OK);
    chain->key = suite_key(chain->key.account_id);
    if (--chain->left == 0 || !store_submit(suite.store, chain_work, chain_done, chain)) {
        sem_post(&chain->finished);
    }
}

static void test_chain(void **state)
{
    (void)state;
    struct chain chain = {.left = 20, .key = suite_key(suite_account())};
    int64_t before = suite_position();
    sem_init(&chain.finished, 0, 0);
    assert_true(store_submit(suite.store, chain_work, chain_done, &chain));
    sem_wait(&chain.finished);
    assert_int_equal(chain.left, 0);
    assert_int_equal(suite_position(), before + 20);
}

/* ---- many threads ---- */

#define THREADS 8
#define SUBMITS 500

struct client {
    pthread_t thread;
    int64_t account;
    sem_t done;
    struct step steps[SUBMITS];
    int refused;
};

static void client_done(void *arg, enum store_err err)
{
    struct step *s = arg;
    assert_int_equal(err, s->after);
    sem_post(s->done);
}

static void *client_main(void *arg)
{
    struct client *c = arg;
    for (int i = 0; i < SUBMITS; i++) {
        c->steps[i] = (struct step){.key = suite_key(c->account), .done = &c->done};
        c->steps[i].after = i % 10 == 9 ? STORE_CONFLICT : STORE_OK;
        while (!store_submit(suite.store, insert_step, client_done, &c->steps[i])) {
            c->refused++;
            sem_wait(&c->done); /* one has been answered: there was room */
            sem_post(&c->done);
        }
    }
    for (int i = 0; i < SUBMITS; i++) {
        sem_wait(&c->done);
    }
    return NULL;
}

struct followed {
    int64_t last;
    size_t keys;
    int64_t stop_at;
};

static enum store_err follow(void *arg, const struct store_touch *t)
{
    struct followed *f = arg;
    assert_int_equal(t->position, f->last + 1);
    f->last = t->position;
    f->keys += t->entity == STORE_KEY;
    return t->position == f->stop_at ? STORE_CONFLICT : STORE_OK;
}

static void dense_publish(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count)
{
    (void)c;
    for (size_t i = 0; i < count; i++) {
        (void)follow(arg, &touched[i]);
    }
}

static void test_many_threads(void **state)
{
    (void)state;
    int64_t account = suite_account(), before = suite_position();
    struct client *clients = calloc(THREADS, sizeof *clients);
    struct followed published = {.last = before};
    assert_non_null(clients);
    suite.publish_arg = &published;
    suite.publish = dense_publish;
    for (int i = 0; i < THREADS; i++) {
        clients[i].account = account;
        sem_init(&clients[i].done, 0, 0);
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_main, &clients[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    suite.publish = NULL;
    free(clients);
    int64_t made = THREADS * SUBMITS / 10 * 9, count;
    assert_int_equal(suite_position(), before + made);
    assert_int_equal(published.last, before + made);
    struct followed f = {.last = before};
    assert_ok(store_feed_since(suite.reader, before, follow, &f));
    assert_int_equal(f.keys, made);
    assert_ok(store_key_count_active(suite.reader, account, STR("key"), SUITE_NOW, &count));
    assert_int_equal(count, made);
}

/* The limit is checked where the key is made, so racing does not get past it. */
static enum store_err create_within_limit(struct store_conn *c, void *arg)
{
    struct step *s = arg;
    int64_t active = 0;
    enum store_err err = store_key_count_active(c, s->key.account_id, s->key.kind, SUITE_NOW, &active);
    if (err == STORE_OK && active >= s->limit) {
        err = STORE_CONFLICT;
    }
    return err == STORE_OK ? store_key_insert(c, &s->key) : err;
}

static void *race_for_keys(void *arg)
{
    struct client *c = arg;
    for (int i = 0; i < 20; i++) {
        c->steps[i] = (struct step){.key = suite_key(c->account), .limit = 10};
        c->refused += run(create_within_limit, &c->steps[i]) == STORE_CONFLICT;
    }
    return NULL;
}

static void test_key_limit_raced(void **state)
{
    (void)state;
    int64_t account = suite_account(), count;
    struct client *clients = calloc(THREADS, sizeof *clients);
    assert_non_null(clients);
    int refused = 0;
    for (int i = 0; i < THREADS; i++) {
        clients[i].account = account;
        assert_int_equal(pthread_create(&clients[i].thread, NULL, race_for_keys, &clients[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(clients[i].thread, NULL);
        refused += clients[i].refused;
    }
    free(clients);
    assert_int_equal(refused, THREADS * 20 - 10);
    assert_ok(store_key_count_active(suite.reader, account, STR(""), SUITE_NOW, &count));
    assert_int_equal(count, 10);
}

/* ---- feed, reopening ---- */

static void test_feed(void **state)
{
    (void)state;
    int64_t before = suite_position();
    struct followed f = {.last = before};
    assert_ok(store_feed_since(suite.reader, before, follow, &f));
    assert_int_equal(f.last, before);
    suite_account();
    suite_account();
    suite_account();
    f.stop_at = before + 2;
    assert_err(STORE_CONFLICT, store_feed_since(suite.reader, before, follow, &f));
    f = (struct followed){.last = before + 2};
    assert_ok(store_feed_since(suite.reader, before + 2, follow, &f));
    assert_int_equal(f.last, before + 3);
    assert_err(STORE_NOTFOUND, store_feed_since(suite.reader, before + 4, follow, &f)); /* beyond the end */
    f = (struct followed){.last = 0};
    assert_ok(store_feed_since(suite.reader, 0, follow, &f)); /* from the very first */
    assert_int_equal(f.last, before + 3);
}

UNIT(key_insert, struct store_key, store_key_insert(c, row))

static void test_reopen(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct store_key got, first = suite_key(account), second = suite_key(account);
    assert_ok(run(key_insert, &first));
    int64_t before = suite_position();
    suite_close();
    suite_open();
    assert_int_equal(suite_position(), before);
    assert_ok(store_key_get(suite.reader, &suite.arena, first.id, &got));
    assert_ok(run(key_insert, &second));
    assert_int_equal(second.ordinal, first.ordinal + 1);
    assert_int_equal(suite_position(), before + 1);
}

/* Closing runs what is queued. */
static void test_close_drains(void **state)
{
    (void)state;
    struct gate gate;
    sem_t done;
    int posted;
    sem_init(&done, 0, 0);
    gate_close(&gate);
    for (int i = 0; i < 200; i++) {
        assert_true(store_submit(suite.store, nothing, post_done, &done));
    }
    sem_post(&gate.leave);
    suite_close();
    sem_getvalue(&done, &posted);
    assert_int_equal(posted, 200);
    suite_open();
}

/* A reader is a reader. */
static void test_reader_cannot_write(void **state)
{
    (void)state;
    int64_t before = suite_position();
    struct store_account row = {.id = suite_id(), .profile = STR("p"), .slug = suite_slug()};
    assert_err(STORE_UNAVAILABLE, store_account_insert(suite.reader, &row));
    assert_true(strlen(store_error_text(suite.reader)) > 0);
    assert_int_equal(suite_position(), before);
}

const struct CMUnitTest suite_group_tests[] = {
    cmocka_unit_test(test_group_survives_a_failing_unit),
    cmocka_unit_test(test_lone_unit_rolls_back),
    cmocka_unit_test(test_checked_units),
    cmocka_unit_test(test_full_queue),
    cmocka_unit_test(test_chain),
    cmocka_unit_test(test_many_threads),
    cmocka_unit_test(test_key_limit_raced),
    cmocka_unit_test(test_feed),
    cmocka_unit_test(test_reopen),
    cmocka_unit_test(test_close_drains),
    cmocka_unit_test(test_reader_cannot_write),
};
const size_t suite_group_test_count = sizeof suite_group_tests / sizeof *suite_group_tests;
