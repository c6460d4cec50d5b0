#include "service/keys_internal.h"

#include "base/id.h"
#include "base/str.h"
#include "service/reminders.h"

static enum service_err check_rotatable(struct service_call *c, const struct store_key *row)
{
    if (row->state == CARDEA_KEY_REVOKED)
        return service_fail(c, SERVICE_CONFLICT, "key_revoked", "The key is revoked. Make a new one in its place.");
    if (row->rotated_to)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The key was rotated already. Rotate its successor.");
    if (row->expires_at && c->now >= row->expires_at)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The key has expired. Make a new one in its place.");
    if (row->state == CARDEA_KEY_DISABLED)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The key is disabled. Enable it first.");
    return SERVICE_OK;
}

static enum service_err check_kind(struct service_call *c, const struct key_account *account, int kind,
                                   int64_t *overlap_sec)
{
    uint32_t flags = account->profile->core.kinds[kind].flags;
    if (flags & CARDEA_KIND_LEGACY)
        return service_fail(c, SERVICE_CONFLICT, "conflict",
                            "A key of the kind %s comes from an older system, so there is no other like it. Make a key "
                            "of another kind, then revoke this one.",
                            account->profile->core.kinds[kind].name);
    if (*overlap_sec == KEY_OVERLAP_DEFAULT)
        *overlap_sec = flags & CARDEA_KIND_REPLACES ? 0 : account->profile->kinds[kind].overlap_sec;
    if (*overlap_sec < 0 || *overlap_sec > KEY_OVERLAP_MAX_SEC)
        return service_invalid(c, "/overlap_sec", "It is out of range.",
                               arena_printf(c->arena, "Send between 0 and %d seconds.", KEY_OVERLAP_MAX_SEC).ptr);
    if (*overlap_sec && (flags & CARDEA_KIND_REPLACES))
        return service_invalid(c, "/overlap_sec", "A new key of this kind replaces the previous one at once.",
                               "Send 0, or leave it out.");
    return SERVICE_OK;
}

/* The successor's expiry: the life span that the old one was given, from now on. */
static int64_t next_expiry(const struct service_call *c, const struct profile_kind *kind, const struct store_key *old)
{
    int64_t span = old->expires_at ? old->expires_at - old->created_at : 0;
    if (kind->max_ttl_sec && (span == 0 || span > kind->max_ttl_sec))
        span = kind->max_ttl_sec;
    return span > 0 ? c->now + span : 0;
}

/* Ends the old key: at once, or when the overlap is over. */
static enum service_err retire(struct service_call *c, const struct key_account *account, struct store_key *old,
                               int64_t overlap_sec, int64_t successor)
{
    enum store_err err;
    old->rotated_to = successor;
    if (overlap_sec == 0) {
        char id[ID_TEXT_MAX];
        id_format(id, "key", successor);
        return key_revoke_row(c, old, arena_printf(c->arena, "rotated to %s", id));
    }
    int64_t end = c->now + overlap_sec;
    if (old->expires_at == 0 || old->expires_at > end)
        old->expires_at = end;
    err = store_key_update(c->db, old);
    return err == STORE_OK ? service_remind(c, account, old, false) : service_store_error(c, err);
}

enum service_err service_key_rotate(struct service_call *c, int64_t id, int64_t overlap_sec, struct key_view *out,
                                    struct cardea_secret *secret)
{
    struct key_account account;
    struct store_key old;
    int kind;
    secret->len = 0;
    enum service_err err = key_load(c, id, KEY_MAY_ROTATE, &account, &old);
    if (err != SERVICE_OK || (err = key_check_open(c, &account)) != SERVICE_OK ||
        (err = key_kind_named(c, &account, old.kind, "/kind", &kind)) != SERVICE_OK ||
        (err = check_rotatable(c, &old)) != SERVICE_OK ||
        (err = check_kind(c, &account, kind, &overlap_sec)) != SERVICE_OK ||
        (err = key_may_grant(c, &account, kind, old.scopes)) != SERVICE_OK)
        return err;
    int64_t user_id = old.user_id, maker;
    if ((err = key_maker(c, &maker)) != SERVICE_OK)
        return err;
    /* Such a key acts with its maker's role: whoever gets the new secret shall not get another's role with it. */
    if ((account.profile->core.kinds[kind].flags & CARDEA_KIND_FOLLOWS_ROLE) && maker)
        user_id = maker;
    struct store_key row = {
        .account_id = old.account_id,
        .kind = old.kind,
        .name = old.name,
        .scopes = old.scopes,
        .user_id = user_id,
        .agent_id = old.agent_id,
        .ip_allow = old.ip_allow,
        .rate = old.rate,
        .metadata = old.metadata,
        /* One balance for both, so that the old key works until its end and no rotation makes more of what is left. */
        .credits = -1,
        .credits_of = old.credits >= 0 ? old.id : old.credits_of,
        .expires_at = next_expiry(c, &account.profile->kinds[kind], &old),
        .rotated_from = old.id,
    };
    if ((err = key_issue(c, &account, kind, &row, secret)) != SERVICE_OK)
        return err;
    if ((err = retire(c, &account, &old, overlap_sec, row.id)) != SERVICE_OK ||
        (err = key_record(c, "key.created", &row)) != SERVICE_OK ||
        (err = key_record_rotation(c, &old, &row)) != SERVICE_OK) {
        cardea_secret_wipe(secret);
        return err;
    }
    key_view_fill(c, &account, &row, out);
    return SERVICE_OK;
}
