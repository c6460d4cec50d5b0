/* The audit log and the outbox: appended to in the transaction of the change that they tell of. */
#include "store/sqlite/sqlite.h"

enum { AUDIT, AUDIT_SOURCE, EVENT, AUDIT_COUNT, EVENT_COUNT };
static const char *const texts[] = {
    [AUDIT] = "INSERT INTO audit (at_ms, action, actor, subject, account_id, detail) VALUES (?, ?, ?, ?, ?, ?)",
    [AUDIT_SOURCE] = "INSERT INTO audit_source (sequence, address) VALUES (?, ?)",
    [EVENT] = "INSERT INTO outbox (id, at_ms, account_id, type, payload) VALUES (?, ?, ?, ?, ?)",
    [AUDIT_COUNT] = "SELECT count(*) FROM audit",
    [EVENT_COUNT] = "SELECT count(*) FROM outbox",
};
static const struct sqlite_statements sql = {SQLITE_LOG, texts};

static enum store_err audit_append(struct store_conn *c, const struct store_audit *row)
{
    struct query q = query_start(c, &sql, AUDIT);
    query_int(&q, row->at_ms);
    query_text(&q, row->action);
    query_text(&q, row->actor);
    query_text(&q, row->subject);
    query_int(&q, row->account_id);
    query_text(&q, row->detail);
    enum store_err err = query_run(&q);
    if (err != STORE_OK || row->source.len == 0) {
        return err;
    }
    q = query_start(c, &sql, AUDIT_SOURCE);
    query_int(&q, sqlite3_last_insert_rowid(sqlite_of(c)->db));
    query_text(&q, row->source);
    return query_run(&q);
}

static enum store_err event_append(struct store_conn *c, const struct store_event *row)
{
    struct query q = query_start(c, &sql, EVENT);
    query_int(&q, row->id);
    query_int(&q, row->at_ms);
    query_int(&q, row->account_id);
    query_text(&q, row->type);
    query_text(&q, row->payload);
    return query_run(&q);
}

static enum store_err audit_count(struct store_conn *c, int64_t *out)
{
    struct query q = query_start(c, &sql, AUDIT_COUNT);
    return query_value(&q, out);
}

static enum store_err event_count(struct store_conn *c, int64_t *out)
{
    struct query q = query_start(c, &sql, EVENT_COUNT);
    return query_value(&q, out);
}

const struct store_backend_log sqlite_log = {audit_append, event_append, audit_count, event_count};
