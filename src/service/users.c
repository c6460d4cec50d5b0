#include "service/users.h"

#include "base/id.h"
#include "base/str.h"
#include "service/key_input.h"
#include "service/password.h"
#include "service/session.h"
#include "store/audit.h"

static bool is_root(const struct service_call *c)
{
    return c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM;
}

static enum service_err root_only(struct service_call *c)
{
    if (is_root(c))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key may do this.");
}

static enum service_err no_such_user(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such user.");
}

/* An address that mail could be sent to, as far as its shape tells: something, one @, something with a dot or a plain
 * name, nothing that a mail header or a terminal would stumble over. */
static bool email_valid(struct cardea_str s)
{
    size_t at = 0, ats = 0;
    if (s.len < 3 || s.len > USER_EMAIL_MAX || !str_utf8_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char ch = (unsigned char)s.ptr[i];
        if (ch <= ' ' || ch == 0x7f || ch == ',' || ch == ';' || ch == '<' || ch == '>' || ch == '"')
            return false;
        if (ch == '@') {
            at = i;
            ats++;
        }
    }
    return ats == 1 && at > 0 && at < s.len - 1;
}

static enum service_err check_name(struct service_call *c, struct cardea_str name)
{
    const char *problem = key_text_problem(name, USER_NAME_MAX);
    return problem
               ? service_invalid(c, "/name", problem, "Send 1 to 100 characters, or leave it out when there is none.")
               : SERVICE_OK;
}

enum service_err service_user_create(struct service_call *c, struct cardea_str email, struct cardea_str name,
                                     struct cardea_str password_hash, struct store_user *out)
{
    enum service_err err = root_only(c);
    if (err != SERVICE_OK)
        return err;
    if (!email_valid(email))
        err = service_invalid(c, "/email", "This is not an e-mail address.", "Send one such as ada@example.com.");
    if (name.len && check_name(c, name) != SERVICE_OK)
        err = SERVICE_INVALID;
    if (err != SERVICE_OK)
        return err;
    *out = (struct store_user){
        .id = service_new_id(c),
        .email = email,
        .name = name,
        .password_hash = password_hash,
        .created_at = c->now,
    };
    enum store_err stored = store_user_insert(c->db, out);
    if (stored == STORE_CONFLICT)
        return service_fail(c, SERVICE_CONFLICT, "email_taken", "Another user has this e-mail.");
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    /* Who that is stands in the side table alone. */
    return service_record(c, "user.created", "usr", out->id, 0, STR("{}"));
}

enum service_err service_user_get(struct service_call *c, struct cardea_str user, struct store_user *out)
{
    int64_t id;
    if (!id_parse(user, "usr", &id) || !(is_root(c) || (c->actor.kind == ACTOR_USER && c->actor.user_id == id)))
        return no_such_user(c);
    enum store_err err = store_user_get(c->db, c->arena, id, out);
    if (err == STORE_NOTFOUND)
        return no_such_user(c);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_user_list(struct service_call *c, int64_t after, size_t limit, struct store_user *out,
                                   size_t *count)
{
    *count = 0;
    enum service_err err = root_only(c);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_user_list(c->db, c->arena, after, limit, out, count);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

/* ---- changes ---- */

/* The row, when this caller may make this change. Erased users stay as they are. */
static enum service_err may_patch(struct service_call *c, struct cardea_str user, const struct user_patch *patch,
                                  struct store_user *row)
{
    enum service_err err = service_user_get(c, user, row);
    if (err != SERVICE_OK)
        return err;
    if (row->email.len == 0)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "This user was erased.");
    if (patch->has_disabled && !is_root(c))
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key may disable or enable a user.");
    return patch->has_name ? check_name(c, patch->name) : SERVICE_OK;
}

enum service_err service_user_patch_check(struct service_call *c, struct cardea_str user, struct user_patch *patch)
{
    struct store_user row;
    enum service_err err = may_patch(c, user, patch, &row);
    if (err != SERVICE_OK || !patch->has_password)
        return err;
    err = password_check_rule(c, patch->password, "/password");
    if (err != SERVICE_OK)
        return err;
    /* A stolen session must not become a stolen account. */
    if (!is_root(c)) {
        if (patch->current_password.len > USER_PASSWORD_MAX)
            patch->current_password.len = 0;
        if (!password_matches(row.password_hash, patch->current_password))
            return service_invalid(c, "/current_password", "This is not the password as it is now.",
                                   "Send the current password along with the new one.");
    }
    return service_password_hash(c, patch->password, &patch->password_hash);
}

static enum service_err end_sessions(struct service_call *c, int64_t user_id)
{
    enum store_err err = store_session_revoke_user(c->db, user_id, c->now);
    return err == STORE_OK || err == STORE_NOTFOUND ? SERVICE_OK : service_store_error(c, err);
}

/* Of name and password only that they changed. */
static struct cardea_str change_detail(struct service_call *c, bool renamed, bool password, bool switched,
                                       bool disabled)
{
    const char *name = renamed ? "\"name\"" : "", *secret = password ? "\"password\"" : "";
    const char *state = switched ? "\"disabled\"" : "";
    struct cardea_str list = arena_printf(c->arena, "%s%s%s%s%s", name, renamed && (password || switched) ? "," : "",
                                          secret, password && switched ? "," : "", state);
    if (!switched)
        return arena_printf(c->arena, "{\"changed\":[%.*s],\"before\":{},\"after\":{}}", STR_ARG(list));
    return arena_printf(c->arena, "{\"changed\":[%.*s],\"before\":{\"disabled\":%s},\"after\":{\"disabled\":%s}}",
                        STR_ARG(list), disabled ? "false" : "true", disabled ? "true" : "false");
}

enum service_err service_user_patch(struct service_call *c, struct cardea_str user, const struct user_patch *patch,
                                    struct store_user *out)
{
    enum service_err err = may_patch(c, user, patch, out);
    if (err != SERVICE_OK)
        return err;
    bool renamed = patch->has_name && !str_eq(patch->name, out->name);
    bool switched = patch->has_disabled && patch->disabled != out->disabled;
    if (!renamed && !switched && !patch->has_password)
        return SERVICE_OK;
    if (renamed)
        out->name = patch->name;
    if (switched)
        out->disabled = patch->disabled;
    if (patch->has_password)
        out->password_hash = patch->password_hash;
    enum store_err stored = store_user_update(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    if (patch->has_password || (switched && out->disabled))
        err = end_sessions(c, out->id);
    if (err != SERVICE_OK)
        return err;
    const char *action = !switched ? "user.updated" : out->disabled ? "user.disabled" : "user.enabled";
    struct cardea_str detail = change_detail(c, renamed, patch->has_password, switched, out->disabled);
    return service_record(c, action, "usr", out->id, 0, detail);
}

/* Leaves every account. Nobody asks about last owners: a person's right to be forgotten is not the account's to refuse.
 */
static enum service_err leave_all(struct service_call *c, int64_t user_id)
{
    for (;;) {
        struct store_member rows[64];
        size_t count = 0;
        enum store_err err = store_member_of_user(c->db, c->arena, user_id, 64, rows, &count);
        for (size_t i = 0; err == STORE_OK && i < count; i++) {
            rows[i].role = CARDEA_ROLE_NONE;
            err = store_member_put(c->db, &rows[i]);
        }
        if (err != STORE_OK)
            return service_store_error(c, err);
        if (count == 0)
            return SERVICE_OK;
    }
}

enum service_err service_user_erase(struct service_call *c, struct cardea_str user)
{
    struct store_user row;
    enum service_err err = root_only(c);
    if (err == SERVICE_OK)
        err = service_user_get(c, user, &row);
    if (err == SERVICE_OK && row.email.len == 0 && row.disabled)
        return SERVICE_OK; /* erased before */
    if (err == SERVICE_OK)
        err = leave_all(c, row.id);
    if (err == SERVICE_OK)
        err = end_sessions(c, row.id);
    if (err != SERVICE_OK)
        return err;
    row.disabled = true;
    enum store_err stored = store_user_update(c->db, &row);
    if (stored == STORE_OK)
        stored = store_user_erase(c->db, row.id);
    /* Where that person's requests came from; that there were some stays proven. */
    if (stored == STORE_OK)
        stored = store_audit_erase_actor(c->db, user);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return service_record(c, "user.erased", "usr", row.id, 0, STR("{}"));
}
