#include "service/audit_denied.h"

#include "base/str.h"
#include "service/throttle.h"

#include <stdatomic.h>
#include <stdlib.h>

struct audit_denied {
    struct throttle *quiet;
    _Atomic uint64_t untold; /* since the last record */
    _Atomic uint64_t total_untold;
};

/* A record on its way to the writer. */
struct telling {
    struct service *svc;
    struct arena arena;
    struct denial denial;
    uint64_t untold; /* that it tells of, too */
};

struct audit_denied *audit_denied_new(struct service *svc)
{
    struct audit_denied *d = calloc(1, sizeof(*d));
    if (d && !(d->quiet = throttle_new(svc->random, svc->random_arg))) {
        free(d);
        return NULL;
    }
    return d;
}

void audit_denied_free(struct audit_denied *d)
{
    if (!d)
        return;
    throttle_free(d->quiet);
    free(d);
}

uint64_t service_denied_untold(const struct service *svc)
{
    return svc->denied ? atomic_load(&svc->denied->total_untold) : 0;
}

static void count_untold(struct audit_denied *d)
{
    atomic_fetch_add(&d->untold, 1);
    atomic_fetch_add(&d->total_untold, 1);
}

static enum store_err tell(struct store_conn *db, void *arg)
{
    struct telling *t = arg;
    struct service_call c = {
        .svc = t->svc, .db = db, .arena = &t->arena, .actor = t->denial.actor, .source_ip = t->denial.source};
    c.now_ms = t->svc->now_ms(t->svc->now_arg);
    c.now = c.now_ms / 1000;
    t->untold = atomic_exchange(&t->svc->denied->untold, 0);
    struct cardea_str detail = arena_printf(&t->arena, "{%.*s%s\"untold\":%llu}", STR_ARG(t->denial.members),
                                            t->denial.members.len ? "," : "", (unsigned long long)t->untold);
    return service_audit_only(&c, t->denial.action, t->denial.subject, t->denial.actor.account_id, detail) == SERVICE_OK
               ? STORE_OK
               : STORE_UNAVAILABLE;
}

static void told(void *arg, enum store_err err)
{
    struct telling *t = arg;
    if (err != STORE_OK) {
        count_untold(t->svc->denied);
        atomic_fetch_add(&t->svc->denied->untold, t->untold);
    }
    arena_release(&t->arena);
    free(t);
}

/* Whose refusals are counted together: an account's, or nobody's. */
static bool is_quiet(struct service *svc, const struct denial *d)
{
    struct audit_denied *q = svc->denied;
    struct arena arena = {0};
    int64_t now = svc->now_ms(svc->now_arg) / 1000;
    const struct actor *a = &d->actor;
    struct cardea_str same = arena_printf(&arena, "%s %.*s %d %lld %lld", d->action, STR_ARG(d->subject), (int)a->kind,
                                          (long long)a->key_id, (long long)a->user_id);
    struct cardea_str whose = arena_printf(&arena, "%lld %d", (long long)a->account_id, a->kind == ACTOR_NOBODY);
    bool quiet = throttle_attempt(q->quiet, &throttle_denial, same, d->source, now) ||
                 throttle_attempt(q->quiet, &throttle_denials, whose, (struct cardea_str){0}, now);
    arena_release(&arena);
    return quiet;
}

void service_denied(struct service *svc, const struct denial *d)
{
    if (!svc->denied)
        return;
    if (is_quiet(svc, d)) {
        count_untold(svc->denied);
        return;
    }
    struct telling *t = calloc(1, sizeof(*t));
    if (!t)
        abort(); /* as base/arena.h */
    t->svc = svc;
    t->denial = *d;
    t->denial.subject = arena_str(&t->arena, d->subject);
    t->denial.source = arena_str(&t->arena, d->source);
    t->denial.members = arena_str(&t->arena, d->members);
    if (!store_submit(svc->store, tell, told, t))
        told(t, STORE_UNAVAILABLE);
}
