#include "serve/ticker.h"

#include <cardea/fault.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/log.h"
#include "service/audit_log.h"
#include "service/audit_retention.h"
#include "service/billing.h"
#include "service/device.h"
#include "service/events.h"
#include "service/idempotency.h"
#include "service/kept.h"
#include "service/notices.h"
#include "service/origins.h"
#include "service/publisher.h"
#include "service/reminders.h"
#include "service/usage.h"
#include "service/usage_hours.h"
#include "store/messages.h"
#include "store/webhooks.h"

#define PRUNE_EVERY_SEC 60

struct ticker {
    struct service *svc;
    _Atomic bool beating, pruning, refilling; /* a unit of work is on its way */
    _Atomic bool more_kept;                   /* things over their time are left: not only each minute */
    bool more_refills;                        /* the writer's */
    unsigned seconds;
};

struct ticker *ticker_new(struct service *svc)
{
    struct ticker *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    t->svc = svc;
    return t;
}

void ticker_free(struct ticker *t)
{
    free(t);
}

/* The publisher belongs to the writer's thread. */
static enum store_err beat(struct store_conn *c, void *arg)
{
    struct ticker *t = arg;
    publisher_heartbeat(t->svc->publisher, cardea_time_now());
    return STORE_OK;
}

static void beat_done(void *arg, enum store_err err)
{
    struct ticker *t = arg;
    atomic_store(&t->beating, false);
}

static enum store_err prune_messages(struct store_conn *c, const struct service *svc, int64_t now, bool *more)
{
    size_t count = 0;
    if (!svc->messages_keep_sec)
        return STORE_OK;
    enum store_err err = store_message_prune(c, (now - svc->messages_keep_sec) * 1000, STORE_MESSAGE_PRUNE_MAX, &count);
    *more = err == STORE_OK && count == STORE_MESSAGE_PRUNE_MAX;
    return err;
}

/* Ids rise with the time that they were made at. */
static enum store_err prune_webhooks(struct store_conn *c, const struct service *svc, int64_t now, bool *more)
{
    size_t count = 0;
    if (!svc->webhooks_keep_sec)
        return STORE_OK;
    int64_t before = id_at((now - svc->webhooks_keep_sec) * 1000);
    enum store_err err = store_webhook_prune(c, before, STORE_WEBHOOK_PRUNE_MAX, &count);
    *more = err == STORE_OK && count == STORE_WEBHOOK_PRUNE_MAX;
    return err;
}

static enum store_err prune_audit(struct store_conn *db, struct service *svc, bool *more)
{
    struct arena arena = {0};
    struct service_call c = {.svc = svc, .db = db, .arena = &arena, .actor = {.kind = ACTOR_SYSTEM, .profile = -1}};
    c.now_ms = svc->now_ms(svc->now_arg);
    c.now = c.now_ms / 1000;
    enum store_err err = service_audit_prune(&c, more);
    arena_release(&arena);
    return err;
}

static enum store_err prune(struct store_conn *c, void *arg)
{
    struct ticker *t = arg;
    int64_t now = t->svc->now_ms(t->svc->now_arg) / 1000;
    enum store_err err = store_idempotency_prune(c, now - IDEMPOTENCY_TTL_SEC);
    if (err == STORE_OK)
        err = store_session_prune(c, now);
    if (err == STORE_OK)
        err = store_device_prune(c, now - DEVICE_KEPT_SEC);
    if (err == STORE_OK)
        err = service_told_prune(c, now);
    bool more = false, more_messages = false, more_webhooks = false, more_events = false, more_audit = false,
         more_usage = false, more_origins = false;
    if (err == STORE_OK)
        err = service_kept_prune(c, now, &more);
    if (err == STORE_OK)
        err = prune_messages(c, t->svc, now, &more_messages);
    if (err == STORE_OK)
        err = prune_webhooks(c, t->svc, now, &more_webhooks);
    if (err == STORE_OK)
        err = service_event_prune(t->svc, c, now, &more_events);
    if (err == STORE_OK)
        err = prune_audit(c, t->svc, &more_audit);
    if (err == STORE_OK)
        err = service_usage_prune(t->svc, c, now, &more_usage);
    if (err == STORE_OK)
        err = service_origins_prune(c, now, &more_origins);
    atomic_store(&t->more_kept,
                 more || more_messages || more_webhooks || more_events || more_audit || more_usage || more_origins);
    if (err != STORE_OK)
        log_warn("cannot clear what has expired: %s", store_error_text(c));
    return err;
}

static enum store_err refill(struct store_conn *c, void *arg)
{
    struct ticker *t = arg;
    return service_billing_refill(t->svc, c, &t->more_refills);
}

/* At midnight all are due at once, and whoever waits is refused: the next slice queues behind whoever came meanwhile.
 */
static void refill_done(void *arg, enum store_err err)
{
    struct ticker *t = arg;
    if (err != STORE_OK)
        counter_add(&t->svc->counters.chores_failed[CHORE_REFILL], 1);
    else if (t->more_refills && store_submit(t->svc->store, refill, refill_done, t))
        return;
    atomic_store(&t->refilling, false);
}

static void prune_done(void *arg, enum store_err err)
{
    struct ticker *t = arg;
    if (err != STORE_OK)
        counter_add(&t->svc->counters.chores_failed[CHORE_PRUNE], 1);
    atomic_store(&t->pruning, false);
}

static void submit_once(struct ticker *t, _Atomic bool *busy, store_work_fn work, store_done_fn done)
{
    if (!atomic_exchange(busy, true) && !store_submit(t->svc->store, work, done, t))
        atomic_store(busy, false);
}

void ticker_tick(struct ticker *t)
{
    submit_once(t, &t->beating, beat, beat_done);
    service_usage_flush(t->svc);
    service_notices_take(t->svc);
    service_reminders_tick(t->svc);
    submit_once(t, &t->refilling, refill, refill_done);
    audit_log_tick(t->svc);
    if (cardea_fault_happened())
        log_error("a file in %s was cut short while it was in use: counts are lost; restart to make it anew",
                  t->svc->runtime_dir);
    /* In the first second, too: a daemon may be started anew more often than once a minute. */
    if (t->seconds++ % PRUNE_EVERY_SEC == 0 || atomic_load(&t->more_kept))
        submit_once(t, &t->pruning, prune, prune_done);
}
