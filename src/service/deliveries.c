#include "service/deliveries.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/id.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "service/delivery.h"

#define LIST_MAX      64
#define LOOK_AGAIN_MS 60000 /* whatever the clock does meanwhile */
#define STOP_WAIT_MS  500

struct deliveries {
    struct service *svc;
    struct deliveries_options options;
    pthread_mutex_t lock; /* all that follows */
    pthread_cond_t changed;
    struct store_conn *db;
    struct store_message_due list[LIST_MAX]; /* from `next` on: to be taken */
    size_t next, count;
    int64_t due_at_ms;                /* when the list is to be read again; 0: now */
    int64_t busy[DELIVERIES_THREADS]; /* messages under way; 0: none */
    unsigned threads;
    bool stop;
    _Atomic uint64_t outcomes[2][DELIVERIES_OUTCOMES];
};

static int64_t now_ms(const struct deliveries *d)
{
    return d->svc->now_ms(d->svc->now_arg);
}

/* ---- what comes next; under the lock ---- */

static bool is_busy(const struct deliveries *d, int64_t id)
{
    for (unsigned i = 0; i < DELIVERIES_THREADS; i++)
        if (d->busy[i] == id)
            return true;
    return false;
}

static void read_list(struct deliveries *d)
{
    int64_t now = now_ms(d), next = 0;
    d->next = d->count = 0;
    enum store_err err = store_message_due(d->db, now, DELIVERIES_EACH, LIST_MAX, d->list, &d->count);
    if (err == STORE_OK)
        err = store_message_next_due(d->db, &next);
    if (err != STORE_OK)
        log_warn("what is to be delivered cannot be read: %s", store_error_text(d->db));
    bool all_busy = true;
    for (size_t i = 0; i < d->count; i++)
        all_busy &= is_busy(d, d->list[i].id);
    if (d->count && !all_busy)
        return;
    /* Nothing for now: until the next one's time comes, or somebody says that it has. */
    d->count = 0;
    d->due_at_ms = next > now && next < now + LOOK_AGAIN_MS ? next : now + LOOK_AGAIN_MS;
}

static bool take(struct deliveries *d, unsigned self, struct store_message_due *out)
{
    if (d->next == d->count && now_ms(d) >= d->due_at_ms)
        read_list(d);
    while (d->next < d->count) {
        *out = d->list[d->next++];
        if (is_busy(d, out->id))
            continue;
        d->busy[self] = out->id;
        return true;
    }
    return false;
}

static void wait_for_more(struct deliveries *d)
{
    int64_t wait = d->due_at_ms - now_ms(d);
    struct timespec until = thread_in_ms(wait < 1 ? 1 : wait > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : wait);
    pthread_cond_timedwait(&d->changed, &d->lock, &until);
}

/* ---- one message ---- */

static void count(struct deliveries *d, const struct delivery *x)
{
    enum deliveries_outcome outcome = x->result == DELIVERY_DONE             ? DELIVERIES_DELIVERED
                                      : x->row.state == STORE_MESSAGE_FAILED ? DELIVERIES_FAILED
                                                                             : DELIVERIES_RETRIED;
    if (x->result != DELIVERY_LATER)
        atomic_fetch_add(&d->outcomes[x->row.channel == STORE_CHANNEL_SMTP][outcome], 1);
}

/* Without the lock, but for the read. False: the daemon stops, and nothing of it may be touched any more. */
static bool deliver(struct deliveries *d, const struct store_message_due *due)
{
    struct arena arena = {0};
    struct delivery x = {.svc = d->svc, .options = &d->options, .arena = &arena};
    bool ready = delivery_read(&x, d->db, due->id);
    pthread_mutex_unlock(&d->lock);
    if (ready)
        delivery_try(&x);
    pthread_mutex_lock(&d->lock);
    bool stop = d->stop;
    if (ready && !stop) {
        pthread_mutex_unlock(&d->lock);
        if (store_run(d->svc->store, delivery_settle, &x) == STORE_OK)
            count(d, &x);
        else
            log_warn("what became of a message cannot be written: it may be sent again");
        pthread_mutex_lock(&d->lock);
    }
    arena_release(&arena);
    return !stop;
}

static void *delivery_main(void *arg)
{
    struct deliveries *d = arg;
    struct store_message_due due;
    pthread_mutex_lock(&d->lock);
    unsigned self = d->threads++;
    pthread_cond_broadcast(&d->changed);
    while (!d->stop) {
        if (!take(d, self, &due)) {
            wait_for_more(d);
            continue;
        }
        bool goes_on = deliver(d, &due);
        d->busy[self] = 0;
        d->due_at_ms = 0; /* its address has room again */
        pthread_cond_broadcast(&d->changed);
        if (!goes_on)
            break;
    }
    d->threads--;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* ---- its life ---- */

bool deliveries_start(struct deliveries **out, struct service *svc, const struct deliveries_options *options,
                      struct cardea_why *why)
{
    struct deliveries *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    d->svc = svc;
    d->options = *options;
    pthread_mutex_init(&d->lock, NULL);
    thread_cond_init(&d->changed);
    bool ok = store_reader_open(svc->store, &d->db, why) == STORE_OK;
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; ok && i < DELIVERIES_THREADS; i++) {
        ok = thread_start(NULL, delivery_main, d);
        if (!ok)
            snprintf(why->text, sizeof(why->text), "cannot start a thread");
        while (ok && d->threads <= i) /* each takes its number in turn */
            pthread_cond_wait(&d->changed, &d->lock);
    }
    pthread_mutex_unlock(&d->lock);
    if (ok)
        *out = d;
    else
        deliveries_stop(d);
    return ok;
}

void deliveries_wake(struct deliveries *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->due_at_ms = 0;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

bool deliveries_stop(struct deliveries *d)
{
    if (!d)
        return true;
    struct timespec until = thread_in_ms(STOP_WAIT_MS);
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_broadcast(&d->changed);
    int rc = 0;
    while (d->threads && rc == 0)
        rc = pthread_cond_timedwait(&d->changed, &d->lock, &until);
    bool ended = d->threads == 0;
    store_reader_free(d->db); /* a thread that is left reads no more */
    d->db = NULL;
    pthread_mutex_unlock(&d->lock);
    if (!ended)
        return false;
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
    return true;
}

enum service_err deliveries_check(struct service_call *c, enum store_channel channel, struct cardea_str address)
{
    const struct deliveries *d = c->svc->deliveries;
    char why[NET_WHY_MAX];
    if (!d)
        return service_invalid(c, "/to", "Messages go to agents of the account alone here.", "Send an agent's slug.");
    if (channel == STORE_CHANNEL_SMTP && !d->options.relay.url)
        return service_invalid(c, "/to", "No mail is sent from here: there is no relay.",
                               "Have the operator set smtp-url and smtp-from.");
    struct net_options options = delivery_net_options(&d->options);
    if (channel == STORE_CHANNEL_PUSH && !net_url_check(arena_cstr(c->arena, address), &options, why))
        return service_invalid(c, "/to", "It is no URL that messages are pushed to.",
                               arena_str(c->arena, str_of(why)).ptr);
    return SERVICE_OK;
}

void deliveries_stats(struct deliveries *d, struct deliveries_stats *out)
{
    *out = (struct deliveries_stats){0};
    if (!d)
        return;
    for (int i = 0; i < DELIVERIES_OUTCOMES; i++) {
        out->push[i] = atomic_load(&d->outcomes[0][i]);
        out->smtp[i] = atomic_load(&d->outcomes[1][i]);
    }
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; i < DELIVERIES_THREADS; i++)
        out->under_way += d->busy[i] != 0;
    pthread_mutex_unlock(&d->lock);
}
