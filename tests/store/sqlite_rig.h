/* tests/store/sqlite_rig.h - a store in a folder of its own, what SQLite sees in it, and rows to fill it with. */
#ifndef TESTS_STORE_SQLITE_RIG_H
#define TESTS_STORE_SQLITE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "store/store.h"

/* Of the test that runs: its folder, the database in it, and that as a URL, which a test may change. */
extern char folder[64], path[128], url[160];

int make_folder(void **state);
int remove_folder(void **state);
#define test_in_folder(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

struct store *open_store(void);
/* Opening must fail with one line that holds each of the given words. */
void assert_refused(const char *first, const char *second);

/* Past the store. */
sqlite3 *open_raw(void);
void exec_raw(sqlite3 *db, const char *text);
int64_t value_raw(const char *text);
void change_raw(const char *text);
/* Bytes of the database's file with this suffix; -1: there is none. */
off_t size_of(const char *suffix);

/* Units of work. `arg` of the first is the account's id, of the others the last key's, an int64_t that they count on.
 */
enum store_err insert_account(struct store_conn *c, void *arg);
enum store_err insert_key(struct store_conn *c, void *arg);
enum store_err insert_many(struct store_conn *c, void *arg);
/* Counts in an int64_t. */
enum store_err count_touch(void *arg, const struct store_touch *t);

#endif
