#include "store/sqlite/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A long path is cut at the front, so that the explanation always fits. */
#define PATH_SHOWN 96

void sqlite_explain(struct sqlite_conn *c, const char *fmt, ...)
{
    size_t len = strlen(c->path);
    bool cut = len > PATH_SHOWN;
    int n = snprintf(c->base.error, sizeof c->base.error, "store %s%s: ", cut ? "…" : "",
                     c->path + (cut ? len - PATH_SHOWN : 0));
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->base.error + n, sizeof c->base.error - (size_t)n, fmt, args);
    va_end(args);
}

static enum store_err fail_constraint(struct sqlite_conn *c, int rc)
{
    sqlite_explain(c, "%s", sqlite3_errmsg(c->db));
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return STORE_CONFLICT;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return STORE_NOTFOUND;
    default:
        return STORE_UNAVAILABLE; /* a value that the schema's checks refuse: our own bug, but only this unit's */
    }
}

/* What the system said of the file that failed. sqlite3_system_errno() is right only where opening failed: COMMIT does
 * not update it. */
static int failed_errno(struct sqlite_conn *c, int rc)
{
    sqlite3_file *wal = NULL;
    int e = 0;
    if ((rc & 0xff) != SQLITE_IOERR) {
        return sqlite3_system_errno(c->db);
    }
    sqlite3_file_control(c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal && wal->pMethods) {
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &e);
    }
    if (e == 0) {
        sqlite3_file_control(c->db, "main", SQLITE_FCNTL_LAST_ERRNO, &e);
    }
    return e;
}

/* SQLite calls only ENOSPC full; a quota and a limit on the file's size are the same to us. It names the failure to
 * lengthen its shared memory file IOERR_SHMSIZE whatever the reason, which is hardly ever another one. */
static bool is_disk_full(int rc, int e)
{
    return (rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_SHMSIZE ||
           ((rc & 0xff) == SQLITE_IOERR && (e == ENOSPC || e == EDQUOT || e == EFBIG));
}

static void explain_unavailable(struct sqlite_conn *c, int rc, int e)
{
    const char *reason = e ? strerror(e) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        sqlite_explain(c, "locked by another process: stop that process (`fuser FILE` names it)");
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        sqlite_explain(c, "damaged, or not a SQLite database: restore it from a backup");
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        sqlite_explain(c, "not writable: give this user write permission on the file and its folder");
        break;
    case SQLITE_CANTOPEN:
        sqlite_explain(c, "cannot be opened (%s): check that the file and its folder are there and writable", reason);
        break;
    case SQLITE_IOERR:
        sqlite_explain(c, "input/output error (%s): check the disk", reason);
        break;
    case SQLITE_NOMEM:
        sqlite_explain(c, "out of memory: give the process more");
        break;
    default:
        sqlite_explain(c, "%s (SQLite code %d)", sqlite3_errmsg(c->db), rc);
    }
}

enum store_err sqlite_fail(struct sqlite_conn *c, int rc)
{
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        return fail_constraint(c, rc);
    }
    int e = failed_errno(c, rc);
    enum store_err err = is_disk_full(rc, e) ? STORE_FULL : STORE_UNAVAILABLE;
    if (err == STORE_FULL) {
        sqlite_explain(c, "the disk (or a quota) is full: make room");
    } else {
        explain_unavailable(c, rc, e);
    }
    c->base.broken = err;
    return err;
}

/* ---- starting and binding ---- */

struct query query_start(struct store_conn *conn, const struct sqlite_statements *set, int which)
{
    struct sqlite_conn *c = sqlite_of(conn);
    assert(which < SQLITE_STATEMENTS_MAX);
    sqlite3_stmt **kept = &c->stmts[set->aggregate][which];
    struct query q = {.c = c, .rc = SQLITE_OK, .next = 1};
    if (!*kept) {
        q.rc = sqlite3_prepare_v3(c->db, set->text[which], -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
    }
    q.stmt = *kept;
    assert(!q.stmt || !sqlite3_stmt_busy(q.stmt)); /* a callback must not ask what called it */
    return q;
}

static void bound(struct query *q, int rc)
{
    q->next++;
    q->rc = rc;
}

void query_int(struct query *q, int64_t v)
{
    if (q->rc == SQLITE_OK) {
        bound(q, sqlite3_bind_int64(q->stmt, q->next, v));
    }
}

void query_id(struct query *q, int64_t id)
{
    if (q->rc == SQLITE_OK) {
        bound(q, id ? sqlite3_bind_int64(q->stmt, q->next, id) : sqlite3_bind_null(q->stmt, q->next));
    }
}

void query_text(struct query *q, struct cardea_str s)
{
    if (q->rc == SQLITE_OK) {
        bound(q, sqlite3_bind_text64(q->stmt, q->next, s.len ? s.ptr : "", s.len, SQLITE_STATIC, SQLITE_UTF8));
    }
}

void query_blob(struct query *q, const void *data, size_t len)
{
    if (q->rc == SQLITE_OK) {
        bound(q, sqlite3_bind_blob64(q->stmt, q->next, len ? data : "", len, SQLITE_STATIC));
    }
}

void query_digest(struct query *q, const struct cardea_digest *d)
{
    query_blob(q, d->bytes, sizeof d->bytes);
}

/* ---- stepping and reading ---- */

bool query_row(struct query *q)
{
    if (q->rc == SQLITE_OK || q->rc == SQLITE_ROW) {
        q->rc = sqlite3_step(q->stmt);
        q->next = 0;
    }
    return q->rc == SQLITE_ROW;
}

int64_t column_int(struct query *q)
{
    return sqlite3_column_int64(q->stmt, q->next++);
}

struct cardea_str column_text(struct query *q, struct arena *a)
{
    int i = q->next++;
    /* The blob's bytes are the text's; unlike the text's they need no terminator, so nothing is copied to add one. */
    struct cardea_str s = {.ptr = sqlite3_column_blob(q->stmt, i)};
    s.len = (size_t)sqlite3_column_bytes(q->stmt, i);
    if (s.len == 0) {
        return (struct cardea_str){"", 0};
    }
    return a ? arena_str(a, s) : s;
}

void column_digest(struct query *q, struct cardea_digest *out)
{
    struct cardea_str s = column_text(q, NULL);
    memset(out, 0, sizeof *out);
    memcpy(out->bytes, s.ptr, s.len < sizeof out->bytes ? s.len : sizeof out->bytes);
}

/* ---- ending ---- */

enum store_err query_end(struct query *q)
{
    enum store_err err = STORE_OK;
    if (q->rc != SQLITE_OK && q->rc != SQLITE_ROW && q->rc != SQLITE_DONE) {
        err = sqlite_fail(q->c, q->rc);
    }
    if (q->stmt) {
        sqlite3_reset(q->stmt);
        sqlite3_clear_bindings(q->stmt);
    }
    return err;
}

enum store_err query_end_found(struct query *q, bool found)
{
    enum store_err err = query_end(q);
    return err == STORE_OK && !found ? STORE_NOTFOUND : err;
}

enum store_err query_run(struct query *q)
{
    while (query_row(q)) {
    }
    return query_end(q);
}

enum store_err query_run_changing(struct query *q)
{
    enum store_err err = query_run(q);
    return err == STORE_OK && sqlite3_changes64(q->c->db) == 0 ? STORE_NOTFOUND : err;
}

enum store_err query_run_counting(struct query *q, size_t *count)
{
    enum store_err err = query_run(q);
    *count = err == STORE_OK ? (size_t)sqlite3_changes64(q->c->db) : 0;
    return err;
}

enum store_err query_value(struct query *q, int64_t *out)
{
    bool found = query_row(q);
    if (found) {
        *out = column_int(q);
    }
    return query_end_found(q, found);
}
