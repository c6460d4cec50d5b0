/* Programs that wait for a person to confirm them. */
#include "store/sqlite/sqlite.h"

#define COLUMNS                                                                                             \
    "device_code, user_code, profile, client, source, status, user_id, account_id, created_at, expires_at," \
    " polled_at_ms, interval_sec"

enum { INSERT, BY_DEVICE_CODE, BY_USER_CODE, UPDATE, DELETE, COUNT, PRUNE };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO device_grant (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [BY_DEVICE_CODE] = "SELECT " COLUMNS " FROM device_grant WHERE device_code = ?",
    [BY_USER_CODE] = "SELECT " COLUMNS " FROM device_grant WHERE user_code = ?",
    [UPDATE] = "UPDATE device_grant SET status = ?2, user_id = ?3, account_id = ?4, polled_at_ms = ?5,"
               " interval_sec = ?6 WHERE device_code = ?1",
    [DELETE] = "DELETE FROM device_grant WHERE device_code = ?",
    [COUNT] = "SELECT count(*) FROM device_grant WHERE expires_at > ?",
    [PRUNE] = "DELETE FROM device_grant WHERE expires_at < ?",
};
static const struct sqlite_statements sql = {SQLITE_DEVICES, texts};

static enum store_err device_insert(struct store_conn *c, const struct store_device_grant *row)
{
    struct query q = query_start(c, &sql, INSERT);
    query_digest(&q, &row->device_code);
    query_digest(&q, &row->user_code);
    query_text(&q, row->profile);
    query_text(&q, row->client);
    query_text(&q, row->source);
    query_int(&q, row->status);
    query_id(&q, row->user_id);
    query_id(&q, row->account_id);
    query_int(&q, row->created_at);
    query_int(&q, row->expires_at);
    query_int(&q, row->polled_at_ms);
    query_int(&q, row->interval_sec);
    return query_run(&q);
}

static enum store_err get(struct store_conn *c, struct arena *a, int which, const struct cardea_digest *code,
                          struct store_device_grant *out)
{
    struct query q = query_start(c, &sql, which);
    query_digest(&q, code);
    bool found = query_row(&q);
    if (found) {
        column_digest(&q, &out->device_code);
        column_digest(&q, &out->user_code);
        out->profile = column_text(&q, a);
        out->client = column_text(&q, a);
        out->source = column_text(&q, a);
        out->status = (enum store_device_status)column_int(&q);
        out->user_id = column_int(&q);
        out->account_id = column_int(&q);
        out->created_at = column_int(&q);
        out->expires_at = column_int(&q);
        out->polled_at_ms = column_int(&q);
        out->interval_sec = column_int(&q);
    }
    return query_end_found(&q, found);
}

static enum store_err device_by_device_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                            struct store_device_grant *out)
{
    return get(c, a, BY_DEVICE_CODE, code, out);
}

static enum store_err device_by_user_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                          struct store_device_grant *out)
{
    return get(c, a, BY_USER_CODE, code, out);
}

static enum store_err device_update(struct store_conn *c, const struct store_device_grant *row)
{
    struct query q = query_start(c, &sql, UPDATE);
    query_digest(&q, &row->device_code);
    query_int(&q, row->status);
    query_id(&q, row->user_id);
    query_id(&q, row->account_id);
    query_int(&q, row->polled_at_ms);
    query_int(&q, row->interval_sec);
    return query_run_changing(&q);
}

static enum store_err device_remove(struct store_conn *c, const struct cardea_digest *device_code)
{
    struct query q = query_start(c, &sql, DELETE);
    query_digest(&q, device_code);
    return query_run_changing(&q);
}

static enum store_err device_count(struct store_conn *c, int64_t now, int64_t *out)
{
    struct query q = query_start(c, &sql, COUNT);
    query_int(&q, now);
    return query_value(&q, out);
}

static enum store_err device_prune(struct store_conn *c, int64_t expired_before)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, expired_before);
    return query_run(&q);
}

const struct store_backend_devices sqlite_devices = {device_insert, device_by_device_code, device_by_user_code,
                                                     device_update, device_remove,         device_count,
                                                     device_prune};
