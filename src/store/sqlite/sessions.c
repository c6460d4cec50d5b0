#include "store/sqlite/sqlite.h"

enum { INSERT, GET, REVOKE, REVOKE_USER, PRUNE, OPERATOR_INSERT, OPERATOR_GET, OPERATOR_REVOKE, OPERATOR_PRUNE };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO session (id, user_id, account_id, created_at, expires_at, revoked_at, bound)"
               " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [GET] = "SELECT id, user_id, account_id, created_at, expires_at, revoked_at, bound FROM session WHERE id = ?",
    /* The first revocation's time stays. */
    [REVOKE] = "UPDATE session SET revoked_at = iif(revoked_at = 0, ?2, revoked_at) WHERE id = ?1",
    [REVOKE_USER] = "UPDATE session SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at = 0",
    [PRUNE] = "DELETE FROM session WHERE expires_at < ?",
    [OPERATOR_INSERT] = "INSERT INTO operator_session (id, key_id, created_at, expires_at, revoked_at)"
                        " VALUES (?, ?, ?, ?, ?)",
    [OPERATOR_GET] = "SELECT id, key_id, created_at, expires_at, revoked_at FROM operator_session WHERE id = ?",
    [OPERATOR_REVOKE] = "UPDATE operator_session SET revoked_at = iif(revoked_at = 0, ?2, revoked_at) WHERE id = ?1",
    [OPERATOR_PRUNE] = "DELETE FROM operator_session WHERE expires_at < ?",
};
static const struct sqlite_statements sql = {SQLITE_SESSIONS, texts};

static enum store_err session_insert(struct store_conn *c, const struct store_session *row)
{
    struct query q = query_start(c, &sql, INSERT);
    query_int(&q, row->id);
    query_int(&q, row->user_id);
    query_id(&q, row->account_id);
    query_int(&q, row->created_at);
    query_int(&q, row->expires_at);
    query_int(&q, row->revoked_at);
    query_int(&q, row->bound);
    return query_run(&q);
}

static enum store_err session_get(struct store_conn *c, int64_t id, struct store_session *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        out->id = column_int(&q);
        out->user_id = column_int(&q);
        out->account_id = column_int(&q);
        out->created_at = column_int(&q);
        out->expires_at = column_int(&q);
        out->revoked_at = column_int(&q);
        out->bound = column_int(&q) != 0;
    }
    return query_end_found(&q, found);
}

static enum store_err session_revoke(struct store_conn *c, int64_t id, int64_t now)
{
    struct query q = query_start(c, &sql, REVOKE);
    query_int(&q, id);
    query_int(&q, now);
    return query_run_changing(&q);
}

static enum store_err session_revoke_user(struct store_conn *c, int64_t user_id, int64_t now)
{
    struct query q = query_start(c, &sql, REVOKE_USER);
    query_int(&q, user_id);
    query_int(&q, now);
    return query_run(&q);
}

static enum store_err prune(struct store_conn *c, int statement, int64_t expired_before)
{
    struct query q = query_start(c, &sql, statement);
    query_int(&q, expired_before);
    return query_run(&q);
}

static enum store_err session_prune(struct store_conn *c, int64_t expired_before)
{
    enum store_err err = prune(c, PRUNE, expired_before);
    return err == STORE_OK ? prune(c, OPERATOR_PRUNE, expired_before) : err;
}

static enum store_err operator_insert(struct store_conn *c, const struct store_operator_session *row)
{
    struct query q = query_start(c, &sql, OPERATOR_INSERT);
    query_int(&q, row->id);
    query_int(&q, row->key_id);
    query_int(&q, row->created_at);
    query_int(&q, row->expires_at);
    query_int(&q, row->revoked_at);
    return query_run(&q);
}

static enum store_err operator_get(struct store_conn *c, int64_t id, struct store_operator_session *out)
{
    struct query q = query_start(c, &sql, OPERATOR_GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        out->id = column_int(&q);
        out->key_id = column_int(&q);
        out->created_at = column_int(&q);
        out->expires_at = column_int(&q);
        out->revoked_at = column_int(&q);
    }
    return query_end_found(&q, found);
}

static enum store_err operator_revoke(struct store_conn *c, int64_t id, int64_t now)
{
    struct query q = query_start(c, &sql, OPERATOR_REVOKE);
    query_int(&q, id);
    query_int(&q, now);
    return query_run_changing(&q);
}

const struct store_backend_sessions sqlite_sessions = {
    .insert = session_insert,
    .get = session_get,
    .revoke = session_revoke,
    .revoke_user = session_revoke_user,
    .prune = session_prune,
    .operator_insert = operator_insert,
    .operator_get = operator_get,
    .operator_revoke = operator_revoke,
};
