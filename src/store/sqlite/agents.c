#include "store/sqlite/sqlite.h"

#define COLUMNS "id, account_id, slug, name, disabled, created_at, deleted"

enum { INSERT, UPDATE, GET, FIND, LIST };
static const char *const texts[] = {
    [INSERT] = "INSERT INTO agent (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE agent SET account_id = ?2, slug = ?3, name = ?4, disabled = ?5, created_at = ?6, deleted = ?7"
               " WHERE id = ?1",
    [GET] = "SELECT " COLUMNS " FROM agent WHERE id = ?",
    [FIND] = "SELECT " COLUMNS " FROM agent WHERE account_id = ? AND slug = ?",
    [LIST] = "SELECT " COLUMNS " FROM agent INDEXED BY agent_by_account WHERE account_id = ? AND id > ?"
             " ORDER BY id LIMIT ?",
};
static const struct sqlite_statements sql = {SQLITE_AGENTS, texts};

static void read_row(struct query *q, struct arena *a, struct store_agent *out)
{
    out->id = column_int(q);
    out->account_id = column_int(q);
    out->slug = column_text(q, a);
    out->name = column_text(q, a);
    out->disabled = column_int(q) != 0;
    out->created_at = column_int(q);
    out->deleted = column_int(q) != 0;
}

static struct query start_row(struct store_conn *c, int which, const struct store_agent *row)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, row->id);
    query_int(&q, row->account_id);
    query_text(&q, row->slug);
    query_text(&q, row->name);
    query_int(&q, row->disabled);
    query_int(&q, row->created_at);
    query_int(&q, row->deleted);
    return q;
}

static enum store_err agent_insert(struct store_conn *c, const struct store_agent *row)
{
    struct query q = start_row(c, INSERT, row);
    enum store_err err = query_run(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_AGENT, row->id, 0) : err;
}

static enum store_err agent_update(struct store_conn *c, const struct store_agent *row)
{
    struct query q = start_row(c, UPDATE, row);
    enum store_err err = query_run_changing(&q);
    return err == STORE_OK ? sqlite_touch(c, STORE_AGENT, row->id, 0) : err;
}

static enum store_err read_one(struct query *q, struct arena *a, struct store_agent *out)
{
    bool found = query_row(q);
    if (found) {
        read_row(q, a, out);
    }
    return query_end_found(q, found);
}

static enum store_err agent_get(struct store_conn *c, struct arena *a, int64_t id, struct store_agent *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    return read_one(&q, a, out);
}

static enum store_err agent_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str slug,
                                 struct store_agent *out)
{
    struct query q = query_start(c, &sql, FIND);
    query_int(&q, account_id);
    query_text(&q, slug);
    return read_one(&q, a, out);
}

static enum store_err agent_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                                 struct store_agent *out, size_t *count)
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

const struct store_backend_agents sqlite_agents = {agent_insert, agent_update, agent_get, agent_find, agent_list};
