#include "store/sqlite/sqlite.h"

enum { INSERT, GET, REVOKE, REVOKE_USER, PRUNE };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO session (id, user_id, account_id, created_at, expires_at, revoked_at)"
               " VALUES (?, ?, ?, ?, ?, ?)",
    [GET] = "SELECT id, user_id, account_id, created_at, expires_at, revoked_at FROM session WHERE id = ?",
    /* The first revocation's time stays. */
    [REVOKE] = "UPDATE session SET revoked_at = iif(revoked_at = 0, ?2, revoked_at) WHERE id = ?1",
    [REVOKE_USER] = "UPDATE session SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at = 0",
    [PRUNE] = "DELETE FROM session WHERE expires_at < ?",
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

static enum store_err session_prune(struct store_conn *c, int64_t expired_before)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, expired_before);
    return query_run(&q);
}

const struct store_backend_sessions sqlite_sessions = {session_insert, session_get, session_revoke, session_revoke_user,
                                                       session_prune};
