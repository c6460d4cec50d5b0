/* Which addresses are taken, and which of them are this machine. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/url.h"

static const struct {
    const char *text, *base, *host;
    unsigned port;
    bool tls, loopback;
} good[] = {
    {"http://localhost:8080", "http://localhost:8080", "localhost", 8080, false, true},
    {"HTTP://LOCALHOST:80/", "http://LOCALHOST", "localhost", 80, false, true},
    {"https://keys.example.com", "https://keys.example.com", "keys.example.com", 443, true, false},
    {"https://keys.example.com:443/a/b//", "https://keys.example.com/a/b", "keys.example.com", 443, true, false},
    {"http://127.9.9.9:1", "http://127.9.9.9:1", "127.9.9.9", 1, false, true},
    {"http://[::1]:8080/", "http://[::1]:8080", "::1", 8080, false, true},
    {"http://open-animate.localhost:8080", "http://open-animate.localhost:8080", "open-animate.localhost", 8080, false,
     true},
    {"http://localhost.example.com", "http://localhost.example.com", "localhost.example.com", 80, false, false},
    {"http://notlocalhost", "http://notlocalhost", "notlocalhost", 80, false, false},
    {"http://128.0.0.1", "http://128.0.0.1", "128.0.0.1", 80, false, false},
    {"http://127.0.0.1.example.com", "http://127.0.0.1.example.com", "127.0.0.1.example.com", 80, false, false},
};

static const char *const bad[] = {
    "",
    "localhost",
    "localhost:8080",
    "//localhost",
    "ftp://localhost",
    "file:///etc/passwd",
    "http://",
    "http://u@localhost",
    "http://u:p@localhost",
    "http://localhost/?q",
    "http://localhost/#f",
    "http://localhost:99999",
    "http://a b/",
    "http://localhost:8080\r\nHost: x",
};

static void test_parse(void **state)
{
    struct arena a = {0};
    struct cli_url u;
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(cli_url_parse(&a, good[i].text, &u, &why));
        assert_null(why);
        assert_string_equal(u.base, good[i].base);
        assert_string_equal(u.host, good[i].host);
        assert_int_equal(u.port, good[i].port);
        assert_int_equal(u.tls, good[i].tls);
        assert_int_equal(u.loopback, good[i].loopback);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(cli_url_parse(&a, bad[i], &u, &why));
        assert_non_null(why);
    }
    arena_release(&a);
}

static const char *host_header(struct arena *a, const char *text, const struct profile *p)
{
    struct cli_url u;
    const char *why;
    assert_true(cli_url_parse(a, text, &u, &why));
    return cli_url_host_header(a, &u, p);
}

static void test_host_header(void **state)
{
    static const char *const hosts[] = {"api.product.example", "product.localhost", "other.localhost"};
    static const char *const far[] = {"api.product.example"};
    const struct profile product = {.core = {.hosts = hosts, .host_count = 3}};
    const struct profile nowhere = {.core = {.hosts = far, .host_count = 1}};
    struct arena a = {0};
    (void)state;
    assert_string_equal(host_header(&a, "http://localhost:8080", &product), "product.localhost:8080");
    assert_string_equal(host_header(&a, "http://127.0.0.1", &product), "product.localhost");
    assert_string_equal(host_header(&a, "http://[::1]:81", &product), "product.localhost:81");
    assert_string_equal(host_header(&a, "http://unknown.localhost:81", &product), "product.localhost:81");
    assert_null(host_header(&a, "http://other.localhost:8080", &product));
    assert_null(host_header(&a, "https://api.product.example", &product));
    assert_null(host_header(&a, "https://elsewhere.example", &product));
    assert_null(host_header(&a, "http://localhost:8080", &nowhere));
    assert_null(host_header(&a, "http://localhost:8080", NULL));
    arena_release(&a);
}

static void test_encode(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(cli_url_encode(&a, "key_01-A.z~"), "key_01-A.z~");
    assert_string_equal(cli_url_encode(&a, "a/b?c=d&e f%\xc3\xa9"), "a%2Fb%3Fc%3Dd%26e%20f%25%C3%A9");
    assert_string_equal(cli_url_encode(&a, ""), "");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_host_header),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
