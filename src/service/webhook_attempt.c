#include "service/webhook_attempt.h"

#include <cardea/secret.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/id.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "service/message_text.h"
#include "service/reminder_mail.h"

#define LOG_ENTRIES 20 /* of attempts, the last ones */

/* ---- making ready ---- */

bool webhook_target_read(struct webhook_target *t, struct service *svc, struct store_conn *db, struct arena *a,
                         int64_t id)
{
    struct store_account account;
    *t = (struct webhook_target){0};
    if (store_webhook_get(db, a, id, &t->hook) != STORE_OK || t->hook.state != STORE_WEBHOOK_ENABLED ||
        store_account_get(db, a, t->hook.account_id, &account) != STORE_OK || account.status == STORE_ACCOUNT_DELETED)
        return false;
    int64_t now = svc->now_ms(svc->now_arg) / 1000;
    if (!service_webhook_secrets(svc, a, &t->hook, now, t->secrets, &t->secret_count)) {
        log_warn("the secret of a webhook cannot be opened: nothing is sent to it until it is rotated");
        return false;
    }
    const struct profile *profile = profile_set_find(atomic_load(&svc->profiles), account.profile);
    if (profile && profile->webhooks.header) {
        t->header = arena_str(a, str_of(profile->webhooks.header)).ptr;
        t->style = profile->webhooks.style;
    }
    t->url = arena_cstr(a, t->hook.url);
    return true;
}

/* During an overlap the new secret and the old one. */
static const char *standard_line(struct webhook_attempt *x, const struct webhook_target *t, struct cardea_str id,
                                 int64_t now)
{
    char signature[WEBHOOK_SIGNATURE_MAX];
    const char *line = "webhook-signature:";
    for (size_t i = 0; i < t->secret_count; i++) {
        if (i > 0 && now >= t->hook.previous_until)
            break;
        webhook_sign(t->secrets[i], id, now, x->body, signature);
        line = arena_printf(&x->arena, "%s %s", line, signature).ptr;
    }
    return line;
}

/* There is room for one signature: the old secret's, as long as it is good. */
static const char *profile_line(struct webhook_attempt *x, const struct webhook_target *t, int64_t now)
{
    char text[WEBHOOK_SECRET_TEXT], hex[WEBHOOK_HEX_MAX];
    size_t which = t->secret_count == 2 && now < t->hook.previous_until ? 1 : 0;
    webhook_secret_text((const uint8_t *)t->secrets[which].ptr, t->secrets[which].len, text);
    webhook_sign_body(str_of(text), x->body, hex);
    cardea_wipe(text, sizeof(text));
    return arena_printf(&x->arena, "%s: %s%s", t->header, t->style == PROFILE_SIGNATURE_PREFIXED ? "sha256=" : "", hex)
        .ptr;
}

bool webhook_attempt_prepare(struct webhook_attempt *x, const struct webhook_target *t, struct store_conn *db,
                             int64_t now_ms)
{
    char id_text[ID_TEXT_MAX];
    struct store_event event;
    struct cardea_str id = {id_text, id_format(id_text, "evt", x->row.event_id)};
    int64_t now = now_ms / 1000;
    enum store_err err = store_event_get(db, &x->arena, x->row.event_id, &event);
    x->at_ms = now_ms;
    if (err != STORE_OK) {
        x->result = err == STORE_NOTFOUND ? WEBHOOK_NEVER : WEBHOOK_AGAIN;
        x->why = err == STORE_NOTFOUND ? "the event is no longer kept" : "the store does not answer";
        return false;
    }
    x->body = event.payload;
    x->headers[x->header_count++] = arena_printf(&x->arena, "webhook-id: %s", id_text).ptr;
    x->headers[x->header_count++] = arena_printf(&x->arena, "webhook-timestamp: %lld", (long long)now).ptr;
    x->headers[x->header_count++] = standard_line(x, t, id, now);
    if (t->header)
        x->headers[x->header_count++] = profile_line(x, t, now);
    return true;
}

/* ---- what came of it ---- */

void webhook_attempt_judge(struct webhook_attempt *x, enum net_result result, const struct net_reply *reply)
{
    x->sent = true;
    x->latency_ms = reply->latency_ms;
    x->status = result == NET_OK ? reply->status : 0;
    x->retry_after_sec = reply->retry_after_sec;
    bool good = result == NET_OK && x->status >= 200 && x->status <= 299;
    if (result != NET_OK)
        x->why = arena_str(&x->arena, str_of(reply->why)).ptr;
    else if (!good)
        x->why = arena_printf(&x->arena, "it answers %ld", reply->status).ptr;
    if (!good)
        x->response = arena_str(&x->arena, buf_str(&reply->body));
    x->result = good                                             ? WEBHOOK_DONE
                : result == NET_PRIVATE || result == NET_BAD_URL ? WEBHOOK_NEVER
                : x->status == 410                               ? WEBHOOK_GONE
                                                                 : WEBHOOK_AGAIN;
}

/* ---- writing it down ---- */

/* The step, a fifth more or less, so that what failed together does not come back together; or what the endpoint asks
 * for, between the step and twice the step. */
static int64_t wait_after(const struct webhook_settling *s, const struct webhook_attempt *x)
{
    uint32_t random = 0;
    int64_t step = s->options->retry_ms[x->row.attempts - 1], asked = x->retry_after_sec;
    if (asked > 0) {
        asked = asked < 1000000 ? asked * 1000 : INT64_C(1000000000);
        return asked < step ? step : asked > 2 * step ? 2 * step : asked;
    }
    if (!s->svc->random(s->svc->random_arg, &random, sizeof(random)))
        random = UINT32_MAX / 2;
    return step - step / 5 + (int64_t)(random % 1001) * (step * 2 / 5) / 1000;
}

static void add_to_log(struct webhook_attempt *x)
{
    struct json_problem problem;
    struct json_t *log = x->row.attempt_log.len ? json_read(&x->arena, x->row.attempt_log, &problem) : NULL;
    struct buf b;
    struct json_writer w;
    size_t count = json_array_size(log);
    buf_init(&b, 64 << 10);
    jw_init(&w, &b);
    jw_array_begin(&w);
    for (size_t i = count < LOG_ENTRIES ? 0 : count - LOG_ENTRIES + 1; i < count; i++) {
        char text[1024]; /* an entry's error is one line of a net_reply */
        size_t len = json_dumpb(json_array_get(log, i), text, sizeof(text), JSON_COMPACT);
        if (len <= sizeof(text))
            jw_raw(&w, (struct cardea_str){text, len});
    }
    jw_object_begin(&w);
    jw_member_time(&w, "at", x->at_ms / 1000);
    jw_name(&w, "status");
    if (x->status)
        jw_int(&w, x->status);
    else
        jw_null(&w);
    jw_member_int(&w, "latency_ms", x->latency_ms);
    jw_member_str_or_null(&w, "error", str_of(x->why));
    jw_object_end(&w);
    jw_array_end(&w);
    x->row.attempt_log = b.failed ? STR("[]") : arena_str(&x->arena, buf_str(&b));
    buf_release(&b);
    json_decref(log);
}

static enum webhooks_outcome fill_row(const struct webhook_settling *s, struct webhook_attempt *x, int64_t now_ms)
{
    struct store_webhook_delivery *row = &x->row;
    row->attempts++;
    row->status = x->status;
    row->latency_ms = x->latency_ms;
    row->error = str_of(x->why);
    row->response = x->response;
    add_to_log(x);
    if (x->result == WEBHOOK_AGAIN && (size_t)row->attempts <= s->options->retry_count) {
        x->again_at_ms = row->next_at_ms = now_ms + wait_after(s, x);
        return WEBHOOKS_RETRIED;
    }
    row->state = x->result == WEBHOOK_DONE ? STORE_WEBHOOK_DELIVERED : STORE_WEBHOOK_FAILED;
    row->ended_at_ms = now_ms;
    return x->result == WEBHOOK_DONE ? WEBHOOKS_DELIVERED : WEBHOOKS_FAILED;
}

static enum store_err stop(struct service_call *c, struct webhook_settling *s, struct store_webhook *hook,
                           const char *reason)
{
    char id[ID_TEXT_MAX];
    id_format(id, "whk", hook->id);
    hook->state = STORE_WEBHOOK_STOPPED;
    hook->reason = str_of(reason);
    hook->updated_at = c->now;
    s->stopped++;
    enum store_err err = store_webhook_update(c->db, hook);
    if (err != STORE_OK)
        return err;
    struct buf b;
    struct json_writer w;
    buf_init(&b, 8192);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "host", message_host(STORE_CHANNEL_PUSH, hook->url));
    jw_member_str(&w, "reason", hook->reason);
    jw_member_time(&w, "failing_since", hook->failing_since_ms / 1000);
    jw_object_end(&w);
    enum service_err told = service_record(c, "webhook.disabled", "whk", hook->id, hook->account_id, buf_str(&b));
    log_warn("the webhook %s is disabled: %s", id, reason);
    buf_release(&b);
    webhooks_changed(s->svc, hook->id);
    if (told != SERVICE_OK)
        return STORE_UNAVAILABLE;
    struct store_reminder_mail mail = {
        .subject_id = hook->id, .purpose = STORE_REMIND_WEBHOOK, .at = c->now, .next_at_ms = c->now_ms};
    return reminder_mail_queue(c, hook->account_id, &mail);
}

/* How the endpoint stands after this. */
static enum store_err settle_endpoint(struct service_call *c, struct webhook_settling *s,
                                      const struct webhook_attempt *x)
{
    struct store_webhook hook;
    if (!x->sent)
        return STORE_OK;
    enum store_err err = store_webhook_get(c->db, c->arena, x->row.webhook_id, &hook);
    if (err == STORE_NOTFOUND || (err == STORE_OK && hook.state != STORE_WEBHOOK_ENABLED))
        return STORE_OK;
    if (err != STORE_OK)
        return err;
    if (x->result == WEBHOOK_GONE)
        return stop(c, s, &hook, "it answered 410 Gone");
    bool failed = x->result != WEBHOOK_DONE;
    if (failed && hook.failing_since_ms && c->now_ms - hook.failing_since_ms >= s->options->failing_sec * 1000)
        return stop(c, s, &hook, "nothing could be delivered for too long");
    if (failed == (hook.failing_since_ms != 0))
        return STORE_OK;
    hook.failing_since_ms = failed ? c->now_ms : 0;
    return store_webhook_update(c->db, &hook);
}

enum store_err webhook_attempts_settle(struct store_conn *db, void *arg)
{
    struct webhook_settling *s = arg;
    struct arena arena = {0};
    struct service_call c = {.svc = s->svc, .db = db, .arena = &arena, .actor = {.kind = ACTOR_SYSTEM, .profile = -1}};
    c.profiles = atomic_load(&s->svc->profiles);
    c.now_ms = s->svc->now_ms(s->svc->now_arg);
    c.now = c.now_ms / 1000;
    enum store_err err = STORE_OK;
    for (struct webhook_attempt *x = s->list; x && err == STORE_OK; x = x->next) {
        struct store_webhook_delivery before = x->row;
        enum webhooks_outcome outcome = fill_row(s, x, c.now_ms);
        err = store_webhook_delivery_update(db, &x->row);
        if (err == STORE_OK)
            err = settle_endpoint(&c, s, x);
        else if (err == STORE_NOTFOUND) /* forgotten meanwhile */
            err = STORE_OK;
        if (err == STORE_OK)
            s->outcomes[outcome]++;
        x->row = before; /* as it was, should all of it have to be done once more */
        arena_clear(&arena);
    }
    arena_release(&arena);
    return err;
}
