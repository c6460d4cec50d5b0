#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

static char folder[32];

static const char *path_of(const char *name)
{
    static char path[160];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/cardea-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[160];
    snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    return system(command);
}

static int entries(void)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void writes_and_reads_back(void **state)
{
    struct arena a = {0};
    struct cardea_str got;
    umask(077);
    assert_true(file_write_atomic(path_of("x"), 0640, STR("one\0two")));
    struct stat st;
    assert_int_equal(stat(path_of("x"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_true(file_read(&a, path_of("x"), 7, &got));
    assert_int_equal(got.len, 7);
    assert_memory_equal(got.ptr, "one\0two", 8);
    assert_true(file_write_atomic(path_of("x"), 0600, STR("")));
    assert_true(file_read(&a, path_of("x"), 0, &got));
    assert_int_equal(got.len, 0);
    assert_int_equal(entries(), 1);
    arena_release(&a);
}

static void refuses_what_is_too_large_or_missing(void **state)
{
    struct arena a = {0};
    struct cardea_str got;
    assert_true(file_write_atomic(path_of("large"), 0600, STR("12345678")));
    errno = 0;
    assert_false(file_read(&a, path_of("large"), 7, &got));
    assert_int_equal(errno, EFBIG);
    assert_false(file_read(&a, path_of("none"), 7, &got));
    assert_int_equal(errno, ENOENT);
    assert_false(file_read(&a, folder, 7, &got));
    assert_int_equal(errno, EISDIR);
    arena_release(&a);
}

static void leaves_nothing_behind(void **state)
{
    assert_int_equal(mkdir(path_of("taken"), 0700), 0);
    assert_int_equal(mkdir(path_of("taken/inside"), 0700), 0);
    int before = entries();
    assert_false(file_write_atomic(path_of("taken"), 0600, STR("x"))); /* rename over a folder fails */
    assert_true(errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST);
    assert_int_equal(entries(), before);
    assert_false(file_write_atomic(path_of("nowhere/x"), 0600, STR("x")));
    assert_int_equal(errno, ENOENT);
}

/* RLIMIT_FSIZE stands in for a full disk: the write fails midway. */
static void failed_write_keeps_the_old_file(void **state)
{
    static char large[4096];
    struct arena a = {0};
    struct cardea_str got;
    struct rlimit before, tight;
    assert_true(file_write_atomic(path_of("kept"), 0600, STR("old")));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 100;
    setrlimit(RLIMIT_FSIZE, &tight);
    bool written = file_write_atomic(path_of("kept"), 0600, (struct cardea_str){large, sizeof(large)});
    int error = errno;
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(written);
    assert_int_equal(error, EFBIG);
    assert_int_equal(entries(), 1);
    assert_true(file_read(&a, path_of("kept"), 10, &got));
    assert_string_equal(got.ptr, "old");
    arena_release(&a);
}

static void makes_folders(void **state)
{
    struct stat st;
    umask(027);
    assert_true(file_make_dirs(path_of("a/b/c"), 0710));
    assert_int_equal(stat(path_of("a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0710);
    assert_true(file_make_dirs(path_of("a/b/c/"), 0777)); /* is there: its mode stays */
    assert_int_equal(stat(path_of("a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0710);
    assert_true(file_write_atomic(path_of("f"), 0600, STR("x")));
    assert_false(file_make_dirs(path_of("f"), 0700));
    assert_int_equal(errno, ENOTDIR);
    assert_false(file_make_dirs(path_of("f/g"), 0700));
    assert_int_equal(errno, ENOTDIR);
    assert_false(file_make_dirs("", 0700));
    assert_true(file_make_dirs("/", 0700));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_and_reads_back, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refuses_what_is_too_large_or_missing, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(leaves_nothing_behind, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(failed_write_keeps_the_old_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(makes_folders, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
