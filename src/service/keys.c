#include "service/keys.h"

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "service/agents.h"
#include "service/keys_internal.h"
#include "service/reminders.h"
#include "service/usage.h"
#include "service/usage_hours.h"

/* ---- rules that several use cases share ---- */

enum service_err key_check_profile(struct service_call *c, const struct key_account *account)
{
    if (account->profile)
        return SERVICE_OK;
    return service_fail(c, SERVICE_CONFLICT, "conflict",
                        "The account belongs to the profile %.*s, which is not loaded.", STR_ARG(account->row.profile));
}

enum service_err key_check_open(struct service_call *c, const struct key_account *account)
{
    if (account->row.status == STORE_ACCOUNT_SUSPENDED)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The account is suspended. Make it active again first.");
    return key_check_profile(c, account);
}

static const char *kind_choice(struct service_call *c, const struct cardea_profile *profile)
{
    struct buf b;
    buf_init(&b, 2048);
    for (size_t i = 0; i < profile->kind_count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "Choose among: ", profile->kinds[i].name);
    buf_add_char(&b, '.');
    const char *text = arena_cstr(c->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

enum service_err key_kind_named(struct service_call *c, const struct key_account *account, struct cardea_str name,
                                const char *location, int *kind)
{
    const struct profile *profile = account->profile;
    *kind = name.len ? cardea_profile_kind(&profile->core, name) : profile->default_kind;
    if (*kind < 0 || (size_t)*kind >= profile->core.kind_count)
        return service_invalid(c, location, "There is no such kind of key.", kind_choice(c, &profile->core));
    if (profile->kinds[*kind].root_only && c->actor.kind != ACTOR_ROOT && c->actor.kind != ACTOR_SYSTEM)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key makes keys of the kind %s.",
                            profile->core.kinds[*kind].name);
    return SERVICE_OK;
}

enum service_err key_agent_named(struct service_call *c, const struct key_account *account, int kind,
                                 struct cardea_str name, const char *location, int64_t *agent_id)
{
    bool bound = account->profile->core.kinds[kind].flags & CARDEA_KIND_AGENT;
    struct store_agent agent;
    int64_t id;
    *agent_id = 0;
    if (!bound && name.len)
        return service_invalid(c, location, "Keys of this kind are not bound to an agent.", "Leave `agent` out.");
    if (!bound)
        return SERVICE_OK;
    if (name.len == 0)
        return service_invalid(c, location, "Keys of this kind are bound to one agent.",
                               "Name an agent of the account, by its id or slug.");
    enum store_err err = id_parse(name, "agt", &id) ? store_agent_get(c->db, c->arena, id, &agent)
                                                    : store_agent_find(c->db, c->arena, account->row.id, name, &agent);
    if (err == STORE_NOTFOUND || (err == STORE_OK && agent.account_id != account->row.id))
        return service_invalid(c, location, "The account has no such agent.",
                               "Name an agent of the account, by its id or slug.");
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (agent.disabled)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The agent \"%.*s\" is %s: it gets no keys.",
                            STR_ARG(agent.slug), service_agent_status_name(&agent));
    *agent_id = agent.id;
    return SERVICE_OK;
}

bool key_counts(const struct store_key *row, int64_t now)
{
    return row->state == CARDEA_KEY_ACTIVE && (!row->expires_at || now < row->expires_at) && !row->rotated_to;
}

enum service_err key_check_limit(struct service_call *c, const struct key_account *account, int kind)
{
    const struct cardea_kind *core = &account->profile->core.kinds[kind];
    int64_t max = account->profile->kinds[kind].max_active, active = 0;
    if (max == 0 || (core->flags & CARDEA_KIND_REPLACES)) /* the previous one makes room by itself */
        return SERVICE_OK;
    enum store_err err = store_key_count_active(c->db, account->row.id, str_of(core->name), c->now, &active);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (active < max)
        return SERVICE_OK;
    return service_fail(c, SERVICE_LIMIT, "key_limit_reached",
                        "The account has %lld active keys of the kind %s, and may have %lld. Revoke one that is no "
                        "longer used to make room.",
                        (long long)active, core->name, (long long)max);
}

/* ---- writing ---- */

static enum service_err activity_failed(struct service_call *c, enum cardea_err err)
{
    log_error("the activity files refuse (error %d): see the runtime folder's space and permissions", (int)err);
    return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                        "The activity files cannot be written. Nothing was changed.");
}

/* What was drawn from the balance before is counted as use first; what the slot of a new key holds was not drawn by it.
 */
static enum service_err set_credits(struct service_call *c, struct store_key *row, int64_t credits, bool is_new)
{
    struct cardea_activity_slot slot;
    row->credits = credits;
    row->credits_of = 0;
    if (credits < 0)
        return SERVICE_OK;
    enum cardea_err failed = cardea_activity_read(c->svc->activity, row->ordinal, 1, &slot);
    if (failed != CARDEA_OK)
        return activity_failed(c, failed);
    enum store_err err = is_new ? STORE_OK : usage_hours_drawn(c, row, service_usage_drawn(row, &slot));
    if (err != STORE_OK)
        return service_store_error(c, err);
    /* From here on the row's balance stands for this moment of the slot. */
    row->slot_drawn = slot.credits_drawn;
    failed = cardea_activity_grant_credits(c->svc->activity, row->ordinal, slot.credits_drawn + credits);
    return failed == CARDEA_OK ? SERVICE_OK : activity_failed(c, failed);
}

enum service_err key_set_credits(struct service_call *c, struct store_key *row, int64_t credits)
{
    return set_credits(c, row, credits, false);
}

enum service_err key_insert(struct service_call *c, struct store_key *row)
{
    int64_t credits = row->credits;
    row->id = service_new_id(c);
    enum store_err err = store_key_insert(c->db, row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    enum cardea_err failed = cardea_activity_reserve(c->svc->activity, row->ordinal);
    if (failed != CARDEA_OK)
        return activity_failed(c, failed);
    if (credits < 0)
        return SERVICE_OK;
    enum service_err granted = set_credits(c, row, credits, true);
    if (granted != SERVICE_OK || row->slot_drawn == 0)
        return granted;
    /* The slot has served a key of a store that was restored since: what that one drew is not this one's. */
    err = store_key_update(c->db, row);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err key_replace(struct service_call *c, struct key_account *account, int kind, const struct store_key *row)
{
    int64_t before = account->row.current_key;
    struct store_key old;
    if (!(account->profile->core.kinds[kind].flags & CARDEA_KIND_REPLACES))
        return SERVICE_OK;
    account->row.current_key = row->id;
    enum store_err err = store_account_update(c->db, &account->row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (!before || before == row->rotated_from) /* a rotation retires that one itself */
        return SERVICE_OK;
    err = store_key_get(c->db, c->arena, before, &old);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (old.state == CARDEA_KEY_REVOKED)
        return SERVICE_OK;
    char id[ID_TEXT_MAX];
    id_format(id, "key", row->id);
    return key_revoke_row(c, &old, arena_printf(c->arena, "replaced by %s", id));
}

enum service_err key_issue(struct service_call *c, struct key_account *account, int kind, struct store_key *row,
                           struct cardea_secret *secret)
{
    const struct cardea_kind *core = &account->profile->core.kinds[kind];
    if (cardea_key_format_mint(&core->format, c->svc->random, c->svc->random_arg, secret) != CARDEA_OK)
        return service_fail(c, SERVICE_UNAVAILABLE, "internal", "There is no randomness to make a key from.");
    struct cardea_str text = cardea_secret_reveal(secret);
    cardea_digest(text, &row->digest);
    row->prefix = arena_str(c->arena, (struct cardea_str){text.ptr, core->format.visible_len});
    row->state = CARDEA_KEY_ACTIVE;
    row->created_at = c->now;
    enum service_err err = key_insert(c, row);
    if (err == SERVICE_OK)
        err = service_remind(c, account, row, true);
    if (err == SERVICE_OK)
        err = key_replace(c, account, kind, row);
    if (err != SERVICE_OK)
        cardea_secret_wipe(secret);
    return err;
}

/* ---- use cases ---- */

/* What cannot be made here, whoever asks. */
static enum service_err check_makeable(struct service_call *c, const struct key_account *account, int kind,
                                       int64_t user_id)
{
    uint32_t flags = account->profile->core.kinds[kind].flags;
    if (flags & CARDEA_KIND_LEGACY)
        return service_invalid(c, "/kind", "Keys of this kind come from an older system and are only imported.",
                               kind_choice(c, &account->profile->core));
    if ((flags & CARDEA_KIND_FOLLOWS_ROLE) && !user_id)
        return service_invalid(c, "/kind", "A key of this kind acts with the role of the user who makes it.",
                               "Make it with that user's session token.");
    return SERVICE_OK;
}

enum service_err service_key_create(struct service_call *c, const struct key_create *in, struct key_view *out,
                                    struct cardea_secret *secret)
{
    struct key_account account;
    struct store_key row = {.state = CARDEA_KEY_ACTIVE};
    struct key_rules rules = {.at = ""};
    secret->len = 0;
    enum service_err err = key_account_named(c, in->account, "/account", &account);
    if (err != SERVICE_OK || (err = key_may(c, KEY_MAY_CREATE, &account, NULL)) != SERVICE_OK ||
        (err = key_check_open(c, &account)) != SERVICE_OK ||
        (err = key_kind_named(c, &account, in->kind, "/kind", &rules.kind)) != SERVICE_OK ||
        (err = key_may_make(c, &account, rules.kind)) != SERVICE_OK ||
        (err = key_maker(c, &row.user_id)) != SERVICE_OK ||
        (err = check_makeable(c, &account, rules.kind, row.user_id)) != SERVICE_OK)
        return err;
    rules.profile = account.profile;
    row.account_id = account.row.id;
    row.kind = str_of(account.profile->core.kinds[rules.kind].name);
    err = key_agent_named(c, &account, rules.kind, in->agent, "/agent", &row.agent_id);
    if (err != SERVICE_OK && err != SERVICE_INVALID)
        return err;
    /* All mistakes at once. */
    bool wrong = err == SERVICE_INVALID;
    wrong |= key_input_defaults(c, &rules, &in->input, &row) != SERVICE_OK;
    wrong |= key_input_apply(c, &rules, &in->input, &row) != SERVICE_OK;
    if (wrong)
        return SERVICE_INVALID;
    if ((in->input.given & KEY_CREDITS) && !in->input.credits_null)
        row.credits = in->input.credits;
    if ((err = key_may_grant(c, &account, rules.kind, row.scopes)) != SERVICE_OK)
        return err;
    if ((err = key_check_limit(c, &account, rules.kind)) == SERVICE_LIMIT)
        service_tell_limit(c, &account, rules.kind);
    if (err != SERVICE_OK || (err = key_issue(c, &account, rules.kind, &row, secret)) != SERVICE_OK)
        return err;
    err = key_record(c, "key.created", &row);
    if (err != SERVICE_OK)
        cardea_secret_wipe(secret);
    else
        key_view_fill(c, &account, &row, out);
    return err;
}

enum service_err service_key_get(struct service_call *c, int64_t id, struct key_view *out)
{
    struct key_account account;
    struct store_key row;
    enum service_err err = key_load(c, id, KEY_MAY_READ, &account, &row);
    if (err == SERVICE_OK)
        key_view_fill(c, &account, &row, out);
    return err;
}

enum service_err service_key_self(struct service_call *c, struct key_view *out)
{
    struct key_account account;
    struct store_key row;
    enum store_err err = store_key_get(c->db, c->arena, c->actor.key_id, &row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    enum service_err failed = key_account_get(c, row.account_id, &account);
    if (failed == SERVICE_OK)
        key_view_fill(c, &account, &row, out);
    return failed;
}
