/* net/transfer.h - one request as libcurl is told of it: what send.c and multi.c have in common. For this folder. */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <curl/curl.h>

#include "net/send.h"

struct transfer {
    const struct net_options *options;
    struct net_reply *reply;
    CURL *curl;
    CURLU *url;
    struct curl_slist *headers;
    const char *refused; /* what the last refused address was, NULL: none was refused */
    bool tried;          /* an address was not refused */
    bool plain;          /* http:// */
    bool cut;            /* what follows of the body is not read */
    char detail[CURL_ERROR_SIZE];
};

/* Makes `curl` ready; what is passed stays the caller's until transfer_end(). Initialises the reply. Anything but
 * NET_OK: there is nothing to perform, and transfer_end() is not called. */
enum net_result transfer_begin(struct transfer *t, CURL *curl, const char *url, const struct net_request *request,
                               const struct net_options *options, struct net_reply *reply);
/* What came of it. The handle keeps its connections, and nothing of the request. */
enum net_result transfer_end(struct transfer *t, CURLcode code);

/* NET_BAD_URL with the reason in `why`. */
enum net_result transfer_parse(CURLU *parsed, const char *url, const struct net_options *options, bool *plain,
                               char why[NET_WHY_MAX]);

#endif
