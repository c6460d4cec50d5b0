#include "service/service.h"

#include "base/id.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"

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

enum { AUDITED = 1, SEEN = 2 };

static enum service_err record(struct service_call *c, const char *action, const char *subject_prefix,
                               int64_t subject_id, int64_t account_id, struct cardea_str detail, unsigned how)
{
    char actor[ID_TEXT_MAX], subject[ID_TEXT_MAX];
    struct store_audit audit = {
        .at_ms = c->now_ms,
        .action = str_of(action),
        .actor = actor_text(&c->actor, actor),
        .subject = {subject, id_format(subject, subject_prefix, subject_id)},
        .account_id = account_id,
        .detail = detail.len ? detail : STR("{}"),
        .source = c->source_ip,
    };
    enum store_err err = how & AUDITED ? store_audit_append(c->db, &audit) : STORE_OK;
    if (err != STORE_OK)
        return service_store_error(c, err);
    struct store_event event = {
        .id = service_new_id(c),
        .at_ms = c->now_ms,
        .account_id = account_id,
        .type = audit.action,
        .key_id = strcmp(subject_prefix, "key") == 0 ? subject_id : 0,
    };
    event.payload = event_payload(c, &audit, event.id, (how & SEEN) != 0);
    err = store_event_append(c->db, &event);
    c->svc->events_made = true;
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
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
