#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/throttle.h"
#include "service/users.h"

/* Who may see and change members: root; owners and admins of the account. Fills `account`. */
static enum service_err manage(struct service_call *c, struct cardea_str text, struct store_account *account)
{
    enum service_err err = service_account_get(c, text, account);
    if (err != SERVICE_OK || c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM)
        return err;
    if (c->actor.kind == ACTOR_USER && c->actor.role >= CARDEA_ROLE_ADMIN)
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Members are managed by an owner or an admin.");
}

static bool is_admin_only(const struct service_call *c)
{
    return c->actor.kind == ACTOR_USER && c->actor.role < CARDEA_ROLE_OWNER;
}

/* The role as it is; NONE for who is not in. */
static enum service_err role_now(struct service_call *c, int64_t account_id, int64_t user_id, struct store_member *out)
{
    enum store_err err = store_member_get(c->db, account_id, user_id, out);
    if (err == STORE_NOTFOUND) {
        *out = (struct store_member){account_id, user_id, CARDEA_ROLE_NONE, c->now};
        return SERVICE_OK;
    }
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* An account without an owner could be given one by the root key alone. */
static enum service_err another_owner(struct service_call *c, int64_t account_id, int64_t user_id)
{
    struct store_member rows[64];
    int64_t after = 0;
    size_t count;
    do {
        enum store_err err = store_member_of_account(c->db, c->arena, account_id, after, 64, rows, &count);
        if (err != STORE_OK)
            return service_store_error(c, err);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].role == CARDEA_ROLE_OWNER && rows[i].user_id != user_id)
                return SERVICE_OK;
            after = rows[i].user_id;
        }
    } while (count == 64);
    return service_fail(c, SERVICE_CONFLICT, "conflict",
                        "This is the account's last owner: make somebody else an owner first.");
}

static enum service_err change(struct service_call *c, struct store_member *row, enum cardea_role role)
{
    if (row->role == CARDEA_ROLE_OWNER && role != CARDEA_ROLE_OWNER) {
        enum service_err err = another_owner(c, row->account_id, row->user_id);
        if (err != SERVICE_OK)
            return err;
    }
    struct cardea_str detail = arena_printf(c->arena, "{\"before\":{\"role\":\"%s\"},\"after\":{\"role\":\"%s\"}}",
                                            cardea_role_name(row->role), cardea_role_name(role));
    const char *action = row->role == CARDEA_ROLE_NONE ? "member.added"
                         : role == CARDEA_ROLE_NONE    ? "member.removed"
                                                       : "member.updated";
    if (row->role == CARDEA_ROLE_NONE)
        row->created_at = c->now;
    row->role = role;
    enum store_err err = store_member_put(c->db, row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    return service_record(c, action, "usr", row->user_id, row->account_id, detail);
}

static enum service_err no_such_member(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such member.");
}

enum service_err service_member_put(struct service_call *c, struct cardea_str account, struct cardea_str user,
                                    enum cardea_role role, struct account_member *out)
{
    struct store_account in;
    struct store_user who;
    int64_t user_id;
    enum service_err err = manage(c, account, &in);
    if (err != SERVICE_OK)
        return err;
    if (role == CARDEA_ROLE_NONE)
        return service_invalid(c, "/role", "This is not a role.",
                               "Send owner, admin, member or viewer; DELETE takes a member out.");
    enum store_err stored = STORE_NOTFOUND;
    if (id_parse(user, "usr", &user_id))
        stored = store_user_get(c->db, c->arena, user_id, &who);
    if (stored == STORE_NOTFOUND || (stored == STORE_OK && who.email.len == 0))
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such user.");
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    *out = (struct account_member){.email = who.email, .name = who.name};
    err = role_now(c, in.id, user_id, &out->row);
    if (err != SERVICE_OK)
        return err;
    if (is_admin_only(c) && (role == CARDEA_ROLE_OWNER || out->row.role == CARDEA_ROLE_OWNER))
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only an owner makes or changes owners.");
    return out->row.role == role ? SERVICE_OK : change(c, &out->row, role);
}

/* The root key may list all users anyway. */
static enum service_err may_ask(struct service_call *c, int64_t account_id)
{
    char id[ID_TEXT_MAX];
    struct cardea_str name = {id, id_format(id, "acc", account_id)};
    if (c->actor.kind != ACTOR_USER)
        return SERVICE_OK;
    c->retry_after_sec = throttle_attempt(c->svc->logins, &throttle_invitation, name, STR(""), c->now);
    return c->retry_after_sec
               ? service_fail(c, SERVICE_BUSY, "busy",
                              "The account has asked for many people within an hour. Wait, then try again.")
               : SERVICE_OK;
}

enum service_err service_member_invite(struct service_call *c, struct cardea_str account, struct cardea_str email,
                                       enum cardea_role role, struct account_member *out)
{
    struct store_account in;
    struct store_user who;
    struct store_member row;
    enum service_err err = manage(c, account, &in);
    if (err == SERVICE_OK)
        err = may_ask(c, in.id);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = email.len > USER_EMAIL_MAX ? STORE_NOTFOUND
                                                       : store_user_by_email(c->db, c->arena, email, &who);
    if (stored == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found",
                            "Nobody here has this e-mail. Ask the operator to make the user first.");
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    err = role_now(c, in.id, who.id, &row);
    if (err == SERVICE_OK && row.role != CARDEA_ROLE_NONE)
        err = service_fail(c, SERVICE_CONFLICT, "conflict", "This person is a member already.");
    char id[ID_TEXT_MAX];
    return err == SERVICE_OK
               ? service_member_put(c, account, (struct cardea_str){id, id_format(id, "usr", who.id)}, role, out)
               : err;
}

enum service_err service_member_remove(struct service_call *c, struct cardea_str account, struct cardea_str user)
{
    struct store_account in;
    struct store_member row;
    int64_t user_id;
    bool known = id_parse(user, "usr", &user_id);
    bool leaving = known && c->actor.kind == ACTOR_USER && c->actor.user_id == user_id;
    enum service_err err = leaving ? service_account_get(c, account, &in) : manage(c, account, &in);
    if (err != SERVICE_OK)
        return err;
    if (!known)
        return no_such_member(c);
    err = role_now(c, in.id, user_id, &row);
    if (err != SERVICE_OK)
        return err;
    if (row.role == CARDEA_ROLE_NONE)
        return no_such_member(c);
    if (is_admin_only(c) && row.role == CARDEA_ROLE_OWNER)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only an owner takes an owner out.");
    return change(c, &row, CARDEA_ROLE_NONE);
}

enum service_err service_member_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                     struct account_member *out, size_t *count)
{
    struct store_account in;
    *count = 0;
    enum service_err err = manage(c, account, &in);
    if (err != SERVICE_OK)
        return err;
    struct store_member *rows = arena_array(c->arena, limit, sizeof(*rows));
    size_t got = 0;
    enum store_err stored = store_member_of_account(c->db, c->arena, in.id, after, limit, rows, &got);
    for (size_t i = 0; stored == STORE_OK && i < got; i++) {
        struct store_user who;
        stored = store_user_get(c->db, c->arena, rows[i].user_id, &who);
        if (stored == STORE_OK)
            out[(*count)++] = (struct account_member){rows[i], who.email, who.name};
    }
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}
