#include "net/send.h"

#include <cardea/secret.h>
#include <curl/curl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"
#include "net/get.h"

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   10000L
#define BODY_MAX           (64u * 1024)

bool net_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* What the callbacks learn while libcurl works. */
struct transfer {
    const struct net_options *options;
    struct buf *body;
    const char *refused; /* what the last refused address was, NULL: none was refused */
    bool tried;          /* an address was not refused */
    bool plain;          /* http:// */
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    buf_add(t->body, data, size * count);
    return t->body->failed ? 0 : size * count;
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
    else if (what && !t->options->allow_private)
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
static void explain(struct net_reply *reply, const char *text)
{
    size_t n = 0;
    for (; text[n] && n < sizeof(reply->why) - 1; n++)
        reply->why[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    reply->why[n] = 0;
}

static enum net_result bad_url(struct net_reply *reply, const char *why)
{
    explain(reply, why);
    return NET_BAD_URL;
}

/* libcurl's own parser decides, so that what is checked is what is used. */
static enum net_result parse_url(CURLU *parsed, const char *url, struct transfer *t, struct net_reply *reply)
{
    char *scheme = NULL;
    if (strnlen(url, NET_URL_MAX + 1) > NET_URL_MAX)
        return bad_url(reply, "the URL is too long");
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return bad_url(reply, "the URL cannot be read, or holds a user name");
    bool tls = strcmp(scheme, "https") == 0, plain = strcmp(scheme, "http") == 0;
    curl_free(scheme);
    if (!tls && !plain)
        return bad_url(reply, "the URL does not start with https://");
    if (plain && !t->options->allow_http && !t->options->http_to_loopback)
        return bad_url(reply, "http:// is not allowed here, only https://");
    t->plain = plain;
    return NET_OK;
}

static void set_bounds(CURL *curl, const struct net_options *o, struct transfer *t)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, t->plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* or it would wait for a name server, past the time-out */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, o->total_timeout_ms ? o->total_timeout_ms : TOTAL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->body->max);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (o->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca_file);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort(); /* memory is out */
    return longer;
}

static struct curl_slist *set_request(CURL *curl, CURLU *url, const struct net_request *r, const struct net_options *o)
{
    char line[128];
    snprintf(line, sizeof(line), "Accept: %s", o->accept ? o->accept : "application/json");
    struct curl_slist *headers = add_header(NULL, line);
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
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
    return headers;
}

/* They may hold a credential. */
static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        cardea_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static enum net_result outcome(CURLcode code, const struct transfer *t, struct net_reply *reply, const char *detail)
{
    if (code == CURLE_OK)
        return NET_OK;
    if (t->refused && !t->tried) {
        char text[NET_WHY_MAX];
        snprintf(text, sizeof(text), "the address of the host is not %s%s",
                 t->options->allow_private ? "" : "public: ", t->refused);
        explain(reply, text);
        return NET_PRIVATE;
    }
    if (code == CURLE_FILESIZE_EXCEEDED || t->body->failed) {
        explain(reply, "the answer is too large");
        return NET_TOO_LARGE;
    }
    explain(reply, *detail ? detail : curl_easy_strerror(code));
    return code == CURLE_OPERATION_TIMEDOUT ? NET_TIMEOUT : NET_UNREACHABLE;
}

/* A name of this machine, whatever its table of hosts says; or an address of it. */
static bool names_loopback(CURLU *parsed)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char *host = NULL;
    bool is = false;
    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return false;
    size_t len = strlen(host);
    if (len > 2 && host[0] == '[') { /* IPv6 */
        memmove(host, host + 1, len - 2);
        host[len - 2] = 0;
    }
    if (strcasecmp(host, "localhost") == 0) {
        is = true;
    } else if (getaddrinfo(host, NULL, &hints, &found) == 0) {
        const char *what = net_sockaddr_private(found->ai_addr, found->ai_addrlen);
        is = what && strcmp(what, "loopback") == 0;
        freeaddrinfo(found);
    }
    curl_free(host);
    return is;
}

bool net_url_check(const char *url, const struct net_options *options, char why[NET_WHY_MAX])
{
    struct net_reply reply = {0};
    struct transfer t = {.options = options};
    CURLU *parsed = curl_url();
    if (!parsed)
        abort(); /* memory is out */
    bool ok = parse_url(parsed, url, &t, &reply) == NET_OK;
    if (ok && t.plain && !options->allow_http && !names_loopback(parsed)) {
        bad_url(&reply, "http:// is for this machine alone, https:// for all others");
        ok = false;
    }
    memcpy(why, reply.why, sizeof(reply.why));
    curl_url_cleanup(parsed);
    return ok;
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

static CURLcode perform(CURL *curl, CURLU *url, const struct net_request *request, struct transfer *t, long *status,
                        char *detail)
{
    struct curl_slist *headers = set_request(curl, url, request, t->options);
    set_bounds(curl, t->options, t);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_reset(curl); /* connections stay; what points to here does not */
    wipe_headers(headers);
    return code;
}

enum net_result net_send(const char *url, const struct net_request *request, const struct net_options *options,
                         struct net_reply *reply)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct transfer t = {.options = options, .body = &reply->body};
    *reply = (struct net_reply){0};
    buf_init(&reply->body, options->body_max ? options->body_max : BODY_MAX);
    struct net_line *line = request->line ? request->line : net_line_new();
    CURLU *parsed = curl_url();
    if (!parsed)
        abort(); /* memory is out */
    enum net_result result = parse_url(parsed, url, &t, reply);
    if (result == NET_OK)
        result = outcome(perform(line->curl, parsed, request, &t, &reply->status, detail), &t, reply, detail);
    if (result != NET_OK) { /* half an answer is none */
        buf_clear(&reply->body);
        reply->status = 0;
    }
    if (!request->line)
        net_line_free(line);
    curl_url_cleanup(parsed);
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
