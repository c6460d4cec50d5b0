/* Content policies, their versions, and the texts that they say to keep. None of it is in the snapshot: no feed. */
#include "store/sqlite/sqlite.h"

#define COLUMNS         "id, account_id, name, is_default, version, revision, published_revision, created_at, updated_at"
#define VERSION_COLUMNS "policy_id, version, published_at, published_by, note"
#define CONTENT_COLUMNS "scan_id, account_id, policy_id, version, made_at, sealed"

enum {
    INSERT,
    UPDATE,
    DELETE,
    DELETE_VERSIONS,
    GET,
    FIND,
    GET_DEFAULT,
    LIST,
    DRAFT,
    VERSION_INSERT,
    VERSION_GET,
    VERSION_LIST,
    ERASE_VERSIONS,
    ERASE_POLICIES,
    ERASE_CONTENTS,
    CONTENT_INSERT,
    CONTENT_GET,
    CONTENT_PRUNE
};
static const char *const texts[] = {
    [INSERT] = "INSERT INTO policy (" COLUMNS ", draft) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE policy SET name = ?3, is_default = ?4, version = ?5, revision = ?6, published_revision = ?7,"
               " created_at = ?8, updated_at = ?9, draft = iif(?10 = '', draft, ?10) WHERE id = ?1 AND account_id = ?2",
    [DELETE] = "DELETE FROM policy WHERE id = ?",
    [DELETE_VERSIONS] = "DELETE FROM policy_version WHERE policy_id = ?",
    [GET] = "SELECT " COLUMNS " FROM policy WHERE id = ?",
    [FIND] = "SELECT " COLUMNS " FROM policy WHERE account_id = ? AND name = ?",
    [GET_DEFAULT] = "SELECT " COLUMNS " FROM policy WHERE account_id = ? AND is_default = 1",
    [LIST] = "SELECT " COLUMNS " FROM policy INDEXED BY policy_by_account WHERE account_id = ? AND id > ?"
             " ORDER BY id LIMIT ?",
    [DRAFT] = "SELECT draft FROM policy WHERE id = ?",
    [VERSION_INSERT] = "INSERT INTO policy_version (" VERSION_COLUMNS ", document) VALUES (?, ?, ?, ?, ?, ?)",
    [VERSION_GET] = "SELECT " VERSION_COLUMNS ", document FROM policy_version WHERE policy_id = ? AND version = ?",
    [VERSION_LIST] = "SELECT " VERSION_COLUMNS " FROM policy_version WHERE policy_id = ? AND version < ?"
                     " ORDER BY version DESC LIMIT ?",
    [ERASE_VERSIONS] = "DELETE FROM policy_version WHERE policy_id IN (SELECT id FROM policy WHERE account_id = ?)",
    [ERASE_POLICIES] = "DELETE FROM policy WHERE account_id = ?",
    [ERASE_CONTENTS] = "DELETE FROM kept_content WHERE account_id = ?",
    [CONTENT_INSERT] = "INSERT INTO kept_content (" CONTENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)",
    [CONTENT_GET] = "SELECT " CONTENT_COLUMNS " FROM kept_content WHERE scan_id = ?",
    [CONTENT_PRUNE] = "DELETE FROM kept_content WHERE scan_id IN"
                      " (SELECT scan_id FROM kept_content WHERE made_at < ? ORDER BY made_at LIMIT ?)",
};
static const struct sqlite_statements sql = {SQLITE_POLICIES, texts};

static void read_row(struct query *q, struct arena *a, struct store_policy *out)
{
    out->id = column_int(q);
    out->account_id = column_int(q);
    out->name = column_text(q, a);
    out->is_default = column_int(q) != 0;
    out->version = column_int(q);
    out->revision = column_int(q);
    out->published_revision = column_int(q);
    out->created_at = column_int(q);
    out->updated_at = column_int(q);
    out->draft = (struct cardea_str){0};
}

static struct query start_row(struct store_conn *c, int which, const struct store_policy *row)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, row->id);
    query_int(&q, row->account_id);
    query_text(&q, row->name);
    query_int(&q, row->is_default);
    query_int(&q, row->version);
    query_int(&q, row->revision);
    query_int(&q, row->published_revision);
    query_int(&q, row->created_at);
    query_int(&q, row->updated_at);
    query_text(&q, row->draft);
    return q;
}

static enum store_err policy_insert(struct store_conn *c, const struct store_policy *row)
{
    struct query q = start_row(c, INSERT, row);
    return query_run(&q);
}

static enum store_err policy_update(struct store_conn *c, const struct store_policy *row)
{
    struct query q = start_row(c, UPDATE, row);
    return query_run_changing(&q);
}

static enum store_err run_with_id(struct store_conn *c, int which, int64_t id)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, id);
    return query_run(&q);
}

static enum store_err policy_remove(struct store_conn *c, int64_t id)
{
    enum store_err err = run_with_id(c, DELETE_VERSIONS, id);
    if (err != STORE_OK) {
        return err;
    }
    struct query q = query_start(c, &sql, DELETE);
    query_int(&q, id);
    return query_run_changing(&q);
}

static enum store_err read_one(struct query *q, struct arena *a, struct store_policy *out)
{
    bool found = query_row(q);
    if (found) {
        read_row(q, a, out);
    }
    return query_end_found(q, found);
}

static enum store_err policy_get(struct store_conn *c, struct arena *a, int64_t id, struct store_policy *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    return read_one(&q, a, out);
}

static enum store_err policy_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str name,
                                  struct store_policy *out)
{
    struct query q = query_start(c, &sql, FIND);
    query_int(&q, account_id);
    query_text(&q, name);
    return read_one(&q, a, out);
}

static enum store_err policy_default(struct store_conn *c, struct arena *a, int64_t account_id,
                                     struct store_policy *out)
{
    struct query q = query_start(c, &sql, GET_DEFAULT);
    query_int(&q, account_id);
    return read_one(&q, a, out);
}

static enum store_err policy_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after,
                                  size_t limit, struct store_policy *out, size_t *count)
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

static enum store_err policy_draft(struct store_conn *c, struct arena *a, int64_t id, struct cardea_str *out)
{
    struct query q = query_start(c, &sql, DRAFT);
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        *out = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

/* ---- versions ---- */

static enum store_err version_insert(struct store_conn *c, const struct store_policy_version *row)
{
    struct query q = query_start(c, &sql, VERSION_INSERT);
    query_int(&q, row->policy_id);
    query_int(&q, row->version);
    query_int(&q, row->published_at);
    query_text(&q, row->published_by);
    query_text(&q, row->note);
    query_text(&q, row->document);
    return query_run(&q);
}

static void read_version(struct query *q, struct arena *a, struct store_policy_version *out)
{
    out->policy_id = column_int(q);
    out->version = column_int(q);
    out->published_at = column_int(q);
    out->published_by = column_text(q, a);
    out->note = column_text(q, a);
    out->document = (struct cardea_str){0};
}

static enum store_err version_get(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t version,
                                  struct store_policy_version *out)
{
    struct query q = query_start(c, &sql, VERSION_GET);
    query_int(&q, policy_id);
    query_int(&q, version);
    bool found = query_row(&q);
    if (found) {
        read_version(&q, a, out);
        out->document = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err version_list(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t before,
                                   size_t limit, struct store_policy_version *out, size_t *count)
{
    struct query q = query_start(c, &sql, VERSION_LIST);
    query_int(&q, policy_id);
    query_int(&q, before ? before : INT64_MAX);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        read_version(&q, a, &out[*count]);
    }
    return query_end(&q);
}

/* ---- kept contents ---- */

static enum store_err erase_account(struct store_conn *c, int64_t account_id)
{
    enum store_err err = run_with_id(c, ERASE_VERSIONS, account_id);
    if (err == STORE_OK) {
        err = run_with_id(c, ERASE_POLICIES, account_id);
    }
    return err == STORE_OK ? run_with_id(c, ERASE_CONTENTS, account_id) : err;
}

static enum store_err content_insert(struct store_conn *c, const struct store_kept_content *row)
{
    struct query q = query_start(c, &sql, CONTENT_INSERT);
    query_int(&q, row->scan_id);
    query_int(&q, row->account_id);
    query_int(&q, row->policy_id);
    query_int(&q, row->version);
    query_int(&q, row->made_at);
    query_blob(&q, row->sealed.ptr, row->sealed.len);
    return query_run(&q);
}

static enum store_err content_get(struct store_conn *c, struct arena *a, int64_t scan_id,
                                  struct store_kept_content *out)
{
    struct query q = query_start(c, &sql, CONTENT_GET);
    query_int(&q, scan_id);
    bool found = query_row(&q);
    if (found) {
        out->scan_id = column_int(&q);
        out->account_id = column_int(&q);
        out->policy_id = column_int(&q);
        out->version = column_int(&q);
        out->made_at = column_int(&q);
        out->sealed = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err content_prune(struct store_conn *c, int64_t made_before, size_t limit, int64_t *count)
{
    struct query q = query_start(c, &sql, CONTENT_PRUNE);
    query_int(&q, made_before);
    query_int(&q, (int64_t)limit);
    enum store_err err = query_run(&q);
    *count = err == STORE_OK ? sqlite3_changes64(sqlite_of(c)->db) : 0;
    return err;
}

const struct store_backend_policies sqlite_policies = {
    policy_insert,  policy_update, policy_remove,  policy_get,     policy_find,
    policy_default, policy_list,   policy_draft,   version_insert, version_get,
    version_list,   erase_account, content_insert, content_get,    content_prune,
};
