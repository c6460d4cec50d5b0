#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/str.h"
#include "serve/options.h"

static struct arena arena;
static struct buf errors;
static struct serve_options options;

static int begin(void **state)
{
    unsetenv("CARDEA_CONFIG");
    unsetenv("CARDEA_PROFILES");
    memset(&options, 0, sizeof(options));
    buf_init(&errors, 1 << 16);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&errors);
    return 0;
}

static enum options_result load(const char *a, const char *b)
{
    const char *argv[] = {"serve", a, b, NULL};
    return serve_options_load(&arena, a ? b ? 3 : 2 : 1, (char **)(uintptr_t)argv, &options, &errors);
}

static void defaults_follow_from_each_other(void **state)
{
    assert_int_equal(load(NULL, NULL), OPTIONS_OK);
    assert_string_equal(options.data, "/var/lib/cardea");
    assert_string_equal(options.runtime, "/var/lib/cardea/run");
    assert_string_equal(options.store, "sqlite:/var/lib/cardea/cardea.db");
    assert_string_equal(options.listen, "127.0.0.1:8080");
    assert_int_equal(options.session_ttl_sec, 86400);
    assert_int_equal(options.level, LOG_INFO);
    assert_true(options.threads >= 1);
    assert_false(options.serve_stale);
    assert_true(options.policy.trusted_proxies.unix_socket);
    assert_int_equal(load("--demo", NULL), OPTIONS_OK);
    assert_string_equal(options.runtime, "./var/run");
    assert_int_equal(load("--data", "/srv/keys"), OPTIONS_OK);
    assert_string_equal(options.store, "sqlite:/srv/keys/cardea.db");
}

/* What receivers are promised (docs/reference/webhooks.md) unless the operator says otherwise. */
static void deliveries_are_tried_as_promised(void **state)
{
    static const char *const waits[] = {"5s", "5m", "30m", "2h", "5h", "10h", "10h"};
    assert_int_equal(load(NULL, NULL), OPTIONS_OK);
    assert_int_equal(options.webhook_retry.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(options.webhook_retry.items[i], waits[i]);
    assert_int_equal(options.webhook_failing_sec, 5 * 86400);
    assert_int_equal(options.webhook_networks.count, 0);
    assert_false(options.webhook_http);
}

static void each_mistake_is_named(void **state)
{
    static const struct {
        const char *option, *value, *said;
    } rows[] = {
        {"--log-level", "loud", "loud"},
        {"--on-stale", "maybe", "maybe"},
        {"--admin-hosts", "a.example:80", "a.example:80"},
        {"--trusted-proxies", "10.0.0.0/40", "10.0.0.0/40"},
        {"--threads", "65", "threads"},
        {"--session-ttl", "1s", "session-ttl"},
        {"--listne", "x", "listen"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_clear(&errors);
        assert_int_equal(load(rows[i].option, rows[i].value), OPTIONS_BAD);
        assert_non_null(strstr(errors.ptr, rows[i].said));
    }
}

static void addresses_are_read_and_loopback_is_known(void **state)
{
    static const struct {
        const char *text, *shown;
        bool local;
    } rows[] = {
        {"127.0.0.1:8080", "http://127.0.0.1:8080", true},
        {"8080", "http://127.0.0.1:8080", true},
        {"localhost:1", "http://127.0.0.1:1", true},
        {"127.9.9.9:1", "http://127.9.9.9:1", true},
        {"[::1]:80", "http://[::1]:80", true},
        {"0.0.0.0:80", "http://0.0.0.0:80", false},
        {"192.0.2.1:80", "http://192.0.2.1:80", false},
        {"[::]:80", "http://[::]:80", false},
        {"unix:/tmp/x", "unix:/tmp/x", true},
    };
    struct listen_address a;
    struct cardea_why why;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(listen_parse(&a, rows[i].text, &why));
        assert_string_equal(a.text, rows[i].shown);
        assert_int_equal(a.local, rows[i].local);
    }
}

static void what_is_no_address_says_how_to_write_one(void **state)
{
    static const char *const bad[] = {"",    ":",       "host",  "example.com:80", "127.0.0.1", "127.0.0.1:",
                                      ":80", "1:99999", "[::1]", "127.0.0.1:8x",   "unix:"};
    struct listen_address a;
    struct cardea_why why;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(listen_parse(&a, bad[i], &why));
        assert_non_null(strstr(why.text, "--listen"));
    }
}

static void a_taken_port_is_named(void **state)
{
    struct listen_address a, b;
    struct cardea_why why;
    assert_true(listen_parse(&a, "127.0.0.1:0", &why));
    int first = listen_open(&a, &why);
    assert_true(first >= 0 && a.port > 0);
    char text[32];
    snprintf(text, sizeof(text), "127.0.0.1:%u", a.port);
    assert_true(listen_parse(&b, text, &why));
    assert_int_equal(listen_open(&b, &why), -1);
    assert_non_null(strstr(why.text, text));
    close(first);
}

static void a_socket_that_was_left_is_replaced(void **state)
{
    struct listen_address a;
    struct cardea_why why;
    char dir[] = "/tmp/cardea-listen-XXXXXX", text[64];
    assert_non_null(mkdtemp(dir));
    snprintf(text, sizeof(text), "unix:%s/s", dir);
    assert_true(listen_parse(&a, text, &why));
    int left = listen_open(&a, &why);
    assert_true(left >= 0);
    assert_int_equal(listen_open(&a, &why), -1); /* somebody listens */
    close(left);
    int again = listen_open(&a, &why);
    assert_true(again >= 0);
    close(again);
    listen_forget(&a);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_follow_from_each_other, begin, end),
        cmocka_unit_test_setup_teardown(deliveries_are_tried_as_promised, begin, end),
        cmocka_unit_test_setup_teardown(each_mistake_is_named, begin, end),
        cmocka_unit_test(addresses_are_read_and_loopback_is_known),
        cmocka_unit_test(what_is_no_address_says_how_to_write_one),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(a_socket_that_was_left_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
