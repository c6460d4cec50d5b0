/* Whether a URL would do, as far as one can tell without asking anybody. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"
#include "net/transfer.h"

/* What an address as the host says it is, in whatever spelling: "" of a public one, NULL of a name. */
static const char *numeric_host(CURLU *parsed, const struct net_options *options, bool *allowed)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *what = NULL;
    char *host = NULL;
    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return NULL;
    size_t len = strlen(host);
    if (len > 2 && host[0] == '[') { /* IPv6 */
        memmove(host, host + 1, len - 2);
        host[len - 2] = 0;
    }
    len = strlen(host);
    if (len > 1 && host[len - 1] == '.') /* the root's: the same host */
        host[len - 1] = 0;
    if (strcasecmp(host, "localhost") == 0) {
        /* A name of this machine, whatever its table of hosts says. */
        struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        *allowed = net_private_allowed(options, (struct sockaddr *)&self, sizeof(self));
        what = "loopback";
    } else if (getaddrinfo(host, NULL, &hints, &found) == 0) {
        what = net_sockaddr_private(found->ai_addr, found->ai_addrlen);
        *allowed = !what || net_private_allowed(options, found->ai_addr, found->ai_addrlen);
        what = what ? what : "";
        freeaddrinfo(found);
    }
    curl_free(host);
    return what;
}

bool net_url_check(const char *url, const struct net_options *options, char why[NET_WHY_MAX])
{
    bool plain = false, allowed = true;
    CURLU *parsed = curl_url();
    if (!parsed)
        abort(); /* memory is out */
    why[0] = 0;
    bool ok = transfer_parse(parsed, url, options, &plain, why) == NET_OK;
    const char *what = ok ? numeric_host(parsed, options, &allowed) : NULL;
    if (ok && plain && !options->allow_http && !(what && strcmp(what, "loopback") == 0)) {
        snprintf(why, NET_WHY_MAX, "http:// is for this machine alone, https:// for all others");
        ok = false;
    } else if (ok && !allowed) {
        snprintf(why, NET_WHY_MAX, "the address of the host is not public: %s", what);
        ok = false;
    }
    curl_url_cleanup(parsed);
    return ok;
}
