/* GETs of a server here that is slow, huge, cut off, leads elsewhere or talks nonsense; and addresses that are refused
 * before a byte is sent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "listen_rig.h"
#include "net/get.h"

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void say_many(int fd, size_t count)
{
    char block[1000];
    memset(block, 'x', sizeof(block));
    for (size_t i = 0; i < count && send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0; i++)
        continue;
}

/* Until the client goes away. */
static void wait_for_end(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    while (!atomic_load(&rig.stopping) && (poll(&p, 1, 50) == 0 || recv(fd, &byte, 1, 0) > 0))
        continue;
}

static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 200 && !atomic_load(&rig.stopping) && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
        usleep(50000);
}

static void answer(int fd, const char *path)
{
    if (strcmp(path, "/good") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}");
    else if (strcmp(path, "/chunked") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    else if (strcmp(path, "/empty") == 0)
        say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    else if (strcmp(path, "/missing") == 0)
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    else if (strcmp(path, "/moved") == 0)
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/file") == 0)
        say(fd, "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/huge") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), say_many(fd, 2000);
    else if (strcmp(path, "/endless") == 0)
        say(fd, "HTTP/1.1 200 OK\r\n\r\n"), say_many(fd, 1000000);
    else if (strcmp(path, "/headers") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nX: "), say_many(fd, 1000000);
    else if (strcmp(path, "/cut") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[]}");
    else if (strcmp(path, "/nonsense") == 0)
        say(fd, "SSH-2.0-OpenSSH\r\n");
    else if (strcmp(path, "/drip") == 0)
        drip(fd);
    else if (strcmp(path, "/silent") == 0)
        wait_for_end(fd);
}

static void answer_one(int fd)
{
    char path[64];
    if (listen_rig_read(fd) && sscanf(rig.request, "GET %63s HTTP/1.1\r\n", path) == 1)
        answer(fd, path);
}

static int start(void **state)
{
    return listen_rig_start(answer_one);
}

static int stop(void **state)
{
    return listen_rig_stop();
}

#define PATIENT_MS 30000 /* this very process answers, on a busy machine */
#define HASTY_MS   700
static struct net_options here = {
    .connect_timeout_ms = PATIENT_MS, .total_timeout_ms = PATIENT_MS, .allow_http = true, .allow_private = true};

static enum net_result get(const char *path, struct net_reply *reply)
{
    char url[256];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", rig.port, path);
    return net_get(url, &here, reply);
}

static void expect(const char *path, enum net_result want, long status, const char *body)
{
    struct net_reply reply;
    enum net_result got = get(path, &reply);
    if (got != want)
        fail_msg("%s: %d (%s), not %d", path, got, reply.why, want);
    assert_int_equal(reply.status, status);
    assert_true(str_eq(buf_str(&reply.body), str_of(body)));
    assert_true((got == NET_OK) == (reply.why[0] == 0));
    net_reply_release(&reply);
}

static void takes_what_comes(void **state)
{
    expect("/good", NET_OK, 200, "{\"keys\":[]}");
    assert_non_null(strstr(rig.request, "\r\nUser-Agent: cardea/" CARDEA_VERSION "\r\n"));
    assert_non_null(strstr(rig.request, "\r\nAccept: application/json\r\n"));
    assert_null(strcasestr(rig.request, "\r\nAuthorization:"));
    expect("/chunked", NET_OK, 200, "abcde");
    expect("/empty", NET_OK, 204, "");
    expect("/missing", NET_OK, 404, "no");
}

static void goes_nowhere_else(void **state)
{
    unsigned before = atomic_load(&rig.connections);
    expect("/moved", NET_OK, 302, "");
    expect("/file", NET_OK, 301, "");
    assert_int_equal(atomic_load(&rig.connections), before + 2);
}

static void takes_no_more_than_it_should(void **state)
{
    expect("/huge", NET_TOO_LARGE, 0, "");
    expect("/endless", NET_TOO_LARGE, 0, "");
    struct net_reply reply;
    assert_int_not_equal(get("/headers", &reply), NET_OK);
    net_reply_release(&reply);
    /* The bound itself is still in. */
    struct net_options exact = here;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/good", rig.port);
    for (exact.body_max = 10; exact.body_max <= 11; exact.body_max++) {
        assert_int_equal(net_get(url, &exact, &reply), exact.body_max == 11 ? NET_OK : NET_TOO_LARGE);
        net_reply_release(&reply);
    }
}

static void half_an_answer_is_none(void **state)
{
    expect("/cut", NET_UNREACHABLE, 0, "");
    expect("/nonsense", NET_UNREACHABLE, 0, "");
    expect("/nothing", NET_UNREACHABLE, 0, "");
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void does_not_wait_for_ever(void **state)
{
    double before = seconds();
    here.total_timeout_ms = HASTY_MS;
    expect("/silent", NET_TIMEOUT, 0, "");
    expect("/drip", NET_TIMEOUT, 0, "");
    here.total_timeout_ms = PATIENT_MS;
    assert_true(seconds() - before < 10);
}

static void says_when_nobody_listens(void **state)
{
    struct net_reply reply;
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, not listening: connections are refused */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    char url[64];
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/?token=hidden", ntohs(at.sin_port));
    assert_int_equal(net_get(url, &here, &reply), NET_UNREACHABLE);
    assert_true(strlen(reply.why) > 5 && !strstr(reply.why, "hidden"));
    net_reply_release(&reply);
    close(fd);
}

/* TLS to a server that has none: never falls back. */
static void https_is_https(void **state)
{
    struct net_options hasty = here;
    struct net_reply reply;
    char url[64];
    hasty.total_timeout_ms = HASTY_MS;
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/good", rig.port);
    assert_int_not_equal(net_get(url, &hasty, &reply), NET_OK);
    net_reply_release(&reply);
}

static void refuses_urls(void **state)
{
    static const char *const urls[] = {
        "",
        "127.0.0.1",
        "/good",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "dict://127.0.0.1:1/",
        "javascript:x",
        "https://",
        "https://user@127.0.0.1/",
        "https://user:secret@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:x/",
        "https://exa mple/",
        "https://127.0.0.1/a b",
        "https://127.0.0.1/\r\nX: y",
        "https://[::1/",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct net_reply reply;
        if (net_get(urls[i], &here, &reply) != NET_BAD_URL)
            fail_msg("%s: %s", urls[i], reply.why);
        assert_true(strlen(reply.why) > 5 && !strstr(reply.why, "secret"));
        net_reply_release(&reply);
    }
    struct net_options strict = here;
    struct net_reply reply;
    strict.allow_http = false;
    assert_int_equal(net_get("http://127.0.0.1/", &strict, &reply), NET_BAD_URL);
    net_reply_release(&reply);
    char url[NET_URL_MAX + 2] = "https://127.0.0.1/";
    memset(url + strlen(url), 'a', sizeof(url) - 1 - strlen(url));
    assert_int_equal(net_get(url, &here, &reply), NET_BAD_URL);
    net_reply_release(&reply);
}

/* The server listens at each of these; without leave no connection reaches it. */
static void keeps_out_of_our_own_networks(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "localhost",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "127.9.9.9",
    };
    struct net_options strict = here;
    unsigned before = atomic_load(&rig.connections);
    strict.allow_private = false;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct net_reply reply;
        char url[64];
        snprintf(url, sizeof(url), "http://%s:%u/good", hosts[i], rig.port);
        if (net_get(url, &strict, &reply) != NET_PRIVATE)
            fail_msg("%s: %s", hosts[i], reply.why);
        assert_non_null(strstr(reply.why, "not public"));
        net_reply_release(&reply);
    }
    assert_int_equal(atomic_load(&rig.connections), before);
    /* With leave the odd spellings do reach it: what was refused was the address. */
    struct net_reply reply;
    char url[64];
    snprintf(url, sizeof(url), "http://0x7f.1:%u/good", rig.port);
    assert_int_equal(net_get(url, &here, &reply), NET_OK);
    net_reply_release(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_comes),
        cmocka_unit_test(goes_nowhere_else),
        cmocka_unit_test(takes_no_more_than_it_should),
        cmocka_unit_test(half_an_answer_is_none),
        cmocka_unit_test(does_not_wait_for_ever),
        cmocka_unit_test(says_when_nobody_listens),
        cmocka_unit_test(https_is_https),
        cmocka_unit_test(refuses_urls),
        cmocka_unit_test(keeps_out_of_our_own_networks),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
