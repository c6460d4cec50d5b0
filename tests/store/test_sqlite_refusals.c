/* Every way in which a file or a disk refuses. */
#include <fcntl.h>
#include <grp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sqlite_rig.h"

#define NOBODY 65534

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folder(test_corrupt),    test_in_folder(test_corrupt_while_running),
        test_in_folder(test_locked),     test_in_folder(test_readonly_folder),
        test_in_folder(test_full_disk),  test_in_folder(test_no_room),
        test_in_folder(test_full_group),
    };
    return cmocka_run_group_tests_name("sqlite refuses", tests, NULL, NULL);
}
