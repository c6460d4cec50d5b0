#include "service/webhook_follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"
#include "service/event_types.h"
#include "service/webhook_sender.h"

#define META_PLACE  "webhooks"
#define EVENTS_EACH 256  /* events a read */
#define MADE_EACH   1024 /* deliveries a unit of work, and those of one event */
#define PASSED_MAX  4096 /* events that a new process may have to look at again for nothing */

/* ---- the place ---- */

enum store_err webhooks_place_put(struct store_conn *c, int64_t place)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)place);
    return store_meta_put(c, META_PLACE, (struct cardea_str){text, (size_t)len});
}

enum store_err webhook_follow_open(struct webhook_follow *f, struct service *svc, struct store_conn *db)
{
    struct cardea_str text;
    *f = (struct webhook_follow){.svc = svc};
    enum store_err err = store_meta_get(db, &f->arena, META_PLACE, &text);
    if (err == STORE_OK)
        f->place = strtoll(arena_cstr(&f->arena, text), NULL, 10);
    else if (err == STORE_NOTFOUND) /* no endpoint was ever enabled: whoever enables one puts the place */
        err = store_event_last(db, &f->place);
    return err;
}

void webhook_follow_release(struct webhook_follow *f)
{
    arena_release(&f->arena);
}

/* ---- whom it goes to ---- */

/* The endpoints of the last account that was asked for: events come in runs. */
struct listening {
    struct store_webhook rows[WEBHOOKS_PER_ACCOUNT];
    size_t count;
    int64_t account_id;
};

static enum store_err look_up(struct webhook_follow *f, struct store_conn *db, int64_t account_id, struct listening *l)
{
    if (l->account_id == account_id)
        return STORE_OK;
    l->account_id = account_id;
    return store_webhook_listening(db, &f->arena, account_id, WEBHOOKS_PER_ACCOUNT, l->rows, &l->count);
}

static void add(struct webhook_follow *f, const struct store_event *event, const struct listening *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (event->id > l->rows[i].since && event_patterns_match(l->rows[i].events, event->type))
            f->made[f->count++] = (struct store_webhook_delivery){
                .webhook_id = l->rows[i].id, .event_id = event->id, .type = event->type, .at_ms = event->at_ms};
}

/* Where no endpoint is enabled, all there is by now is passed by. The last event is read first: who is enabled after it
 * is not told of it. */
static enum store_err pass_all(struct webhook_follow *f, struct store_conn *db, bool *any)
{
    int64_t last;
    enum store_err err = store_event_last(db, &last);
    if (err == STORE_OK)
        err = store_webhook_any(db, any);
    if (err == STORE_OK && !*any && last > f->place)
        f->place = last;
    return err;
}

enum store_err webhook_follow_read(struct webhook_follow *f, struct store_conn *db, bool *ready, bool *more)
{
    size_t count = 0, seen = 0;
    bool any = false;
    *ready = *more = false;
    enum store_err err = pass_all(f, db, &any);
    if (err != STORE_OK || !any)
        return err;
    arena_clear(&f->arena);
    f->room = MADE_EACH + WEBHOOKS_PER_ACCOUNT;
    f->made = arena_array(&f->arena, f->room, sizeof(*f->made));
    f->count = 0;
    f->next_place = f->place;
    struct store_event *events = arena_array(&f->arena, EVENTS_EACH, sizeof(*events));
    struct listening *l = arena_alloc(&f->arena, sizeof(*l));
    err = store_event_after(db, &f->arena, f->place, EVENTS_EACH, events, &count);
    for (; err == STORE_OK && seen < count && f->count < MADE_EACH; seen++) {
        err = look_up(f, db, events[seen].account_id, l);
        if (err == STORE_OK)
            add(f, &events[seen], l);
        f->next_place = events[seen].id;
    }
    if (err != STORE_OK)
        return err;
    *more = seen < count || count == EVENTS_EACH;
    f->passed += (int64_t)seen;
    *ready = f->count > 0 || f->passed >= PASSED_MAX;
    if (!*ready)
        f->place = f->next_place;
    return STORE_OK;
}

enum store_err webhook_follow_work(struct store_conn *db, void *arg)
{
    struct webhook_follow *f = arg;
    struct service_call c = {.svc = f->svc, .db = db};
    c.now_ms = f->svc->now_ms(f->svc->now_arg);
    enum store_err err = webhooks_place_put(db, f->next_place);
    for (size_t i = 0; i < f->count && err == STORE_OK; i++) {
        f->made[i].id = service_new_id(&c);
        f->made[i].next_at_ms = c.now_ms;
        err = store_webhook_delivery_insert(db, &f->made[i]);
    }
    return err;
}

void webhook_follow_committed(struct webhook_follow *f)
{
    f->place = f->next_place;
    f->passed = 0;
}
