/* net/address.h - is an address one of the public Internet's, or one that only means something in here?
 *
 * Where somebody else names the URL, the daemon must not be their way into our networks. The table follows the IANA
 * special-purpose registries (RFC 6890): what is not globally reachable is private here, and so is any IPv6 form that
 * carries such an IPv4 address within it. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

/* 16 bytes, IPv4 as ::ffff:a.b.c.d. NULL when it is public, else what it is: "loopback", "link-local", ... (static). */
const char *net_address_private(const uint8_t ip[16]);

/* The same of a socket address; "not an Internet address" for any family but AF_INET and AF_INET6. */
const char *net_sockaddr_private(const struct sockaddr *sa, socklen_t len);

/* Whether the options let a private address be connected to all the same. */
struct net_options;
bool net_private_allowed(const struct net_options *options, const struct sockaddr *sa, socklen_t len);

#endif
