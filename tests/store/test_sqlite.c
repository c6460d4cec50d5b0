/* What is SQLite's own: file modes, migrations, trimming, and every way in which a file or a disk refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "store/sqlite/schema.h"
#include "store/store.h"

#define NOBODY 65534

static char folder[64], path[128], url[160];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/cardea-sqlite-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/cardea.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char name[192];
    chmod(folder, 0700);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return rmdir(folder); /* fails when something else was left behind */
}

static struct store *open_store(void)
{
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK) {
        fail_msg("%s", why.text);
    }
    return s;
}

/* Opening must fail with one line that holds each of the given words. */
static void assert_refused(const char *first, const char *second)
{
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_options options = {.url = url};
    assert_int_not_equal(store_open(&s, &options, &why), STORE_OK);
    assert_null(s);
    assert_null(strchr(why.text, '\n'));
    if (!strstr(why.text, first) || !strstr(why.text, second)) {
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", why.text, first, second);
    }
}

static sqlite3 *open_raw(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void exec_raw(sqlite3 *db, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", text, message);
    }
}

static int64_t value_raw(const char *text)
{
    sqlite3 *db = open_raw();
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return v;
}

static void change_raw(const char *text)
{
    sqlite3 *db = open_raw();
    exec_raw(db, text);
    sqlite3_close(db);
}

static enum store_err insert_account(struct store_conn *c, void *arg)
{
    struct store_account row = {.id = *(int64_t *)arg, .profile = STR("p"), .slug = STR("s"), .name = STR("n")};
    return store_account_insert(c, &row);
}

/* ---- files ---- */

static void test_modes(void **state)
{
    (void)state;
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    mode_t before = umask(0);
    struct store *s = open_store();
    umask(before);
    int64_t id = 1;
    assert_int_equal(store_run(s, insert_account, &id), STORE_OK);
    for (size_t i = 0; i < 3; i++) {
        struct stat st;
        char name[192];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    store_free(s);
}

static void test_settings(void **state)
{
    (void)state;
    store_free(open_store());
    assert_int_equal(value_raw("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(value_raw("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                               " AND NOT strict AND name NOT LIKE 'sqlite%'"),
                     0);
}

static void test_strange_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "sqlite", "sqlite:", "postgres://u:secret@h/d", "SQLITE:x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(url, sizeof url, "%s", bad[i]);
        assert_refused("URL", "sqlite:PATH");
    }
    snprintf(url, sizeof url, "sqlite:%s/no/such/folder.db", folder);
    assert_refused("No such file or directory", "make its folder");
    snprintf(url, sizeof url, "sqlite:%s", folder);
    assert_refused(folder, "cannot be opened");
    /* A name is a name, not SQLite's own notation. */
    char cwd[256];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(folder), 0);
    snprintf(url, sizeof url, "sqlite:%s", ":memory:");
    store_free(open_store());
    assert_int_equal(unlink(":memory:"), 0);
    assert_int_equal(chdir(cwd), 0);
}

/* ---- schema ---- */

static void test_newer_schema(void **state)
{
    (void)state;
    store_free(open_store());
    assert_int_equal(value_raw("PRAGMA user_version"), (int64_t)sqlite_migration_count);
    change_raw("PRAGMA user_version = 999");
    assert_refused("version 999", "install the newer program");
    assert_int_equal(value_raw("PRAGMA user_version"), 999);
}

static void test_foreign_database(void **state)
{
    (void)state;
    change_raw("CREATE TABLE recipes (id INTEGER)");
    assert_refused("another program", "name another file");
    assert_int_equal(value_raw("SELECT count(*) FROM sqlite_schema"), 1);
    change_raw("DROP TABLE recipes");
    store_free(open_store()); /* an empty database may become ours */
}

/* From version 0 through several scripts; one that fails leaves what came before it. */
static void test_migrations(void **state)
{
    (void)state;
    static const char *const scripts[] = {"CREATE TABLE one (a INTEGER) STRICT;",
                                          "CREATE TABLE two (a INTEGER) STRICT;",
                                          "CREATE TABLE three (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"};
    struct sqlite_conn c = {.path = path};
    assert_int_equal(sqlite3_open(path, &c.db), SQLITE_OK);
    assert_int_equal(sqlite_schema_check(&c, 3), STORE_OK);
    assert_int_equal(sqlite_schema_migrate(&c, scripts, 1), STORE_OK);
    assert_int_equal(value_raw("PRAGMA user_version"), 1);
    assert_int_equal(sqlite_schema_migrate(&c, scripts, 3), STORE_UNAVAILABLE);
    assert_non_null(strstr(c.base.error, "nowhere"));
    assert_int_equal(value_raw("PRAGMA user_version"), 2);
    assert_int_equal(value_raw("SELECT count(*) FROM sqlite_schema"), 2);
    assert_int_equal(sqlite_schema_check(&c, 1), STORE_UNAVAILABLE);
    sqlite3_close(c.db);
}

/* A folder of the version before is taken over as it stands. */
static void test_takes_over_version_4(void **state)
{
    (void)state;
    struct sqlite_conn c = {.path = path};
    assert_int_equal(sqlite3_open(path, &c.db), SQLITE_OK);
    assert_int_equal(sqlite_schema_migrate(&c, sqlite_migrations, 4), STORE_OK);
    sqlite3_close(c.db);
    change_raw("INSERT INTO account VALUES (7, 'p', 's', 'n', 0, 0, 0)");
    assert_int_equal(value_raw("SELECT count(*) FROM sqlite_schema WHERE name = 'policy'"), 0);
    store_free(open_store());
    assert_int_equal(value_raw("PRAGMA user_version"), (int64_t)sqlite_migration_count);
    assert_int_equal(value_raw("SELECT id FROM account"), 7);
    change_raw("INSERT INTO policy VALUES (1, 7, 'a', 1, 0, 1, 0, 0, 0, '{}')");
}

/* ---- the feed's end ---- */

static enum store_err count_touch(void *arg, const struct store_touch *t)
{
    (void)t;
    ++*(int64_t *)arg;
    return STORE_OK;
}

static void test_trimmed_feed(void **state)
{
    (void)state;
    store_free(open_store());
    change_raw("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000050)"
               " INSERT INTO feed SELECT i, 4, i, 0 FROM n");
    struct store *s = open_store();
    struct store_conn *reader;
    struct cardea_why why;
    int64_t position = 0, seen = 0, id = 1;
    assert_int_equal(store_reader_open(s, &reader, &why), STORE_OK);
    assert_int_equal(store_feed_position(reader, &position), STORE_OK);
    assert_int_equal(position, 1000050);
    assert_int_equal(store_feed_since(reader, 49, count_touch, &seen), STORE_NOTFOUND);
    assert_int_equal(seen, 0);
    assert_int_equal(store_feed_since(reader, 50, count_touch, &seen), STORE_OK);
    assert_int_equal(seen, SQLITE_FEED_KEPT);
    assert_int_equal(store_run(s, insert_account, &id), STORE_OK);
    assert_int_equal(store_feed_position(reader, &position), STORE_OK);
    assert_int_equal(position, 1000051);
    store_reader_free(reader);
    store_free(s);
}

/* The log is copied into the database while it is used, so it stays short. */
static enum store_err insert_key(struct store_conn *c, void *arg)
{
    int64_t *id = arg;
    struct store_key row = {.id = ++*id, .account_id = 1, .state = CARDEA_KEY_ACTIVE, .credits = -1};
    memcpy(row.digest.bytes, id, sizeof *id);
    row.digest.bytes[31] = (uint8_t)(*id * 37);
    return store_key_insert(c, &row);
}

static enum store_err insert_many(struct store_conn *c, void *arg)
{
    enum store_err err = STORE_OK;
    for (int i = 0; i < 500 && err == STORE_OK; i++) {
        err = insert_key(c, arg);
    }
    return err;
}

static off_t size_of(const char *suffix)
{
    char name[192];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &st) == 0 ? st.st_size : -1;
}

static void test_checkpoints(void **state)
{
    (void)state;
    struct store *s = open_store();
    int64_t id = 1;
    assert_int_equal(store_run(s, insert_account, &id), STORE_OK);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(store_run(s, insert_many, &id), STORE_OK);
    }
    assert_true(size_of("-wal") < 64 << 20); /* 4,096 pages, and what one transaction adds to them */
    assert_true(size_of("") > 10 << 20);
    store_free(s);
    assert_int_equal(size_of("-wal"), -1);
}

/* ---- refusals ---- */

static void test_corrupt(void **state)
{
    (void)state;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 2000; i++) {
        fputs("this is not a database ", f);
    }
    fclose(f);
    assert_refused("damaged, or not a SQLite database", "restore it from a backup");
    assert_int_equal(size_of(""), 2000 * 23); /* untouched */
}

static void test_corrupt_while_running(void **state)
{
    (void)state;
    struct store *s = open_store();
    int64_t id = 1;
    assert_int_equal(store_run(s, insert_account, &id), STORE_OK);
    assert_int_equal(store_run(s, insert_many, &id), STORE_OK);
    store_free(s);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    static const char zeros[4096];
    for (off_t at = 4096; at < size_of(""); at += sizeof zeros) {
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, at), sizeof zeros);
    }
    close(fd);
    assert_refused("damaged", "restore it from a backup");
}

static void test_locked(void **state)
{
    (void)state;
    store_free(open_store());
    sqlite3 *db = open_raw();
    exec_raw(db, "BEGIN IMMEDIATE");
    assert_refused("locked by another process", "stop that process");
    exec_raw(db, "ROLLBACK");
    struct store *s = open_store();
    exec_raw(db, "BEGIN IMMEDIATE");
    int64_t id = 1;
    assert_int_equal(store_run(s, insert_account, &id), STORE_UNAVAILABLE);
    exec_raw(db, "ROLLBACK");
    assert_int_equal(store_run(s, insert_account, &id), STORE_OK);
    sqlite3_close(db);
    store_free(s);
}

/* Runs `test` in a process of its own, whose limits and user may be changed. */
static void in_child(void (*test)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        test();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* In a child cmocka's assertions cannot report: say it and leave. */
#define child_assert(condition)                                             \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                       \
        }                                                                   \
    } while (0)

static void child_refused(const char *first, const char *second)
{
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_options options = {.url = url};
    child_assert(store_open(&s, &options, &why) == STORE_UNAVAILABLE);
    if (!strstr(why.text, first) || !strstr(why.text, second)) {
        fprintf(stderr, "\"%s\" lacks \"%s\" or \"%s\"\n", why.text, first, second);
        _exit(1);
    }
}

static void become_nobody(void)
{
    if (geteuid() == 0) {
        child_assert(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    }
}

static void child_readonly_folder(void)
{
    become_nobody();
    child_refused("cannot be created (Permission denied)", "let this user write there");
}

static void child_readonly_existing(void)
{
    become_nobody();
    child_refused(path, "writ");
}

static void test_readonly_folder(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0555), 0);
    in_child(child_readonly_folder);
    assert_int_equal(chmod(folder, 0755), 0);
    store_free(open_store());
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    in_child(child_readonly_existing); /* the file may be written, but none made beside it */
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    in_child(child_readonly_existing);
    assert_int_equal(chmod(path, 0000), 0);
    in_child(child_readonly_existing);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    child_assert(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
    child_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Fills until it is refused, sees that all acknowledged is there, gets room, goes on. */
static void child_full_disk(void)
{
    signal(SIGXFSZ, SIG_IGN);
    struct store *s = NULL;
    struct store_conn *reader = NULL;
    struct cardea_why why;
    struct store_options options = {.url = url};
    child_assert(store_open(&s, &options, &why) == STORE_OK);
    child_assert(store_reader_open(s, &reader, &why) == STORE_OK);
    int64_t id = 1, before = 0, count = 0;
    child_assert(store_run(s, insert_account, &id) == STORE_OK);
    limit_files(2 << 20);
    enum store_err err = STORE_OK;
    for (int i = 0; i < 100 && err == STORE_OK; i++) {
        before = id;
        err = store_run(s, insert_many, &id);
    }
    child_assert(err == STORE_FULL);
    child_assert(store_run(s, insert_many, &id) == STORE_FULL);
    child_assert(store_key_count_active(reader, 1, STR(""), 1, &count) == STORE_OK);
    child_assert(count == before - 1); /* nothing of what was refused, all of what was not */
    limit_files(0);
    child_assert(store_run(s, insert_many, &id) == STORE_OK);
    child_assert(store_key_count_active(reader, 1, STR(""), 1, &count) == STORE_OK);
    child_assert(count == before - 1 + 500);
    int64_t position = 0, seen = 0;
    child_assert(store_feed_position(reader, &position) == STORE_OK);
    child_assert(position == count + 1);
    child_assert(store_feed_since(reader, 0, count_touch, &seen) == STORE_OK && seen == position);
    store_reader_free(reader);
    store_free(s);
}

static void test_full_disk(void **state)
{
    (void)state;
    in_child(child_full_disk);
    assert_int_equal(value_raw("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    assert_int_equal(value_raw("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* When the disk fills in the middle of a group, all of it is refused, whatever a unit makes of its own failure. */
#define GROUP 8
static struct {
    sem_t entered, leave, done;
    enum store_err errs[GROUP];
    int64_t ids[GROUP];
    int published, stopped;
} group;

static void count_publish(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count)
{
    (void)arg, (void)c, (void)touched, (void)count;
    group.published++;
}

static enum store_err hold_writer(struct store_conn *c, void *arg)
{
    (void)c, (void)arg;
    sem_post(&group.entered);
    sem_wait(&group.leave);
    return STORE_OK;
}

/* An odd id makes more than the writer's cache holds, so that the disk refuses in the middle of the unit. */
static enum store_err insert_some_quietly(struct store_conn *c, void *arg)
{
    static char megabyte[1 << 20];
    int64_t *id = arg, last = *id + 100;
    enum store_err err = insert_key(c, id);
    memset(megabyte, 'x', sizeof megabyte);
    for (bool large = last % 2 != 0; large && *id < last && err == STORE_OK;) {
        struct store_key row = {.id = ++*id, .account_id = 1, .state = CARDEA_KEY_ACTIVE, .credits = -1};
        memcpy(row.digest.bytes, id, sizeof *id);
        row.metadata = (struct cardea_str){megabyte, sizeof megabyte};
        err = store_key_insert(c, &row);
    }
    group.stopped += err != STORE_OK;
    return STORE_OK;
}

static void keep_err(void *arg, enum store_err err)
{
    group.errs[(int64_t *)arg - group.ids] = err;
    sem_post(&group.done);
}

static void child_full_group(void)
{
    signal(SIGXFSZ, SIG_IGN);
    struct store *s = NULL;
    struct store_conn *reader = NULL;
    struct cardea_why why;
    struct store_options options = {.url = url, .publish = count_publish};
    child_assert(store_open(&s, &options, &why) == STORE_OK);
    child_assert(store_reader_open(s, &reader, &why) == STORE_OK);
    int64_t id = 1, position = 0;
    child_assert(store_run(s, insert_account, &id) == STORE_OK);
    sem_init(&group.entered, 0, 0);
    sem_init(&group.leave, 0, 0);
    sem_init(&group.done, 0, 0);
    child_assert(store_submit(s, hold_writer, NULL, NULL));
    sem_wait(&group.entered);
    for (int i = 0; i < GROUP; i++) {
        group.ids[i] = (i + 1) * 1000000 + (i == 2 || i == 4);
        group.errs[i] = STORE_OK;
        child_assert(store_submit(s, insert_some_quietly, keep_err, &group.ids[i]));
    }
    group.published = 0;
    limit_files(2 << 20);
    sem_post(&group.leave);
    for (int i = 0; i < GROUP; i++) {
        sem_wait(&group.done);
    }
    for (int i = 0; i < GROUP; i++) {
        child_assert(group.errs[i] == STORE_FULL);
    }
    child_assert(group.published == 0 && group.stopped == 1); /* the fifth was not even begun */
    child_assert(store_feed_position(reader, &position) == STORE_OK && position == 1);
    child_assert(store_run(s, insert_key, &id) == STORE_OK); /* so little fits: it goes on at once */
    child_assert(store_feed_position(reader, &position) == STORE_OK && position == 2);
    child_assert(group.published == 1);
    store_reader_free(reader);
    store_free(s);
}

static void test_full_group(void **state)
{
    (void)state;
    in_child(child_full_group);
    assert_int_equal(value_raw("SELECT count(*) FROM api_key WHERE ordinal = 0"), 1);
    assert_int_equal(value_raw("SELECT count(*) FROM api_key"), 1);
}

/* No room for a new store: it says so, and no half of one is left. */
static void child_no_room(void)
{
    signal(SIGXFSZ, SIG_IGN);
    limit_files(16384);
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_options options = {.url = url};
    child_assert(store_open(&s, &options, &why) == STORE_FULL);
    child_assert(strstr(why.text, "full") && strstr(why.text, "make room"));
    child_assert(access(path, F_OK) != 0);
}

static void test_no_room(void **state)
{
    (void)state;
    in_child(child_no_room);
}

#define test_in_folder(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folder(test_modes),
        test_in_folder(test_settings),
        test_in_folder(test_strange_names),
        test_in_folder(test_newer_schema),
        test_in_folder(test_foreign_database),
        test_in_folder(test_migrations),
        test_in_folder(test_takes_over_version_4),
        test_in_folder(test_trimmed_feed),
        test_in_folder(test_checkpoints),
        test_in_folder(test_corrupt),
        test_in_folder(test_corrupt_while_running),
        test_in_folder(test_locked),
        test_in_folder(test_readonly_folder),
        test_in_folder(test_full_disk),
        test_in_folder(test_no_room),
        test_in_folder(test_full_group),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
