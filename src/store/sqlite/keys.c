#include "store/sqlite/sqlite.h"

#define FIXED_COLUMNS "id, account_id, ordinal, digest"
#define CHANGING_COLUMNS                                                                                             \
    "kind, name, prefix, scopes, state, created_at, expires_at, user_id, agent_id, ip_allow, rate_limit,"            \
    " rate_window_ms, rate_burst, credits, credits_of, metadata, last_used_at, use_count, denial_count, slot_uses, " \
    "slot_denials,"                                                                                                  \
    " slot_drawn, revoked_at, revoke_reason, rotated_to, rotated_from"
#define SELECT "SELECT " FIXED_COLUMNS ", " CHANGING_COLUMNS " FROM api_key "

/* A page's parameters, the same for each text: ?1 account, ?2 before, ?3 kind, ?4 user, ?5 state (0: any, -1: all but
 * revoked), ?6 1 for the unexpired, 2 for the expired, ?7 now, ?8 limit. */
#define PAGE "id < ?2 AND (?3 = '' OR kind = ?3)"
#define PAGE_EXPIRY                                                       \
    " AND (?6 = 0 OR (?6 = 1 AND (expires_at = 0 OR expires_at > ?7)) OR" \
    " (?6 = 2 AND expires_at <> 0 AND expires_at <= ?7))"
#define PAGE_STATE "(?5 = 0 OR state = ?5 OR (?5 = -1 AND state <> 3))"
#define PAGE_END   " ORDER BY id DESC LIMIT ?8"

enum {
    INSERT,
    UPDATE,
    GET,
    BY_DIGEST,
    BY_ORDINAL,
    BY_PREFIX,
    OF_AGENT,
    LIST_ACCOUNT,
    LIST_ACCOUNT_LIVE,
    LIST_ACCOUNT_STOPPED,
    LIST_ACCOUNT_UNREVOKED,
    LIST_USER,
    LIST_ANY,
    COUNT_ACTIVE,
    COUNT_ACTIVE_OF_KIND,
    EACH,
    ADD_USAGE
};
/* INDEXED BY where a large account makes the choice matter: without statistics the planner guesses. */
static const char *const texts[] = {
    [INSERT] = "INSERT INTO api_key (" FIXED_COLUMNS ", " CHANGING_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
               "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE api_key SET (" CHANGING_COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
               "?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
    [GET] = SELECT "WHERE id = ?",
    [BY_DIGEST] = SELECT "WHERE digest = ?",
    [BY_ORDINAL] = SELECT "WHERE ordinal = ?",
    [BY_PREFIX] = SELECT "INDEXED BY api_key_by_prefix WHERE account_id = ? AND prefix = ? ORDER BY id DESC LIMIT ?",
    [OF_AGENT] = SELECT "INDEXED BY api_key_by_agent WHERE agent_id = ? AND state <> 3 ORDER BY id LIMIT ?",
    [LIST_ACCOUNT] = SELECT "INDEXED BY api_key_by_account WHERE account_id = ?1 AND " PAGE
                            " AND (?4 = 0 OR user_id = ?4) AND ?5 = 0 AND ?6 = 0 AND ?7 IS NOT NULL" PAGE_END,
    [LIST_ACCOUNT_LIVE] = SELECT "INDEXED BY api_key_live WHERE account_id = ?1 AND state = 1 AND ?5 = 1"
                                 " AND " PAGE " AND (?4 = 0 OR user_id = ?4)" PAGE_EXPIRY PAGE_END,
    [LIST_ACCOUNT_STOPPED] = SELECT "INDEXED BY api_key_stopped WHERE account_id = ?1 AND state = ?5 AND state <> 1"
                                    " AND " PAGE " AND (?4 = 0 OR user_id = ?4) AND ?6 = 0 AND ?7 IS NOT NULL" PAGE_END,
    /* Two ordered ranges, merged: the revoked ones are never visited. */
    [LIST_ACCOUNT_UNREVOKED] = SELECT
    "INDEXED BY api_key_live WHERE account_id = ?1 AND state = 1 AND ?5 = -1 AND " PAGE
    " AND (?4 = 0 OR user_id = ?4)" PAGE_EXPIRY " UNION ALL " SELECT
    "INDEXED BY api_key_stopped WHERE account_id = ?1 AND state = 2 AND state <> 1 AND " PAGE
    " AND (?4 = 0 OR user_id = ?4)" PAGE_END,
    [LIST_USER] = SELECT "INDEXED BY api_key_by_user WHERE user_id = ?4 AND (?1 = 0 OR account_id = ?1)"
                         " AND " PAGE_STATE " AND " PAGE PAGE_EXPIRY PAGE_END,
    [LIST_ANY] = SELECT "NOT INDEXED WHERE ?1 = 0 AND ?4 = 0 AND " PAGE_STATE " AND " PAGE PAGE_EXPIRY PAGE_END,
    [COUNT_ACTIVE] = "SELECT (SELECT count(*) FROM api_key INDEXED BY api_key_counted"
                     "  WHERE account_id = ?1 AND expires_at = 0 AND state = 1 AND rotated_to = 0)"
                     " + (SELECT count(*) FROM api_key INDEXED BY api_key_counted"
                     "  WHERE account_id = ?1 AND expires_at > max(?2, 0) AND state = 1 AND rotated_to = 0)",
    [COUNT_ACTIVE_OF_KIND] =
        "SELECT (SELECT count(*) FROM api_key INDEXED BY api_key_counted"
        "  WHERE account_id = ?1 AND expires_at = 0 AND kind = ?3 AND state = 1 AND rotated_to = 0)"
        " + (SELECT count(*) FROM api_key INDEXED BY api_key_counted"
        "  WHERE account_id = ?1 AND expires_at > max(?2, 0) AND kind = ?3 AND state = 1 AND rotated_to = 0)",
    [EACH] = SELECT "ORDER BY ordinal",
    /* Credits stop at 0, since less means "not metered". */
    [ADD_USAGE] = "UPDATE api_key SET last_used_at = max(last_used_at, ?2), use_count = use_count + ?3,"
                  " denial_count = denial_count + ?4, credits = iif(credits < 0, credits, max(0, credits + ?5)),"
                  " slot_uses = ?6, slot_denials = ?7, slot_drawn = ?8 WHERE ordinal = ?1",
};
static const struct sqlite_statements sql = {SQLITE_KEYS, texts};

static void bind_changing(struct query *q, const struct store_key *row)
{
    query_text(q, row->kind);
    query_text(q, row->name);
    query_text(q, row->prefix);
    query_text(q, row->scopes);
    query_int(q, row->state);
    query_int(q, row->created_at);
    query_int(q, row->expires_at);
    query_id(q, row->user_id);
    query_id(q, row->agent_id);
    query_text(q, row->ip_allow);
    query_int(q, row->rate.limit);
    query_int(q, row->rate.window_ms);
    query_int(q, row->rate.burst);
    query_int(q, row->credits);
    query_int(q, row->credits_of);
    query_text(q, row->metadata);
    query_int(q, row->last_used_at);
    query_int(q, row->use_count);
    query_int(q, row->denial_count);
    query_int(q, row->slot_uses);
    query_int(q, row->slot_denials);
    query_int(q, row->slot_drawn);
    query_int(q, row->revoked_at);
    query_text(q, row->revoke_reason);
    query_int(q, row->rotated_to);
    query_int(q, row->rotated_from);
}

static void read_row(struct query *q, struct arena *a, struct store_key *out)
{
    out->id = column_int(q);
    out->account_id = column_int(q);
    out->ordinal = (uint32_t)column_int(q);
    column_digest(q, &out->digest);
    out->kind = column_text(q, a);
    out->name = column_text(q, a);
    out->prefix = column_text(q, a);
    out->scopes = column_text(q, a);
    out->state = (enum cardea_key_state)column_int(q);
    out->created_at = column_int(q);
    out->expires_at = column_int(q);
    out->user_id = column_int(q);
    out->agent_id = column_int(q);
    out->ip_allow = column_text(q, a);
    out->rate.limit = (uint32_t)column_int(q);
    out->rate.window_ms = (uint32_t)column_int(q);
    out->rate.burst = (uint32_t)column_int(q);
    out->credits = column_int(q);
    out->credits_of = column_int(q);
    out->metadata = column_text(q, a);
    out->last_used_at = column_int(q);
    out->use_count = column_int(q);
    out->denial_count = column_int(q);
    out->slot_uses = column_int(q);
    out->slot_denials = column_int(q);
    out->slot_drawn = column_int(q);
    out->revoked_at = column_int(q);
    out->revoke_reason = column_text(q, a);
    out->rotated_to = column_int(q);
    out->rotated_from = column_int(q);
}

static enum store_err read_one(struct query *q, struct arena *a, struct store_key *out)
{
    bool found = query_row(q);
    if (found) {
        read_row(q, a, out);
    }
    return query_end_found(q, found);
}

/* ---- changes ---- */

static enum store_err key_insert(struct store_conn *conn, struct store_key *row)
{
    struct sqlite_conn *c = sqlite_of(conn);
    if (c->now.ordinal >= UINT32_MAX) {
        sqlite_explain(c, "2^32 keys were made, which is all that activity files can count");
        return STORE_FULL;
    }
    struct query q = query_start(conn, &sql, INSERT);
    query_int(&q, row->id);
    query_int(&q, row->account_id);
    query_int(&q, c->now.ordinal);
    query_digest(&q, &row->digest);
    bind_changing(&q, row);
    enum store_err err = query_run(&q);
    if (err != STORE_OK) {
        return err;
    }
    row->ordinal = (uint32_t)c->now.ordinal++;
    return sqlite_touch(conn, STORE_KEY, row->id, 0);
}

static enum store_err key_update(struct store_conn *c, const struct store_key *row)
{
    struct query q = query_start(c, &sql, UPDATE);
    bind_changing(&q, row);
    query_int(&q, row->id);
    enum store_err err = query_run_changing(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_KEY, row->id, 0) : err;
}

static enum store_err key_add_usage(struct store_conn *c, const struct store_key_usage *u)
{
    struct query q = query_start(c, &sql, ADD_USAGE);
    query_int(&q, u->ordinal);
    query_int(&q, u->last_used_at);
    query_int(&q, u->uses_delta);
    query_int(&q, u->denials_delta);
    query_int(&q, u->credits_delta);
    query_int(&q, u->slot_uses);
    query_int(&q, u->slot_denials);
    query_int(&q, u->slot_drawn);
    return query_run_changing(&q);
}

/* ---- look-ups ---- */

static enum store_err key_get(struct store_conn *c, struct arena *a, int64_t id, struct store_key *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    return read_one(&q, a, out);
}

static enum store_err key_by_digest(struct store_conn *c, struct arena *a, const struct cardea_digest *d,
                                    struct store_key *out)
{
    struct query q = query_start(c, &sql, BY_DIGEST);
    query_digest(&q, d);
    return read_one(&q, a, out);
}

static enum store_err key_by_ordinal(struct store_conn *c, struct arena *a, uint32_t ordinal, struct store_key *out)
{
    struct query q = query_start(c, &sql, BY_ORDINAL);
    query_int(&q, ordinal);
    return read_one(&q, a, out);
}

static enum store_err key_by_prefix(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str prefix,
                                    size_t limit, struct store_key *out, size_t *count)
{
    struct query q = query_start(c, &sql, BY_PREFIX);
    query_int(&q, account_id);
    query_text(&q, prefix);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err key_of_agent(struct store_conn *c, struct arena *a, int64_t agent_id, size_t limit,
                                   struct store_key *out, size_t *count)
{
    struct query q = query_start(c, &sql, OF_AGENT);
    query_int(&q, agent_id);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

/* ---- pages ---- */

static int state_of(const struct store_key_filter *f)
{
    switch (f->status) {
    case STORE_KEYS_ACTIVE:
    case STORE_KEYS_EXPIRED:
        return CARDEA_KEY_ACTIVE;
    case STORE_KEYS_DISABLED:
        return CARDEA_KEY_DISABLED;
    case STORE_KEYS_REVOKED:
        return CARDEA_KEY_REVOKED;
    case STORE_KEYS_UNREVOKED:
        return -1;
    default:
        return 0;
    }
}

static int page_text(const struct store_key_filter *f, int state)
{
    if (f->user_id) {
        return LIST_USER;
    }
    if (!f->account_id) {
        return LIST_ANY;
    }
    if (state <= 0) {
        return state == 0 ? LIST_ACCOUNT : LIST_ACCOUNT_UNREVOKED;
    }
    return state == CARDEA_KEY_ACTIVE ? LIST_ACCOUNT_LIVE : LIST_ACCOUNT_STOPPED;
}

static enum store_err key_list(struct store_conn *c, struct arena *a, const struct store_key_filter *f,
                               struct store_key *out, size_t *count)
{
    int state = state_of(f);
    struct query q = query_start(c, &sql, page_text(f, state));
    query_int(&q, f->account_id);
    query_int(&q, f->before ? f->before : INT64_MAX);
    query_text(&q, f->kind);
    query_int(&q, f->user_id);
    query_int(&q, state);
    query_int(&q, f->status == STORE_KEYS_ACTIVE ? 1 : f->status == STORE_KEYS_EXPIRED ? 2 : 0);
    query_int(&q, f->now);
    query_int(&q, (int64_t)f->limit);
    for (*count = 0; *count < f->limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err key_count_active(struct store_conn *c, int64_t account_id, struct cardea_str kind, int64_t now,
                                       int64_t *out)
{
    struct query q = query_start(c, &sql, kind.len > 0 ? COUNT_ACTIVE_OF_KIND : COUNT_ACTIVE);
    query_int(&q, account_id);
    query_int(&q, now);
    if (kind.len > 0) {
        query_text(&q, kind);
    }
    return query_value(&q, out);
}

static enum store_err key_each(struct store_conn *c, store_key_fn each, void *arg)
{
    struct query q = query_start(c, &sql, EACH);
    enum store_err stopped = STORE_OK;
    while (stopped == STORE_OK && query_row(&q)) {
        struct store_key row;
        read_row(&q, NULL, &row);
        stopped = each(arg, &row);
    }
    enum store_err err = query_end(&q);
    return err != STORE_OK ? err : stopped;
}

const struct store_backend_keys sqlite_keys = {
    .insert = key_insert,
    .update = key_update,
    .get = key_get,
    .by_digest = key_by_digest,
    .by_ordinal = key_by_ordinal,
    .by_prefix = key_by_prefix,
    .list = key_list,
    .of_agent = key_of_agent,
    .count_active = key_count_active,
    .each = key_each,
    .add_usage = key_add_usage,
};
