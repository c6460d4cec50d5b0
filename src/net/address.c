#include "net/address.h"

#include <netinet/in.h>

#include <string.h>

#include "core/network.h"
#include "net/send.h"

/* From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and what came after), and the multicast
 * registries. Each as 16 bytes, IPv4 in its mapped form; the first that holds an address names it. */
struct range {
    uint8_t address[16];
    unsigned prefix_len;
    const char *what;
};

#define V4(a, b, c, d, len, what)                                                \
    {                                                                            \
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, 96 + (len), what \
    }

static const struct range v4[] = {
    V4(0, 0, 0, 0, 8, "this network"),            /* RFC 791: on Linux 0.0.0.0 reaches this host */
    V4(10, 0, 0, 0, 8, "private"),                /* RFC 1918 */
    V4(100, 64, 0, 0, 10, "carrier-grade NAT"),   /* RFC 6598; clouds keep metadata services here too */
    V4(127, 0, 0, 0, 8, "loopback"),              /* RFC 1122 */
    V4(169, 254, 0, 0, 16, "link-local"),         /* RFC 3927; cloud metadata */
    V4(172, 16, 0, 0, 12, "private"),             /* RFC 1918 */
    V4(192, 0, 0, 0, 24, "protocol assignments"), /* RFC 6890 */
    V4(192, 0, 2, 0, 24, "documentation"),        /* RFC 5737 */
    V4(192, 31, 196, 0, 24, "special purpose"),   /* RFC 7535, AS112 */
    V4(192, 52, 193, 0, 24, "special purpose"),   /* RFC 7450, AMT */
    V4(192, 88, 99, 0, 24, "6to4 relay"),         /* RFC 7526 */
    V4(192, 168, 0, 0, 16, "private"),            /* RFC 1918 */
    V4(192, 175, 48, 0, 24, "special purpose"),   /* RFC 7534, AS112 */
    V4(198, 18, 0, 0, 15, "benchmarking"),        /* RFC 2544 */
    V4(198, 51, 100, 0, 24, "documentation"),     /* RFC 5737 */
    V4(203, 0, 113, 0, 24, "documentation"),      /* RFC 5737 */
    V4(224, 0, 0, 0, 4, "multicast"),             /* RFC 5771 */
    V4(240, 0, 0, 0, 4, "reserved"),              /* RFC 1112, and 255.255.255.255 */
};

/* Within 2000::/3, the only part of IPv6 that is given out (RFC 4291, section 2.4). Outside it nothing is public. */
static const struct range v6[] = {
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},      /* RFC 3849 */
    {{0x20, 0x01}, 23, "protocol assignments"},           /* RFC 2928: Teredo, benchmarking, ORCHID, ... */
    {{0x20, 0x02}, 16, "6to4"},                           /* RFC 7526: an IPv4 address in disguise */
    {{0x26, 0x20, 0, 0x4f, 0x80}, 48, "special purpose"}, /* RFC 7534, AS112 */
    {{0x3f, 0xff}, 20, "documentation"},                  /* RFC 9637 */
    {{0x3f, 0xfe}, 16, "special purpose"},                /* RFC 3701: the 6bone, given back */
};

/* Named for the message's sake; what is in none of them is "reserved". */
static const struct range v6_outside[] = {
    {{0}, 128, "unspecified"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{0}, 96, "IPv4-compatible"},                                  /* RFC 4291, deprecated */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-translated"}, /* RFC 2765 */
    {{0x00, 0x64, 0xff, 0x9b}, 96, "NAT64"},                       /* RFC 6052: an IPv4 address in disguise */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "NAT64"},           /* RFC 8215 */
    {{0x01}, 64, "discard-only"},                                  /* RFC 6666 */
    {{0x5f}, 16, "special purpose"},                               /* RFC 9602, segment routing */
    {{0xfc}, 7, "unique local"},                                   /* RFC 4193 */
    {{0xfe, 0x80}, 10, "link-local"},                              /* RFC 4291 */
    {{0xfe, 0xc0}, 10, "site-local"},                              /* RFC 3879, deprecated */
    {{0xff}, 8, "multicast"},                                      /* RFC 4291 */
};

static const char *find(const struct range *ranges, size_t count, const uint8_t ip[16])
{
    for (size_t i = 0; i < count; i++)
        if (network_contains(ranges[i].address, ranges[i].prefix_len, ip))
            return ranges[i].what;
    return NULL;
}

#define FIND(ranges, ip) find(ranges, sizeof(ranges) / sizeof((ranges)[0]), ip)

const char *net_address_private(const uint8_t ip[16])
{
    static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, global[16] = {0x20};
    if (network_contains(mapped, 96, ip))
        return FIND(v4, ip);
    if (network_contains(global, 3, ip))
        return FIND(v6, ip);
    const char *what = FIND(v6_outside, ip);
    return what ? what : "reserved";
}

/* False: it is none of IPv4 or IPv6. */
static bool sockaddr_bytes(const struct sockaddr *sa, socklen_t len, uint8_t ip[16])
{
    static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memcpy(ip, mapped, sizeof(mapped));
    if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        memcpy(ip + 12, &in.sin_addr, 4);
        return true;
    }
    if (sa->sa_family != AF_INET6 || len < sizeof(struct sockaddr_in6))
        return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, sa, sizeof(in6));
    memcpy(ip, &in6.sin6_addr, 16);
    return true;
}

const char *net_sockaddr_private(const struct sockaddr *sa, socklen_t len)
{
    uint8_t ip[16];
    return sockaddr_bytes(sa, len, ip) ? net_address_private(ip) : "not an Internet address";
}

bool net_private_allowed(const struct net_options *options, const struct sockaddr *sa, socklen_t len)
{
    uint8_t ip[16];
    bool allowed = options->allow_private;
    if (!sockaddr_bytes(sa, len, ip))
        return false;
    for (size_t i = 0; i < options->allowed_count && !allowed; i++)
        allowed = network_contains(options->allowed[i].address, options->allowed[i].prefix_len, ip);
    return allowed;
}
