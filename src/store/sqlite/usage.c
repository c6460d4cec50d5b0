/* Use and refusals of keys, hour by hour. */
#include <string.h>

#include "store/sqlite/sqlite.h"

/* ?1 account, ?2 key, ?3 from, ?4 to, ?5 bucket, ?6 to ?9 what else to group by, ?10 limit. */
#define SUMS                                                                                                 \
    "SELECT CASE ?5 WHEN 1 THEN hour WHEN 2 THEN hour / 24 * 24"                                             \
    "  WHEN 3 THEN strftime('%s', hour * 3600, 'unixepoch', 'start of month') / 3600 ELSE 0 END AS bucket,"  \
    " iif(?6, account_id, 0) AS account, iif(?7, key_id, 0) AS key, iif(?8, outcome, -1) AS what,"           \
    " iif(?9, coalesce((SELECT name FROM route_group WHERE id = usage_hour.route_group), ''), '') AS about," \
    " sum(iif(outcome = 0, count, 0)), sum(iif(outcome = 0, 0, count)), sum(credits) FROM usage_hour INDEXED BY "
#define SUMS_END " GROUP BY bucket, account, key, what, about ORDER BY bucket, account, key, what, about LIMIT ?10"

#define REFILL_COLUMNS "key_id, credits, monthly, next_at"

enum {
    ADD,
    REFUSED,
    PRUNE,
    SEEN_GET,
    SEEN_PUT,
    SEEN_REMOVE,
    GROUPS_SEEN_GET,
    GROUPS_SEEN_PUT,
    GROUPS_SEEN_REMOVE,
    GROUP_LIST,
    GROUP_PUT,
    GROUP_ID,
    SUMS_OF_ACCOUNT,
    SUMS_OF_ALL,
    REFILL_PUT,
    REFILL_GET,
    REFILL_REMOVE,
    REFILL_DUE
};
static const char *const texts[] = {
    [ADD] = "INSERT INTO usage_hour (account_id, hour, key_id, outcome, count, credits, route_group)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count, credits = credits + excluded.credits",
    [REFUSED] = "SELECT coalesce(sum(count), 0) FROM usage_hour INDEXED BY usage_hour_by_key"
                " WHERE account_id = ? AND key_id = ? AND hour >= ? AND hour < ? AND outcome <> 0",
    [PRUNE] = "DELETE FROM usage_hour WHERE rowid IN"
              " (SELECT rowid FROM usage_hour INDEXED BY usage_hour_by_age WHERE hour < ? ORDER BY hour LIMIT ?)",
    [SEEN_GET] = "SELECT counts FROM usage_seen WHERE ordinal = ?",
    [SEEN_PUT] = "INSERT OR REPLACE INTO usage_seen (ordinal, counts) VALUES (?, ?)",
    [SEEN_REMOVE] = "DELETE FROM usage_seen WHERE ordinal = ?",
    [GROUPS_SEEN_GET] = "SELECT counts FROM usage_groups_seen WHERE ordinal = ?",
    [GROUPS_SEEN_PUT] = "INSERT OR REPLACE INTO usage_groups_seen (ordinal, counts) VALUES (?, ?)",
    [GROUPS_SEEN_REMOVE] = "DELETE FROM usage_groups_seen WHERE ordinal = ?",
    [GROUP_LIST] = "SELECT id, number, name FROM route_group WHERE profile = ? AND number <> 0 ORDER BY number LIMIT ?",
    [GROUP_PUT] = "INSERT INTO route_group (profile, name, number) VALUES (?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET number = excluded.number",
    [GROUP_ID] = "SELECT id FROM route_group WHERE profile = (SELECT profile FROM account WHERE id = ?) AND number = ?"
                 " AND number <> 0",
    [SUMS_OF_ACCOUNT] = SUMS "usage_hour_by_account WHERE account_id = ?1 AND hour >= ?3 AND hour < ?4"
                             " AND (?2 = 0 OR key_id = ?2)" SUMS_END,
    [REFILL_PUT] = "INSERT OR REPLACE INTO credit_refill (" REFILL_COLUMNS ") VALUES (?, ?, ?, ?)",
    [REFILL_GET] = "SELECT " REFILL_COLUMNS " FROM credit_refill WHERE key_id = ?",
    [REFILL_REMOVE] = "DELETE FROM credit_refill WHERE key_id = ?",
    [REFILL_DUE] = "SELECT " REFILL_COLUMNS " FROM credit_refill INDEXED BY credit_refill_next WHERE next_at <= ?"
                   " ORDER BY next_at LIMIT ?",
    [SUMS_OF_ALL] = SUMS "usage_hour_by_age WHERE ?1 = 0 AND ?2 = 0 AND hour >= ?3 AND hour < ?4" SUMS_END,
};
static const struct sqlite_statements sql = {SQLITE_USAGE, texts};

static enum store_err usage_add(struct store_conn *c, const struct store_usage_hour *row)
{
    struct query q = query_start(c, &sql, ADD);
    query_int(&q, row->account_id);
    query_int(&q, row->hour);
    query_int(&q, row->key_id);
    query_int(&q, row->outcome);
    query_int(&q, row->count);
    query_int(&q, row->credits);
    query_int(&q, row->route_group);
    return query_run(&q);
}

static enum store_err usage_refused(struct store_conn *c, int64_t account_id, int64_t key_id, int64_t from, int64_t to,
                                    int64_t *out)
{
    struct query q = query_start(c, &sql, REFUSED);
    query_int(&q, account_id);
    query_int(&q, key_id);
    query_int(&q, from);
    query_int(&q, to);
    return query_value(&q, out);
}

static enum store_err usage_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, before);
    query_int(&q, (int64_t)limit);
    return query_run_counting(&q, count);
}

static enum store_err seen_get(struct store_conn *c, int which, uint32_t ordinal, uint32_t *out, size_t count)
{
    struct query q = query_start(c, &sql, which);
    size_t len = count * sizeof *out;
    memset(out, 0, len);
    query_int(&q, ordinal);
    if (query_row(&q)) {
        struct cardea_str bytes = column_text(&q, NULL);
        memcpy(out, bytes.ptr, bytes.len < len ? bytes.len : len);
    }
    return query_end(&q);
}

static enum store_err seen_put(struct store_conn *c, int which, uint32_t ordinal, const uint32_t *counts, size_t count)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, ordinal);
    query_blob(&q, counts, count * sizeof *counts);
    return query_run(&q);
}

static enum store_err usage_seen_get(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_REFUSALS])
{
    return seen_get(c, SEEN_GET, ordinal, out, CARDEA_ACTIVITY_REFUSALS);
}

static enum store_err usage_seen_put(struct store_conn *c, uint32_t ordinal,
                                     const uint32_t counts[CARDEA_ACTIVITY_REFUSALS])
{
    return seen_put(c, SEEN_PUT, ordinal, counts, CARDEA_ACTIVITY_REFUSALS);
}

static enum store_err usage_groups_seen_get(struct store_conn *c, uint32_t ordinal,
                                            uint32_t out[CARDEA_ACTIVITY_GROUPS])
{
    return seen_get(c, GROUPS_SEEN_GET, ordinal, out, CARDEA_ACTIVITY_GROUPS);
}

static enum store_err usage_groups_seen_put(struct store_conn *c, uint32_t ordinal,
                                            const uint32_t counts[CARDEA_ACTIVITY_GROUPS])
{
    return seen_put(c, GROUPS_SEEN_PUT, ordinal, counts, CARDEA_ACTIVITY_GROUPS);
}

static enum store_err usage_seen_reset(struct store_conn *c, uint32_t ordinal)
{
    static const int which[] = {SEEN_REMOVE, GROUPS_SEEN_REMOVE};
    enum store_err err = STORE_OK;
    for (size_t i = 0; i < sizeof which / sizeof *which && err == STORE_OK; i++) {
        struct query q = query_start(c, &sql, which[i]);
        query_int(&q, ordinal);
        err = query_run(&q);
    }
    return err;
}

static enum store_err usage_group_list(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                       struct store_route_group *out, size_t *count)
{
    struct query q = query_start(c, &sql, GROUP_LIST);
    query_text(&q, profile);
    query_int(&q, CARDEA_ROUTE_GROUPS_MAX);
    for (*count = 0; *count < CARDEA_ROUTE_GROUPS_MAX && query_row(&q); ++*count) {
        struct store_route_group *row = &out[*count];
        row->id = column_int(&q);
        row->number = (int)column_int(&q);
        row->name = column_text(&q, a);
    }
    return query_end(&q);
}

static enum store_err usage_group_put(struct store_conn *c, struct cardea_str profile, struct cardea_str name,
                                      int number)
{
    struct query q = query_start(c, &sql, GROUP_PUT);
    query_text(&q, profile);
    query_text(&q, name);
    query_int(&q, number);
    return query_run(&q);
}

static enum store_err usage_group_id(struct store_conn *c, int64_t account_id, int number, int64_t *out)
{
    struct query q = query_start(c, &sql, GROUP_ID);
    query_int(&q, account_id);
    query_int(&q, number);
    bool found = query_row(&q);
    if (found) {
        *out = column_int(&q);
    }
    return query_end_found(&q, found);
}

static enum store_err usage_sums(struct store_conn *c, struct arena *a, const struct store_usage_filter *f,
                                 struct store_usage_sum *out, size_t *count)
{
    struct query q = query_start(c, &sql, f->account_id ? SUMS_OF_ACCOUNT : SUMS_OF_ALL);
    query_int(&q, f->account_id);
    query_int(&q, f->key_id);
    query_int(&q, f->from);
    query_int(&q, f->to);
    query_int(&q, f->bucket);
    query_int(&q, f->by_account);
    query_int(&q, f->by_key);
    query_int(&q, f->by_outcome);
    query_int(&q, f->by_group);
    query_int(&q, (int64_t)f->limit);
    for (*count = 0; *count < f->limit && query_row(&q); ++*count) {
        struct store_usage_sum *row = &out[*count];
        row->hour = column_int(&q);
        row->account_id = column_int(&q);
        row->key_id = column_int(&q);
        row->outcome = (int)column_int(&q);
        row->group = column_text(&q, a);
        row->granted = column_int(&q);
        row->refused = column_int(&q);
        row->credits = column_int(&q);
    }
    return query_end(&q);
}

/* ---- refills ---- */

static void read_refill(struct query *q, struct store_refill *out)
{
    out->key_id = column_int(q);
    out->credits = column_int(q);
    out->monthly = column_int(q) != 0;
    out->next_at = column_int(q);
}

static enum store_err refill_put(struct store_conn *c, const struct store_refill *row)
{
    struct query q = query_start(c, &sql, REFILL_PUT);
    query_int(&q, row->key_id);
    query_int(&q, row->credits);
    query_int(&q, row->monthly);
    query_int(&q, row->next_at);
    return query_run(&q);
}

static enum store_err refill_get(struct store_conn *c, int64_t key_id, struct store_refill *out)
{
    struct query q = query_start(c, &sql, REFILL_GET);
    query_int(&q, key_id);
    bool found = query_row(&q);
    if (found) {
        read_refill(&q, out);
    }
    return query_end_found(&q, found);
}

static enum store_err refill_remove(struct store_conn *c, int64_t key_id)
{
    struct query q = query_start(c, &sql, REFILL_REMOVE);
    query_int(&q, key_id);
    return query_run(&q);
}

static enum store_err refill_due(struct store_conn *c, int64_t now, size_t limit, struct store_refill *out,
                                 size_t *count)
{
    struct query q = query_start(c, &sql, REFILL_DUE);
    query_int(&q, now);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_refill(&q, &out[*count]);
    }
    return query_end(&q);
}

const struct store_backend_usage sqlite_usage = {usage_add,
                                                 usage_refused,
                                                 usage_prune,
                                                 usage_seen_get,
                                                 usage_seen_put,
                                                 usage_groups_seen_get,
                                                 usage_groups_seen_put,
                                                 usage_seen_reset,
                                                 usage_group_list,
                                                 usage_group_put,
                                                 usage_group_id,
                                                 usage_sums,
                                                 refill_put,
                                                 refill_get,
                                                 refill_remove,
                                                 refill_due};
