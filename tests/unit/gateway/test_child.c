/* Programs that we start: their output, their end, and that they end with us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/child.h"

static void its_status_and_its_output(void **state)
{
    struct cardea_why why;
    int fds[2];
    char said[64] = "";
    assert_int_equal(pipe(fds), 0);
    const char *const argv[] = {"/bin/sh", "-c", "cat; echo out; echo err >&2; exit 7", NULL};
    assert_int_equal(child_run(argv, fds[1], &why), 7); /* and standard input is empty */
    assert_true(read(fds[0], said, sizeof(said) - 1) > 0);
    assert_string_equal(said, "out\nerr\n");
    close(fds[0]);
    close(fds[1]);
    const char *const missing[] = {"/nonexistent/program", NULL};
    assert_int_equal(child_run(missing, -1, &why), 127);
    const char *const killed[] = {"/bin/sh", "-c", "kill -9 $$", NULL};
    assert_int_equal(child_run(killed, -1, &why), -1);
}

static void no_signal_is_blocked_or_ignored_in_it(void **state)
{
    struct cardea_why why;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    /* But for 32 and 33, which are the C library's own: whoever posix_spawn()s us, as make does, leaves them ignored.
     */
    const char *const argv[] = {"/bin/sh", "-c",
                                "grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status && "
                                "grep -q '^SigIgn:[[:space:]]*0000000[01][08]0000000$' /proc/self/status",
                                NULL};
    assert_int_equal(child_run(argv, -1, &why), 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void one_that_does_not_listen_is_killed(void **state)
{
    struct cardea_why why;
    int fds[2];
    char ready;
    assert_int_equal(pipe(fds), 0);
    const char *const deaf[] = {"/bin/sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done", NULL};
    pid_t pid = child_start(deaf, fds[1], &why);
    assert_true(pid > 0);
    assert_int_equal(read(fds[0], &ready, 1), 1);
    assert_false(child_ended(pid));
    child_stop(pid, SIGTERM, 100);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    close(fds[0]);
    close(fds[1]);
}

static void it_ends_when_its_parent_is_killed(void **state)
{
    int fds[2];
    pid_t child = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct cardea_why why;
        const char *const argv[] = {"/bin/sleep", "60", NULL};
        child = child_start(argv, -1, &why);
        if (write(fds[1], &child, sizeof(child)) != sizeof(child))
            _exit(1);
        pause();
    }
    assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
    assert_int_equal(kill(child, 0), 0);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    bool gone = false;
    for (int i = 0; i < 1000 && !gone; i++) {
        char path[64], text[256] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
        FILE *f = fopen(path, "r");
        gone = !f || !fgets(text, sizeof(text), f) || strstr(text, ") Z ");
        if (f)
            fclose(f);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_true(gone);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_status_and_its_output),
        cmocka_unit_test(no_signal_is_blocked_or_ignored_in_it),
        cmocka_unit_test(one_that_does_not_listen_is_killed),
        cmocka_unit_test(it_ends_when_its_parent_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
