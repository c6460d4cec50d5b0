/* Endpoints that are told of events, and the deliveries to them. None of it is in the snapshot: no feed. */
#include "base/str.h"
#include "store/sqlite/sqlite.h"

#define COLUMNS                                                                                \
    "id, account_id, url, events, description, state, reason, since, created_at, updated_at, " \
    "sealed, previous, secret_made_at, previous_until, failing_since_ms"
#define DELIVERY_HEAD \
    "id, webhook_id, event_id, type, at_ms, state, attempts, next_at_ms, ended_at_ms, status, latency_ms, error"

enum {
    INSERT,
    UPDATE,
    GET,
    LIST,
    LISTENING,
    ANY,
    COUNT,
    ERASE,
    DELIVERY_INSERT,
    DELIVERY_UPDATE,
    DELIVERY_GET,
    DELIVERY_LIST,
    DUE,
    NEXT_DUE,
    NEXT_WAITING,
    REPLAY,
    PRUNE,
    PRUNE_WEBHOOKS,
    FIRST_EVENT,
    FIRST_EVENT_IN_ORDER
};
#define ERASED "state = 3, url = '', events = '', description = '', reason = '', sealed = x'', previous = x''"
static const char *const texts[] = {
    [INSERT] = "INSERT INTO webhook (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE webhook SET url = ?3, events = ?4, description = ?5, state = ?6, reason = ?7, since = ?8,"
               " created_at = ?9, updated_at = ?10, sealed = ?11, previous = ?12, secret_made_at = ?13,"
               " previous_until = ?14, failing_since_ms = ?15 WHERE id = ?1 AND account_id = ?2",
    [GET] = "SELECT " COLUMNS " FROM webhook WHERE id = ?",
    [LIST] = "SELECT " COLUMNS " FROM webhook INDEXED BY webhook_by_account"
             " WHERE account_id = ? AND id > ? AND state <> 3 ORDER BY id LIMIT ?",
    [LISTENING] = "SELECT id, account_id, events, since FROM webhook INDEXED BY webhook_enabled"
                  " WHERE account_id = ? AND state = 0 ORDER BY id LIMIT ?",
    [ANY] = "SELECT EXISTS (SELECT 1 FROM webhook INDEXED BY webhook_enabled WHERE state = 0)",
    [COUNT] = "SELECT count(*) FROM webhook INDEXED BY webhook_by_account WHERE account_id = ? AND state <> 3",
    [ERASE] = "UPDATE webhook SET " ERASED " WHERE account_id = ? AND state <> 3",
    [DELIVERY_INSERT] = "INSERT INTO webhook_delivery (" DELIVERY_HEAD ", response, log)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [DELIVERY_UPDATE] = "UPDATE webhook_delivery SET state = ?2, attempts = ?3, next_at_ms = ?4, ended_at_ms = ?5,"
                        " status = ?6, latency_ms = ?7, error = ?8, response = ?9, log = ?10 WHERE id = ?1",
    [DELIVERY_GET] = "SELECT " DELIVERY_HEAD ", response, log FROM webhook_delivery WHERE id = ?",
    [DELIVERY_LIST] = "SELECT " DELIVERY_HEAD " FROM webhook_delivery INDEXED BY webhook_delivery_by_webhook"
                      " WHERE webhook_id = ? AND id < ? ORDER BY id DESC",
    [DUE] = "SELECT " DELIVERY_HEAD ", x'', log FROM webhook_delivery INDEXED BY webhook_delivery_queued"
            " WHERE webhook_id = ? AND state = 0 AND next_at_ms <= ? ORDER BY next_at_ms, id LIMIT ?",
    [NEXT_DUE] = "SELECT next_at_ms FROM webhook_delivery INDEXED BY webhook_delivery_queued"
                 " WHERE webhook_id = ? AND state = 0 ORDER BY next_at_ms, id LIMIT 1",
    [NEXT_WAITING] = "SELECT webhook_id FROM webhook_delivery INDEXED BY webhook_delivery_queued"
                     " WHERE state = 0 AND webhook_id > ? ORDER BY webhook_id LIMIT 1",
    [REPLAY] = "UPDATE webhook_delivery SET state = 0, attempts = 0, next_at_ms = ?4, ended_at_ms = 0 WHERE id IN"
               " (SELECT id FROM webhook_delivery INDEXED BY webhook_delivery_failed"
               " WHERE webhook_id = ?1 AND state = 2 AND at_ms >= ?2 AND at_ms < ?3 ORDER BY at_ms LIMIT ?5)",
    [PRUNE] = "DELETE FROM webhook_delivery WHERE id IN"
              " (SELECT id FROM webhook_delivery NOT INDEXED WHERE id < ? ORDER BY id LIMIT ?)",
    [PRUNE_WEBHOOKS] = "DELETE FROM webhook WHERE id IN (SELECT id FROM webhook WHERE state = 3 AND NOT EXISTS"
                       " (SELECT 1 FROM webhook_delivery WHERE webhook_id = webhook.id) LIMIT ?)",
    [FIRST_EVENT] = "SELECT event_id FROM webhook_delivery ORDER BY id LIMIT 1",
    [FIRST_EVENT_IN_ORDER] = "SELECT event_id FROM webhook_delivery NOT INDEXED WHERE type <> ? ORDER BY id LIMIT 1",
};
static const struct sqlite_statements sql = {SQLITE_WEBHOOKS, texts};

static void read_row(struct query *q, struct arena *a, struct store_webhook *out)
{
    *out = (struct store_webhook){.id = column_int(q)};
    out->account_id = column_int(q);
    out->url = column_text(q, a);
    out->events = column_text(q, a);
    out->description = column_text(q, a);
    out->state = (enum store_webhook_state)column_int(q);
    out->reason = column_text(q, a);
    out->since = column_int(q);
    out->created_at = column_int(q);
    out->updated_at = column_int(q);
    out->sealed = column_text(q, a);
    out->previous = column_text(q, a);
    out->secret_made_at = column_int(q);
    out->previous_until = column_int(q);
    out->failing_since_ms = column_int(q);
}

static struct query start_row(struct store_conn *c, int which, const struct store_webhook *row)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, row->id);
    query_int(&q, row->account_id);
    query_text(&q, row->url);
    query_text(&q, row->events);
    query_text(&q, row->description);
    query_int(&q, row->state);
    query_text(&q, row->reason);
    query_int(&q, row->since);
    query_int(&q, row->created_at);
    query_int(&q, row->updated_at);
    query_blob(&q, row->sealed.ptr, row->sealed.len);
    query_blob(&q, row->previous.ptr, row->previous.len);
    query_int(&q, row->secret_made_at);
    query_int(&q, row->previous_until);
    query_int(&q, row->failing_since_ms);
    return q;
}

static enum store_err webhook_insert(struct store_conn *c, const struct store_webhook *row)
{
    struct query q = start_row(c, INSERT, row);
    return query_run(&q);
}

static enum store_err webhook_update(struct store_conn *c, const struct store_webhook *row)
{
    struct query q = start_row(c, UPDATE, row);
    return query_run_changing(&q);
}

static enum store_err webhook_get(struct store_conn *c, struct arena *a, int64_t id, struct store_webhook *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    return query_end_found(&q, found);
}

static enum store_err webhook_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after,
                                   size_t limit, struct store_webhook *out, size_t *count)
{
    struct query q = query_start(c, &sql, LIST);
    query_int(&q, account_id);
    query_int(&q, after);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err webhook_listening(struct store_conn *c, struct arena *a, int64_t account_id, size_t limit,
                                        struct store_webhook *out, size_t *count)
{
    struct query q = query_start(c, &sql, LISTENING);
    query_int(&q, account_id);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        struct store_webhook *row = &out[*count];
        *row = (struct store_webhook){.id = column_int(&q)};
        row->account_id = column_int(&q);
        row->events = column_text(&q, a);
        row->since = column_int(&q);
    }
    return query_end(&q);
}

static enum store_err webhook_any(struct store_conn *c, bool *out)
{
    int64_t found = 0;
    struct query q = query_start(c, &sql, ANY);
    enum store_err err = query_value(&q, &found);
    *out = found != 0;
    return err;
}

static enum store_err webhook_count(struct store_conn *c, int64_t account_id, int64_t *out)
{
    struct query q = query_start(c, &sql, COUNT);
    query_int(&q, account_id);
    return query_value(&q, out);
}

static enum store_err erase_account(struct store_conn *c, int64_t account_id)
{
    struct query q = query_start(c, &sql, ERASE);
    query_int(&q, account_id);
    return query_run(&q);
}

/* ---- deliveries ---- */

/* From `state` on. */
static void bind_outcome(struct query *q, const struct store_webhook_delivery *row)
{
    query_int(q, row->state);
    query_int(q, row->attempts);
    query_int(q, row->next_at_ms);
    query_int(q, row->ended_at_ms);
    query_int(q, row->status);
    query_int(q, row->latency_ms);
    query_text(q, row->error);
    query_blob(q, row->response.ptr, row->response.len);
    query_text(q, row->attempt_log);
}

static enum store_err delivery_insert(struct store_conn *c, const struct store_webhook_delivery *row)
{
    struct query q = query_start(c, &sql, DELIVERY_INSERT);
    query_int(&q, row->id);
    query_int(&q, row->webhook_id);
    query_int(&q, row->event_id);
    query_text(&q, row->type);
    query_int(&q, row->at_ms);
    bind_outcome(&q, row);
    return query_run(&q);
}

static enum store_err delivery_update(struct store_conn *c, const struct store_webhook_delivery *row)
{
    struct query q = query_start(c, &sql, DELIVERY_UPDATE);
    query_int(&q, row->id);
    bind_outcome(&q, row);
    return query_run_changing(&q);
}

/* The columns of DELIVERY_HEAD. */
static void read_delivery(struct query *q, struct arena *a, struct store_webhook_delivery *out)
{
    *out = (struct store_webhook_delivery){.id = column_int(q)};
    out->webhook_id = column_int(q);
    out->event_id = column_int(q);
    out->type = column_text(q, a);
    out->at_ms = column_int(q);
    out->state = (enum store_webhook_delivery_state)column_int(q);
    out->attempts = column_int(q);
    out->next_at_ms = column_int(q);
    out->ended_at_ms = column_int(q);
    out->status = column_int(q);
    out->latency_ms = column_int(q);
    out->error = column_text(q, a);
}

static enum store_err delivery_get(struct store_conn *c, struct arena *a, int64_t id,
                                   struct store_webhook_delivery *out)
{
    struct query q = query_start(c, &sql, DELIVERY_GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        read_delivery(&q, a, out);
        out->response = column_text(&q, a);
        out->attempt_log = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err delivery_list(struct store_conn *c, struct arena *a, const struct store_webhook_filter *f,
                                    struct store_webhook_delivery *out, size_t *count, int64_t *next)
{
    struct query q = query_start(c, &sql, DELIVERY_LIST);
    int64_t last = f->before;
    size_t looked = 0;
    bool more = true;
    query_int(&q, f->webhook_id);
    query_int(&q, f->before ? f->before : INT64_MAX);
    for (*count = 0; looked < STORE_WEBHOOK_LOOK && (more = query_row(&q)); looked++) {
        struct store_webhook_delivery row;
        if (*count == f->limit) {
            break;
        }
        read_delivery(&q, a, &row);
        if (f->state < 0 || f->state == (int)row.state) {
            out[(*count)++] = row;
        }
        last = row.id;
    }
    *next = more ? last : 0;
    return query_end(&q);
}

static enum store_err delivery_due(struct store_conn *c, struct arena *a, int64_t webhook_id, int64_t now_ms,
                                   size_t limit, struct store_webhook_delivery *out, size_t *count)
{
    struct query q = query_start(c, &sql, DUE);
    query_int(&q, webhook_id);
    query_int(&q, now_ms);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_delivery(&q, a, &out[*count]);
        out[*count].response = column_text(&q, a);
        out[*count].attempt_log = column_text(&q, a);
    }
    return query_end(&q);
}

/* One integer, 0 without a row. */
static enum store_err number_of(struct store_conn *c, int which, int64_t arg, int64_t *out)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, arg);
    *out = 0;
    enum store_err err = query_value(&q, out);
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

static enum store_err next_due(struct store_conn *c, int64_t webhook_id, int64_t *at_ms)
{
    return number_of(c, NEXT_DUE, webhook_id, at_ms);
}

static enum store_err next_waiting(struct store_conn *c, int64_t after, int64_t *id)
{
    return number_of(c, NEXT_WAITING, after, id);
}

static enum store_err replay(struct store_conn *c, int64_t webhook_id, int64_t since_ms, int64_t until_ms,
                             int64_t now_ms, size_t limit, size_t *count)
{
    struct query q = query_start(c, &sql, REPLAY);
    query_int(&q, webhook_id);
    query_int(&q, since_ms);
    query_int(&q, until_ms);
    query_int(&q, now_ms);
    query_int(&q, (int64_t)limit);
    return query_run_counting(&q, count);
}

static enum store_err prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, before);
    query_int(&q, (int64_t)limit);
    enum store_err err = query_run_counting(&q, count);
    if (err != STORE_OK) {
        return err;
    }
    q = query_start(c, &sql, PRUNE_WEBHOOKS);
    query_int(&q, (int64_t)limit);
    return query_run(&q);
}

/* The first delivery's, or the first one's that stands in the order of events: what is apart before it may be newer. */
static enum store_err first_event(struct store_conn *c, struct cardea_str apart, int64_t *id)
{
    int64_t first = INT64_MAX, in_order = INT64_MAX;
    struct query q = query_start(c, &sql, FIRST_EVENT);
    enum store_err err = query_value(&q, &first);
    if (err == STORE_OK) {
        q = query_start(c, &sql, FIRST_EVENT_IN_ORDER);
        query_text(&q, apart);
        err = query_value(&q, &in_order);
    }
    *id = first < in_order ? first : in_order;
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

const struct store_backend_webhooks sqlite_webhooks = {
    webhook_insert, webhook_update,  webhook_get,     webhook_list, webhook_listening, webhook_any,  webhook_count,
    erase_account,  delivery_insert, delivery_update, delivery_get, delivery_list,     delivery_due, next_due,
    next_waiting,   replay,          prune,           first_event,
};
