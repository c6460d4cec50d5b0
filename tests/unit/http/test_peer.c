#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/peer.h"

static const char *normal(const char *text)
{
    static char out[PEER_TEXT_MAX];
    uint8_t ip[16];
    if (!peer_parse(str_of(text), ip))
        return "no";
    peer_format(ip, out);
    return out;
}

static void reads_addresses_as_proxies_write_them(void **state)
{
    assert_string_equal(normal("192.0.2.7"), "192.0.2.7");
    assert_string_equal(normal(" 192.0.2.7\t"), "192.0.2.7");
    assert_string_equal(normal("192.0.2.7:4711"), "192.0.2.7");
    assert_string_equal(normal("::ffff:192.0.2.7"), "192.0.2.7");
    assert_string_equal(normal("2001:DB8::7"), "2001:db8::7");
    assert_string_equal(normal("[2001:db8::7]"), "2001:db8::7");
    assert_string_equal(normal("[2001:db8::7]:443"), "2001:db8::7");
    assert_string_equal(normal(""), "no");
    assert_string_equal(normal("unknown"), "no");
    assert_string_equal(normal("192.0.2"), "no");
    assert_string_equal(normal("192.0.2.007"), "no");
    assert_string_equal(normal("[2001:db8::7"), "no");
    assert_string_equal(normal("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"), "no");
}

static bool has(const struct peer_list *list, const char *text)
{
    uint8_t ip[16];
    assert_true(peer_parse(str_of(text), ip));
    return peer_list_has(list, ip);
}

static void networks_end_where_they_say(void **state)
{
    struct peer_list list;
    struct cardea_why why;
    assert_true(peer_list_parse(&list, STR("10.1.2.0/23, 192.0.2.1,2001:db8::/33 ,unix"), &why));
    assert_true(list.unix_socket);
    assert_true(has(&list, "10.1.3.255"));
    assert_false(has(&list, "10.1.4.0"));
    assert_false(has(&list, "10.1.1.255"));
    assert_true(has(&list, "192.0.2.1"));
    assert_false(has(&list, "192.0.2.2"));
    assert_true(has(&list, "2001:db8:7fff::1"));
    assert_false(has(&list, "2001:db8:8000::1"));
    assert_true(peer_list_parse(&list, STR("0.0.0.0/0"), &why));
    assert_true(has(&list, "203.0.113.9"));
    assert_false(has(&list, "2001:db8::1"));
    assert_true(peer_list_parse(&list, STR(""), &why));
    assert_int_equal(list.count, 0);
}

static void refuses_what_is_no_network(void **state)
{
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::1/129", "localhost", "10.0.0.0/-1"};
    struct peer_list list;
    struct cardea_why why;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(peer_list_parse(&list, str_of(bad[i]), &why));
    assert_non_null(strstr(why.text, "10.0.0.0/-1"));
}

static const char *client(const char *header)
{
    static char out[PEER_TEXT_MAX];
    struct peer_list trusted;
    struct cardea_why why;
    uint8_t ip[16];
    assert_true(peer_list_parse(&trusted, STR("127.0.0.0/8, 10.0.0.0/8"), &why));
    if (!peer_forwarded(&trusted, str_of(header), ip))
        return "no";
    peer_format(ip, out);
    return out;
}

static void the_rightmost_stranger_is_the_client(void **state)
{
    assert_string_equal(client("203.0.113.9"), "203.0.113.9");
    assert_string_equal(client("198.51.100.1, 203.0.113.9"), "203.0.113.9");
    assert_string_equal(client("198.51.100.1, 203.0.113.9, 10.0.0.3"), "203.0.113.9");
    assert_string_equal(client("10.0.0.2, 10.0.0.3"), "10.0.0.2");
    assert_string_equal(client("junk, 10.0.0.3"), "10.0.0.3");
    assert_string_equal(client("203.0.113.9, junk"), "no");
    assert_string_equal(client(""), "no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses_as_proxies_write_them),
        cmocka_unit_test(networks_end_where_they_say),
        cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(the_rightmost_stranger_is_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
