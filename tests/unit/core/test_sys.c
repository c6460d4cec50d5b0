/* test_sys.c - what the operating system may refuse. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys.h"

static void maps_regular_files_only(void **state)
{
    struct rig rig;
    struct sys_map m;
    char path[128];
    rig_begin(&rig);
    assert_int_equal(sys_map_open(&m, rig.path, false), CARDEA_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(sys_map_open(&m, rig.dir, false), CARDEA_E_FORMAT);
    snprintf(path, sizeof path, "%s/fifo", rig.dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sys_map_open(&m, path, false), CARDEA_E_FORMAT);
    close(open(rig.path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(sys_map_open(&m, rig.path, false), CARDEA_E_FORMAT); /* empty */
    rig_end(&rig);
}

static void new_files_have_their_blocks_and_mode(void **state)
{
    struct rig rig;
    struct sys_map m;
    struct stat st;
    rig_begin(&rig);
    assert_int_equal(sys_map_create(&m, rig.path, 1u << 20, 0640), CARDEA_OK);
    assert_int_equal(fstat(m.fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_true(st.st_blocks * 512 >= 1 << 20);
    assert_false(sys_map_is_lost(&m));
    assert_int_equal(truncate(rig.path, 1 << 19), 0);
    assert_true(sys_map_is_lost(&m));
    assert_int_equal(truncate(rig.path, 1 << 20), 0);
    assert_false(sys_map_is_lost(&m));
    sys_unlink(rig.path);
    assert_true(sys_map_is_lost(&m));
    sys_map_close(&m);
    sys_map_close(&m); /* nothing mapped: nothing to do */
    rig_end(&rig);
}

/* A limit on file size stands in for a full disk: the same error path, without filling one. */
static void a_full_disk_is_an_error_not_a_signal(void **state)
{
    struct rig rig;
    struct sys_map m;
    struct rlimit old;
    rig_begin(&rig);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {.rlim_cur = 65536, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    enum cardea_err err = sys_map_create(&m, rig.path, 1u << 20, 0640);
    int saved = errno;
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(err, CARDEA_E_IO);
    assert_int_equal(saved, EFBIG);
    assert_int_equal(access(rig.path, F_OK), -1); /* nothing half made is left */
    rig_end(&rig);
}

static void one_holder_of_a_lock(void **state)
{
    struct rig rig;
    int a;
    int b;
    rig_begin(&rig);
    assert_int_equal(sys_lock(&a, rig.path), CARDEA_OK);
    assert_int_equal(sys_lock(&b, rig.path), CARDEA_E_IO);
    assert_int_equal(errno, EWOULDBLOCK);
    sys_close(a);
    assert_int_equal(sys_lock(&b, rig.path), CARDEA_OK);
    sys_close(b);
    rig_end(&rig);
}

static void reads_beyond_the_end_are_zero(void **state)
{
    struct rig rig;
    int fd;
    char buf[16];
    rig_begin(&rig);
    assert_int_equal(sys_open(&fd, rig.path), CARDEA_E_IO);
    assert_int_equal(sys_create_sparse(&fd, rig.path, 100, 0600), CARDEA_OK);
    assert_int_equal(sys_write_at(fd, "abc", 3, 95), CARDEA_OK);
    memset(buf, 'x', sizeof buf);
    assert_int_equal(sys_read_at(fd, buf, sizeof buf, 94), CARDEA_OK);
    assert_memory_equal(buf, "\0abc\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    sys_close(fd);
    /* made again: longer only */
    assert_int_equal(sys_create_sparse(&fd, rig.path, 50, 0600), CARDEA_OK);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 100);
    sys_close(fd);
    assert_false(sys_is_folder(rig.path));
    assert_true(sys_is_folder(rig.dir));
    rig_end(&rig);
}

static void clocks_and_ids(void **state)
{
    uint8_t a[SYS_BOOT_ID_LEN];
    uint8_t b[SYS_BOOT_ID_LEN];
    uint8_t random[2][32] = {{0}};
    sys_boot_id(a);
    sys_boot_id(b);
    assert_memory_equal(a, b, sizeof a);
    struct cardea_time t = cardea_time_now();
    assert_true(t.unix_sec > 1600000000 && t.boot_ns > 0);
    assert_true(cardea_time_now().boot_ns >= t.boot_ns);
    assert_true(cardea_random_system(NULL, random, sizeof random));
    assert_memory_not_equal(random[0], random[1], sizeof random[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_regular_files_only),
        cmocka_unit_test(new_files_have_their_blocks_and_mode),
        cmocka_unit_test(a_full_disk_is_an_error_not_a_signal),
        cmocka_unit_test(one_holder_of_a_lock),
        cmocka_unit_test(reads_beyond_the_end_are_zero),
        cmocka_unit_test(clocks_and_ids),
    };
    return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
