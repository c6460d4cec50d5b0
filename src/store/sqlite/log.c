/* The outbox: appended to in the transaction of the change that it tells of. */
#include "base/str.h"
#include "store/sqlite/sqlite.h"

#define EVENT_COLUMNS "id, at_ms, account_id, type, key_id, payload"
#define EVENTS        "SELECT " EVENT_COLUMNS " FROM outbox "
/* ?1 account, ?2 before, ?3 key. */
#define EVENTS_END "id < ?2 ORDER BY id DESC"

enum {
    EVENT,
    EVENTS_OF_KEY,
    EVENTS_OF_ACCOUNT,
    EVENTS_ANY,
    EVENT_AFTER,
    EVENT_GET,
    EVENT_LAST,
    EVENT_PRUNE,
    EVENT_COUNT
};
static const char *const texts[] = {
    [EVENT] = "INSERT INTO outbox (" EVENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)",
    [EVENTS_OF_KEY] = EVENTS "INDEXED BY outbox_by_key WHERE key_id = ?3 AND key_id <> 0"
                             " AND (?1 = 0 OR account_id = ?1) AND " EVENTS_END,
    /* The index holds the type too: what is passed by costs no row. */
    [EVENTS_OF_ACCOUNT] = EVENTS "INDEXED BY outbox_by_account WHERE account_id = ?1 AND ?3 = 0 AND " EVENTS_END,
    [EVENTS_ANY] = EVENTS "NOT INDEXED WHERE ?1 = 0 AND ?3 = 0 AND " EVENTS_END,
    [EVENT_AFTER] = "SELECT id, at_ms, account_id, type, key_id FROM outbox WHERE id > ? ORDER BY id LIMIT ?",
    [EVENT_GET] = EVENTS "WHERE id = ?",
    [EVENT_LAST] = "SELECT coalesce(max(id), 0) FROM outbox",
    [EVENT_PRUNE] = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox NOT INDEXED"
                    " WHERE id < min(?, (SELECT max(id) FROM outbox)) ORDER BY id LIMIT ?)",
    [EVENT_COUNT] = "SELECT count(*) FROM outbox",
};
static const struct sqlite_statements sql = {SQLITE_LOG, texts};

static enum store_err event_append(struct store_conn *c, const struct store_event *row)
{
    struct query q = query_start(c, &sql, EVENT);
    query_int(&q, row->id);
    query_int(&q, row->at_ms);
    query_int(&q, row->account_id);
    query_text(&q, row->type);
    query_int(&q, row->key_id);
    query_text(&q, row->payload);
    return query_run(&q);
}

static bool has_type(struct cardea_str type, const struct store_event_filter *f)
{
    return f->type_begins ? str_starts(type, f->type) : f->type.len == 0 || str_eq(type, f->type);
}

/* Sees to the row whose turn it is. False when the page is full: one more is what tells so. */
static bool take_event(struct query *q, struct arena *a, const struct store_event_filter *f, struct store_event *out,
                       size_t *count, int64_t *last)
{
    struct store_event row;
    row.id = column_int(q);
    row.at_ms = column_int(q);
    row.account_id = column_int(q);
    row.type = column_text(q, NULL);
    if (has_type(row.type, f)) {
        if (*count == f->limit) {
            return false;
        }
        row.type = arena_str(a, row.type);
        row.key_id = column_int(q);
        row.payload = column_text(q, a);
        out[(*count)++] = row;
    }
    *last = row.id;
    return true;
}

static enum store_err event_list(struct store_conn *c, struct arena *a, const struct store_event_filter *f,
                                 struct store_event *out, size_t *count, int64_t *next)
{
    struct query q = query_start(c, &sql, f->key_id ? EVENTS_OF_KEY : f->account_id ? EVENTS_OF_ACCOUNT : EVENTS_ANY);
    int64_t last = f->before;
    size_t looked = 0;
    bool more = true;
    query_int(&q, f->account_id);
    query_int(&q, f->before ? f->before : INT64_MAX);
    query_int(&q, f->key_id);
    for (*count = 0; looked < STORE_EVENT_LOOK && (more = query_row(&q)); looked++) {
        if (!take_event(&q, a, f, out, count, &last)) {
            break;
        }
    }
    *next = more ? last : 0;
    return query_end(&q);
}

static void read_head(struct query *q, struct arena *a, struct store_event *out)
{
    *out = (struct store_event){.id = column_int(q)};
    out->at_ms = column_int(q);
    out->account_id = column_int(q);
    out->type = column_text(q, a);
    out->key_id = column_int(q);
}

static enum store_err event_after(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                                  struct store_event *out, size_t *count)
{
    struct query q = query_start(c, &sql, EVENT_AFTER);
    query_int(&q, after);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_head(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err event_get(struct store_conn *c, struct arena *a, int64_t id, struct store_event *out)
{
    struct query q = query_start(c, &sql, EVENT_GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        read_head(&q, a, out);
        out->payload = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err event_last(struct store_conn *c, int64_t *id)
{
    struct query q = query_start(c, &sql, EVENT_LAST);
    return query_value(&q, id);
}

static enum store_err event_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    struct query q = query_start(c, &sql, EVENT_PRUNE);
    query_int(&q, before);
    query_int(&q, (int64_t)limit);
    return query_run_counting(&q, count);
}

static enum store_err event_count(struct store_conn *c, int64_t *out)
{
    struct query q = query_start(c, &sql, EVENT_COUNT);
    return query_value(&q, out);
}

const struct store_backend_log sqlite_log = {
    event_append, event_list, event_after, event_get, event_last, event_prune, event_count,
};
