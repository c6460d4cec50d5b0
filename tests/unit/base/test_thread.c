#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>

#include "base/thread.h"

static void *mask_of(void *arg)
{
    pthread_sigmask(SIG_BLOCK, NULL, arg);
    return NULL;
}

static void signals_stay_the_main_thread_s(void **state)
{
    static const int kept[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t before, after, there;
    pthread_t thread;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_true(thread_start(&thread, mask_of, &there));
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        assert_true(sigismember(&there, kept[i]));
        assert_int_equal(sigismember(&after, kept[i]), sigismember(&before, kept[i]));
    }
    assert_false(sigismember(&there, SIGSEGV));
}

static void a_wait_ends_in_its_time_and_not_before(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never;
    struct timespec now, until = thread_in_ms(1020);
    thread_cond_init(&never);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_in_range((until.tv_sec - now.tv_sec) * 1000 + (until.tv_nsec - now.tv_nsec) / 1000000, 1, 1020);
    assert_in_range(until.tv_nsec, 0, 999999999);
    until = thread_in_ms(20);
    pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&never, &lock, &until) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_true(now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
    pthread_cond_destroy(&never);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_the_main_thread_s),
        cmocka_unit_test(a_wait_ends_in_its_time_and_not_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
