#include "store/sqlite/sqlite.h"

enum { PUT, GET, PRUNE };
static const char *const texts[] = {
    /* Replaces: the slot of a reply that is too old to be given again, and not yet pruned. */
    [PUT] = "INSERT OR REPLACE INTO idempotency (slot, request, created_at, subject_id, status, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?)",
    [GET] = "SELECT slot, request, created_at, subject_id, status, sealed FROM idempotency WHERE slot = ?",
    [PRUNE] = "DELETE FROM idempotency WHERE created_at < ?",
};
static const struct sqlite_statements sql = {SQLITE_IDEMPOTENCY, texts};

static enum store_err idempotency_put(struct store_conn *c, const struct store_idempotency *row)
{
    struct query q = query_start(c, &sql, PUT);
    query_digest(&q, &row->slot);
    query_digest(&q, &row->request);
    query_int(&q, row->created_at);
    query_int(&q, row->subject_id);
    query_int(&q, row->status);
    query_blob(&q, row->sealed.ptr, row->sealed.len);
    return query_run(&q);
}

static enum store_err idempotency_get(struct store_conn *c, struct arena *a, const struct cardea_digest *slot,
                                      struct store_idempotency *out)
{
    struct query q = query_start(c, &sql, GET);
    query_digest(&q, slot);
    bool found = query_row(&q);
    if (found) {
        column_digest(&q, &out->slot);
        column_digest(&q, &out->request);
        out->created_at = column_int(&q);
        out->subject_id = column_int(&q);
        out->status = (int)column_int(&q);
        out->sealed = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err idempotency_prune(struct store_conn *c, int64_t created_before)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, created_before);
    return query_run(&q);
}

const struct store_backend_idempotency sqlite_idempotency = {idempotency_put, idempotency_get, idempotency_prune};
