#include "service/webhook_sender.h"

#include <cardea/secret.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/log.h"
#include "base/thread.h"
#include "net/multi.h"
#include "service/reminder_mail.h"
#include "service/webhook_attempt.h"
#include "service/webhook_follow.h"
#include "service/webhook_queue.h"

#define IDLE_CONNECTIONS WEBHOOKS_TOTAL
#define SLOW_MS          1000
#define REST_FIRST_MS    50
#define REST_MAX_MS      2000
#define SETTLE_EACH      256 /* attempts a unit of work */
#define LOOK_AGAIN_MS    1000
#define RETRY_STORE_MS   500
#define CHANGED_MAX      256 /* endpoints between two looks; beyond it all are looked at */

enum unit_state { UNIT_IDLE, UNIT_QUEUED, UNIT_DONE, UNIT_FAILED };

struct changes {
    int64_t ids[CHANGED_MAX];
    size_t count; /* CHANGED_MAX + 1: too many to be named */
};

struct webhooks {
    struct service *svc;
    struct webhooks_options options;
    struct net_options net;
    struct net_multi *multi;
    struct store_conn *db;
    pthread_t thread;
    bool started;
    struct changes staged; /* writer thread: not committed yet */

    pthread_mutex_t lock; /* what follows up to the next blank line */
    struct changes changed;
    bool news, stop;

    /* The thread's own. */
    struct webhook_follow follow;
    struct webhook_settling settling;
    struct webhook_attempt *done, **done_end; /* to be written down */
    struct webhook_queues queues;
    size_t slow_under_way;
    bool follow_more;
    int64_t look_ms;        /* when the outbox is looked at though nobody said that there is news */
    int64_t store_again_ms; /* the store failed: not before */

    _Atomic int follow_unit, settle_unit; /* of enum unit_state; set to the last two by the writer */
    _Atomic uint64_t attempts[WEBHOOKS_OUTCOMES], stopped, under_way;
    _Atomic int64_t seen_to_ms; /* events of before then have their deliveries */
    _Atomic int64_t followed;   /* events up to this one have */
};

static int64_t now_ms(const struct webhooks *w)
{
    return w->svc->now_ms(w->svc->now_arg);
}

/* ---- told by others ---- */

static void add_change(struct changes *c, int64_t id)
{
    if (c->count < CHANGED_MAX)
        c->ids[c->count] = id;
    if (c->count <= CHANGED_MAX)
        c->count++;
}

void webhooks_changed(struct service *svc, int64_t id)
{
    if (svc->webhooks)
        add_change(&svc->webhooks->staged, id);
}

void webhooks_all_changed(struct service *svc)
{
    if (svc->webhooks)
        svc->webhooks->staged.count = CHANGED_MAX + 1;
}

void webhooks_committed(struct service *svc)
{
    struct webhooks *w = svc->webhooks;
    if (!w || (!svc->events_made && !w->staged.count))
        return;
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->staged.count && i < CHANGED_MAX; i++)
        add_change(&w->changed, w->staged.ids[i]);
    if (w->staged.count > CHANGED_MAX)
        w->changed.count = CHANGED_MAX + 1;
    bool asleep = !w->news;
    w->news = true;
    pthread_mutex_unlock(&w->lock);
    w->staged.count = 0;
    svc->events_made = false;
    if (asleep)
        net_multi_wake(w->multi);
}

/* ---- units of work of its own ---- */

static void follow_done(void *arg, enum store_err err)
{
    struct webhooks *w = arg;
    atomic_store(&w->follow_unit, err == STORE_OK ? UNIT_DONE : UNIT_FAILED);
    net_multi_wake(w->multi);
}

static void settle_done(void *arg, enum store_err err)
{
    struct webhooks *w = arg;
    atomic_store(&w->settle_unit, err == STORE_OK ? UNIT_DONE : UNIT_FAILED);
    net_multi_wake(w->multi);
}

static enum store_err follow_work(struct store_conn *db, void *arg)
{
    struct webhooks *w = arg;
    return webhook_follow_work(db, &w->follow);
}

static enum store_err settle_work(struct store_conn *db, void *arg)
{
    struct webhooks *w = arg;
    return webhook_attempts_settle(db, &w->settling);
}

static void submit(struct webhooks *w, _Atomic int *state, store_work_fn work, store_done_fn done)
{
    atomic_store(state, UNIT_QUEUED);
    if (!store_submit(w->svc->store, work, done, w))
        atomic_store(state, UNIT_FAILED);
}

static void store_failed(struct webhooks *w, const char *what)
{
    log_warn("%s: it is tried again", what);
    counter_add(&w->svc->counters.chores_failed[CHORE_WEBHOOKS], 1);
    w->store_again_ms = now_ms(w) + RETRY_STORE_MS;
}

/* ---- following the outbox ---- */

static void follow_finish(struct webhooks *w)
{
    int state = atomic_load(&w->follow_unit);
    if (state == UNIT_DONE) {
        webhook_follow_committed(&w->follow);
        for (size_t i = 0; i < w->follow.count; i++)
            webhook_queue_news(&w->queues, webhook_queue_of(&w->queues, w->follow.made[i].webhook_id));
    } else if (state == UNIT_FAILED) {
        store_failed(w, "events for webhooks cannot be written");
        w->follow_more = true;
    } else {
        return;
    }
    atomic_store(&w->follow_unit, UNIT_IDLE);
}

static void follow_on(struct webhooks *w)
{
    bool ready = false, more = true;
    if (!w->follow_more || atomic_load(&w->follow_unit) != UNIT_IDLE || now_ms(w) < w->store_again_ms)
        return;
    enum store_err err = STORE_OK;
    while (err == STORE_OK && more && !ready)
        err = webhook_follow_read(&w->follow, w->db, &ready, &more);
    w->follow_more = more;
    if (err != STORE_OK) {
        w->follow_more = true;
        store_failed(w, "events for webhooks cannot be read");
    } else if (ready) {
        submit(w, &w->follow_unit, follow_work, follow_done);
    }
}

/* ---- writing down what was tried ---- */

static void free_attempt(struct webhook_attempt *x)
{
    struct arena arena = x->arena; /* it holds x itself */
    arena_release(&arena);
}

static void settle_finish(struct webhooks *w)
{
    int state = atomic_load(&w->settle_unit);
    if (state != UNIT_DONE && state != UNIT_FAILED)
        return;
    struct webhook_attempt *x = w->settling.list;
    w->settling.list = NULL;
    if (state == UNIT_FAILED) { /* all of it once more */
        store_failed(w, "what became of webhooks cannot be written");
        struct webhook_attempt *last = x;
        while (last->next)
            last = last->next;
        if (!w->done)
            w->done_end = &last->next;
        last->next = w->done;
        w->done = x;
        x = NULL;
    }
    for (struct webhook_attempt *next; x; x = next) {
        next = x->next;
        webhook_queue_settled(&w->queues, x->queue, x->row.id, x->again_at_ms);
        free_attempt(x);
    }
    for (int i = 0; i < WEBHOOKS_OUTCOMES && state == UNIT_DONE; i++)
        atomic_fetch_add(&w->attempts[i], w->settling.outcomes[i]);
    if (state == UNIT_DONE && w->settling.stopped) {
        atomic_fetch_add(&w->stopped, w->settling.stopped);
        reminder_mail_wake(w->svc->reminder_mail);
    }
    atomic_store(&w->settle_unit, UNIT_IDLE);
}

static void settle_on(struct webhooks *w)
{
    if (!w->done || atomic_load(&w->settle_unit) != UNIT_IDLE || now_ms(w) < w->store_again_ms)
        return;
    struct webhook_attempt *last = w->done;
    for (size_t n = 1; n < SETTLE_EACH && last->next; n++)
        last = last->next;
    w->settling = (struct webhook_settling){.svc = w->svc, .options = &w->options, .list = w->done};
    w->done = last->next;
    last->next = NULL;
    if (!w->done)
        w->done_end = &w->done;
    submit(w, &w->settle_unit, settle_work, settle_done);
}

static void ended(struct webhooks *w, struct webhook_attempt *x)
{
    x->next = NULL;
    *w->done_end = x;
    w->done_end = &x->next;
}

/* ---- sending ---- */

/* What fails is left alone for a moment, longer each time, so that all that waits for it does not fail in a row. */
static int64_t rest_after(unsigned failures)
{
    int64_t rest = (int64_t)REST_FIRST_MS << (failures < 10 ? failures - 1 : 9);
    return rest < REST_MAX_MS ? rest : REST_MAX_MS;
}

static void on_answer(void *arg, enum net_result result, struct net_reply *reply)
{
    struct webhook_attempt *x = arg;
    struct webhook_queue *q = x->queue;
    struct webhooks *w = q->all->owner;
    webhook_attempt_judge(x, result, reply);
    w->slow_under_way -= x->slow;
    q->under_way--;
    q->failing = x->result != WEBHOOK_DONE;
    q->slow = q->failing || x->latency_ms > SLOW_MS;
    q->failures = q->failing ? q->failures + 1 : 0;
    q->rest_until_ms = q->failing ? now_ms(w) + rest_after(q->failures) : 0;
    ended(w, x);
    webhook_queue_due(&w->queues, q, 0);
}

static bool has_room(const struct webhooks *w, const struct webhook_queue *q)
{
    size_t total = net_multi_under_way(w->multi);
    return total < WEBHOOKS_TOTAL && (!q->slow || w->slow_under_way < WEBHOOKS_TOTAL / 2);
}

static void send_one(struct webhooks *w, struct webhook_queue *q, const struct store_webhook_delivery *row)
{
    struct webhook_attempt *x = webhook_queue_take(q, row);
    if (!webhook_attempt_prepare(x, &q->target, w->db, now_ms(w))) {
        ended(w, x);
        return;
    }
    struct net_request request = {
        .post = true, .body = x->body, .headers = x->headers, .header_count = x->header_count};
    x->slow = q->slow;
    w->slow_under_way += x->slow;
    q->under_way++;
    net_multi_start(w->multi, q->target.url, &request, &w->net, on_answer, x);
}

/* Sends what an endpoint may have at once; says when it is to be looked at again. */
static void serve_queue(struct webhooks *w, struct webhook_queue *q)
{
    size_t each = q->failing ? WEBHOOKS_EACH_FAILED : WEBHOOKS_EACH;
    const struct store_webhook_delivery *row;
    if (now_ms(w) < q->rest_until_ms) {
        webhook_queue_due(&w->queues, q, q->rest_until_ms);
        return;
    }
    while (q->under_way < each) {
        if (!has_room(w, q)) {
            webhook_queue_wait(&w->queues, q);
            return;
        }
        row = webhook_queue_next(&w->queues, q, w->svc, w->db, now_ms(w));
        if (!row)
            return; /* it has said when */
        send_one(w, q, row);
    }
}

static void send_due(struct webhooks *w)
{
    struct webhook_queue *q;
    webhook_queues_resume(&w->queues);
    while ((q = webhook_queues_pop(&w->queues, now_ms(w))))
        serve_queue(w, q);
}

/* ---- the thread ---- */

static bool take_news(struct webhooks *w)
{
    struct changes changed;
    pthread_mutex_lock(&w->lock);
    bool stop = w->stop;
    int64_t now = now_ms(w);
    w->follow_more |= w->news || now >= w->look_ms || now < w->look_ms - LOOK_AGAIN_MS;
    if (w->follow_more)
        w->look_ms = now + LOOK_AGAIN_MS;
    w->news = false;
    changed = w->changed;
    w->changed.count = 0;
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < changed.count && i < CHANGED_MAX; i++)
        webhook_queue_forget(&w->queues, webhook_queue_of(&w->queues, changed.ids[i]));
    if (changed.count > CHANGED_MAX)
        webhook_queues_forget_all(&w->queues);
    return !stop;
}

static int64_t wait_for(const struct webhooks *w)
{
    int64_t now = now_ms(w), due = webhook_queues_next_due(&w->queues), wait = LOOK_AGAIN_MS;
    bool idle = atomic_load(&w->settle_unit) == UNIT_IDLE && atomic_load(&w->follow_unit) == UNIT_IDLE;
    if ((w->done || w->follow_more) && idle)
        wait = w->store_again_ms > now ? w->store_again_ms - now : 0;
    if (due - now < wait)
        wait = due - now;
    return wait < 0 ? 0 : wait;
}

/* What was queued by an earlier process. */
static void find_waiting(struct webhooks *w)
{
    int64_t id = 0;
    while (store_webhook_next_waiting(w->db, id, &id) == STORE_OK && id)
        webhook_queue_due(&w->queues, webhook_queue_of(&w->queues, id), 0);
}

/* A store that fails and a thread that hangs both show as a time that stays. */
static void note_progress(struct webhooks *w)
{
    bool behind = w->follow_more || atomic_load(&w->follow_unit) != UNIT_IDLE;
    int64_t at = behind ? id_ms(w->follow.place) : now_ms(w);
    if (!behind || at > atomic_load(&w->seen_to_ms))
        atomic_store(&w->seen_to_ms, at);
    atomic_store(&w->followed, w->follow.place);
    atomic_store(&w->under_way, net_multi_under_way(w->multi));
}

static void *sender_main(void *arg)
{
    struct webhooks *w = arg;
    find_waiting(w);
    while (take_news(w)) {
        follow_finish(w);
        settle_finish(w);
        follow_on(w);
        send_due(w);
        settle_on(w);
        note_progress(w);
        net_multi_turn(w->multi, wait_for(w));
    }
    return NULL;
}

/* ---- its life ---- */

/* On the writer's thread, which is told of commits from then on; the thread has looked at what was before, or will. */
static enum store_err take_office(struct store_conn *db, void *arg)
{
    struct webhooks *w = arg;
    w->svc->webhooks = w;
    return STORE_OK;
}

bool webhooks_start(struct service *svc, const struct webhooks_options *options, struct cardea_why *why)
{
    struct webhooks *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    w->svc = svc;
    w->options = *options;
    w->net = (struct net_options){.total_timeout_ms = WEBHOOKS_TIMEOUT_MS,
                                  .body_max = WEBHOOKS_REPLY_MAX,
                                  .cut_body = true,
                                  .accept = "*/*",
                                  .ca_file = options->ca_file,
                                  .allow_http = options->allow_http,
                                  .allowed = options->allowed,
                                  .allowed_count = options->allowed_count};
    w->done_end = &w->done;
    atomic_store(&w->seen_to_ms, now_ms(w));
    w->multi = net_multi_new(IDLE_CONNECTIONS);
    webhook_queues_init(&w->queues, w);
    pthread_mutex_init(&w->lock, NULL);
    bool ok = store_reader_open(svc->store, &w->db, why) == STORE_OK;
    if (ok && webhook_follow_open(&w->follow, svc, w->db) != STORE_OK) {
        snprintf(why->text, sizeof(why->text), "%s", store_error_text(w->db));
        ok = false;
    }
    w->started = ok && thread_start(&w->thread, sender_main, w);
    if (ok && !w->started)
        snprintf(why->text, sizeof(why->text), "cannot start a thread");
    if (w->started)
        return store_run(svc->store, take_office, w) == STORE_OK;
    webhooks_stop(w);
    return false;
}

/* On the writer's thread, behind the units that are under way: nobody tells us of commits from here on. */
static enum store_err take_leave(struct store_conn *db, void *arg)
{
    struct service *svc = arg;
    svc->webhooks = NULL;
    return STORE_OK;
}

bool webhooks_stop(struct webhooks *w)
{
    if (!w)
        return true;
    if (w->started) {
        pthread_mutex_lock(&w->lock);
        w->stop = true;
        pthread_mutex_unlock(&w->lock);
        net_multi_wake(w->multi);
        pthread_join(w->thread, NULL);
        store_run(w->svc->store, take_leave, w->svc);
        settle_finish(w);
        if (w->done) { /* once more, so that what has arrived is not sent again */
            w->settling = (struct webhook_settling){.svc = w->svc, .options = &w->options, .list = w->done};
            w->done = NULL;
            store_run(w->svc->store, settle_work, w);
        }
    }
    store_reader_free(w->db);
    if (!net_multi_free(w->multi))
        return false;
    for (struct webhook_attempt *x = w->settling.list, *next; x; x = next) {
        next = x->next;
        free_attempt(x);
    }
    webhook_queues_release(&w->queues);
    webhook_follow_release(&w->follow);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return true;
}

bool webhooks_url_check(const struct webhooks *w, const char *url, char why[NET_WHY_MAX])
{
    static const struct net_options strict = {0};
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p > '~') {
            snprintf(why, NET_WHY_MAX, "a URL is of plain ASCII, without spaces: write a name in its xn-- form");
            return false;
        }
    if (strncasecmp(url, "https://", 8) != 0 && strncasecmp(url, "http://", 7) != 0) {
        snprintf(why, NET_WHY_MAX, "the URL does not start with https://");
        return false;
    }
    return net_url_check(url, w ? &w->net : &strict, why);
}

int64_t webhooks_followed(const struct service *svc)
{
    return svc->webhooks ? atomic_load(&svc->webhooks->followed) : 0;
}

void webhooks_stats(const struct webhooks *w, struct webhooks_stats *out)
{
    *out = (struct webhooks_stats){0};
    if (!w)
        return;
    for (int i = 0; i < WEBHOOKS_OUTCOMES; i++)
        out->attempts[i] = atomic_load(&w->attempts[i]);
    out->stopped = atomic_load(&w->stopped);
    out->under_way = atomic_load(&w->under_way);
    int64_t behind = now_ms(w) - atomic_load(&w->seen_to_ms);
    out->behind_ms = behind > 0 ? behind : 0;
}
