#include "net/transfer.h"

#include <cardea/secret.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   10000L
#define BODY_MAX           (64u * 1024)

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    struct buf *body = &t->reply->body;
    size_t len = size * count, room = body->max - body->len;
    if (t->options->cut_body && len > room) {
        buf_add(body, data, room);
        t->cut = true;
        return 0;
    }
    buf_add(body, data, len);
    return body->failed ? 0 : len;
}

/* The address that is about to be connected to, after names were resolved: whatever a name says now or said before, and
 * however an address was spelt, this is where the bytes would go. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    const char *what = net_sockaddr_private(&address->addr, (socklen_t)address->addrlen);
    bool here = what && strcmp(what, "loopback") == 0;
    if (purpose != CURLSOCKTYPE_IPCXN)
        t->refused = "for a connection";
    else if (what && !net_private_allowed(t->options, &address->addr, (socklen_t)address->addrlen))
        t->refused = what;
    else if (t->plain && !t->options->allow_http && !here)
        t->refused = "this machine's, and http:// is for that alone";
    else
        t->refused = NULL;
    if (t->refused)
        return CURL_SOCKET_BAD;
    t->tried = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* One line of ours: what a server or its certificate put into libcurl's words is cut and cannot draw on a terminal. */
static void explain(char why[NET_WHY_MAX], const char *text)
{
    size_t n = 0;
    for (; text[n] && n < NET_WHY_MAX - 1; n++)
        why[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    why[n] = 0;
}

static enum net_result bad_url(char why[NET_WHY_MAX], const char *text)
{
    explain(why, text);
    return NET_BAD_URL;
}

/* libcurl's own parser decides, so that what is checked is what is used. */
enum net_result transfer_parse(CURLU *parsed, const char *url, const struct net_options *options, bool *plain,
                               char why[NET_WHY_MAX])
{
    char *scheme = NULL;
    if (strnlen(url, NET_URL_MAX + 1) > NET_URL_MAX)
        return bad_url(why, "the URL is too long");
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return bad_url(why, "the URL cannot be read, or holds a user name");
    bool tls = strcmp(scheme, "https") == 0;
    *plain = strcmp(scheme, "http") == 0;
    curl_free(scheme);
    if (!tls && !*plain)
        return bad_url(why, "the URL does not start with https://");
    if (*plain && !options->allow_http && !options->http_to_loopback)
        return bad_url(why, "http:// is not allowed here, only https://");
    return NET_OK;
}

static void set_bounds(struct transfer *t)
{
    CURL *curl = t->curl;
    const struct net_options *o = t->options;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, t->plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* or it would wait for a name server, past the time-out */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, o->total_timeout_ms ? o->total_timeout_ms : TOTAL_TIMEOUT_MS);
    if (!o->cut_body)
        curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->reply->body.max);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (o->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca_file);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->detail);
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort(); /* memory is out */
    return longer;
}

static void set_request(struct transfer *t, const struct net_request *r)
{
    CURL *curl = t->curl;
    char line[128];
    snprintf(line, sizeof(line), "Accept: %s", t->options->accept ? t->options->accept : "application/json");
    struct curl_slist *headers = add_header(NULL, line);
    curl_easy_setopt(curl, CURLOPT_CURLU, t->url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "cardea/" CARDEA_VERSION);
    if (r->post) {
        snprintf(line, sizeof(line), "Content-Type: %s", r->content_type ? r->content_type : "application/json");
        headers = add_header(add_header(headers, line), "Expect:"); /* no asking first whether a body is welcome */
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.len ? r->body.ptr : "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    for (size_t i = 0; i < r->header_count; i++)
        headers = add_header(headers, r->headers[i]);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    t->headers = headers;
}

enum net_result transfer_begin(struct transfer *t, CURL *curl, const char *url, const struct net_request *request,
                               const struct net_options *options, struct net_reply *reply)
{
    *t = (struct transfer){.options = options, .reply = reply, .curl = curl, .url = curl_url()};
    *reply = (struct net_reply){0};
    buf_init(&reply->body, options->body_max ? options->body_max : BODY_MAX);
    if (!t->url)
        abort(); /* memory is out */
    enum net_result result = transfer_parse(t->url, url, options, &t->plain, reply->why);
    if (result != NET_OK) {
        curl_url_cleanup(t->url);
        return result;
    }
    set_request(t, request);
    set_bounds(t);
    return NET_OK;
}

/* They may hold a credential. */
static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        cardea_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static enum net_result outcome(const struct transfer *t, CURLcode code)
{
    struct net_reply *reply = t->reply;
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t->cut))
        return NET_OK;
    if (t->refused && !t->tried) {
        char text[NET_WHY_MAX];
        snprintf(text, sizeof(text), "the address of the host is not %s%s",
                 t->options->allow_private ? "" : "public: ", t->refused);
        explain(reply->why, text);
        return NET_PRIVATE;
    }
    if (code == CURLE_FILESIZE_EXCEEDED || reply->body.failed) {
        explain(reply->why, "the answer is too large");
        return NET_TOO_LARGE;
    }
    explain(reply->why, *t->detail ? t->detail : curl_easy_strerror(code));
    return code == CURLE_OPERATION_TIMEDOUT ? NET_TIMEOUT : NET_UNREACHABLE;
}

enum net_result transfer_end(struct transfer *t, CURLcode code)
{
    struct net_reply *reply = t->reply;
    curl_off_t took_us = 0, retry_after = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(t->curl, CURLINFO_TOTAL_TIME_T, &took_us);
    curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &retry_after);
    reply->latency_ms = (took_us + 999) / 1000;
    reply->retry_after_sec = retry_after;
    enum net_result result = outcome(t, code);
    curl_easy_reset(t->curl); /* connections stay; what points to here does not */
    wipe_headers(t->headers);
    curl_url_cleanup(t->url);
    if (result != NET_OK) { /* half an answer is none */
        buf_clear(&reply->body);
        reply->status = 0;
    }
    return result;
}
