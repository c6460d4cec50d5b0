/* store/sqlite/sqlite.h - what the files of this backend share: the connection, and queries by name.
 *
 * Each aggregate has a table of SQL texts indexed by its own enum. A text is prepared on its first use and kept as long
 * as the connection. Parameters are bound, and columns read, in the order in which they stand in the text. */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "store/backend.h"

enum sqlite_aggregate {
    SQLITE_CONTROL,
    SQLITE_META,
    SQLITE_ACCOUNTS,
    SQLITE_USERS,
    SQLITE_IDENTITIES,
    SQLITE_AGENTS,
    SQLITE_KEYS,
    SQLITE_SESSIONS,
    SQLITE_DEVICES,
    SQLITE_IDEMPOTENCY,
    SQLITE_LOG,
    SQLITE_AUDIT,
    SQLITE_POLICIES,
    SQLITE_MESSAGES,
    SQLITE_WEBHOOKS,
    SQLITE_REMINDERS,
    SQLITE_USAGE,
    SQLITE_ORIGINS,
    SQLITE_AGGREGATE_COUNT
};
#define SQLITE_STATEMENTS_MAX 32 /* of one aggregate */

/* What the writer hands out densely. */
struct sqlite_counters {
    int64_t position; /* the feed's last */
    int64_t ordinal;  /* the next key's */
};

struct sqlite_conn {
    struct store_conn base;
    sqlite3 *db;
    char *path;
    sqlite3_stmt *stmts[SQLITE_AGGREGATE_COUNT][SQLITE_STATEMENTS_MAX];
    struct sqlite_counters now, at_begin, at_savepoint; /* the writer's */
    int wal_frames, checkpoint_at;                      /* the writer's: the WAL's length, and where to act on it */
};

static inline struct sqlite_conn *sqlite_of(struct store_conn *c)
{
    return (struct sqlite_conn *)c;
}

/* ---- failures (query.c) ---- */

/* Translates SQLite's result code, and explains it in base.error. Dooms the transaction where it must. */
enum store_err sqlite_fail(struct sqlite_conn *c, int rc);
/* "store PATH: " and the rest, into base.error. */
void sqlite_explain(struct sqlite_conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- queries (query.c) ---- */

struct sqlite_statements {
    enum sqlite_aggregate aggregate;
    const char *const *text;
};

struct query {
    struct sqlite_conn *c;
    sqlite3_stmt *stmt;
    int rc;   /* SQLITE_OK, _ROW, _DONE or the failure, after which all but query_end does nothing */
    int next; /* the parameter or column whose turn it is */
};

struct query query_start(struct store_conn *c, const struct sqlite_statements *set, int which);
/* Bound memory must stay until query_end. */
void query_int(struct query *q, int64_t v);
void query_id(struct query *q, int64_t id); /* 0 becomes NULL: "none", which no foreign key follows */
void query_text(struct query *q, struct cardea_str s);
void query_blob(struct query *q, const void *data, size_t len);
void query_digest(struct query *q, const struct cardea_digest *d);
bool query_row(struct query *q); /* false at the end and on failure */
/* NULL reads as 0 and as empty. With `a` NULL text is borrowed until the next row. */
int64_t column_int(struct query *q);
struct cardea_str column_text(struct query *q, struct arena *a);
void column_digest(struct query *q, struct cardea_digest *out);
/* Resets the statement. STORE_OK unless something failed. */
enum store_err query_end(struct query *q);
/* query_end, and STORE_NOTFOUND when there was no row. */
enum store_err query_end_found(struct query *q, bool found);
/* Runs a statement that gives no rows, and ends it. */
enum store_err query_run(struct query *q);
/* The same, and STORE_NOTFOUND when it changed nothing. */
enum store_err query_run_changing(struct query *q);
/* The same as query_run(), and how many rows it changed. */
enum store_err query_run_counting(struct query *q, size_t *count);
/* One integer; STORE_NOTFOUND without a row. */
enum store_err query_value(struct query *q, int64_t *out);

/* ---- the feed (meta.c) ---- */

enum store_err sqlite_touch(struct store_conn *c, enum store_entity entity, int64_t id, int64_t other_id);
/* Reads the counters from what is stored. */
enum store_err sqlite_load_counters(struct sqlite_conn *c);
/* Forgets all but the last SQLITE_FEED_KEPT touches. */
#define SQLITE_FEED_KEPT 1000000
enum store_err sqlite_trim_feed(struct sqlite_conn *c);

extern const struct store_backend_conn sqlite_conn_ops;
extern const struct store_backend_meta sqlite_meta;
extern const struct store_backend_accounts sqlite_accounts;
extern const struct store_backend_users sqlite_users;
extern const struct store_backend_agents sqlite_agents;
extern const struct store_backend_keys sqlite_keys;
extern const struct store_backend_identities sqlite_identities;
extern const struct store_backend_sessions sqlite_sessions;
extern const struct store_backend_devices sqlite_devices;
extern const struct store_backend_idempotency sqlite_idempotency;
extern const struct store_backend_log sqlite_log;
extern const struct store_backend_audit sqlite_audit;
extern const struct store_backend_policies sqlite_policies;
extern const struct store_backend_messages sqlite_messages;
extern const struct store_backend_webhooks sqlite_webhooks;
extern const struct store_backend_reminders sqlite_reminders;
extern const struct store_backend_usage sqlite_usage;
extern const struct store_backend_origins sqlite_origins;

#endif
