/* What is SQLite's own: file modes, migrations, trimming. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sqlite_rig.h"
#include "store/sqlite/schema.h"

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
    change_raw(
        "INSERT INTO outbox VALUES (1, 1, 7, 't', '{\"id\":\"e\",\"created_at\":\"x\",\"detail\":{\"a\":1}}', 0),"
        " (2, 1, 7, 't', '{}', 0)");
    change_raw("INSERT INTO audit VALUES (1, 1, 'account.created', 'root', 'acc_1', 7, '{}')");
    change_raw("INSERT INTO audit_source VALUES (1, '192.0.2.1')");
    assert_int_equal(value_raw("SELECT count(*) FROM sqlite_schema WHERE name = 'policy'"), 0);
    store_free(open_store());
    assert_int_equal(value_raw("PRAGMA user_version"), (int64_t)sqlite_migration_count);
    assert_int_equal(value_raw("SELECT id FROM account"), 7);
    change_raw("INSERT INTO policy VALUES (1, 7, 'a', 1, 0, 1, 0, 0, 0, '{}')");
    /* Records stand as they were, with their addresses; what stands for an address is not known of them. */
    assert_int_equal(value_raw("SELECT count(*) FROM audit JOIN audit_address USING (sequence) WHERE actor = 'root' AND"
                               " address = '192.0.2.1' AND salt = x'' AND source_hash IS NULL AND actor_key = 0"),
                     1);
    /* Events have the names that they are sent with. */
    assert_int_equal(value_raw("SELECT count(*) FROM outbox WHERE payload ="
                               " '{\"id\":\"e\",\"timestamp\":\"x\",\"data\":{\"a\":1}}' OR payload = '{}'"),
                     2);
}

/* Mails that wait are sent, whatever version wrote them. */
static void test_takes_over_version_6(void **state)
{
    (void)state;
    struct sqlite_conn c = {.path = path};
    assert_int_equal(sqlite3_open(path, &c.db), SQLITE_OK);
    assert_int_equal(sqlite_schema_migrate(&c, sqlite_migrations, 6), STORE_OK);
    sqlite3_close(c.db);
    change_raw("INSERT INTO user (id, password_hash, disabled, created_at) VALUES (11, '', 0, 1)");
    change_raw("INSERT INTO reminder_mail VALUES (5, 11, 12, 2, 3, 77, 1, 900)");
    store_free(open_store());
    assert_int_equal(
        value_raw("SELECT count(*) FROM reminder_mail WHERE id = 5 AND user_id = 11 AND subject_id = 12 AND"
                  " purpose = 2 AND days = 3 AND at = 77 AND attempts = 1 AND next_at_ms = 900"),
        1);
}

/* ---- the feed's end ---- */

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
        test_in_folder(test_takes_over_version_6),
        test_in_folder(test_trimmed_feed),
        test_in_folder(test_checkpoints),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
