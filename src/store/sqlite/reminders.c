/* Reminders of keys, mails about them, and what was told of when. */
#include "store/sqlite/sqlite.h"

#define COLUMNS      "key_id, next_at, expires_at, expiry_told, rotate_at, rotation_told"
#define MAIL_COLUMNS "id, user_id, subject_id, purpose, days, at, attempts, next_at_ms"

enum {
    PUT,
    GET,
    DUE,
    REMOVE,
    MAIL_INSERT,
    MAIL_FIRST,
    MAIL_OF_USER,
    MAIL_NEXT,
    MAIL_RETRY,
    MAIL_REMOVE,
    TOLD_GET,
    TOLD_PUT,
    TOLD_PRUNE
};
static const char *const texts[] = {
    [PUT] = "INSERT OR REPLACE INTO reminder (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)",
    [GET] = "SELECT " COLUMNS " FROM reminder WHERE key_id = ?",
    [DUE] = "SELECT " COLUMNS " FROM reminder INDEXED BY reminder_next WHERE next_at <> 0 AND next_at <= ?"
            " ORDER BY next_at LIMIT ?",
    [REMOVE] = "DELETE FROM reminder WHERE key_id = ?",
    [MAIL_INSERT] = "INSERT INTO reminder_mail (user_id, subject_id, purpose, days, at, attempts, next_at_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [MAIL_FIRST] = "SELECT user_id FROM reminder_mail INDEXED BY reminder_mail_next WHERE next_at_ms <= ?"
                   " ORDER BY next_at_ms LIMIT 1",
    [MAIL_OF_USER] = "SELECT " MAIL_COLUMNS " FROM reminder_mail INDEXED BY reminder_mail_by_user WHERE user_id = ?"
                     " ORDER BY id LIMIT ?",
    [MAIL_NEXT] = "SELECT coalesce(min(next_at_ms), 0) FROM reminder_mail",
    [MAIL_RETRY] = "UPDATE reminder_mail SET attempts = attempts + 1, next_at_ms = ?2 WHERE id = ?1",
    [MAIL_REMOVE] = "DELETE FROM reminder_mail WHERE id = ?",
    [TOLD_GET] = "SELECT at FROM told WHERE subject_id = ? AND what = ?",
    [TOLD_PUT] = "INSERT OR REPLACE INTO told (subject_id, what, at) VALUES (?, ?, ?)",
    [TOLD_PRUNE] = "DELETE FROM told WHERE (subject_id, what) IN"
                   " (SELECT subject_id, what FROM told INDEXED BY told_by_age WHERE at < ? ORDER BY at LIMIT ?)",
};
static const struct sqlite_statements sql = {SQLITE_REMINDERS, texts};

static void read_row(struct query *q, struct store_reminder *out)
{
    out->key_id = column_int(q);
    out->next_at = column_int(q);
    out->expires_at = column_int(q);
    out->expiry_told = column_int(q);
    out->rotate_at = column_int(q);
    out->rotation_told = column_int(q);
}

static enum store_err reminder_put(struct store_conn *c, const struct store_reminder *row)
{
    struct query q = query_start(c, &sql, PUT);
    query_int(&q, row->key_id);
    query_int(&q, row->next_at);
    query_int(&q, row->expires_at);
    query_int(&q, row->expiry_told);
    query_int(&q, row->rotate_at);
    query_int(&q, row->rotation_told);
    return query_run(&q);
}

static enum store_err reminder_get(struct store_conn *c, int64_t key_id, struct store_reminder *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, key_id);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, out);
    }
    return query_end_found(&q, found);
}

static enum store_err reminder_due(struct store_conn *c, int64_t now, size_t limit, struct store_reminder *out,
                                   size_t *count)
{
    struct query q = query_start(c, &sql, DUE);
    query_int(&q, now);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err run_with_id(struct store_conn *c, int which, int64_t id)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, id);
    return query_run(&q);
}

static enum store_err reminder_remove(struct store_conn *c, int64_t key_id)
{
    return run_with_id(c, REMOVE, key_id);
}

/* ---- mails ---- */

static enum store_err mail_insert(struct store_conn *c, const struct store_reminder_mail *row)
{
    struct query q = query_start(c, &sql, MAIL_INSERT);
    query_int(&q, row->user_id);
    query_int(&q, row->subject_id);
    query_int(&q, row->purpose);
    query_int(&q, row->days);
    query_int(&q, row->at);
    query_int(&q, row->attempts);
    query_int(&q, row->next_at_ms);
    return query_run(&q);
}

static enum store_err mail_due(struct store_conn *c, int64_t now_ms, size_t limit, struct store_reminder_mail *out,
                               size_t *count)
{
    int64_t user_id = 0;
    struct query q = query_start(c, &sql, MAIL_FIRST);
    query_int(&q, now_ms);
    enum store_err err = query_value(&q, &user_id);
    *count = 0;
    if (err != STORE_OK) {
        return err == STORE_NOTFOUND ? STORE_OK : err;
    }
    q = query_start(c, &sql, MAIL_OF_USER);
    query_int(&q, user_id);
    query_int(&q, (int64_t)limit);
    for (; *count < limit && query_row(&q); ++*count) {
        struct store_reminder_mail *row = &out[*count];
        row->id = column_int(&q);
        row->user_id = column_int(&q);
        row->subject_id = column_int(&q);
        row->purpose = (enum store_reminder_purpose)column_int(&q);
        row->days = column_int(&q);
        row->at = column_int(&q);
        row->attempts = column_int(&q);
        row->next_at_ms = column_int(&q);
    }
    return query_end(&q);
}

static enum store_err mail_next_due(struct store_conn *c, int64_t *at_ms)
{
    struct query q = query_start(c, &sql, MAIL_NEXT);
    return query_value(&q, at_ms);
}

static enum store_err mail_retry(struct store_conn *c, int64_t id, int64_t next_at_ms)
{
    struct query q = query_start(c, &sql, MAIL_RETRY);
    query_int(&q, id);
    query_int(&q, next_at_ms);
    return query_run(&q);
}

static enum store_err mail_remove(struct store_conn *c, int64_t id)
{
    return run_with_id(c, MAIL_REMOVE, id);
}

/* ---- what was told when ---- */

static enum store_err told_get(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t *at)
{
    struct query q = query_start(c, &sql, TOLD_GET);
    query_int(&q, subject_id);
    query_text(&q, what);
    return query_value(&q, at);
}

static enum store_err told_put(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t at)
{
    struct query q = query_start(c, &sql, TOLD_PUT);
    query_int(&q, subject_id);
    query_text(&q, what);
    query_int(&q, at);
    return query_run(&q);
}

static enum store_err told_prune(struct store_conn *c, int64_t before, size_t limit)
{
    struct query q = query_start(c, &sql, TOLD_PRUNE);
    query_int(&q, before);
    query_int(&q, (int64_t)limit);
    return query_run(&q);
}

const struct store_backend_reminders sqlite_reminders = {
    reminder_put,  reminder_get, reminder_due, reminder_remove, mail_insert, mail_due,
    mail_next_due, mail_retry,   mail_remove,  told_get,        told_put,    told_prune,
};
