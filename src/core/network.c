/* core/network.c - does an address lie in a network? */
#include "core/network.h"

#include <string.h>

bool network_contains(const uint8_t *address, unsigned prefix_len, const uint8_t *ip)
{
    if (prefix_len > 128)
        return false;
    unsigned whole = prefix_len / 8;
    unsigned bits = prefix_len % 8;
    if (memcmp(address, ip, whole) != 0)
        return false;
    return bits == 0 || ((address[whole] ^ ip[whole]) >> (8 - bits)) == 0;
}
