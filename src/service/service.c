#include "service/service.h"

#include "base/id.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "service/audit_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for one record's payload: the detail comes from our own code, and holds at most a key's settings. */
#define RECORD_MAX (64 * 1024)

enum service_err service_fail(struct service_call *c, enum service_err err, const char *code, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    c->err = err;
    c->code = code;
    c->message = arena_str(c->arena, str_of(text)).ptr;
    return err;
}

enum service_err service_invalid(struct service_call *c, const char *location, const char *message, const char *fix)
{
    if (c->err != SERVICE_INVALID) {
        c->problem_count = 0;
        service_fail(c, SERVICE_INVALID, "invalid_request", "The request is well-formed, but not valid.");
    }
    if (c->problem_count < SERVICE_PROBLEMS_MAX)
        c->problems[c->problem_count++] = (struct service_problem){location, message, fix};
    return SERVICE_INVALID;
}

enum service_err service_store_error(struct service_call *c, enum store_err err)
{
    switch (err) {
    case STORE_OK:
        return SERVICE_OK;
    case STORE_NOTFOUND:
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such thing.");
    case STORE_FULL:
        log_error("the store is full: %s", store_error_text(c->db));
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "The store is full. Nothing was changed.");
    case STORE_CONFLICT: /* a rule that the use case should have checked, or that it names itself */
    case STORE_UNAVAILABLE:
        log_error("the store refused: %s", store_error_text(c->db));
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                            "The store does not answer. Nothing was changed.");
    }
    return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "The store does not answer. Nothing was changed.");
}

int64_t service_new_id(struct service_call *c)
{
    struct service *svc = c->svc;
    return id_new(&svc->last_id, c->now_ms, svc->random, svc->random_arg);
}

static struct cardea_str actor_text(const struct actor *a, char out[ID_TEXT_MAX])
{
    switch (a->kind) {
    case ACTOR_ROOT:
        return STR("root");
    case ACTOR_SYSTEM:
        return STR("system");
    case ACTOR_NOBODY:
        return STR("nobody");
    case ACTOR_USER:
        if (!a->user_id) /* a client session of the account's own backend: service/client_session.h */
            return (struct cardea_str){out, id_format(out, "key", a->key_id)};
        return (struct cardea_str){out, id_format(out, "usr", a->user_id)};
    case ACTOR_KEY:
    case ACTOR_VERIFIER:
    case ACTOR_SCANNER:
        return (struct cardea_str){out, id_format(out, "key", a->key_id)};
    }
    return STR("nobody");
}

struct cardea_str service_actor_text(struct service_call *c)
{
    char text[ID_TEXT_MAX];
    return arena_str(c->arena, actor_text(&c->actor, text));
}

/* What webhooks send as it stands: the same members for every event, with Standard Webhooks' names. */
static struct cardea_str event_payload(struct service_call *c, const struct store_audit *row, int64_t event_id,
                                       bool seen)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, RECORD_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_id(&w, "id", "evt", event_id);
    jw_member_str(&w, "type", row->action);
    jw_member_time(&w, "timestamp", c->now);
    jw_member_id(&w, "account", "acc", row->account_id);
    jw_member_str(&w, "actor", row->actor);
    jw_member_str(&w, "subject", row->subject);
    if (seen)
        jw_member_str_or_null(&w, "address", row->source);
    jw_name(&w, "data");
    jw_raw(&w, row->detail);
    jw_object_end(&w);
    struct cardea_str payload = b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    return payload;
}

/* The actor's text lives in the arena. */
static struct store_audit row_of(struct service_call *c, const char *action, struct cardea_str subject,
                                 int64_t account_id, struct cardea_str detail)
{
    return (struct store_audit){
        .at_ms = c->now_ms,
        .action = str_of(action),
        .actor = service_actor_text(c),
        .actor_key = c->actor.kind == ACTOR_ROOT ? c->actor.key_id : 0,
        .subject = subject,
        .account_id = account_id,
        .detail = detail.len ? detail : STR("{}"),
        .source = c->source_ip,
    };
}

static enum service_err append_audit(struct service_call *c, struct store_audit *row)
{
    if (row->source.len) {
        if (!c->svc->random(c->svc->random_arg, row->salt, sizeof(row->salt)))
            return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                                "There is no randomness. Nothing was changed.");
        record_source(row->salt, row->source, &row->source_hash);
        row->has_source_hash = true;
    }
    enum store_err err = store_audit_append(c->db, row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    audit_log_appended(c->svc);
    return SERVICE_OK;
}

static enum service_err append_event(struct service_call *c, const struct store_audit *row, int64_t key_id, bool seen)
{
    struct store_event event = {
        .id = service_new_id(c),
        .at_ms = c->now_ms,
        .account_id = row->account_id,
        .type = row->action,
        .key_id = key_id,
    };
    event.payload = event_payload(c, row, event.id, seen);
    enum store_err err = store_event_append(c->db, &event);
    c->svc->events_made = true;
    size_t type = event_type_find(row->action);
    if (err == STORE_OK && type < event_type_count)
        counter_add(&c->svc->counters.events[type], 1);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum { AUDITED = 1, SEEN = 2 };

static enum service_err record(struct service_call *c, const char *action, const char *subject_prefix,
                               int64_t subject_id, int64_t account_id, struct cardea_str detail, unsigned how)
{
    char subject[ID_TEXT_MAX];
    struct cardea_str of = {subject, id_format(subject, subject_prefix, subject_id)};
    struct store_audit row = row_of(c, action, of, account_id, detail);
    enum service_err err = how & AUDITED ? append_audit(c, &row) : SERVICE_OK;
    int64_t key_id = strcmp(subject_prefix, "key") == 0 ? subject_id : 0;
    return err == SERVICE_OK ? append_event(c, &row, key_id, (how & SEEN) != 0) : err;
}

enum service_err service_audit_only(struct service_call *c, const char *action, struct cardea_str subject,
                                    int64_t account_id, struct cardea_str detail)
{
    struct store_audit row = row_of(c, action, subject, account_id, detail);
    return append_audit(c, &row);
}

enum service_err service_record(struct service_call *c, const char *action, const char *subject_prefix,
                                int64_t subject_id, int64_t account_id, struct cardea_str detail)
{
    return record(c, action, subject_prefix, subject_id, account_id, detail, AUDITED);
}

enum service_err service_record_seen(struct service_call *c, const char *action, const char *subject_prefix,
                                     int64_t subject_id, int64_t account_id, struct cardea_str detail)
{
    return record(c, action, subject_prefix, subject_id, account_id, detail, AUDITED | SEEN);
}

enum service_err service_notify(struct service_call *c, const char *type, const char *subject_prefix,
                                int64_t subject_id, int64_t account_id, struct cardea_str detail)
{
    return record(c, type, subject_prefix, subject_id, account_id, detail, 0);
}
