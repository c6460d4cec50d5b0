/* service/networks.h - allow-lists of addresses, from what people type to what is stored. */
#ifndef SERVICE_NETWORKS_H
#define SERVICE_NETWORKS_H

#include <cardea/cardea.h>

#define NETWORK_TEXT_MAX 52 /* the longest IPv6 text, a slash, three digits, NUL */

enum network_result {
    NETWORK_OK,
    NETWORK_BAD,       /* neither an address nor a CIDR network */
    NETWORK_HOST_BITS, /* bits are set to the right of the prefix: `out` is the network that was likely meant */
};

/* "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". No zone, port, leading zeros or abbreviations. An address alone is a
 * network of itself. IPv4 in IPv6 (`::ffff:192.0.2.7`) is the same as IPv4. `::/0` is any address at all, IPv4 too. */
enum network_result network_parse(struct cardea_str text, struct cardea_network *out);

/* The one spelling of a network, without the prefix where it is a single address. Returns its length. */
size_t network_format(const struct cardea_network *network, char out[NETWORK_TEXT_MAX]);

/* An address alone, as decisions take it: 16 bytes, IPv4 as ::ffff:a.b.c.d. */
bool network_parse_address(struct cardea_str text, uint8_t out[16]);

#endif
