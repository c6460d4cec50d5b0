#include "service/keys_internal.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "base/str.h"

/* What a record may hold: prefix, kind, scopes, limits, times and ids. Never the key or its digest; of name, metadata
 * and addresses, which people fill as they like, only that they changed. */
#define DETAIL_MAX (48 * 1024)

static void write_scopes(struct json_writer *w, struct cardea_str scopes)
{
    struct cardea_str name;
    jw_name(w, "scopes");
    jw_array_begin(w);
    while (str_cut(&scopes, ' ', &name))
        if (name.len)
            jw_str(w, name);
    jw_array_end(w);
}

static void write_rate(struct json_writer *w, const struct cardea_rate *rate)
{
    jw_name(w, "rate_limit");
    if (!rate->limit) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_member_int(w, "limit", rate->limit);
    jw_member_int(w, "window_sec", rate->window_ms / 1000);
    jw_member_int(w, "burst", rate->burst);
    jw_object_end(w);
}

static void begin(struct json_writer *w, struct buf *b, const struct store_key *row)
{
    buf_init(b, DETAIL_MAX);
    jw_init(w, b);
    jw_object_begin(w);
    jw_member_str(w, "prefix", row->prefix);
    jw_member_str(w, "kind", row->kind);
}

static enum service_err finish(struct service_call *c, struct json_writer *w, struct buf *b, const char *action,
                               const struct store_key *row)
{
    jw_object_end(w);
    struct cardea_str detail = b->failed ? STR("{}") : arena_str(c->arena, buf_str(b));
    buf_release(b);
    return service_record(c, action, "key", row->id, row->account_id, detail);
}

enum service_err key_record(struct service_call *c, const char *action, const struct store_key *row)
{
    struct buf b;
    struct json_writer w;
    begin(&w, &b, row);
    write_scopes(&w, row->scopes);
    jw_member_time(&w, "expires_at", row->expires_at);
    return finish(c, &w, &b, action, row);
}

enum service_err key_record_revocation(struct service_call *c, const struct store_key *before,
                                       const struct store_key *row)
{
    struct buf b;
    struct json_writer w;
    begin(&w, &b, row);
    write_scopes(&w, row->scopes);
    jw_member_time(&w, "expires_at", row->expires_at);
    jw_member_str_or_null(&w, "reason", row->revoke_reason);
    jw_name(&w, "before");
    jw_object_begin(&w);
    jw_member_str(&w, "status", before->state == CARDEA_KEY_DISABLED ? STR("disabled") : STR("active"));
    jw_object_end(&w);
    jw_name(&w, "after");
    jw_object_begin(&w);
    jw_member_str(&w, "status", STR("revoked"));
    jw_object_end(&w);
    return finish(c, &w, &b, "key.revoked", row);
}

enum service_err key_record_rotation(struct service_call *c, const struct store_key *old, const struct store_key *row)
{
    struct buf b;
    struct json_writer w;
    begin(&w, &b, old);
    jw_member_id(&w, "rotated_to", "key", row->id);
    jw_member_str(&w, "rotated_to_prefix", row->prefix);
    jw_member_time(&w, "expires_at", old->expires_at);
    write_scopes(&w, row->scopes);
    return finish(c, &w, &b, "key.rotated", old);
}

static void write_side(struct json_writer *w, const char *side, unsigned given, const struct store_key *row)
{
    jw_name(w, side);
    jw_object_begin(w);
    if (given & KEY_SCOPES)
        write_scopes(w, row->scopes);
    if (given & KEY_ENABLED)
        jw_member_bool(w, "enabled", row->state == CARDEA_KEY_ACTIVE);
    if (given & KEY_EXPIRES)
        jw_member_time(w, "expires_at", row->expires_at);
    if (given & KEY_RATE)
        write_rate(w, &row->rate);
    if (given & KEY_CREDITS) {
        jw_name(w, "credits");
        if (row->credits < 0)
            jw_null(w);
        else
            jw_int(w, row->credits);
    }
    jw_object_end(w);
}

enum service_err key_record_change(struct service_call *c, unsigned given, const struct store_key *before,
                                   const struct store_key *after)
{
    static const struct {
        unsigned member;
        const char *name;
    } names[] = {
        {KEY_NAME, "name"},       {KEY_SCOPES, "scopes"},   {KEY_EXPIRES, "expires_at"}, {KEY_IP_ALLOW, "ip_allow"},
        {KEY_RATE, "rate_limit"}, {KEY_CREDITS, "credits"}, {KEY_METADATA, "metadata"},  {KEY_ENABLED, "enabled"},
    };
    struct buf b;
    struct json_writer w;
    begin(&w, &b, after);
    jw_name(&w, "changed");
    jw_array_begin(&w);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (given & names[i].member)
            jw_str(&w, str_of(names[i].name));
    jw_array_end(&w);
    write_side(&w, "before", given, before);
    write_side(&w, "after", given, after);
    return finish(c, &w, &b, "key.updated", after);
}
