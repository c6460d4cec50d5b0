#include "service/keys_internal.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"

#define NATIVE_PROFILE "cardea"

static enum service_err lacks_scope(struct service_call *c, const char *scope)
{
    return service_fail(c, SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", "Missing required scope: %s", scope);
}

static bool follows_role(const struct profile *profile, int kind)
{
    return profile->core.kinds[kind].flags & CARDEA_KIND_FOLLOWS_ROLE;
}

static bool has_kind_that_follows(const struct profile *profile)
{
    for (size_t i = 0; profile && i < profile->core.kind_count; i++)
        if (follows_role(profile, (int)i))
            return true;
    return false;
}

static enum service_err viewers_look_only(struct service_call *c)
{
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                        "A viewer may look at keys, but not make or change them. Ask an owner or admin of the account "
                        "for a higher role.");
}

/* Of which kind a viewer's new key may be comes later: key_may_make(). */
static enum service_err session_may(struct service_call *c, const struct profile *profile, enum key_right right)
{
    if (c->actor.role >= CARDEA_ROLE_MEMBER)
        return SERVICE_OK;
    if (c->actor.role == CARDEA_ROLE_VIEWER &&
        (right == KEY_MAY_READ || (right == KEY_MAY_CREATE && has_kind_that_follows(profile))))
        return SERVICE_OK;
    return viewers_look_only(c);
}

enum service_err key_may_make(struct service_call *c, const struct key_account *account, int kind)
{
    bool viewer = c->actor.kind == ACTOR_USER && c->actor.role < CARDEA_ROLE_MEMBER;
    return viewer && !follows_role(account->profile, kind) ? viewers_look_only(c) : SERVICE_OK;
}

static enum service_err native_key_may(struct service_call *c, const struct profile *profile, enum key_right right)
{
    const char *name = right == KEY_MAY_READ ? "keys:read" : "keys:write";
    int scope = cardea_profile_scope(&profile->core, str_of(name));
    if (scope >= 0 && cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return SERVICE_OK;
    return lacks_scope(c, name);
}

/* One right asks for one scope of the profile's own; -1 asks for none. */
static enum service_err product_key_may(struct service_call *c, const struct profile *profile, enum key_right right)
{
    const struct profile_management *m = &profile->management;
    bool can = true;
    int scopes[2] = {-1, -1};
    switch (right) {
    case KEY_MAY_READ:
        scopes[0] = m->list_scope;
        break;
    case KEY_MAY_CREATE:
        can = m->can_create;
        scopes[0] = m->create_scope;
        break;
    case KEY_MAY_UPDATE:
        can = m->can_update;
        scopes[0] = m->update_scope;
        break;
    case KEY_MAY_ROTATE: /* makes one and ends one */
        can = m->can_create && m->can_revoke;
        scopes[0] = m->create_scope;
        scopes[1] = m->revoke_scope;
        break;
    case KEY_MAY_REVOKE:
        can = m->can_revoke;
        scopes[0] = m->revoke_scope;
        break;
    case KEY_MAY_IMPORT:
        can = false;
        break;
    }
    if (!m->by_key || !can)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                            "%s keys may not do this, whatever their scopes. Use a session token: log in first.",
                            profile->title ? profile->title : profile->core.name);
    for (size_t i = 0; i < 2; i++)
        if (scopes[i] >= 0 && !cardea_scopes_has(&c->actor.scopes, (unsigned)scopes[i]))
            return lacks_scope(c, profile->core.scopes[scopes[i]]);
    return SERVICE_OK;
}

static enum service_err actor_may(struct service_call *c, const struct profile *profile, enum key_right right)
{
    if (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM)
        return SERVICE_OK;
    if (right == KEY_MAY_IMPORT)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key imports keys.");
    if (c->actor.kind == ACTOR_USER)
        return session_may(c, profile, right);
    if (c->actor.kind == ACTOR_KEY && profile) {
        if (strcmp(profile->core.name, NATIVE_PROFILE) == 0)
            return native_key_may(c, profile, right);
        return product_key_may(c, profile, right);
    }
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This credential does not manage keys.");
}

enum service_err service_key_admit(struct service_call *c, enum key_right right)
{
    const struct profile *profile = NULL;
    if (c->actor.profile >= 0 && (size_t)c->actor.profile < c->profiles->count)
        profile = c->profiles->items[c->actor.profile];
    return actor_may(c, profile, right);
}

/* The row of the calling key: it says what the credential alone does not. */
static enum service_err calling_key(struct service_call *c, struct store_key *out)
{
    enum store_err err = store_key_get(c->db, c->arena, c->actor.key_id, out);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_key_manages(struct service_call *c)
{
    struct store_key caller;
    if (c->actor.kind != ACTOR_KEY)
        return SERVICE_OK;
    enum service_err err = calling_key(c, &caller);
    if (err == SERVICE_OK && caller.state != CARDEA_KEY_ACTIVE) /* since it was let in */
        return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated", "The calling key is no longer active.");
    if (err == SERVICE_OK && caller.agent_id)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                            "A key that is bound to an agent manages neither keys nor agents.");
    return err;
}

enum service_err key_may(struct service_call *c, enum key_right right, const struct key_account *account,
                         const struct store_key *key)
{
    enum service_err err = actor_may(c, account->profile, right);
    if (err != SERVICE_OK)
        return err;
    if (c->actor.kind == ACTOR_USER && c->actor.role == CARDEA_ROLE_MEMBER && key && right != KEY_MAY_READ &&
        key->user_id != c->actor.user_id)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                            "A member may change only the keys that they made. Ask an owner or admin of the account.");
    return service_key_manages(c);
}

enum service_err key_may_grant(struct service_call *c, const struct key_account *account, int kind,
                               struct cardea_str scopes)
{
    struct cardea_scopes wanted;
    if (c->actor.kind != ACTOR_KEY)
        return SERVICE_OK;
    key_scopes_effective(account->profile, kind, scopes, &wanted);
    for (size_t i = 0; i < account->profile->core.scope_count; i++)
        if (cardea_scopes_has(&wanted, (unsigned)i) && !cardea_scopes_has(&c->actor.scopes, (unsigned)i))
            return service_fail(c, SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE",
                                "A key cannot grant a scope that it lacks: %s", account->profile->core.scopes[i]);
    return SERVICE_OK;
}

enum service_err key_maker(struct service_call *c, int64_t *user_id)
{
    struct store_key caller;
    *user_id = c->actor.kind == ACTOR_USER ? c->actor.user_id : 0;
    if (c->actor.kind != ACTOR_KEY)
        return SERVICE_OK;
    enum service_err err = calling_key(c, &caller);
    if (err == SERVICE_OK)
        *user_id = caller.user_id;
    return err;
}

enum service_err key_account_get(struct service_call *c, int64_t account_id, struct key_account *out)
{
    enum store_err err = store_account_get(c->db, c->arena, account_id, &out->row);
    if (err == STORE_OK && out->row.status == STORE_ACCOUNT_DELETED)
        err = STORE_NOTFOUND;
    if (err != STORE_OK)
        return service_store_error(c, err);
    out->profile = profile_set_find(c->profiles, out->row.profile);
    return SERVICE_OK;
}

enum service_err key_account_named(struct service_call *c, struct cardea_str name, const char *location,
                                   struct key_account *out)
{
    enum service_err err = service_account_of_call(c, name, location, &out->row);
    if (err == SERVICE_OK)
        out->profile = profile_set_find(c->profiles, out->row.profile);
    return err;
}

static bool sees_all(const struct service_call *c)
{
    return c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM;
}

enum service_err key_load(struct service_call *c, int64_t id, enum key_right right, struct key_account *account,
                          struct store_key *out)
{
    enum store_err err = store_key_get(c->db, c->arena, id, out);
    if (err == STORE_OK && !sees_all(c) && out->account_id != c->actor.account_id)
        err = STORE_NOTFOUND;
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such key.");
    if (err != STORE_OK)
        return service_store_error(c, err);
    enum service_err failed = key_account_get(c, out->account_id, account);
    return failed == SERVICE_OK ? key_may(c, right, account, out) : failed;
}

enum service_err service_key_find(struct service_call *c, struct cardea_str text, int64_t *id)
{
    struct store_key *rows = arena_array(c->arena, 2, sizeof(*rows));
    size_t count = 0;
    if (id_parse(text, "key", id))
        return SERVICE_OK;
    if (sees_all(c) || c->actor.account_id == 0 || text.len == 0 || text.len > CARDEA_KEY_MAX)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such key.");
    enum store_err err = store_key_by_prefix(c->db, c->arena, c->actor.account_id, text, 2, rows, &count);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    if (count == 1) {
        *id = rows[0].id;
        return SERVICE_OK;
    }
    if (count == 0)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such key.");
    return service_fail(c, SERVICE_CONFLICT, "conflict", "Several keys have this prefix. Name one by its id.");
}
