/* What is sent besides a GET: a body, header lines, over one connection or several; and how long a name may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "listen_rig.h"
#include "net/send.h"

static _Atomic bool asked, may_go, gone; /* of who waits for the name server */

/* libcurl asks this one: a name server that says nothing before the test allows it. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node && strcmp(node, "slow.test") == 0) {
        atomic_store(&asked, true);
        for (int i = 0; i < 6000 && !atomic_load(&may_go); i++)
            usleep(10000);
        atomic_store(&gone, true);
        return EAI_AGAIN;
    }
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&real, &symbol, sizeof(real));
    return real(node, service, hints, res);
}

/* One request after the other until the client goes. */
static void answer_all(int fd)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    while (listen_rig_read(fd))
        (void)!send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL);
}

static int start(void **state)
{
    return listen_rig_start(answer_all);
}

static int stop(void **state)
{
    return listen_rig_stop();
}

static const struct net_options here = {.total_timeout_ms = 30000, .http_to_loopback = true, .allow_private = true};

static enum net_result post(struct cardea_str body, struct net_line *line, struct net_reply *reply)
{
    static const char *const headers[] = {"Authorization: Bearer hidden", "X-Two: 2"};
    struct net_request request = {.post = true, .body = body, .headers = headers, .header_count = 2, .line = line};
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/path?q=1", rig.port);
    return net_send(url, &request, &here, reply);
}

static void posts(void **state)
{
    static char large[100 << 10];
    struct net_reply reply;
    memset(large, 'a', sizeof(large));
    const struct cardea_str bodies[] = {STR("{\"a\":1}"), STR(""), STR("no\0text"), {large, sizeof(large)}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(post(bodies[i], NULL, &reply), NET_OK);
        assert_int_equal(reply.status, 200);
        assert_true(str_starts(str_of(rig.request), STR("POST /path?q=1 HTTP/1.1\r\n")));
        assert_non_null(strstr(rig.request, "\r\nContent-Type: application/json\r\n"));
        assert_non_null(strstr(rig.request, "\r\nAuthorization: Bearer hidden\r\nX-Two: 2\r\n"));
        assert_null(strcasestr(rig.request, "\r\nExpect:"));
        assert_memory_equal(strstr(rig.request, "\r\n\r\n") + 4, bodies[i].ptr, bodies[i].len);
        net_reply_release(&reply);
    }
}

static void a_line_is_used_again(void **state)
{
    struct net_line *line = net_line_new();
    struct net_reply reply;
    unsigned before = atomic_load(&rig.connections);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(post(STR("x"), line, &reply), NET_OK);
        net_reply_release(&reply);
    }
    assert_int_equal(atomic_load(&rig.connections), before + 1);
    /* What one request carried is not in the next. */
    struct net_request plain = {.line = line};
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", rig.port);
    assert_int_equal(net_send(url, &plain, &here, &reply), NET_OK);
    assert_true(str_starts(str_of(rig.request), STR("GET / HTTP/1.1\r\n")));
    assert_null(strcasestr(rig.request, "Authorization"));
    net_reply_release(&reply);
    net_line_free(line);
    net_line_free(NULL);
}

static void http_stays_on_this_machine(void **state)
{
    static const char *const urls[] = {"http://192.0.2.1/", "http://10.0.0.1/", "http://[2001:db8::1]/",
                                       "http://8.8.8.8/"};
    static const char *const own[] = {"http://127.0.0.1/v1", "http://LOCALHOST:8000", "http://[::1]:1/",
                                      "http://127.9.9.9/", "https://example.com/v1"};
    struct net_reply reply;
    char why[NET_WHY_MAX];
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        assert_false(net_url_check(urls[i], &here, why));
        assert_non_null(strstr(why, "this machine"));
        assert_int_equal(net_send(urls[i], &(struct net_request){0}, &here, &reply), NET_PRIVATE);
        assert_non_null(strstr(reply.why, "this machine"));
        net_reply_release(&reply);
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (!net_url_check(own[i], &here, why))
            fail_msg("%s: %s", own[i], why);
    assert_false(net_url_check("http://example.com/", &here, why));
    assert_false(net_url_check("ftp://127.0.0.1/", &here, why));
    assert_false(net_url_check("https://a:b@example.com/", &here, why));
    struct net_options open = here;
    open.allow_http = true;
    assert_true(net_url_check("http://example.com/", &open, why));
}

/* Whatever a name server does, the time-out holds; libcurl alone would wait for its thread. */
static void a_slow_name_takes_no_longer(void **state)
{
    struct net_options hasty = here;
    struct net_reply reply;
    hasty.total_timeout_ms = 200;
    assert_int_equal(net_send("https://slow.test/", &(struct net_request){.post = true}, &hasty, &reply), NET_TIMEOUT);
    assert_true(atomic_load(&asked) && !atomic_load(&gone));
    net_reply_release(&reply);
    atomic_store(&may_go, true);
    while (!atomic_load(&gone))
        usleep(1000);
    usleep(300000); /* its thread ends before the process does */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts),
        cmocka_unit_test(a_line_is_used_again),
        cmocka_unit_test(http_stays_on_this_machine),
        cmocka_unit_test(a_slow_name_takes_no_longer),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
