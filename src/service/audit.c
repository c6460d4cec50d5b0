#include "service/audit.h"

#include "base/base64.h"
#include "base/id.h"
#include "base/json_write.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "service/accounts.h"
#include "service/audit_log.h"

#define NATIVE_PROFILE "cardea"
#define FILTER_MAX     64

static bool sees_all(const struct service_call *c)
{
    return c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM;
}

/* A native key by its scope, a product's where its profile says so. */
static bool key_may(const struct service_call *c)
{
    int i = c->actor.profile;
    const struct profile *p = i >= 0 && (size_t)i < c->profiles->count ? c->profiles->items[i] : NULL;
    if (!p || c->actor.agent_id)
        return false;
    bool native = strcmp(p->core.name, NATIVE_PROFILE) == 0;
    const struct profile_things *logs = &p->management.logs;
    if (!native && (!logs->base || !logs->by_key))
        return false;
    int scope = native ? cardea_profile_scope(&p->core, STR("audit:read")) : logs->read_scope;
    return scope < 0 ? !native : cardea_scopes_has(&c->actor.scopes, (unsigned)scope);
}

enum service_err service_audit_admit(struct service_call *c, const char *what)
{
    if (sees_all(c) || (c->actor.kind == ACTOR_USER && c->actor.role >= CARDEA_ROLE_ADMIN) ||
        (c->actor.kind == ACTOR_KEY && key_may(c)))
        return SERVICE_OK;
    if (c->actor.kind == ACTOR_USER)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "%s are seen by an owner or an admin.", what);
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This credential may not see %s.",
                        strcmp(what, "Events") == 0 ? "events" : "audit records");
}

/* ---- lists ---- */

static enum service_err read_time(struct service_call *c, struct cardea_str text, const char *location, int64_t *out_ms)
{
    int64_t sec = 0;
    if (text.len && !timefmt_parse(text, &sec))
        return service_invalid(c, location, "It is not a time.",
                               "Send a time in RFC 3339, such as 2026-11-21T12:00:00Z.");
    *out_ms = sec * 1000;
    return SERVICE_OK;
}

static enum service_err read_word(struct service_call *c, struct cardea_str text, const char *location)
{
    return text.len <= FILTER_MAX
               ? SERVICE_OK
               : service_invalid(c, location, "There is no such thing.", "Send an id, or leave it out.");
}

static enum service_err filter_of(struct service_call *c, const struct audit_list *in, struct store_audit_filter *f)
{
    *f = (struct store_audit_filter){
        .actor = in->actor, .subject = in->subject, .action = in->action, .before = in->before, .limit = in->limit};
    bool wrong = read_word(c, in->actor, "query/actor") != SERVICE_OK;
    wrong |= read_word(c, in->subject, "query/subject") != SERVICE_OK;
    wrong |= read_word(c, in->action, "query/action") != SERVICE_OK;
    wrong |= read_time(c, in->from, "query/from", &f->from_ms) != SERVICE_OK;
    wrong |= read_time(c, in->to, "query/to", &f->to_ms) != SERVICE_OK;
    if (f->action.len && f->action.ptr[f->action.len - 1] == '*') {
        f->action.len--;
        f->action_begins = true;
    }
    return wrong ? SERVICE_INVALID : SERVICE_OK;
}

enum service_err service_audit_list(struct service_call *c, const struct audit_list *in, struct store_audit *out,
                                    size_t *count, int64_t *next)
{
    struct store_audit_filter filter;
    *count = 0;
    *next = 0;
    enum service_err err = service_audit_admit(c, "Audit records");
    if (err == SERVICE_OK)
        err = filter_of(c, in, &filter);
    if (err == SERVICE_OK)
        err = service_account_filter(c, in->account, &filter.account_id);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_audit_list(c->db, c->arena, &filter, out, count, next);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

/* ---- checkpoints and proofs ---- */

static enum service_err last_checkpoint(struct service_call *c, struct store_checkpoint *out)
{
    enum store_err err = store_checkpoint_last(c->db, c->arena, out);
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found",
                            "No checkpoint was signed yet: the first one is, a minute after the start at most.");
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_audit_checkpoint(struct service_call *c, struct store_checkpoint *out)
{
    enum service_err err = service_audit_admit(c, "Audit records");
    return err == SERVICE_OK ? last_checkpoint(c, out) : err;
}

/* Replaces AUDIT_SIZE_LAST; more than is sealed there is nothing to prove about. */
static enum service_err check_size(struct service_call *c, const char *location, uint64_t *size)
{
    struct store_checkpoint last;
    uint64_t sealed = 0;
    if (*size == AUDIT_SIZE_LAST) {
        enum service_err failed = last_checkpoint(c, &last);
        if (failed == SERVICE_OK)
            *size = (uint64_t)last.size;
        return failed;
    }
    enum store_err err = store_audit_sealed(c->db, TILE_WIDTH, &sealed);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (*size >= 1 && *size <= sealed)
        return SERVICE_OK;
    return service_invalid(
        c, location, "The log was never of this size.",
        arena_printf(c->arena, "Send 1 to %llu, or leave it out for the last checkpoint's.", (unsigned long long)sealed)
            .ptr);
}

static enum service_err no_hashes(struct service_call *c)
{
    return service_fail(c, SERVICE_CONFLICT, "audit_broken", "The log lacks hashes that it once had: it was changed.");
}

/* What the caller may see of it. */
static enum service_err add_record(struct service_call *c, struct audit_inclusion *p)
{
    struct store_audit row;
    struct buf line;
    enum store_err err = store_audit_get(c->db, c->arena, (int64_t)p->index + 1, &row);
    if (err == STORE_NOTFOUND || (err == STORE_OK && !sees_all(c) && row.account_id != c->actor.account_id))
        return SERVICE_OK;
    if (err != STORE_OK)
        return service_store_error(c, err);
    struct audit_record record = audit_record_of(&row);
    buf_init(&line, SIZE_MAX / 2);
    record_write(&line, audit_log_key(c->svc)->id, &record);
    p->record = arena_str(c->arena, buf_str(&line));
    buf_release(&line);
    return SERVICE_OK;
}

enum service_err service_audit_inclusion(struct service_call *c, struct audit_inclusion *p)
{
    struct audit_tiles source = {c->db, c->arena};
    struct tile_reader reader = {.load = audit_tiles_load, .arg = &source};
    p->record = (struct cardea_str){0};
    enum service_err err = service_audit_admit(c, "Audit records");
    if (err == SERVICE_OK)
        err = check_size(c, "query/size", &p->size);
    if (err == SERVICE_OK && p->index >= p->size)
        err = service_invalid(c, "query/index", "The log had no such record at that size.",
                              "Records count from 0. One that is new is there with the next checkpoint.");
    if (err != SERVICE_OK)
        return err;
    if (!tile_reader_node(&reader, 0, p->index, &p->leaf) ||
        !tree_prove_inclusion(p->index, p->size, tile_reader_node, &reader, &p->proof))
        return no_hashes(c);
    return add_record(c, p);
}

enum service_err service_audit_consistency(struct service_call *c, struct audit_consistency *p)
{
    struct audit_tiles source = {c->db, c->arena};
    struct tile_reader reader = {.load = audit_tiles_load, .arg = &source};
    enum service_err err = service_audit_admit(c, "Audit records");
    if (err == SERVICE_OK)
        err = check_size(c, "query/to", &p->to);
    if (err == SERVICE_OK && (p->from < 1 || p->from > p->to))
        err = service_invalid(c, "query/from", "It is not a size that the log had before that.",
                              "Send 1 or more, and not more than `to`.");
    if (err != SERVICE_OK)
        return err;
    return tree_prove_consistency(p->from, p->to, tile_reader_node, &reader, &p->proof) ? SERVICE_OK : no_hashes(c);
}
