/* People, and their roles in accounts. */
#include "store/sqlite/sqlite.h"

#define COLUMNS "user.id, email, name, password_hash, disabled, created_at"
#define FROM    " FROM user LEFT JOIN user_profile ON user_id = user.id"

enum {
    INSERT,
    UPDATE,
    IS_DISABLED,
    GET,
    BY_EMAIL,
    EMAIL_OWNER,
    LIST,
    PROFILE_PUT,
    PASSWORD_ERASE,
    IDENTITIES_ERASE,
    PROFILE_ERASE,
    MEMBER_PUT,
    MEMBER_GET,
    MEMBERS_OF_ACCOUNT,
    MEMBERS_OF_USER
};
static const char *const texts[] = {
    [INSERT] = "INSERT INTO user (id, password_hash, disabled, created_at) VALUES (?, ?, ?, ?)",
    [UPDATE] = "UPDATE user SET password_hash = ?2, disabled = ?3, created_at = ?4 WHERE id = ?1",
    [IS_DISABLED] = "SELECT disabled FROM user WHERE id = ?",
    [GET] = "SELECT " COLUMNS FROM " WHERE user.id = ?",
    [BY_EMAIL] = "SELECT " COLUMNS " FROM user_profile JOIN user ON user.id = user_id WHERE email_key = lower(?)",
    [EMAIL_OWNER] = "SELECT user_id FROM user_profile WHERE email_key = lower(?)",
    [LIST] = "SELECT " COLUMNS FROM " WHERE user.id > ? ORDER BY user.id LIMIT ?",
    /* lower() knows ASCII only, which is what store.h promises. */
    [PROFILE_PUT] = "INSERT INTO user_profile (user_id, email, email_key, name)"
                    " VALUES (?1, ?2, nullif(lower(?2), ''), ?3) ON CONFLICT (user_id) DO UPDATE SET"
                    " email = excluded.email, email_key = excluded.email_key, name = excluded.name",
    [PROFILE_ERASE] = "DELETE FROM user_profile WHERE user_id = ?",
    [PASSWORD_ERASE] = "UPDATE user SET password_hash = '' WHERE id = ?",
    [IDENTITIES_ERASE] = "DELETE FROM identity WHERE user_id = ?",
    /* Who comes back is a member since then; who changes role stays one since before. */
    [MEMBER_PUT] = "INSERT INTO member (account_id, user_id, role, created_at) VALUES (?, ?, ?, ?)"
                   " ON CONFLICT (account_id, user_id) DO UPDATE SET role = excluded.role,"
                   " created_at = iif(member.role = 0, excluded.created_at, member.created_at)",
    [MEMBER_GET] = "SELECT account_id, user_id, role, created_at FROM member"
                   " WHERE account_id = ? AND user_id = ? AND role <> 0",
    [MEMBERS_OF_ACCOUNT] = "SELECT account_id, user_id, role, created_at FROM member"
                           " WHERE account_id = ? AND user_id > ? AND role <> 0 ORDER BY user_id LIMIT ?",
    [MEMBERS_OF_USER] = "SELECT account_id, user_id, role, created_at FROM member"
                        " WHERE user_id = ? AND role <> 0 ORDER BY account_id LIMIT ?",
};
static const struct sqlite_statements sql = {SQLITE_USERS, texts};

static void read_row(struct query *q, struct arena *a, struct store_user *out)
{
    out->id = column_int(q);
    out->email = column_text(q, a);
    out->name = column_text(q, a);
    out->password_hash = column_text(q, a);
    out->disabled = column_int(q) != 0;
    out->created_at = column_int(q);
}

/* Another user has it. Asked first, so that a refused row leaves nothing half done for a unit that goes on. */
static enum store_err check_email_free(struct store_conn *c, const struct store_user *row)
{
    int64_t owner = row->id;
    struct query q = query_start(c, &sql, EMAIL_OWNER);
    query_text(&q, row->email);
    enum store_err err = query_value(&q, &owner);
    if (err == STORE_NOTFOUND) {
        return STORE_OK;
    }
    return err == STORE_OK && owner != row->id ? STORE_CONFLICT : err;
}

static enum store_err profile_put(struct store_conn *c, const struct store_user *row)
{
    bool erased = row->email.len == 0 && row->name.len == 0;
    struct query q = query_start(c, &sql, erased ? PROFILE_ERASE : PROFILE_PUT);
    query_int(&q, row->id);
    if (!erased) {
        query_text(&q, row->email);
        query_text(&q, row->name);
    }
    return query_run(&q);
}

static enum store_err row_put(struct store_conn *c, const struct store_user *row, int which)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, row->id);
    query_text(&q, row->password_hash);
    query_int(&q, row->disabled);
    query_int(&q, row->created_at);
    enum store_err err = query_run(&q);
    return err == STORE_OK ? profile_put(c, row) : err;
}

static enum store_err user_insert(struct store_conn *c, const struct store_user *row)
{
    enum store_err err = check_email_free(c, row);
    return err == STORE_OK ? row_put(c, row, INSERT) : err;
}

static enum store_err user_update(struct store_conn *c, const struct store_user *row)
{
    int64_t was_disabled = 0;
    struct query q = query_start(c, &sql, IS_DISABLED);
    query_int(&q, row->id);
    enum store_err err = query_value(&q, &was_disabled);
    if (err == STORE_OK) {
        err = check_email_free(c, row);
    }
    if (err == STORE_OK) {
        err = row_put(c, row, UPDATE);
    }
    /* Of a person the snapshot knows only whether the roles count. */
    if (err == STORE_OK && (was_disabled != 0) != row->disabled) {
        err = sqlite_touch(c, STORE_USER, row->id, 0);
    }
    return err;
}

static enum store_err user_get(struct store_conn *c, struct arena *a, int64_t id, struct store_user *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    return query_end_found(&q, found);
}

static enum store_err user_by_email(struct store_conn *c, struct arena *a, struct cardea_str email,
                                    struct store_user *out)
{
    struct query q = query_start(c, &sql, BY_EMAIL);
    query_text(&q, email);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    return query_end_found(&q, found);
}

static enum store_err user_list(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                                struct store_user *out, size_t *count)
{
    struct query q = query_start(c, &sql, LIST);
    query_int(&q, after);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err user_erase(struct store_conn *c, int64_t id)
{
    struct query q = query_start(c, &sql, PASSWORD_ERASE);
    query_int(&q, id);
    enum store_err err = query_run_changing(&q);
    for (int which = IDENTITIES_ERASE; err == STORE_OK && which <= PROFILE_ERASE; which++) {
        q = query_start(c, &sql, which);
        query_int(&q, id);
        err = query_run(&q);
    }
    return err;
}

/* ---- members ---- */

static void read_member(struct query *q, struct store_member *out)
{
    out->account_id = column_int(q);
    out->user_id = column_int(q);
    out->role = (enum cardea_role)column_int(q);
    out->created_at = column_int(q);
}

static enum store_err member_put(struct store_conn *c, const struct store_member *row)
{
    struct query q = query_start(c, &sql, MEMBER_PUT);
    query_int(&q, row->account_id);
    query_int(&q, row->user_id);
    query_int(&q, row->role);
    query_int(&q, row->created_at);
    enum store_err err = query_run(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_MEMBER, row->account_id, row->user_id) : err;
}

static enum store_err member_get(struct store_conn *c, int64_t account_id, int64_t user_id, struct store_member *out)
{
    struct query q = query_start(c, &sql, MEMBER_GET);
    query_int(&q, account_id);
    query_int(&q, user_id);
    bool found = query_row(&q);
    if (found) {
        read_member(&q, out);
    }
    return query_end_found(&q, found);
}

static enum store_err member_of_account(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after_user,
                                        size_t limit, struct store_member *out, size_t *count)
{
    (void)a;
    struct query q = query_start(c, &sql, MEMBERS_OF_ACCOUNT);
    query_int(&q, account_id);
    query_int(&q, after_user);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_member(&q, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err member_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                     struct store_member *out, size_t *count)
{
    (void)a;
    struct query q = query_start(c, &sql, MEMBERS_OF_USER);
    query_int(&q, user_id);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_member(&q, &out[*count]);
    }
    return query_end(&q);
}

const struct store_backend_users sqlite_users = {user_insert,       user_update,   user_get,   user_by_email,
                                                 user_list,         user_erase,    member_put, member_get,
                                                 member_of_account, member_of_user};
