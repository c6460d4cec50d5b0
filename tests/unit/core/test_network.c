/* test_network.c - addresses in networks. */
#include "rig.h"

#include "core/network.h"

static void prefixes(void **state)
{
    uint8_t net[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff};
    uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff};
    assert_true(network_contains(net, 128, ip));
    ip[15] = 1;
    assert_false(network_contains(net, 128, ip));
    assert_true(network_contains(net, 127, ip));
    ip[15] = 2;
    assert_false(network_contains(net, 127, ip));
    ip[4] = 0xfe;
    assert_true(network_contains(net, 39, ip));
    assert_false(network_contains(net, 40, ip));
    ip[0] = 0xa0;
    assert_true(network_contains(net, 0, ip));
    assert_false(network_contains(net, 1, ip));
    assert_false(network_contains(net, 129, net));
    assert_false(network_contains(net, 255, net));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(prefixes)};
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
