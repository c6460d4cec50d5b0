#include "store/sqlite/sqlite.h"

#define COLUMNS "account.id, profile, slug, name, status, account.created_at, current_key"

enum { INSERT, UPDATE, GET, FIND, FIND_ANYWHERE, LIST, LIST_OF_PROFILE, LIST_OF_MEMBER };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO account (id, profile, slug, name, status, created_at, current_key)"
               " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE account SET slug = ?, name = ?, status = ?, created_at = ?, current_key = ? WHERE id = ?",
    [GET] = "SELECT " COLUMNS " FROM account WHERE id = ?",
    [FIND] = "SELECT " COLUMNS " FROM account WHERE slug = ? AND profile = ? AND status <> 2",
    [FIND_ANYWHERE] = "SELECT " COLUMNS " FROM account WHERE slug = ? AND status <> 2 LIMIT 2",
    [LIST] = "SELECT " COLUMNS " FROM account WHERE id > ? AND status <> 2 ORDER BY id LIMIT ?",
    [LIST_OF_PROFILE] = "SELECT " COLUMNS " FROM account WHERE id > ?1 AND profile = ?3 AND status <> 2"
                        " ORDER BY id LIMIT ?2",
    [LIST_OF_MEMBER] = "SELECT " COLUMNS " FROM member CROSS JOIN account ON account.id = account_id"
                       " WHERE user_id = ?4 AND account_id > ?1 AND role <> 0 AND status <> 2"
                       " AND (?3 = '' OR profile = ?3) ORDER BY account_id LIMIT ?2",
};
static const struct sqlite_statements sql = {SQLITE_ACCOUNTS, texts};

static void read_row(struct query *q, struct arena *a, struct store_account *out)
{
    out->id = column_int(q);
    out->profile = column_text(q, a);
    out->slug = column_text(q, a);
    out->name = column_text(q, a);
    out->status = (enum store_account_status)column_int(q);
    out->created_at = column_int(q);
    out->current_key = column_int(q);
}

static enum store_err account_insert(struct store_conn *c, const struct store_account *row)
{
    struct query q = query_start(c, &sql, INSERT);
    query_int(&q, row->id);
    query_text(&q, row->profile);
    query_text(&q, row->slug);
    query_text(&q, row->name);
    query_int(&q, row->status);
    query_int(&q, row->created_at);
    query_int(&q, row->current_key);
    enum store_err err = query_run(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_ACCOUNT, row->id, 0) : err;
}

static enum store_err account_update(struct store_conn *c, const struct store_account *row)
{
    struct query q = query_start(c, &sql, UPDATE);
    query_text(&q, row->slug);
    query_text(&q, row->name);
    query_int(&q, row->status);
    query_int(&q, row->created_at);
    query_int(&q, row->current_key);
    query_int(&q, row->id);
    enum store_err err = query_run_changing(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_ACCOUNT, row->id, 0) : err;
}

static enum store_err account_get(struct store_conn *c, struct arena *a, int64_t id, struct store_account *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    return query_end_found(&q, found);
}

static enum store_err account_find(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                   struct cardea_str slug, struct store_account *out)
{
    struct query q = query_start(c, &sql, profile.len > 0 ? FIND : FIND_ANYWHERE);
    query_text(&q, slug);
    if (profile.len > 0) {
        query_text(&q, profile);
    }
    bool found = query_row(&q);
    if (found) {
        read_row(&q, a, out);
    }
    bool several = found && query_row(&q);
    enum store_err err = query_end_found(&q, found);
    return err == STORE_OK && several ? STORE_CONFLICT : err;
}

static enum store_err account_list(struct store_conn *c, struct arena *a, struct cardea_str profile, int64_t member,
                                   int64_t after, size_t limit, struct store_account *out, size_t *count)
{
    int which = member ? LIST_OF_MEMBER : profile.len > 0 ? LIST_OF_PROFILE : LIST;
    struct query q = query_start(c, &sql, which);
    query_int(&q, after);
    query_int(&q, (int64_t)limit);
    if (which != LIST) {
        query_text(&q, profile);
    }
    if (which == LIST_OF_MEMBER) {
        query_int(&q, member);
    }
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

const struct store_backend_accounts sqlite_accounts = {account_insert, account_update, account_get, account_find,
                                                       account_list};
