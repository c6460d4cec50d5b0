#include "sqlite_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

char folder[64], path[128], url[160];

int make_folder(void **state)
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

int remove_folder(void **state)
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

struct store *open_store(void)
{
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK) {
        fail_msg("%s", why.text);
    }
    return s;
}

void assert_refused(const char *first, const char *second)
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

sqlite3 *open_raw(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

void exec_raw(sqlite3 *db, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", text, message);
    }
}

int64_t value_raw(const char *text)
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

void change_raw(const char *text)
{
    sqlite3 *db = open_raw();
    exec_raw(db, text);
    sqlite3_close(db);
}

enum store_err insert_account(struct store_conn *c, void *arg)
{
    struct store_account row = {.id = *(int64_t *)arg, .profile = STR("p"), .slug = STR("s"), .name = STR("n")};
    return store_account_insert(c, &row);
}

enum store_err count_touch(void *arg, const struct store_touch *t)
{
    (void)t;
    ++*(int64_t *)arg;
    return STORE_OK;
}

enum store_err insert_key(struct store_conn *c, void *arg)
{
    int64_t *id = arg;
    struct store_key row = {.id = ++*id, .account_id = 1, .state = CARDEA_KEY_ACTIVE, .credits = -1};
    memcpy(row.digest.bytes, id, sizeof *id);
    row.digest.bytes[31] = (uint8_t)(*id * 37);
    return store_key_insert(c, &row);
}

enum store_err insert_many(struct store_conn *c, void *arg)
{
    enum store_err err = STORE_OK;
    for (int i = 0; i < 500 && err == STORE_OK; i++) {
        err = insert_key(c, arg);
    }
    return err;
}

off_t size_of(const char *suffix)
{
    char name[192];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &st) == 0 ? st.st_size : -1;
}
