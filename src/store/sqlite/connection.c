/* One connection: how it is opened, its transactions, its checkpoints. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/schema.h"

/* Nobody else writes, so a lock can only be a stranger's (a backup, a shell): wait a little, then say so. */
#define BUSY_MS 2000
/* Pages (4 KiB) in the WAL that make the writer checkpoint: 16 MiB, some 6,000 keys. Larger gives fewer, longer pauses.
 */
#define CHECKPOINT_FRAMES 4096

enum { BEGIN, BEGIN_READ, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO };
static const char *const texts[] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [BEGIN_READ] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [SAVEPOINT] = "SAVEPOINT unit",
    [RELEASE] = "RELEASE unit",
    [ROLLBACK_TO] = "ROLLBACK TO unit",
};
static const struct sqlite_statements control = {SQLITE_CONTROL, texts};

static enum store_err run_control(struct store_conn *c, int which)
{
    struct query q = query_start(c, &control, which);
    return query_run(&q);
}

/* ---- transactions ---- */

static void sqlite_rollback(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    c->now = c->at_begin;
    /* Some failures have rolled back already. */
    if (!sqlite3_get_autocommit(c->db)) {
        run_control(conn, ROLLBACK);
    }
}

static enum store_err sqlite_begin(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    c->at_begin = c->now;
    return run_control(conn, BEGIN);
}

static enum store_err sqlite_savepoint(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    c->at_savepoint = c->now;
    return run_control(conn, SAVEPOINT);
}

static enum store_err sqlite_release(struct store_conn *conn)
{
    return run_control(conn, RELEASE);
}

static enum store_err sqlite_rollback_to(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    c->now = c->at_savepoint;
    enum store_err err = run_control(conn, ROLLBACK_TO);
    return err == STORE_OK ? run_control(conn, RELEASE) : err;
}

static int64_t sqlite_change_count(struct store_conn *conn)
{
    return sqlite3_total_changes64(sqlite_of(conn)->db);
}

static enum store_err sqlite_commit(struct store_conn *conn)
{
    return run_control(conn, COMMIT);
}

static enum store_err sqlite_begin_read(struct store_conn *conn)
{
    return run_control(conn, BEGIN_READ);
}

static void sqlite_end_read(struct store_conn *conn)
{
    if (!sqlite3_get_autocommit(sqlite_of(conn)->db)) {
        run_control(conn, COMMIT);
    }
}

/* ---- checkpoints: the writer's alone; in SQLite 3.40.1 two connections that checkpoint can lose commits ---- */

static int on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
    (void)db, (void)name;
    struct sqlite_conn *c = arg;
    if (frames < c->wal_frames) { /* all was copied, and the log began anew */
        c->checkpoint_at = CHECKPOINT_FRAMES;
    }
    c->wal_frames = frames;
    return SQLITE_OK;
}

static enum store_err sqlite_maintain(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    if (c->wal_frames < c->checkpoint_at) {
        return STORE_OK;
    }
    /* A reader may hold part of the log back: then not again until it has grown by as much once more. */
    c->checkpoint_at = c->wal_frames + CHECKPOINT_FRAMES;
    int rc = sqlite3_wal_checkpoint_v2(c->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return rc == SQLITE_OK || rc == SQLITE_BUSY ? STORE_OK : sqlite_fail(c, rc);
}

/* ---- opening ---- */

static void sqlite_close(struct store_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    for (size_t i = 0; i < SQLITE_AGGREGATE_COUNT; i++) {
        for (size_t j = 0; j < SQLITE_STATEMENTS_MAX; j++) {
            sqlite3_finalize(c->stmts[i][j]);
        }
    }
    sqlite3_close_v2(c->db);
    store_conn_release(conn);
    free(c->path);
    free(c);
}

/* Makes the file with our own mode, whatever the umask; SQLite gives the files beside it the same. */
static enum store_err create_file(struct sqlite_conn *c, bool *created)
{
    int fd = open(c->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        *created = true;
        bool ok = fchmod(fd, 0600) == 0;
        close(fd);
        if (ok) {
            return STORE_OK;
        }
    } else if (errno == EEXIST) {
        return STORE_OK;
    }
    int e = errno;
    sqlite_explain(c, "cannot be created (%s): %s", strerror(e),
                   e == ENOSPC || e == EDQUOT ? "make room on the disk"
                                              : "make its folder, and let this user write there");
    return e == ENOSPC || e == EDQUOT ? STORE_FULL : STORE_UNAVAILABLE;
}

static enum store_err configure(struct sqlite_conn *c, bool writer)
{
    static const char both[] = "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                               "PRAGMA foreign_keys = ON;";
    /* The writer's cache holds the tops of a large store's trees: digests go anywhere in theirs. */
    static const char writers[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
                                  "PRAGMA journal_size_limit = 67108864;";
    static const char readers[] = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !writer, NULL);
    int rc = sqlite3_exec(c->db, both, NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(c->db, writer ? writers : readers, NULL, NULL, NULL);
    }
    /* Replaces the automatic checkpoint, on either kind. */
    sqlite3_wal_hook(c->db, writer ? on_commit : NULL, c);
    c->checkpoint_at = CHECKPOINT_FRAMES;
    return rc == SQLITE_OK ? STORE_OK : sqlite_fail(c, rc);
}

static enum store_err prepare_writer(struct sqlite_conn *c)
{
    if (sqlite3_db_readonly(c->db, "main") == 1) {
        return sqlite_fail(c, SQLITE_READONLY);
    }
    enum store_err err = sqlite_schema_check(c, sqlite_migration_count);
    if (err == STORE_OK) {
        err = configure(c, true);
    }
    if (err == STORE_OK) {
        err = sqlite_schema_migrate(c, sqlite_migrations, sqlite_migration_count);
    }
    /* A transaction even when there is nothing to do: it finds out whether one may write at all. */
    if (err == STORE_OK) {
        err = sqlite_begin(&c->base);
    }
    if (err == STORE_OK) {
        err = sqlite_trim_feed(c);
        err = err == STORE_OK ? sqlite_load_counters(c) : err;
        err = err == STORE_OK ? sqlite_commit(&c->base) : err;
    }
    return err;
}

static enum store_err open_path(struct sqlite_conn *c, bool writer, bool *created)
{
    enum store_err err = writer ? create_file(c, created) : STORE_OK;
    if (err != STORE_OK) {
        return err;
    }
    int flags = SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int rc = sqlite3_open_v2(c->path, &c->db, flags, NULL);
    if (rc != SQLITE_OK) {
        return sqlite_fail(c, rc);
    }
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    return writer ? prepare_writer(c) : configure(c, false);
}

static void remove_created(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", path, suffixes[i]) >= 0) {
            unlink(name);
            free(name);
        }
    }
}

/* Once a process, before anything else is asked of SQLite. Its statistics of memory cost a lock, shared by all
 * connections, on every allocation; nobody reads them. */
static void configure_process(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum store_err sqlite_open(struct cardea_str location, bool writer, struct store_conn **out,
                                  struct cardea_why *why)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, configure_process);
    struct sqlite_conn *c = calloc(1, sizeof *c);
    /* "./" keeps SQLite from reading ":memory:" or "file:" into a name. */
    const char *start = location.len > 0 && location.ptr[0] == '/' ? "" : "./";
    if (!c || asprintf(&c->path, "%s%.*s", start, (int)location.len, location.ptr) < 0) {
        free(c);
        snprintf(why->text, sizeof why->text, "out of memory while opening the store");
        return STORE_UNAVAILABLE;
    }
    c->base.backend = &store_sqlite;
    bool created = false;
    enum store_err err = open_path(c, writer, &created);
    if (err == STORE_OK) {
        *out = &c->base;
        return STORE_OK;
    }
    snprintf(why->text, sizeof why->text, "%s", c->base.error);
    char *path = created ? strdup(c->path) : NULL;
    sqlite_close(&c->base);
    if (path) {
        remove_created(path); /* nothing was in it */
        free(path);
    }
    return err;
}

const struct store_backend_conn sqlite_conn_ops = {
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .rollback_to = sqlite_rollback_to,
    .change_count = sqlite_change_count,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .begin_read = sqlite_begin_read,
    .end_read = sqlite_end_read,
    .maintain = sqlite_maintain,
};

const struct store_backend store_sqlite = {
    .scheme = "sqlite",
    .conn = &sqlite_conn_ops,
    .meta = &sqlite_meta,
    .accounts = &sqlite_accounts,
    .users = &sqlite_users,
    .agents = &sqlite_agents,
    .keys = &sqlite_keys,
    .identities = &sqlite_identities,
    .sessions = &sqlite_sessions,
    .devices = &sqlite_devices,
    .idempotency = &sqlite_idempotency,
    .log = &sqlite_log,
    .audit = &sqlite_audit,
    .policies = &sqlite_policies,
    .messages = &sqlite_messages,
    .webhooks = &sqlite_webhooks,
    .reminders = &sqlite_reminders,
    .usage = &sqlite_usage,
    .origins = &sqlite_origins,
};
