/* cli/url.h - the rules for a server's address: what is taken, and to whom a key may be sent in clear. */
#ifndef CLI_URL_H
#define CLI_URL_H

#include "profile/profile.h"

struct cli_url {
    const char *base; /* "http://localhost:8080/prefix": without a slash at the end */
    const char *host; /* lower case; IPv6 without brackets */
    unsigned port;
    bool port_given; /* another than the scheme's own */
    bool tls, loopback;
};

/* http or https, a host, perhaps a port and a path; no user, query or fragment. False: *why says what is wrong. */
bool cli_url_parse(struct arena *a, const char *text, struct cli_url *out, const char **why);

/* The Host to send instead of the address's own, so that a product's CLI reaches its product on the local machine
 * without configuration: its first *.localhost name. NULL: send the address's own. `profile` NULL: native. */
const char *cli_url_host_header(struct arena *a, const struct cli_url *url, const struct profile *profile);

/* Percent-encodes what is not unreserved (RFC 3986, 2.3): one path segment or query value. */
const char *cli_url_encode(struct arena *a, const char *text);

#endif
