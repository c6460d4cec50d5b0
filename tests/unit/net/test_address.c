/* Which addresses mean something only in here, however they are spelt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "net/address.h"

/* Both ends of each range and what lies beside it; then spellings that a URL may have. NULL: public. */
static const struct {
    const char *text, *what;
} addresses[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"1.0.0.0", NULL},
    {"1.1.1.1", NULL},
    {"8.8.8.8", NULL},
    {"9.255.255.255", NULL},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"11.0.0.0", NULL},
    {"100.63.255.255", NULL},
    {"100.64.0.0", "carrier-grade NAT"},
    {"100.100.100.200", "carrier-grade NAT"},
    {"100.127.255.255", "carrier-grade NAT"},
    {"100.128.0.0", NULL},
    {"126.255.255.255", NULL},
    {"127.0.0.0", "loopback"},
    {"127.0.0.1", "loopback"},
    {"127.255.255.255", "loopback"},
    {"128.0.0.0", NULL},
    {"169.253.255.255", NULL},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "link-local"},
    {"169.254.255.255", "link-local"},
    {"169.255.0.0", NULL},
    {"172.15.255.255", NULL},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"172.32.0.0", NULL},
    {"191.255.255.255", NULL},
    {"192.0.0.0", "protocol assignments"},
    {"192.0.0.192", "protocol assignments"},
    {"192.0.1.0", NULL},
    {"192.0.2.1", "documentation"},
    {"192.31.196.1", "special purpose"},
    {"192.52.193.1", "special purpose"},
    {"192.88.98.255", NULL},
    {"192.88.99.1", "6to4 relay"},
    {"192.167.255.255", NULL},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"192.169.0.0", NULL},
    {"192.175.48.6", "special purpose"},
    {"198.17.255.255", NULL},
    {"198.18.0.0", "benchmarking"},
    {"198.19.255.255", "benchmarking"},
    {"198.20.0.0", NULL},
    {"198.51.100.9", "documentation"},
    {"203.0.113.9", "documentation"},
    {"203.0.114.0", NULL},
    {"223.255.255.255", NULL},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.0", "reserved"},
    {"255.255.255.255", "reserved"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "IPv4-compatible"},
    {"::127.0.0.1", "IPv4-compatible"},
    {"::8.8.8.8", "IPv4-compatible"},
    {"::ffff:0:127.0.0.1", "IPv4-translated"},
    {"::1:0:0:0", "reserved"},
    {"64:ff9b::127.0.0.1", "NAT64"},
    {"64:ff9b::8.8.8.8", "NAT64"},
    {"64:ff9b:1::a00:1", "NAT64"},
    {"100::1", "discard-only"},
    {"200::1", "reserved"},
    {"1fff:ffff::", "reserved"},
    {"2000::1", NULL},
    {"2001::1", "protocol assignments"},
    {"2001:0:7f00:1::", "protocol assignments"},
    {"2001:2::1", "protocol assignments"},
    {"2001:20::1", "protocol assignments"},
    {"2001:1ff:ffff::", "protocol assignments"},
    {"2001:200::1", NULL},
    {"2001:db7:ffff::", NULL},
    {"2001:db8::1", "documentation"},
    {"2001:db9::", NULL},
    {"2001:4860:4860::8888", NULL},
    {"2002:7f00:1::", "6to4"},
    {"2002:808:808::1", "6to4"},
    {"2003::1", NULL},
    {"2606:4700:4700::1111", NULL},
    {"2620:4f:8000::1", "special purpose"},
    {"2620:4f:8001::1", NULL},
    {"3ffe::1", "special purpose"},
    {"3fff::1", "documentation"},
    {"3fff:fff:ffff::", "documentation"},
    {"3fff:1000::", NULL},
    {"4000::", "reserved"},
    {"5f00::1", "special purpose"},
    {"fbff:ffff::", "reserved"},
    {"fc00::1", "unique local"},
    {"fd00:ec2::254", "unique local"},
    {"fdff:ffff::", "unique local"},
    {"fe00::1", "reserved"},
    {"fe80::1", "link-local"},
    {"febf:ffff::", "link-local"},
    {"fec0::1", "site-local"},
    {"ff02::1", "multicast"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
    /* IPv4 within IPv6 */
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:7f00:1", "loopback"},
    {"0:0:0:0:0:ffff:a00:1", "private"},
    {"0000:0000:0000:0000:0000:FFFF:A9FE:A9FE", "link-local"},
    {"::ffff:0.0.0.0", "this network"},
    {"::ffff:100.64.0.1", "carrier-grade NAT"},
    {"::ffff:8.8.8.8", NULL},
    /* what inet_aton() reads: fewer parts, octal, hexadecimal */
    {"0", "this network"},
    {"127.1", "loopback"},
    {"127.0.1", "loopback"},
    {"2130706433", "loopback"},
    {"0x7f000001", "loopback"},
    {"0x7f.1", "loopback"},
    {"0X7F.0x0.0x0.0x1", "loopback"},
    {"017700000001", "loopback"},
    {"0177.0.0.01", "loopback"},
    {"10.1", "private"},
    {"012.1", "private"},
    {"0xa9fea9fe", "link-local"},
    {"0xa9.254.0251.0376", "link-local"},
    {"192.168.257", "private"},
    {"3232235521", "private"},
    {"0x8080808", NULL},
};

static void knows_every_range(void **state)
{
    assert_true(sizeof(addresses) / sizeof(addresses[0]) >= 80);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
        if (getaddrinfo(addresses[i].text, NULL, &hints, &found) != 0)
            fail_msg("%s cannot be read", addresses[i].text);
        const char *what = net_sockaddr_private(found->ai_addr, found->ai_addrlen), *want = addresses[i].what;
        if (!what != !want || (what && strcmp(what, want) != 0))
            fail_msg("%s: %s, not %s", addresses[i].text, what ? what : "public", want ? want : "public");
        freeaddrinfo(found);
    }
}

static void other_families_are_none(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr.s6_addr = {0x26, 0x06}};
    assert_non_null(net_sockaddr_private((struct sockaddr *)&un, sizeof(un)));
    assert_null(net_sockaddr_private((struct sockaddr *)&in, sizeof(in)));
    assert_null(net_sockaddr_private((struct sockaddr *)&in6, sizeof(in6)));
    /* One that is cut short says nothing. */
    assert_non_null(net_sockaddr_private((struct sockaddr *)&in, sizeof(in) - 1));
    assert_non_null(net_sockaddr_private((struct sockaddr *)&in6, sizeof(in)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_range),
        cmocka_unit_test(other_families_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
