/* Networks that keys were used from. */
#include <string.h>

#include "store/origins.h"
#include "store/sqlite/sqlite.h"

enum { GET, PUT, COUNT, TRIM, PRUNE };
static const char *const texts[] = {
    [GET] = "SELECT first_at, last_at FROM key_origin WHERE key_id = ? AND network = ?",
    [PUT] = "INSERT OR REPLACE INTO key_origin (key_id, network, first_at, last_at) VALUES (?, ?, ?, ?)",
    [COUNT] = "SELECT count(*) FROM key_origin WHERE key_id = ?",
    [TRIM] = "DELETE FROM key_origin WHERE key_id = ?1 AND network NOT IN"
             " (SELECT network FROM key_origin WHERE key_id = ?1 ORDER BY last_at DESC, first_at DESC LIMIT ?2)",
    [PRUNE] = "DELETE FROM key_origin WHERE (key_id, network) IN"
              " (SELECT key_id, network FROM key_origin INDEXED BY key_origin_by_age WHERE last_at < ?"
              " ORDER BY last_at LIMIT ?)",
};
static const struct sqlite_statements sql = {SQLITE_ORIGINS, texts};

#define NETWORK_LEN sizeof(((struct store_origin *)0)->network)

static enum store_err origin_get(struct store_conn *c, int64_t key_id, const uint8_t network[16],
                                 struct store_origin *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, key_id);
    query_blob(&q, network, NETWORK_LEN);
    bool found = query_row(&q);
    if (found) {
        *out = (struct store_origin){.key_id = key_id};
        memcpy(out->network, network, NETWORK_LEN);
        out->first_at = column_int(&q);
        out->last_at = column_int(&q);
    }
    return query_end_found(&q, found);
}

static enum store_err origin_put(struct store_conn *c, const struct store_origin *row)
{
    struct query q = query_start(c, &sql, PUT);
    query_int(&q, row->key_id);
    query_blob(&q, row->network, NETWORK_LEN);
    query_int(&q, row->first_at);
    query_int(&q, row->last_at);
    return query_run(&q);
}

static enum store_err origin_count(struct store_conn *c, int64_t key_id, int64_t *out)
{
    struct query q = query_start(c, &sql, COUNT);
    query_int(&q, key_id);
    return query_value(&q, out);
}

static enum store_err origin_trim(struct store_conn *c, int64_t key_id, int64_t keep)
{
    struct query q = query_start(c, &sql, TRIM);
    query_int(&q, key_id);
    query_int(&q, keep);
    return query_run(&q);
}

static enum store_err origin_prune(struct store_conn *c, int64_t before, size_t *count)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, before);
    query_int(&q, STORE_ORIGIN_PRUNE_MAX);
    enum store_err err = query_run(&q);
    *count = err == STORE_OK ? (size_t)sqlite3_changes64(sqlite_of(c)->db) : 0;
    return err;
}

const struct store_backend_origins sqlite_origins = {origin_get, origin_put, origin_count, origin_trim, origin_prune};
