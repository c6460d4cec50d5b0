#include "service/session.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/audit_denied.h"
#include "service/jwt.h"
#include "service/password.h"
#include "service/throttle.h"
#include "service/users.h"

static enum service_err refuse(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated", "The e-mail or the password is wrong.");
}

static enum service_err no_session(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated",
                        "The session is not valid, or not any more: log in again.");
}

/* ---- logging in ---- */

/* Who it was meant to be, where there is such a user; never what was typed. */
static void tell_refused(struct service_call *c, int64_t user_id, const char *reason)
{
    char id[ID_TEXT_MAX];
    struct denial d = {.action = "session.refused",
                       .actor = {.kind = ACTOR_NOBODY},
                       .subject = STR("nobody"),
                       .source = c->source_ip,
                       .members = arena_printf(c->arena, "\"reason\":\"%s\"", reason)};
    if (user_id)
        d.subject = (struct cardea_str){id, id_format(id, "usr", user_id)};
    service_denied(c->svc, &d);
}

enum service_err service_session_refused(struct service_call *c, enum service_err err)
{
    if (err == SERVICE_UNAUTHENTICATED || err == SERVICE_FORBIDDEN)
        tell_refused(c, 0, "token");
    return err;
}

/* The same answer for an unknown e-mail, a user without a password, one who is disabled, and a wrong password; and the
 * same work, so that the time does not tell either. */
static enum service_err check_password(struct service_call *c, struct cardea_str email, struct cardea_str password,
                                       int64_t *user_id)
{
    struct store_user user = {0};
    enum store_err err = STORE_NOTFOUND;
    int wait = throttle_attempt(c->svc->logins, &throttle_login, email, c->source_ip, c->now);
    if (wait) {
        c->retry_after_sec = wait;
        tell_refused(c, 0, "too_many");
        return service_fail(c, SERVICE_BUSY, "busy", "Too many log-ins with this e-mail failed. Wait, then try again.");
    }
    if (email.len && email.len <= USER_EMAIL_MAX)
        err = store_user_by_email(c->db, c->arena, email, &user);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    struct cardea_str hash = err == STORE_OK && !user.disabled ? user.password_hash : (struct cardea_str){NULL, 0};
    /* What is longer than a password may be was never one: not hashed in full. */
    if (password.len > USER_PASSWORD_MAX)
        password.len = USER_PASSWORD_MAX, hash.len = 0;
    if (!password_matches(hash, password)) {
        tell_refused(c, user.id, user.disabled ? "disabled" : "password");
        return refuse(c);
    }
    throttle_passed(c->svc->logins, &throttle_login, email, c->source_ip);
    *user_id = user.id;
    return SERVICE_OK;
}

/* The user's memberships, however many. */
static enum service_err memberships(struct service_call *c, int64_t user_id, struct store_member **rows, size_t *count)
{
    for (size_t cap = 2 * SESSION_CHOICES_MAX;; cap *= 4) {
        *rows = arena_array(c->arena, cap, sizeof(**rows));
        enum store_err err = store_member_of_user(c->db, c->arena, user_id, cap, *rows, count);
        if (err != STORE_OK)
            return service_store_error(c, err);
        if (*count < cap)
            return SERVICE_OK;
    }
}

static bool fits(const struct store_account *account, const struct session_filter *f)
{
    if (account->status == STORE_ACCOUNT_DELETED || (f->profile.len && !str_eq(account->profile, f->profile)))
        return false;
    for (size_t i = 0; i < sizeof(f->names) / sizeof(f->names[0]); i++)
        if (f->names[i].len && !service_account_is(account, f->names[i]))
            return false;
    return true;
}

/* A suspended account's people may log in: they see that it is suspended. */
static enum service_err candidates(struct service_call *c, const struct session_filter *f, struct session_login *out)
{
    struct store_member *rows;
    size_t count;
    enum service_err err = memberships(c, out->user_id, &rows, &count);
    for (size_t i = 0; err == SERVICE_OK && i < count && out->choice_count < SESSION_CHOICES_MAX; i++) {
        struct session_choice *choice = &out->choices[out->choice_count];
        enum store_err stored = store_account_get(c->db, c->arena, rows[i].account_id, &choice->account);
        if (stored != STORE_OK && stored != STORE_NOTFOUND)
            return service_store_error(c, stored);
        choice->role = rows[i].role;
        if (stored == STORE_OK && fits(&choice->account, f))
            out->choice_count++;
    }
    return err;
}

enum service_err service_session_choose(struct service_call *c, const struct session_filter *f,
                                        struct session_login *out)
{
    enum service_err err = candidates(c, f, out);
    if (err != SERVICE_OK)
        return err;
    /* Whether the account exists is the business of those who are in it. */
    if (out->choice_count == 0)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "%s",
                            f->names[0].len || f->names[1].len ? "You are not a member of such an account."
                                                               : "You are not a member of any account.");
    if (out->choice_count > 1)
        return service_fail(c, SERVICE_CONFLICT, "account_required",
                            "You belong to several accounts: say in `account` which one this session is for.");
    out->account_id = out->choices[0].account.id;
    out->role = out->choices[0].role;
    return SERVICE_OK;
}

enum service_err service_session_check(struct service_call *c, struct cardea_str email, struct cardea_str password,
                                       struct cardea_str account, struct cardea_str profile, struct session_login *out)
{
    *out = (struct session_login){0};
    enum service_err err = check_password(c, email, password, &out->user_id);
    struct session_filter filter = {.profile = profile, .names = {account}};
    return err == SERVICE_OK ? service_session_choose(c, &filter, out) : err;
}

/* ---- sessions ---- */

/* Whether the person may still act in the account, and how: as of now, whatever was so when the token was made. */
static enum service_err standing(struct service_call *c, int64_t user_id, int64_t account_id, enum cardea_role *role)
{
    struct store_user user;
    struct store_account account;
    struct store_member member;
    enum store_err err = store_user_get(c->db, c->arena, user_id, &user);
    if (err == STORE_OK)
        err = store_account_get(c->db, c->arena, account_id, &account);
    if (err == STORE_OK)
        err = store_member_get(c->db, account_id, user_id, &member);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    if (err == STORE_NOTFOUND || user.disabled || account.status == STORE_ACCOUNT_DELETED ||
        member.role == CARDEA_ROLE_NONE)
        return no_session(c);
    *role = member.role;
    c->actor.profile = profile_set_index(c->profiles, account.profile);
    return SERVICE_OK;
}

enum service_err service_session_assume(struct service_call *c, int64_t user_id, int64_t account_id)
{
    enum cardea_role role = CARDEA_ROLE_NONE;
    enum service_err err = standing(c, user_id, account_id, &role);
    if (err == SERVICE_OK)
        c->actor = (struct actor){.kind = ACTOR_USER,
                                  .account_id = account_id,
                                  .user_id = user_id,
                                  .role = role,
                                  .profile = c->actor.profile};
    return err;
}

enum service_err service_session_start(struct service_call *c, const struct session_login *login, int64_t ttl_sec,
                                       struct session_view *out)
{
    /* Once more, in the unit of work: hashing took its time, and much may have changed meanwhile. */
    enum service_err err = service_session_assume(c, login->user_id, login->account_id);
    if (err != SERVICE_OK)
        return err;
    struct store_session row = {
        .id = service_new_id(c),
        .user_id = login->user_id,
        .account_id = login->account_id,
        .created_at = c->now,
        .expires_at = c->now + ttl_sec,
        .bound = login->bound,
    };
    enum store_err stored = store_session_insert(c->db, &row);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    struct jwt_claims claims = {row.user_id, row.account_id, row.id, c->actor.role, row.created_at, row.expires_at};
    *out = (struct session_view){
        .session_id = row.id,
        .account_id = row.account_id,
        .user_id = row.user_id,
        .expires_at = row.expires_at,
        .role = c->actor.role,
        .jwt = jwt_make(c->arena, c->svc->signer, &claims),
    };
    c->actor.session_id = row.id;
    return service_record(c, "session.started", "ses", row.id, row.account_id, STR("{}"));
}

enum service_err service_session_accounts(struct service_call *c, struct cardea_str profile, struct session_login *out)
{
    struct session_filter filter = {.profile = profile};
    *out = (struct session_login){.user_id = c->actor.user_id};
    return candidates(c, &filter, out);
}

enum service_err service_session_switch(struct service_call *c, struct cardea_str profile, struct cardea_str account,
                                        struct session_view *out)
{
    struct session_login *login = arena_alloc(c->arena, sizeof(*login));
    struct session_filter filter = {.profile = profile, .names = {account}};
    struct store_session now = {.bound = true};
    enum store_err stored = c->actor.session_id ? store_session_get(c->db, c->actor.session_id, &now) : STORE_OK;
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    if (now.bound)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                            "Whoever vouched for you chose this account: log in once more for another.");
    *login = (struct session_login){.user_id = c->actor.user_id};
    enum service_err err = service_session_choose(c, &filter, login);
    if (err == SERVICE_OK)
        err = service_session_end(c);
    return err == SERVICE_OK ? service_session_start(c, login, now.expires_at - c->now, out) : err;
}

enum service_err service_session_authenticate(struct service_call *c, struct cardea_str jwt)
{
    struct jwt_claims claims;
    struct store_session row;
    if (!jwt_verify(c->arena, c->svc->signer, jwt, c->now, &claims))
        return no_session(c);
    enum store_err stored = store_session_get(c->db, claims.session_id, &row);
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    if (stored == STORE_NOTFOUND || row.revoked_at || c->now >= row.expires_at || row.user_id != claims.user_id ||
        row.account_id != claims.account_id)
        return no_session(c);
    enum service_err err = service_session_assume(c, row.user_id, row.account_id);
    if (err == SERVICE_OK)
        c->actor.session_id = row.id;
    return err;
}

enum service_err service_session_end(struct service_call *c)
{
    if (!c->actor.session_id)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no session: the token is its issuer's to end.");
    enum store_err err = store_session_revoke(c->db, c->actor.session_id, c->now);
    if (err != STORE_OK)
        return service_store_error(c, err);
    return service_record(c, "session.ended", "ses", c->actor.session_id, c->actor.account_id, STR("{}"));
}
