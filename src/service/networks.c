#include "service/networks.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const uint8_t address[16])
{
    return memcmp(address, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

/* `*dotted`: written as IPv4, so that a prefix counts from its own first bit. */
static bool parse_address(struct cardea_str text, uint8_t out[16], bool *dotted)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    memcpy(out, ipv4_prefix, sizeof(ipv4_prefix));
    *dotted = inet_pton(AF_INET, copy, out + 12) == 1;
    return *dotted || inet_pton(AF_INET6, copy, out) == 1;
}

bool network_parse_address(struct cardea_str text, uint8_t out[16])
{
    bool dotted;
    return parse_address(text, out, &dotted);
}

static bool parse_prefix(struct cardea_str digits, unsigned max, unsigned *out)
{
    unsigned value = 0;
    if (digits.len == 0 || digits.len > 3 || (digits.len > 1 && digits.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(digits.ptr[i] - '0');
    }
    *out = value;
    return value <= max;
}

/* Clears all bits from `prefix_len` on; true when one was set. */
static bool clear_host_bits(uint8_t address[16], unsigned prefix_len)
{
    bool any = false;
    for (unsigned i = prefix_len / 8; i < 16; i++) {
        uint8_t keep = i == prefix_len / 8 ? (uint8_t)(0xff00u >> (prefix_len % 8)) : 0;
        any |= (address[i] & ~keep) != 0;
        address[i] &= keep;
    }
    return any;
}

enum network_result network_parse(struct cardea_str text, struct cardea_network *out)
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    struct cardea_str address = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
    bool dotted;
    if (!parse_address(address, out->address, &dotted))
        return NETWORK_BAD;
    unsigned prefix_len = dotted ? 32 : 128;
    if (slash && !parse_prefix((struct cardea_str){slash + 1, text.len - address.len - 1}, prefix_len, &prefix_len))
        return NETWORK_BAD;
    out->prefix_len = (uint8_t)(prefix_len + (dotted ? 96 : 0));
    return clear_host_bits(out->address, out->prefix_len) ? NETWORK_HOST_BITS : NETWORK_OK;
}

size_t network_format(const struct cardea_network *network, char out[NETWORK_TEXT_MAX])
{
    bool ipv4 = is_ipv4(network->address) && network->prefix_len >= 96;
    char address[INET6_ADDRSTRLEN];
    inet_ntop(ipv4 ? AF_INET : AF_INET6, network->address + (ipv4 ? 12 : 0), address, sizeof(address));
    int len;
    if (network->prefix_len == 128)
        len = snprintf(out, NETWORK_TEXT_MAX, "%s", address);
    else
        len = snprintf(out, NETWORK_TEXT_MAX, "%s/%u", address, network->prefix_len - (ipv4 ? 96u : 0u));
    return (size_t)len;
}
