#include "service/reminders.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "service/keys_internal.h"
#include "service/reminder_mail.h"
#include "service/reminder_plan.h"

/* "<digest of all rotate_every> <ordinal to look at next>": who the reminders were planned by, and how far. */
#define META_PLANNED "reminders"

/* A unit of work: 200 events of 60 us each, or rows that are but looked at, at 5 us. Others take their turn between. */
#define TELL_SLICE  200
#define LOOK_SLICE  2000
#define SLICES_EACH 5 /* a second */

#define DETAIL_MAX 4096

struct reminders {
    struct service *svc;
    atomic_bool busy;
    /* The writer's while `busy`. */
    const struct profile_set *planned_for; /* whose digest `policies` is */
    char policies[2 * CARDEA_DIGEST_LEN + 1];
    bool planned; /* all keys were gone through */
    bool more;
    unsigned slices;
    bool told; /* in the slice that is not committed yet */
};

/* ---- what is told ---- */

int64_t service_rotation_due(const struct profile *profile, const struct store_key *row)
{
    int kind = profile ? cardea_profile_kind(&profile->core, row->kind) : -1;
    int64_t every = kind >= 0 ? profile->kinds[kind].rotate_every_sec : 0;
    return every && !row->rotated_to && row->state != CARDEA_KEY_REVOKED ? row->created_at + every : 0;
}

static struct cardea_str detail_of(struct service_call *c, const struct store_key *row, const char *end, int64_t at,
                                   int days)
{
    struct buf b;
    struct json_writer w;
    struct store_key now = *row;
    key_add_live_usage(c, &now);
    buf_init(&b, DETAIL_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "prefix", row->prefix);
    jw_member_str(&w, "kind", row->kind);
    jw_member_time(&w, end, at);
    jw_member_int(&w, "days_left", days);
    jw_member_time(&w, "last_used_at", now.last_used_at);
    jw_member_id(&w, "rotated_to", "key", row->rotated_to);
    jw_object_end(&w);
    struct cardea_str detail = b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    return detail;
}

static enum store_err tell(struct reminders *s, struct service_call *c, const struct store_key *row,
                           enum store_reminder_purpose purpose, int64_t at, int days)
{
    static const char *const actions[] = {[STORE_REMIND_EXPIRING] = "key.expiring",
                                          [STORE_REMIND_EXPIRED] = "key.expired",
                                          [STORE_REMIND_ROTATION] = "key.rotation_due"};
    const char *end = purpose == STORE_REMIND_ROTATION ? "rotation_due_at" : "expires_at";
    struct cardea_str detail = detail_of(c, row, end, at, days);
    if (service_notify(c, actions[purpose], "key", row->id, row->account_id, detail) != SERVICE_OK)
        return STORE_UNAVAILABLE;
    s->told = true;
    struct store_reminder_mail mail = {
        .subject_id = row->id, .purpose = purpose, .days = days, .at = at, .next_at_ms = c->now_ms};
    return reminder_mail_queue(c, row->account_id, &mail);
}

/* The key as it is by now decides, not what was planned. */
static enum store_err remind_one(struct reminders *s, struct service_call *c, struct store_reminder *r)
{
    struct key_account account;
    struct store_key row;
    struct reminder_due due = {0};
    enum store_err err = store_key_get(c->db, c->arena, r->key_id, &row);
    if (err == STORE_NOTFOUND || (err == STORE_OK && row.state == CARDEA_KEY_REVOKED))
        return store_reminder_remove(c->db, r->key_id);
    if (err != STORE_OK)
        return err;
    enum service_err failed = key_account_get(c, row.account_id, &account);
    if (failed == SERVICE_NOTFOUND)
        return store_reminder_remove(c->db, r->key_id);
    if (failed != SERVICE_OK)
        return STORE_UNAVAILABLE;
    reminder_plan(r, row.expires_at, c->now, service_rotation_due(account.profile, &row), row.created_at);
    if (row.state == CARDEA_KEY_ACTIVE)
        reminder_take(r, c->now, &due);
    else
        r->next_at = 0; /* until it is enabled */
    if (due.expiry)
        err = tell(s, c, &row, due.expiry_days ? STORE_REMIND_EXPIRING : STORE_REMIND_EXPIRED, r->expires_at,
                   due.expiry_days);
    if (err == STORE_OK && due.rotation)
        err = tell(s, c, &row, STORE_REMIND_ROTATION, r->rotate_at, due.rotation_days);
    return err == STORE_OK ? store_reminder_put(c->db, r) : err;
}

/* ---- what is planned ---- */

static bool is_planned(const struct store_reminder *r)
{
    return r->expires_at || r->rotate_at;
}

enum service_err service_remind(struct service_call *c, const struct key_account *account, const struct store_key *row,
                                bool is_new)
{
    struct store_reminder r = {.key_id = row->id};
    enum store_err err = is_new ? STORE_NOTFOUND : store_reminder_get(c->db, row->id, &r);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    bool known = err == STORE_OK;
    reminder_plan(&r, row->expires_at, c->now, service_rotation_due(account->profile, row), row->created_at);
    if (!known && !is_planned(&r))
        return SERVICE_OK;
    if (row->state != CARDEA_KEY_ACTIVE)
        r.next_at = 0;
    err = store_reminder_put(c->db, &r);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* A key that nobody planned for, or whose product has changed its mind. */
static enum store_err plan_one(struct service_call *c, const struct store_key *row)
{
    struct key_account account;
    struct store_reminder r = {.key_id = row->id}, before;
    if (row->state == CARDEA_KEY_REVOKED)
        return STORE_OK;
    enum store_err err = store_reminder_get(c->db, row->id, &r);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return err;
    bool known = err == STORE_OK;
    before = r;
    enum service_err failed = key_account_get(c, row->account_id, &account);
    if (failed != SERVICE_OK)
        return failed == SERVICE_NOTFOUND ? STORE_OK : STORE_UNAVAILABLE;
    /* Of those that had expired before anybody could tell, nobody is told any more. */
    int64_t from = row->expires_at && row->expires_at <= c->now ? c->now : row->created_at;
    reminder_plan(&r, row->expires_at, from, service_rotation_due(account.profile, row), row->created_at);
    if (row->state != CARDEA_KEY_ACTIVE)
        r.next_at = 0;
    bool same = r.next_at == before.next_at && r.rotate_at == before.rotate_at && r.expires_at == before.expires_at;
    return (known && same) || (!known && !is_planned(&r)) ? STORE_OK : store_reminder_put(c->db, &r);
}

static void policies_of(struct reminders *s, const struct profile_set *set)
{
    struct buf b;
    struct cardea_digest digest;
    buf_init(&b, 1024 * 1024);
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; k < set->items[i]->core.kind_count; k++)
            buf_printf(&b, "%s %s %lld\n", set->items[i]->core.name, set->items[i]->core.kinds[k].name,
                       (long long)set->items[i]->kinds[k].rotate_every_sec);
    cardea_digest(buf_str(&b), &digest);
    buf_release(&b);
    for (size_t i = 0; i < sizeof(digest.bytes); i++)
        snprintf(s->policies + 2 * i, 3, "%02x", digest.bytes[i]);
    s->planned_for = set;
    s->planned = false;
}

static enum store_err read_position(struct reminders *s, struct service_call *c, uint32_t *next)
{
    struct cardea_str value;
    char policies[2 * CARDEA_DIGEST_LEN + 1];
    unsigned long ordinal;
    enum store_err err = store_meta_get(c->db, c->arena, META_PLANNED, &value);
    *next = 0;
    if (err == STORE_NOTFOUND)
        return STORE_OK;
    if (err == STORE_OK && sscanf(arena_cstr(c->arena, value), "%64s %lu", policies, &ordinal) == 2 &&
        str_eq(str_of(policies), str_of(s->policies)))
        *next = (uint32_t)ordinal;
    return err;
}

/* Goes on where it was left; sets `planned` at the end, which keys made since do not move. */
static enum store_err plan_slice(struct reminders *s, struct service_call *c)
{
    uint32_t next, begin;
    struct arena *whole = c->arena;
    struct arena each = {0};
    enum store_err err = read_position(s, c, &next);
    begin = next;
    c->arena = &each;
    while (err == STORE_OK && next < begin + LOOK_SLICE) {
        struct store_key row;
        err = store_key_by_ordinal(c->db, &each, next, &row);
        if (err == STORE_OK)
            err = plan_one(c, &row);
        next += err == STORE_OK;
        arena_clear(&each);
    }
    c->arena = whole;
    arena_release(&each);
    if (err == STORE_NOTFOUND)
        s->planned = true;
    else if (err != STORE_OK)
        return err;
    if (next == begin && s->planned)
        return STORE_OK; /* nothing new to remember */
    return store_meta_put(c->db, META_PLANNED, arena_printf(whole, "%s %lu", s->policies, (unsigned long)next));
}

/* ---- the clock ---- */

static enum store_err tell_slice(struct reminders *s, struct service_call *c)
{
    struct store_reminder due[TELL_SLICE];
    struct arena *whole = c->arena;
    struct arena each = {0};
    size_t count = 0;
    enum store_err err = store_reminder_due(c->db, c->now, TELL_SLICE, due, &count);
    c->arena = &each;
    for (size_t i = 0; err == STORE_OK && i < count; i++) {
        err = remind_one(s, c, &due[i]);
        arena_clear(&each);
    }
    c->arena = whole;
    arena_release(&each);
    s->more = count == TELL_SLICE;
    return err;
}

static enum store_err remind_unit(struct store_conn *db, void *arg)
{
    struct reminders *s = arg;
    struct arena arena = {0};
    int64_t now_ms = s->svc->now_ms(s->svc->now_arg);
    struct service_call c = {.svc = s->svc,
                             .profiles = atomic_load(&s->svc->profiles),
                             .db = db,
                             .arena = &arena,
                             .actor = {.kind = ACTOR_SYSTEM, .profile = -1},
                             .now = now_ms / 1000,
                             .now_ms = now_ms};
    s->told = false;
    if (c.profiles != s->planned_for)
        policies_of(s, c.profiles);
    enum store_err err = s->planned ? STORE_OK : plan_slice(s, &c);
    if (err == STORE_OK)
        err = tell_slice(s, &c);
    s->more |= !s->planned;
    arena_release(&arena);
    return err;
}

static void remind_done(void *arg, enum store_err err)
{
    struct reminders *s = arg;
    if (err == STORE_OK && s->told)
        reminder_mail_wake(s->svc->reminder_mail);
    if (err != STORE_OK) {
        log_warn("reminders of keys cannot be written; they are told later");
        counter_add(&s->svc->counters.chores_failed[CHORE_REMINDERS], 1);
        s->planned_for = NULL; /* what was gone through in this unit was not kept */
    }
    /* The next slice queues behind whoever came meanwhile. */
    if (err == STORE_OK && s->more && ++s->slices < SLICES_EACH &&
        store_submit(s->svc->store, remind_unit, remind_done, s))
        return;
    atomic_store(&s->busy, false);
}

void service_reminders_tick(struct service *svc)
{
    struct reminders *s = svc->reminders;
    if (!s || atomic_exchange(&s->busy, true))
        return;
    s->slices = 0;
    if (!store_submit(svc->store, remind_unit, remind_done, s))
        atomic_store(&s->busy, false); /* the queue is full of what matters more */
}

void service_reminders_open(struct service *svc)
{
    struct reminders *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->svc = svc;
    svc->reminders = s;
}

void service_reminders_close(struct service *svc)
{
    free(svc->reminders);
    svc->reminders = NULL;
}
