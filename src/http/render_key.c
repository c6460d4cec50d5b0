#include "http/render_key.h"

#include "base/str.h"
#include "service/reminders.h"

/* A list that is stored with spaces between its words. */
static void write_words(struct json_writer *w, struct cardea_str words)
{
    struct cardea_str word;
    while (str_cut(&words, ' ', &word))
        if (word.len)
            jw_str(w, word);
}

static bool has_word(struct cardea_str words, struct cardea_str wanted)
{
    struct cardea_str word;
    while (str_cut(&words, ' ', &word))
        if (str_eq(word, wanted))
            return true;
    return false;
}

/* As they were given, wildcards too, and what the kind gives by itself. */
static void write_scopes(struct json_writer *w, const struct key_view *view)
{
    jw_name(w, "scopes");
    jw_array_begin(w);
    write_words(w, view->row.scopes);
    for (size_t i = 0; view->profile && i < view->profile->core.scope_count; i++) {
        struct cardea_str name = str_of(view->profile->core.scopes[i]);
        if (cardea_scopes_has(&view->granted, (unsigned)i) && !has_word(view->row.scopes, name))
            jw_str(w, name);
    }
    jw_array_end(w);
}

static void write_limits(struct json_writer *w, const struct store_key *row)
{
    jw_name(w, "ip_allow");
    jw_array_begin(w);
    write_words(w, row->ip_allow);
    jw_array_end(w);
    jw_name(w, "rate_limit");
    if (row->rate.limit) {
        jw_object_begin(w);
        jw_member_int(w, "limit", row->rate.limit);
        jw_member_int(w, "window_sec", row->rate.window_ms / 1000);
        jw_member_int(w, "burst", row->rate.burst ? row->rate.burst : row->rate.limit);
        jw_object_end(w);
    } else {
        jw_null(w);
    }
    jw_name(w, "credits");
    if (row->credits >= 0)
        jw_int(w, row->credits);
    else
        jw_null(w);
    jw_name(w, "metadata");
    jw_raw(w, row->metadata.len ? row->metadata : STR("{}"));
}

static int kind_of(const struct key_view *view)
{
    return view->profile ? cardea_profile_kind(&view->profile->core, view->row.kind) : -1;
}

/* Keys of an older system: their owners are to move to new ones. */
static bool is_legacy(const struct key_view *view)
{
    int kind = kind_of(view);
    return kind >= 0 && (view->profile->core.kinds[kind].flags & CARDEA_KIND_LEGACY);
}

void render_key_members(struct json_writer *w, const struct key_view *view, const struct cardea_secret *secret)
{
    const struct store_key *row = &view->row;
    jw_member_id(w, "id", "key", row->id);
    if (secret)
        jw_member_str(w, "key", cardea_secret_reveal(secret));
    jw_member_str(w, "prefix", row->prefix);
    jw_member_str(w, "name", row->name);
    jw_member_str(w, "kind", row->kind);
    jw_member_bool(w, "legacy", is_legacy(view));
    jw_member_id(w, "account", "acc", row->account_id);
    write_scopes(w, view);
    jw_member_str(w, "status", str_of(key_status_name(view->status)));
    jw_member_bool(w, "enabled", row->state == CARDEA_KEY_ACTIVE);
    jw_member_str_or_null(w, "disabled_reason", view->disabled_reason ? str_of(view->disabled_reason) : STR(""));
    jw_member_id(w, "agent", "agt", row->agent_id);
    jw_member_id(w, "user", "usr", row->user_id);
    jw_member_time(w, "created_at", row->created_at);
    jw_member_time(w, "expires_at", row->expires_at);
    jw_member_time(w, "rotation_due_at", service_rotation_due(view->profile, row));
    jw_member_str_or_null(w, "reminder", str_of(key_reminder_name(view->reminder)));
    jw_member_time(w, "last_used_at", row->last_used_at);
    jw_member_int(w, "use_count", row->use_count);
    jw_member_int(w, "denial_count", row->denial_count);
    write_limits(w, row);
    jw_member_time(w, "revoked_at", row->revoked_at);
    jw_member_str_or_null(w, "revoke_reason", row->revoke_reason);
    jw_member_id(w, "rotated_to", "key", row->rotated_to);
    jw_member_id(w, "rotated_from", "key", row->rotated_from);
}

void render_key(struct json_writer *w, const struct key_view *view, const struct cardea_secret *secret)
{
    jw_object_begin(w);
    render_key_members(w, view, secret);
    jw_object_end(w);
}

void reply_key(struct call *c, int status, const struct key_view *view, const struct cardea_secret *secret)
{
    struct json_writer w;
    call_json(c, status, &w);
    render_key(&w, view, secret);
}

void reply_keys(struct call *c, const struct key_view *views, size_t count, int64_t next)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_name(&w, "data");
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        render_key(&w, &views[i], NULL);
    jw_array_end(&w);
    jw_member_id(&w, "next_cursor", "key", next);
    jw_object_end(&w);
}
