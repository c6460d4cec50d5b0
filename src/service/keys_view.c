#include "service/keys_internal.h"

#include "base/id.h"
#include "base/str.h"
#include "service/reminder_plan.h"
#include "service/reminders.h"
#include "service/usage.h"

/* ---- views ---- */

const char *key_status_name(enum key_status status)
{
    static const char *const names[] = {"active", "disabled", "expired", "revoked"};
    return names[status];
}

const char *key_reminder_name(enum key_reminder reminder)
{
    static const char *const names[] = {"", "expiring", "rotation_due"};
    return names[reminder];
}

/* That it ends is more urgent than that it should be replaced. */
static enum key_reminder reminder_of(struct service_call *c, const struct key_view *view)
{
    const struct store_key *row = &view->row;
    if (view->status != KEY_STATUS_ACTIVE || row->rotated_to)
        return KEY_REMINDER_NONE;
    if (reminder_is_near(row->expires_at, row->created_at, c->now))
        return KEY_REMINDER_EXPIRING;
    return reminder_is_near(service_rotation_due(view->profile, row), row->created_at, c->now) ? KEY_REMINDER_ROTATION
                                                                                               : KEY_REMINDER_NONE;
}

/* What a decision asks of the user whose role a key has. When in doubt: nothing to say. */
static const char *user_problem(struct service_call *c, const struct store_key *row)
{
    struct store_user user;
    struct store_member member;
    if (store_user_get(c->db, c->arena, row->user_id, &user) == STORE_OK && user.disabled)
        return "The user whose role it has is disabled.";
    enum store_err err = store_member_get(c->db, row->account_id, row->user_id, &member);
    return err == STORE_NOTFOUND || (err == STORE_OK && member.role == CARDEA_ROLE_NONE)
               ? "The user whose role it has is no longer in the account."
               : NULL;
}

static const char *agent_problem(struct service_call *c, const struct store_key *row)
{
    struct store_agent agent;
    return store_agent_get(c->db, c->arena, row->agent_id, &agent) == STORE_OK && agent.disabled
               ? "Its agent is disabled."
               : NULL;
}

/* The first that holds, in the order in which a decision says no. */
static enum key_status status_of(struct service_call *c, const struct store_key *row, bool follows, const char **reason)
{
    *reason = NULL;
    if (row->state != CARDEA_KEY_ACTIVE)
        return row->state == CARDEA_KEY_REVOKED ? KEY_STATUS_REVOKED : KEY_STATUS_DISABLED;
    if (row->expires_at && c->now >= row->expires_at)
        return KEY_STATUS_EXPIRED;
    if (follows)
        *reason = user_problem(c, row);
    if (!*reason && row->agent_id)
        *reason = agent_problem(c, row);
    return *reason ? KEY_STATUS_DISABLED : KEY_STATUS_ACTIVE;
}

/* What is left in a balance now. Without the slot the row alone is shown: a second old. */
static int64_t credits_left(struct service_call *c, const struct store_key *row)
{
    struct cardea_activity_slot slot;
    if (cardea_activity_read(c->svc->activity, row->ordinal, 1, &slot) != CARDEA_OK)
        return row->credits;
    int64_t left = service_usage_granted(row, &slot) - slot.credits_drawn;
    return left > 0 ? left : 0;
}

/* A successor shows what it shares with the key that it was rotated from. */
static void add_credits(struct service_call *c, struct store_key *row)
{
    struct store_key owner;
    if (row->credits_of == 0) {
        if (row->credits >= 0)
            row->credits = credits_left(c, row);
    } else if (store_key_get(c->db, c->arena, row->credits_of, &owner) == STORE_OK && owner.credits >= 0) {
        row->credits = credits_left(c, &owner);
    }
}

/* A slot below what was flushed from it was made anew, and counts from zero. */
static int64_t since(int64_t now, int64_t flushed)
{
    return flushed <= now ? now - flushed : now;
}

void key_add_live_usage(struct service_call *c, struct store_key *row)
{
    struct cardea_activity_slot slot;
    if (cardea_activity_read(c->svc->activity, row->ordinal, 1, &slot) != CARDEA_OK)
        return;
    row->use_count += since((int64_t)slot.uses, row->slot_uses);
    row->denial_count += since((int64_t)slot.denials, row->slot_denials);
    if (slot.last_used > row->last_used_at)
        row->last_used_at = slot.last_used;
}

void key_view_fill(struct service_call *c, const struct key_account *account, const struct store_key *row,
                   struct key_view *out)
{
    *out = (struct key_view){.row = *row, .profile = account->profile};
    int kind = out->profile ? cardea_profile_kind(&out->profile->core, row->kind) : -1;
    if (kind >= 0)
        out->granted = out->profile->kinds[kind].granted;
    bool follows = kind >= 0 && (out->profile->core.kinds[kind].flags & CARDEA_KIND_FOLLOWS_ROLE);
    out->status = status_of(c, row, follows, &out->disabled_reason);
    out->reminder = reminder_of(c, out);
    key_add_live_usage(c, &out->row);
    add_credits(c, &out->row);
}

/* ---- the list ---- */

static enum service_err list_filter(struct service_call *c, const struct key_list *in, struct store_key_filter *f)
{
    static const char *const names[] = {"active", "disabled", "expired", "revoked"};
    static const int statuses[] = {STORE_KEYS_ACTIVE, STORE_KEYS_UNREVOKED, STORE_KEYS_EXPIRED, STORE_KEYS_REVOKED};
    enum service_err err = SERVICE_OK;
    *f = (struct store_key_filter){.kind = in->kind, .status = STORE_KEYS_ALL, .now = c->now, .limit = in->limit + 1};
    if (in->status.len) {
        size_t i = 0;
        while (i < 4 && !str_eq(in->status, str_of(names[i])))
            i++;
        if (i == 4)
            err = service_invalid(c, "query/status", "There is no such status.",
                                  "Choose among: active, disabled, expired, revoked.");
        else
            f->status = statuses[i];
    }
    if (in->cursor.len && !id_parse(in->cursor, "key", &f->before))
        err = service_invalid(c, "query/cursor", "It is not a cursor.", "Send `next_cursor` of the page before.");
    if (in->limit < 1 || in->limit > KEY_LIST_MAX)
        err = service_invalid(c, "query/limit", "It is out of range.", "Send between 1 and 200.");
    return err;
}

/* The account of a row: rows of a page mostly share one. */
static enum service_err account_of_row(struct service_call *c, const struct store_key *row, struct key_account *last)
{
    if (last->row.id == row->account_id)
        return SERVICE_OK;
    enum store_err err = store_account_get(c->db, c->arena, row->account_id, &last->row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    last->profile = profile_set_find(c->profiles, last->row.profile);
    return SERVICE_OK;
}

/* A key may be disabled by its row, its user or its agent: the row alone does not tell, nor does the store. */
static bool is_wanted(const struct key_view *view, int status)
{
    return (status != STORE_KEYS_ACTIVE || view->status == KEY_STATUS_ACTIVE) &&
           (status != STORE_KEYS_UNREVOKED || view->status == KEY_STATUS_DISABLED);
}

struct listing {
    struct key_view *out;
    size_t limit, count;
    bool more; /* there may be others behind filter->before */
    bool full; /* there is one */
};

/* One look into the store, from filter->before on. */
static enum service_err list_some(struct service_call *c, struct store_key_filter *f, struct key_account *account,
                                  struct listing *l)
{
    size_t found = 0;
    struct store_key *rows = arena_array(c->arena, f->limit, sizeof(*rows));
    enum store_err failed = store_key_list(c->db, c->arena, f, rows, &found);
    if (failed != STORE_OK && failed != STORE_NOTFOUND)
        return service_store_error(c, failed);
    l->more = found == f->limit;
    for (size_t i = 0; i < found; i++) {
        struct key_view view;
        enum service_err err = account_of_row(c, &rows[i], account);
        if (err != SERVICE_OK)
            return err;
        key_view_fill(c, account, &rows[i], &view);
        if (is_wanted(&view, f->status)) {
            l->full = l->count == l->limit;
            if (l->full) /* the one too many tells that there is a next page */
                return SERVICE_OK;
            l->out[l->count++] = view;
        }
        f->before = rows[i].id;
    }
    return SERVICE_OK;
}

enum service_err service_key_list(struct service_call *c, const struct key_list *in, struct key_view *out,
                                  size_t *count, int64_t *next)
{
    struct store_key_filter filter;
    struct key_account account = {0};
    struct listing l = {.out = out, .limit = in->limit, .more = true};
    *count = 0;
    *next = 0;
    enum service_err err = list_filter(c, in, &filter);
    if (err != SERVICE_OK)
        return err;
    bool everywhere = in->account.len == 0 && (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM);
    if (!everywhere) {
        err = key_account_named(c, in->account, "query/account", &account);
        if (err == SERVICE_OK)
            err = key_may(c, KEY_MAY_READ, &account, NULL);
        if (err != SERVICE_OK)
            return err;
        filter.account_id = account.row.id;
    }
    for (size_t looked = 0; l.more && !l.full && looked < KEY_LIST_LOOK; looked += filter.limit)
        if ((err = list_some(c, &filter, &account, &l)) != SERVICE_OK)
            return err;
    *count = l.count;
    *next = l.full || l.more ? filter.before : 0;
    return SERVICE_OK;
}
