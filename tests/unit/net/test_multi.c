/* Many requests at once: each ends by itself, whatever becomes of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "listen_rig.h"
#include "net/multi.h"

static const struct net_options here = {
    .total_timeout_ms = 30000, .allow_http = true, .allow_private = true, .body_max = 64, .cut_body = true};

/* What the rig's server says next. */
static const char *_Atomic answer;

static void answer_all(int fd)
{
    while (listen_rig_read(fd)) {
        const char *text = atomic_load(&answer);
        (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
    }
}

struct seen {
    unsigned done;
    enum net_result result;
    long status;
    int64_t retry_after_sec, latency_ms;
    size_t body_len;
};

static void see(void *arg, enum net_result result, struct net_reply *reply)
{
    struct seen *s = arg;
    *s = (struct seen){s->done + 1, result, reply->status, reply->retry_after_sec, reply->latency_ms, reply->body.len};
}

static void post_to(struct net_multi *m, unsigned port, const struct net_options *options, struct seen *s)
{
    char url[64];
    const char *headers[] = {"X-One: 1"};
    struct net_request request = {.post = true, .body = STR("{}"), .headers = headers, .header_count = 1};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/hook", port);
    net_multi_start(m, url, &request, options, see, s);
}

/* Until `done` says that it has come to an end; no test takes a minute. */
static void turn_until(struct net_multi *m, const struct seen *s, unsigned done)
{
    for (int i = 0; i < 600 && s->done < done; i++)
        net_multi_turn(m, 100);
    assert_int_equal(s->done, done);
}

static void ends_one_by_one(void **state)
{
    struct net_multi *m = net_multi_new(8);
    struct seen s = {0};
    atomic_store(&answer, "HTTP/1.1 503 No\r\nRetry-After: 17\r\nContent-Length: 2\r\n\r\nno");
    for (unsigned i = 1; i <= 5; i++) {
        post_to(m, rig.port, &here, &s);
        assert_int_equal(net_multi_under_way(m), 1);
        turn_until(m, &s, i);
        assert_int_equal(net_multi_under_way(m), 0);
        assert_int_equal(s.result, NET_OK);
        assert_int_equal(s.status, 503);
        assert_int_equal(s.retry_after_sec, 17);
        assert_int_equal(s.body_len, 2);
    }
    assert_true(net_multi_free(m));
    assert_true(net_multi_free(NULL));
}

static void a_long_answer_is_cut(void **state)
{
    struct net_multi *m = net_multi_new(8);
    struct seen s = {0};
    /* It claims a gigabyte, and sends a hundred bytes: sixty-four are read, and nobody waits for the rest. */
    atomic_store(
        &answer,
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
    post_to(m, rig.port, &here, &s);
    turn_until(m, &s, 1);
    assert_int_equal(s.result, NET_OK);
    assert_int_equal(s.status, 200);
    assert_int_equal(s.body_len, 64);
    net_multi_free(m);
}

/* Somebody listens there and takes nobody. */
static int hanging(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 16) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void nobody_waits_for_another(void **state)
{
    struct net_multi *m = net_multi_new(8);
    struct seen slow = {0}, good = {0}, refused = {0}, bad = {0}, private = {0};
    struct net_options short_time = here, strict = here;
    unsigned port;
    int fd = hanging(&port);
    short_time.total_timeout_ms = 400;
    strict.allow_private = false;
    atomic_store(&answer, "HTTP/1.1 204 No Content\r\n\r\n");
    for (int i = 0; i < 4; i++)
        post_to(m, port, &short_time, &slow);
    post_to(m, rig.port, &here, &good);
    post_to(m, 1, &here, &refused);
    post_to(m, rig.port, &strict, &private);
    net_multi_start(m, "ftp://127.0.0.1/", &(struct net_request){0}, &here, see, &bad);
    assert_int_equal(bad.done, 0); /* told in a turn, never within the call */
    turn_until(m, &good, 1);
    turn_until(m, &refused, 1);
    turn_until(m, &private, 1);
    turn_until(m, &bad, 1);
    assert_int_equal(good.status, 204);
    assert_int_equal(refused.result, NET_UNREACHABLE);
    assert_int_equal(private.result, NET_PRIVATE);
    assert_int_equal(bad.result, NET_BAD_URL);
    turn_until(m, &slow, 4);
    assert_int_equal(slow.result, NET_TIMEOUT);
    assert_true(slow.latency_ms >= 300);
    assert_int_equal(net_multi_under_way(m), 0);
    net_multi_free(m);
    close(fd);
}

static void *wake_later(void *arg)
{
    usleep(50000);
    net_multi_wake(arg);
    return NULL;
}

static void is_woken(void **state)
{
    struct net_multi *m = net_multi_new(8);
    struct timespec before, after;
    pthread_t thread;
    clock_gettime(CLOCK_MONOTONIC, &before);
    net_multi_wake(m);
    net_multi_turn(m, 60000); /* was woken before it waited */
    assert_int_equal(pthread_create(&thread, NULL, wake_later, m), 0);
    net_multi_turn(m, 60000);
    pthread_join(thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 50);
    net_multi_turn(m, 0);
    net_multi_free(m);
}

static void what_is_under_way_is_not_freed(void **state)
{
    struct net_multi *m = net_multi_new(8);
    struct seen s = {0};
    struct net_options short_time = here;
    unsigned port;
    int fd = hanging(&port);
    short_time.total_timeout_ms = 300;
    post_to(m, port, &short_time, &s);
    net_multi_turn(m, 10);
    assert_false(net_multi_free(m));
    turn_until(m, &s, 1);
    assert_true(net_multi_free(m));
    close(fd);
}

static int start(void **state)
{
    return listen_rig_start(answer_all);
}

static int stop(void **state)
{
    return listen_rig_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_one_by_one),
        cmocka_unit_test(a_long_answer_is_cut),
        cmocka_unit_test(nobody_waits_for_another),
        cmocka_unit_test(is_woken),
        cmocka_unit_test(what_is_under_way_is_not_freed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
