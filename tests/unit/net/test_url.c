/* A URL of a stranger's, however it is written, leads to no private address: not by what is said of it beforehand, and
 * not by the socket that would be opened for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>

#include "net/send.h"

/* Names that only this test's name server knows; each has the address that stands before ".is". */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    const char *end = node ? strstr(node, ".is.test") : NULL;
    char address[64];
    memcpy(&real, &symbol, sizeof(real));
    if (!end || (size_t)(end - node) >= sizeof(address) || (hints && hints->ai_flags & AI_NUMERICHOST))
        return real(node, service, hints, res);
    memcpy(address, node, (size_t)(end - node));
    address[end - node] = 0;
    for (char *p = address; *p; p++)
        if (*p == '_') /* a colon cannot stand in a host's name */
            *p = ':';
    return real(address, service, hints, res);
}

/* Refused by net_url_check(), and by net_send() if it is asked all the same. */
static const char *const spellings[] = {
    "http://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.000.000.001/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://0X7F.0X0.0X0.0X1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0000000000000000000017700000001/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1.:80/",
    "http://127.255.255.254/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0x0/",
    "http://00000000/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://LocalHost:8080/",
    "http://10.0.0.1/",
    "http://10.1/",
    "http://012.0.0.1/",
    "http://0xa.0.0.1/",
    "http://167772161/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.257/",
    "http://3232235521/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://2852039166/",
    "http://169.254.43518/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://239.255.255.255/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7F00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2001::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[5f00::1]/",
    "http://[3fff::1]/",
    "http://[4000::1]/",
    "http://user@127.0.0.1/",
    "http://user:pw@8.8.8.8/",
    "http://8.8.8.8@127.0.0.1/",
    "http://127.0.0.1#@8.8.8.8/",
    "http://127.0.0.1\\@8.8.8.8/",
    "http://127.0.0.1?@8.8.8.8/",
    "ftp://8.8.8.8/",
    "file:///etc/passwd",
    "gopher://8.8.8.8/",
    "dict://8.8.8.8/",
    "unix:///run/cardea.sock",
    "http:///",
    "http://",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
};

/* Names tell nothing before they are looked up. */
static const char *const names[] = {
    "http://127.0.0.1.is.test/",
    "http://10.0.0.1.is.test/",
    "http://169.254.169.254.is.test/",
    "http://0.0.0.0.is.test/",
    "http://__1.is.test/",
    "http://__ffff_127.0.0.1.is.test/",
    "http://fd00__1.is.test/",
    "http://64_ff9b__7f00_1.is.test/",
    "http://2002_7f00_1__.is.test/",
    "http://fe80__1.is.test/",
};

static const struct net_options strict = {.total_timeout_ms = 5000, .allow_http = true};

static void assert_not_sent(const char *url)
{
    struct net_reply reply;
    enum net_result result = net_send(url, &(struct net_request){.post = true}, &strict, &reply);
    /* One that no resolver reads as an address leads nowhere, either. */
    bool nowhere = result == NET_UNREACHABLE && strstr(reply.why, "resolve host");
    if (result != NET_PRIVATE && result != NET_BAD_URL && !nowhere)
        fail_msg("%s: %d %s", url, (int)result, reply.why);
    assert_true(*reply.why != 0);
    net_reply_release(&reply);
}

static void no_spelling_is_a_way_in(void **state)
{
    char why[NET_WHY_MAX];
    assert_true(sizeof(spellings) / sizeof(spellings[0]) >= 80);
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        if (net_url_check(spellings[i], &strict, why))
            fail_msg("%s is said to be fine", spellings[i]);
        assert_true(*why != 0);
        assert_not_sent(spellings[i]);
    }
}

static void no_name_is_a_way_in(void **state)
{
    char why[NET_WHY_MAX];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(net_url_check(names[i], &strict, why));
        assert_not_sent(names[i]);
    }
}

static void what_is_public_is_fine(void **state)
{
    static const char *const urls[] = {"https://example.com/", "https://example.com:8443/a?b=c#d",
                                       "https://8.8.8.8/",     "https://[2606:4700::1111]/",
                                       "http://example.com/",  "HTTPS://EXAMPLE.COM"};
    char why[NET_WHY_MAX];
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        if (!net_url_check(urls[i], &strict, why))
            fail_msg("%s: %s", urls[i], why);
    struct net_options tls_alone = {0};
    assert_false(net_url_check("http://example.com/", &tls_alone, why));
    assert_true(net_url_check("https://example.com/", &tls_alone, why));
}

/* An operator's networks are allowed, and nothing else. */
static void allowed_networks(void **state)
{
    static const struct cardea_network networks[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 0}, 104}, /* 127.0.0.0/8 */
        {{0xfd, 0, 0, 1}, 32},                                           /* fd00:1::/32 */
    };
    struct net_options some = {.total_timeout_ms = 5000, .allow_http = true, .allowed = networks, .allowed_count = 2};
    struct net_reply reply;
    char why[NET_WHY_MAX];
    static const char *const fine[] = {"http://127.0.0.1/", "http://0x7f.1:1/", "http://localhost/",
                                       "http://[fd00:1::5]/", "http://[::ffff:127.9.9.9]/"};
    static const char *const not [] = {"http://10.0.0.1/",
                                       "http://[::1]/",
                                       "http://[fd00:2::5]/",
                                       "http://169.254.169.254/",
                                       "http://[64:ff9b::127.0.0.1]/",
                                       "http://0.0.0.0/"};
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        if (!net_url_check(fine[i], &some, why))
            fail_msg("%s: %s", fine[i], why);
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
        assert_false(net_url_check(not [i], &some, why));
    assert_int_equal(net_send("http://127.0.0.1:1/", &(struct net_request){0}, &some, &reply), NET_UNREACHABLE);
    net_reply_release(&reply);
    assert_int_equal(net_send("http://10.0.0.1:1/", &(struct net_request){0}, &some, &reply), NET_PRIVATE);
    net_reply_release(&reply);
}

static int start(void **state)
{
    return net_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_spelling_is_a_way_in),
        cmocka_unit_test(no_name_is_a_way_in),
        cmocka_unit_test(what_is_public_is_fine),
        cmocka_unit_test(allowed_networks),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
