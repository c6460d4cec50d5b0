#include "net/send.h"

#include <stdlib.h>

#include "net/get.h"
#include "net/transfer.h"

bool net_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct net_line {
    CURL *curl;
};

struct net_line *net_line_new(void)
{
    struct net_line *line = calloc(1, sizeof(*line));
    if (!line || !(line->curl = curl_easy_init()))
        abort(); /* memory is out */
    return line;
}

void net_line_free(struct net_line *line)
{
    if (!line)
        return;
    curl_easy_cleanup(line->curl);
    free(line);
}

enum net_result net_send(const char *url, const struct net_request *request, const struct net_options *options,
                         struct net_reply *reply)
{
    struct transfer t;
    struct net_line *line = request->line ? request->line : net_line_new();
    enum net_result result = transfer_begin(&t, line->curl, url, request, options, reply);
    if (result == NET_OK)
        result = transfer_end(&t, curl_easy_perform(line->curl));
    if (!request->line)
        net_line_free(line);
    return result;
}

enum net_result net_get(const char *url, const struct net_options *options, struct net_reply *reply)
{
    return net_send(url, &(struct net_request){0}, options, reply);
}

void net_reply_release(struct net_reply *reply)
{
    buf_release(&reply->body);
}
