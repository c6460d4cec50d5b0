#include "service/keys_internal.h"

#include "base/str.h"
#include "service/reminders.h"

/* ---- revocation ---- */

enum service_err key_revoke_row(struct service_call *c, struct store_key *row, struct cardea_str reason)
{
    struct store_key before = *row;
    row->state = CARDEA_KEY_REVOKED;
    row->revoked_at = c->now;
    row->revoke_reason = reason;
    enum store_err err = store_key_update(c->db, row);
    return err == STORE_OK ? key_record_revocation(c, &before, row) : service_store_error(c, err);
}

static enum service_err revoke(struct service_call *c, const struct key_account *account, struct store_key *row,
                               struct cardea_str reason, struct key_view *out)
{
    const char *problem = reason.len ? key_text_problem(reason, KEY_REASON_MAX) : NULL;
    if (problem)
        return service_invalid(c, "/reason", problem,
                               arena_printf(c->arena, "Send at most %d characters, or none.", KEY_REASON_MAX).ptr);
    enum service_err err = SERVICE_OK;
    if (row->state != CARDEA_KEY_REVOKED)
        err = key_revoke_row(c, row, reason);
    if (err == SERVICE_OK)
        key_view_fill(c, account, row, out);
    return err;
}

enum service_err service_key_revoke(struct service_call *c, int64_t id, struct cardea_str reason, struct key_view *out)
{
    struct key_account account;
    struct store_key row;
    enum service_err err = key_load(c, id, KEY_MAY_REVOKE, &account, &row);
    return err == SERVICE_OK ? revoke(c, &account, &row, reason, out) : err;
}

enum service_err service_key_self_revoke(struct service_call *c, struct cardea_str reason, struct key_view *out)
{
    struct key_account account;
    struct store_key row;
    enum store_err err = store_key_get(c->db, c->arena, c->actor.key_id, &row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    enum service_err failed = key_account_get(c, row.account_id, &account);
    return failed == SERVICE_OK ? revoke(c, &account, &row, reason, out) : failed;
}

/* ---- changes ---- */

/* A key that was rotated away no longer counts against the limit, since it is about to end. It may end sooner. */
static enum service_err check_rotated(struct service_call *c, const struct store_key *before,
                                      const struct store_key *after)
{
    if (!before->rotated_to || (after->expires_at && after->expires_at <= before->expires_at))
        return SERVICE_OK;
    return service_fail(c, SERVICE_CONFLICT, "conflict",
                        "The key was rotated, and ends with the overlap: it cannot be made to live longer.");
}

static enum service_err check_change(struct service_call *c, const struct key_account *account, int kind,
                                     unsigned given, const struct store_key *before, const struct store_key *after)
{
    /* Turning off, renaming and describing take nothing from what the caller lacks; all else may give. */
    bool gives = (given & ~(KEY_NAME | KEY_METADATA | KEY_ENABLED)) ||
                 ((given & KEY_ENABLED) && after->state == CARDEA_KEY_ACTIVE);
    enum service_err err = check_rotated(c, before, after);
    if (err == SERVICE_OK && gives)
        err = key_may_grant(c, account, kind, after->scopes);
    if (err == SERVICE_OK && !key_counts(before, c->now) && key_counts(after, c->now))
        err = key_check_limit(c, account, kind);
    return err;
}

enum service_err service_key_update(struct service_call *c, int64_t id, const struct key_input *in,
                                    struct key_view *out)
{
    struct key_account account;
    struct store_key before;
    struct key_rules rules = {.at = ""};
    enum service_err err = key_load(c, id, KEY_MAY_UPDATE, &account, &before);
    if (err != SERVICE_OK || (err = key_check_profile(c, &account)) != SERVICE_OK)
        return err;
    if (before.state == CARDEA_KEY_REVOKED)
        return service_fail(c, SERVICE_CONFLICT, "key_revoked",
                            "The key is revoked, for good. Make a new one in its place.");
    if ((err = key_kind_named(c, &account, before.kind, "/kind", &rules.kind)) != SERVICE_OK)
        return err;
    rules.profile = account.profile;
    struct store_key row = before;
    if ((err = key_input_apply(c, &rules, in, &row)) != SERVICE_OK)
        return err;
    if (in->given & KEY_ENABLED)
        row.state = in->enabled ? CARDEA_KEY_ACTIVE : CARDEA_KEY_DISABLED;
    if ((err = check_change(c, &account, rules.kind, in->given, &before, &row)) != SERVICE_OK)
        return err;
    if ((in->given & KEY_CREDITS) &&
        (err = key_set_credits(c, &row, in->credits_null ? -1 : in->credits)) != SERVICE_OK)
        return err;
    if (in->given) {
        enum store_err failed = store_key_update(c->db, &row);
        err = failed == STORE_OK ? key_record_change(c, in->given, &before, &row) : service_store_error(c, failed);
    }
    if (err == SERVICE_OK && (in->given & (KEY_EXPIRES | KEY_ENABLED)))
        err = service_remind(c, &account, &row, false);
    if (err == SERVICE_OK)
        key_view_fill(c, &account, &row, out);
    return err;
}
