#include "service/reminder_mail.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "service/reminder_text.h"

#define LOOK_AGAIN_MS 60000 /* whatever the clock does meanwhile */
#define STOP_WAIT_MS  500
#define WAIT_MAX_MS   (12 * 3600 * INT64_C(1000))
#define ROWS_MAX      500 /* of one person, gone after one mail */
#define BODY_MAX      (256 * 1024)
#define MEMBERS_PAGE  64

struct reminder_mail {
    struct service *svc;
    struct reminder_mail_options options;
    pthread_mutex_t lock; /* all that follows */
    pthread_cond_t changed;
    struct store_conn *db;
    bool news, stop, running;
    _Atomic uint64_t sent, retried, failed;
};

/* ---- who is told ---- */

static enum store_err queue_page(struct service_call *c, const struct store_member *rows, size_t count,
                                 const struct store_reminder_mail *what, size_t *queued)
{
    enum store_err err = STORE_OK;
    for (size_t i = 0; err == STORE_OK && i < count && *queued < REMINDER_MAIL_PEOPLE; i++) {
        struct store_reminder_mail row = *what;
        if (rows[i].role < CARDEA_ROLE_ADMIN)
            continue;
        row.user_id = rows[i].user_id;
        err = store_reminder_mail_insert(c->db, &row);
        ++*queued;
    }
    return err;
}

enum store_err reminder_mail_queue(struct service_call *c, int64_t account_id, const struct store_reminder_mail *what)
{
    struct store_member rows[MEMBERS_PAGE];
    size_t count = MEMBERS_PAGE, queued = 0;
    int64_t after = 0;
    enum store_err err = STORE_OK;
    if (!c->svc->reminder_mail)
        return STORE_OK;
    while (err == STORE_OK && count == MEMBERS_PAGE && queued < REMINDER_MAIL_PEOPLE) {
        err = store_member_of_account(c->db, c->arena, account_id, after, MEMBERS_PAGE, rows, &count);
        if (err == STORE_OK)
            err = queue_page(c, rows, count, what, &queued);
        after = count ? rows[count - 1].user_id : after;
    }
    return err;
}

/* ---- one mail ---- */

struct post {
    struct reminder_mail *m;
    struct arena arena;
    struct store_reminder_mail rows[ROWS_MAX];
    size_t count;
    struct reminder_item items[REMINDER_MAIL_ITEMS];
    size_t item_count, more;
    struct store_user user;
    bool done, given_up;
};

static int64_t now_ms(const struct reminder_mail *m)
{
    return m->svc->now_ms(m->svc->now_arg);
}

/* Whether the row is still true; and of which account. */
static bool read_subject(struct post *p, struct store_conn *db, struct reminder_item *i, int64_t *account_id)
{
    if (i->row.purpose == STORE_REMIND_WEBHOOK) {
        if (store_webhook_get(db, &p->arena, i->row.subject_id, &i->hook) != STORE_OK)
            return false;
        *account_id = i->hook.account_id;
        return i->hook.state == STORE_WEBHOOK_STOPPED;
    }
    if (store_key_get(db, &p->arena, i->row.subject_id, &i->key) != STORE_OK)
        return false;
    *account_id = i->key.account_id;
    return i->key.state == CARDEA_KEY_ACTIVE && !i->key.rotated_to;
}

/* And whether it is this person's to know. */
static bool read_item(struct post *p, struct store_conn *db, const struct store_reminder_mail *row,
                      struct reminder_item *out)
{
    struct store_account account;
    struct store_member member;
    int64_t account_id;
    *out = (struct reminder_item){.row = *row};
    if (!read_subject(p, db, out, &account_id))
        return false;
    if (store_account_get(db, &p->arena, account_id, &account) != STORE_OK || account.status == STORE_ACCOUNT_DELETED)
        return false;
    if (store_member_get(db, account.id, row->user_id, &member) != STORE_OK || member.role < CARDEA_ROLE_ADMIN)
        return false;
    const struct profile *profile = profile_set_find(atomic_load(&p->m->svc->profiles), account.profile);
    out->account = account.name.len ? account.name : account.slug;
    out->product = profile ? profile->title : arena_cstr(&p->arena, account.profile);
    if (row->purpose == STORE_REMIND_WEBHOOK)
        return true;
    int kind = profile ? cardea_profile_kind(&profile->core, out->key.kind) : -1;
    out->kind = kind >= 0 ? profile->kinds[kind].title : arena_cstr(&p->arena, out->key.kind);
    return true;
}

static bool is_named(const struct post *p, int64_t subject_id)
{
    for (size_t i = 0; i < p->item_count; i++)
        if (p->items[i].row.subject_id == subject_id)
            return true;
    return false;
}

/* Under the lock. The last word about something is what counts, so it goes from the newest row to the oldest. False
 * when there is nothing to be done now. */
static bool read_post(struct post *p, struct store_conn *db)
{
    enum store_err err = store_reminder_mail_due(db, now_ms(p->m), ROWS_MAX, p->rows, &p->count);
    if (err != STORE_OK)
        log_warn("mails to be sent cannot be read: %s", store_error_text(db));
    if (err != STORE_OK || p->count == 0)
        return false;
    if (store_user_get(db, &p->arena, p->rows[0].user_id, &p->user) != STORE_OK || p->user.disabled)
        p->user.email.len = 0;
    for (size_t i = p->count; p->user.email.len && i-- > 0;) {
        struct reminder_item item;
        if (is_named(p, p->rows[i].subject_id) || !read_item(p, db, &p->rows[i], &item))
            continue;
        if (p->item_count < REMINDER_MAIL_ITEMS)
            p->items[p->item_count++] = item;
        else
            p->more++;
    }
    return true;
}

static void send_post(struct post *p)
{
    const struct reminder_mail_options *o = &p->m->options;
    struct net_reply reply;
    struct buf body;
    const char *at = strrchr(o->from, '@');
    if (p->item_count == 0) { /* nobody to tell, or nothing that is true any more */
        p->done = true;
        return;
    }
    buf_init(&body, BODY_MAX);
    reminder_body(&body, p->items, p->item_count, p->more);
    struct net_mail mail = {
        .from = o->from,
        .from_name = "API keys",
        .to = arena_cstr(&p->arena, p->user.email),
        .subject = reminder_subject(&p->arena, p->items, p->item_count, p->more).ptr,
        .message_id = arena_printf(&p->arena, "reminder-%lld-%lld@%s", (long long)p->rows[0].id,
                                   (long long)p->rows[p->count - 1].id, at ? at + 1 : "localhost")
                          .ptr,
        .date = now_ms(p->m) / 1000,
        .body = buf_str(&body),
    };
    p->done = net_mail_send(&o->relay, &mail, &reply) == NET_OK;
    p->given_up = !p->done && ((reply.status >= 500 && reply.status < 600) || p->rows[0].attempts + 1 >= o->attempts);
    if (!p->done)
        log_warn("a mail to an owner or admin was not taken%s: %s", p->given_up ? ", and is given up" : "", reply.why);
    net_reply_release(&reply);
    buf_release(&body);
}

static int64_t wait_after(const struct post *p)
{
    int64_t wait = p->m->options.retry_ms;
    for (int64_t i = 0; i < p->rows[0].attempts && wait < WAIT_MAX_MS; i++)
        wait *= 4;
    return wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS;
}

static enum store_err settle_post(struct store_conn *db, void *arg)
{
    const struct post *p = arg;
    enum store_err err = STORE_OK;
    int64_t next = now_ms(p->m) + wait_after(p);
    for (size_t i = 0; err == STORE_OK && i < p->count; i++)
        err = p->done || p->given_up ? store_reminder_mail_remove(db, p->rows[i].id)
                                     : store_reminder_mail_retry(db, p->rows[i].id, next);
    return err;
}

static void count_post(struct reminder_mail *m, const struct post *p)
{
    if (p->item_count)
        atomic_fetch_add(p->done ? &m->sent : p->given_up ? &m->failed : &m->retried, 1);
}

/* ---- the thread ---- */

static void wait_for_news(struct reminder_mail *m)
{
    int64_t next = 0, now = now_ms(m), wait = LOOK_AGAIN_MS;
    if (store_reminder_mail_next_due(m->db, &next) == STORE_OK && next && next - now < wait)
        wait = next > now ? next - now : 1000; /* due, but it cannot be read: not in a circle */
    struct timespec until = thread_in_ms(wait);
    int rc = 0;
    while (!m->news && !m->stop && rc == 0)
        rc = pthread_cond_timedwait(&m->changed, &m->lock, &until);
    m->news = false;
}

/* With the lock held before and after. False: the daemon stops, and nothing of it may be touched any more. */
static bool one_post(struct reminder_mail *m, struct post *p)
{
    pthread_mutex_unlock(&m->lock);
    send_post(p);
    pthread_mutex_lock(&m->lock);
    if (m->stop)
        return false;
    pthread_mutex_unlock(&m->lock);
    if (store_run(m->svc->store, settle_post, p) == STORE_OK)
        count_post(m, p);
    else
        log_warn("what became of a mail to an owner or admin cannot be written: it may be sent again");
    pthread_mutex_lock(&m->lock);
    return true;
}

static void *mail_main(void *arg)
{
    struct reminder_mail *m = arg;
    struct post *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    pthread_mutex_lock(&m->lock);
    bool goes_on = true;
    while (goes_on && !m->stop) {
        *p = (struct post){.m = m};
        if (read_post(p, m->db))
            goes_on = one_post(m, p);
        else
            wait_for_news(m);
        arena_release(&p->arena);
    }
    m->running = false;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    free(p);
    return NULL;
}

bool reminder_mail_start(struct reminder_mail **out, struct service *svc, const struct reminder_mail_options *options,
                         struct cardea_why *why)
{
    struct reminder_mail *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->svc = svc;
    m->options = *options;
    m->running = true;
    pthread_mutex_init(&m->lock, NULL);
    thread_cond_init(&m->changed);
    bool ok = store_reader_open(svc->store, &m->db, why) == STORE_OK;
    if (ok && !thread_start(NULL, mail_main, m)) {
        snprintf(why->text, sizeof(why->text), "cannot start a thread");
        ok = false;
    }
    if (ok) {
        *out = m;
    } else {
        m->running = false;
        reminder_mail_stop(m);
    }
    return ok;
}

void reminder_mail_wake(struct reminder_mail *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->news = true;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

bool reminder_mail_stop(struct reminder_mail *m)
{
    if (!m)
        return true;
    struct timespec until = thread_in_ms(STOP_WAIT_MS);
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_cond_broadcast(&m->changed);
    int rc = 0;
    while (m->running && rc == 0)
        rc = pthread_cond_timedwait(&m->changed, &m->lock, &until);
    bool ended = !m->running;
    store_reader_free(m->db); /* a thread that is left reads no more */
    m->db = NULL;
    pthread_mutex_unlock(&m->lock);
    if (!ended)
        return false;
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return true;
}

void reminder_mail_stats(struct reminder_mail *m, struct reminder_mail_stats *out)
{
    *out = (struct reminder_mail_stats){0};
    if (!m)
        return;
    out->sent = atomic_load(&m->sent);
    out->retried = atomic_load(&m->retried);
    out->failed = atomic_load(&m->failed);
}
