#include "service/usage_hours.h"

#include "base/json_write.h"
#include "base/str.h"
#include "service/reminders.h"
#include "service/usage_groups.h"

#define HOUR        3600
#define PRUNE_SLICE 2000
#define DETAIL_MAX  4096
#define SPIKE       "key.denial_spike"
#define SPIKE_EVERY 86400
/* No key is refused so often between two looks: such a number was written by a verifier gone mad. */
#define REFUSED_MAX (UINT32_C(1) << 31)

const char *usage_outcome_name(int outcome)
{
    if (outcome == STORE_USAGE_GRANTED)
        return "granted";
    enum cardea_code code = cardea_activity_refusal_code((unsigned)(outcome - 1));
    return code == CARDEA_CODE_COUNT ? "other" : cardea_code_name(code);
}

/* Grants are of the hour of their last, which may have been before the daemon came back. */
static int64_t hour_of(const struct service_call *c, const struct store_key_usage *change)
{
    bool before = change->uses_delta && change->last_used_at > 0 && change->last_used_at < c->now;
    return (before ? change->last_used_at : c->now) / HOUR;
}

enum store_err usage_hours_put(struct service_call *c, const struct store_usage_hour *row)
{
    if (!row->count && !row->credits)
        return STORE_OK;
    counter_add(&c->svc->counters.uses[row->outcome], (uint64_t)row->count);
    counter_add(&c->svc->counters.credits_drawn, (uint64_t)row->credits);
    return store_usage_add(c->db, row);
}

static enum store_err add(struct service_call *c, const struct store_key *key, int64_t hour, int outcome, int64_t count,
                          int64_t credits)
{
    struct store_usage_hour row = {key->account_id, key->id, hour, outcome, count, credits, 0};
    return usage_hours_put(c, &row);
}

/* By their reasons, where those are known. */
static enum store_err add_refusals(struct service_call *c, const struct store_key *key,
                                   const struct store_key_usage *change, const struct usage_seen *seen)
{
    uint32_t before[CARDEA_ACTIVITY_REFUSALS] = {0};
    int64_t hour = c->now / HOUR;
    enum store_err err = STORE_OK;
    if (!seen->has_refusals)
        return add(c, key, hour, 1 + (int)cardea_activity_refusal(CARDEA_CODE_COUNT), change->denials_delta, 0);
    if (!seen->anew)
        err = store_usage_seen_get(c->db, key->ordinal, before);
    for (unsigned i = 0; err == STORE_OK && i < CARDEA_ACTIVITY_REFUSALS; i++) {
        uint32_t count = seen->refusals[i] - before[i]; /* they begin again after 2^32 */
        err = add(c, key, hour, 1 + (int)i, count < REFUSED_MAX ? count : 0, 0);
    }
    return err == STORE_OK ? store_usage_seen_put(c->db, key->ordinal, seen->refusals) : err;
}

/* ---- what looks odd ---- */

static enum store_err tell(struct service_call *c, const char *type, const struct store_key *key, struct buf *b,
                           struct json_writer *w)
{
    jw_object_end(w);
    struct cardea_str detail = b->failed ? STR("{}") : arena_str(c->arena, buf_str(b));
    buf_release(b);
    return service_notify(c, type, "key", key->id, key->account_id, detail) == SERVICE_OK ? STORE_OK
                                                                                          : STORE_UNAVAILABLE;
}

static void begin(struct buf *b, struct json_writer *w, const struct store_key *key)
{
    buf_init(b, DETAIL_MAX);
    jw_init(w, b);
    jw_object_begin(w);
    jw_member_str(w, "prefix", key->prefix);
    jw_member_str(w, "kind", key->kind);
}

static enum store_err tell_idle(struct service_call *c, const struct store_key *key, int64_t used_at)
{
    int64_t since = key->last_used_at ? key->last_used_at : key->created_at;
    struct buf b;
    struct json_writer w;
    if (used_at - since < USAGE_IDLE_SEC)
        return STORE_OK;
    begin(&b, &w, key);
    jw_member_time(&w, "last_used_at", key->last_used_at);
    jw_member_time(&w, "used_at", used_at);
    jw_member_int(&w, "idle_days", (used_at - since) / 86400);
    return tell(c, "key.used_after_idle", key, &b, &w);
}

static enum store_err tell_spike(struct service_call *c, const struct store_key *key)
{
    int64_t hour = c->now / HOUR, now = 0, usual = 0;
    struct buf b;
    struct json_writer w;
    enum store_err err = store_usage_refused(c->db, key->account_id, key->id, hour, hour + 1, &now);
    if (err != STORE_OK || now < USAGE_SPIKE_MIN)
        return err;
    err = store_usage_refused(c->db, key->account_id, key->id, hour - USAGE_USUAL_HOURS, hour, &usual);
    if (err != STORE_OK || now * USAGE_USUAL_HOURS < usual * USAGE_SPIKE_TIMES ||
        !service_tell_again(c, key->id, STR(SPIKE), SPIKE_EVERY))
        return err;
    begin(&b, &w, key);
    jw_member_time(&w, "hour", hour * HOUR);
    jw_member_int(&w, "refused", now);
    jw_member_int(&w, "refused_day_before", usual);
    return tell(c, SPIKE, key, &b, &w);
}

enum store_err usage_hours_add(struct service_call *c, const struct store_key *key,
                               const struct store_key_usage *change, const struct usage_seen *seen)
{
    int64_t hour = hour_of(c, change), uses = change->uses_delta;
    enum store_err err = uses && seen->has_groups ? usage_groups_add(c, key, hour, seen, &uses) : STORE_OK;
    if (err == STORE_OK)
        err = add(c, key, hour, STORE_USAGE_GRANTED, uses, -change->credits_delta);
    if (err == STORE_OK && change->uses_delta)
        err = tell_idle(c, key, change->last_used_at);
    if (err == STORE_OK && change->denials_delta)
        err = add_refusals(c, key, change, seen);
    if (err == STORE_OK && change->denials_delta)
        err = tell_spike(c, key);
    return err;
}

enum store_err usage_hours_drawn(struct service_call *c, const struct store_key *key, int64_t credits)
{
    return add(c, key, c->now / HOUR, STORE_USAGE_GRANTED, 0, credits);
}

enum store_err service_usage_prune(struct service *svc, struct store_conn *db, int64_t now, bool *more)
{
    size_t count = 0;
    *more = false;
    if (!svc->usage_keep_sec)
        return STORE_OK;
    enum store_err err = store_usage_prune(db, (now - svc->usage_keep_sec) / HOUR, PRUNE_SLICE, &count);
    *more = err == STORE_OK && count == PRUNE_SLICE;
    return err;
}
