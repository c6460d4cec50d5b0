/* Who users are to issuers of tokens elsewhere. */
#include "store/sqlite/sqlite.h"

enum { INSERT, GET, OF_USER, DELETE };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO identity (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)",
    [GET] = "SELECT issuer, subject, user_id, created_at FROM identity WHERE issuer = ? AND subject = ?",
    [OF_USER] = "SELECT issuer, subject, user_id, created_at FROM identity WHERE user_id = ?"
                " ORDER BY issuer, subject LIMIT ?",
    [DELETE] = "DELETE FROM identity WHERE issuer = ? AND subject = ?",
};
static const struct sqlite_statements sql = {SQLITE_IDENTITIES, texts};

static void read_row(struct query *q, struct arena *a, struct store_identity *out)
{
    out->issuer = column_text(q, a);
    out->subject = column_text(q, a);
    out->user_id = column_int(q);
    out->created_at = column_int(q);
}

static enum store_err identity_insert(struct store_conn *c, const struct store_identity *row)
{
    struct query q = query_start(c, &sql, INSERT);
    query_text(&q, row->issuer);
    query_text(&q, row->subject);
    query_int(&q, row->user_id);
    query_int(&q, row->created_at);
    return query_run(&q);
}

static enum store_err identity_get(struct store_conn *c, struct arena *a, struct cardea_str issuer,
                                   struct cardea_str subject, struct store_identity *out)
{
    struct query q = query_start(c, &sql, GET);
    query_text(&q, issuer);
    query_text(&q, subject);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    return query_end_found(&q, found);
}

static enum store_err identity_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                       struct store_identity *out, size_t *count)
{
    struct query q = query_start(c, &sql, OF_USER);
    query_int(&q, user_id);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

static enum store_err identity_remove(struct store_conn *c, struct cardea_str issuer, struct cardea_str subject)
{
    struct query q = query_start(c, &sql, DELETE);
    query_text(&q, issuer);
    query_text(&q, subject);
    return query_run_changing(&q);
}

const struct store_backend_identities sqlite_identities = {identity_insert, identity_get, identity_of_user,
                                                           identity_remove};
