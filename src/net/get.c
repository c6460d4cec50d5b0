#include "net/get.h"

#include <curl/curl.h>

#include <sys/socket.h>

#include "net/address.h"

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
    if (purpose != CURLSOCKTYPE_IPCXN || (what && !t->options->allow_private)) {
        t->refused = what ? what : "not for a connection";
        return CURL_SOCKET_BAD;
    }
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
static enum net_result parse_url(CURLU *parsed, const char *url, const struct net_options *o, struct net_reply *reply)
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
    if (plain && !o->allow_http)
        return bad_url(reply, "http:// is not allowed here, only https://");
    return NET_OK;
}

static void set_bounds(CURL *curl, const struct net_options *o, struct transfer *t)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, o->allow_http ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
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

static struct curl_slist *set_request(CURL *curl, CURLU *url, const struct net_options *o)
{
    char accept[128];
    snprintf(accept, sizeof(accept), "Accept: %s", o->accept ? o->accept : "application/json");
    struct curl_slist *headers = curl_slist_append(NULL, accept);
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "cardea/" CARDEA_VERSION);
    return headers;
}

static enum net_result outcome(CURLcode code, const struct transfer *t, struct net_reply *reply, const char *detail)
{
    if (code == CURLE_OK)
        return NET_OK;
    if (t->refused && !t->tried) {
        char text[NET_WHY_MAX];
        snprintf(text, sizeof(text), "the address of the host is not public: %s", t->refused);
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

enum net_result net_get(const char *url, const struct net_options *options, struct net_reply *reply)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct transfer t = {.options = options, .body = &reply->body};
    *reply = (struct net_reply){0};
    buf_init(&reply->body, options->body_max ? options->body_max : BODY_MAX);
    CURL *curl = curl_easy_init();
    CURLU *parsed = curl_url();
    if (!curl || !parsed)
        abort(); /* memory is out */
    enum net_result result = parse_url(parsed, url, options, reply);
    if (result == NET_OK) {
        struct curl_slist *headers = set_request(curl, parsed, options);
        set_bounds(curl, options, &t);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
        CURLcode code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
        result = outcome(code, &t, reply, detail);
        curl_slist_free_all(headers);
    }
    if (result != NET_OK) { /* half an answer is none */
        buf_clear(&reply->body);
        reply->status = 0;
    }
    curl_easy_cleanup(curl);
    curl_url_cleanup(parsed);
    return result;
}

void net_reply_release(struct net_reply *reply)
{
    buf_release(&reply->body);
}
