#include "cli/transfer.h"

#include <curl/curl.h>

#include "base/buf.h"
#include "base/str.h"

#define CONNECT_TIMEOUT_SEC 10L
#define TIMEOUT_SEC         30L
/* An image or a film takes its server minutes; then nothing at all means that it is gone. */
#define STALLED_SEC 300L

struct running {
    struct client *c;
    struct transfer *t;
    CURL *curl;
    bool looked;
};

/* "Authorization: Bearer …": libcurl copies it, and what we hold is wiped. */
static struct curl_slist *add_authorization(struct client *c, struct curl_slist *headers)
{
    char line[CLI_SECRET_MAX + 32];
    struct cardea_str key = cli_secret_reveal(&c->credentials.key);
    if (key.len == 0)
        return headers;
    snprintf(line, sizeof(line), "Authorization: Bearer %.*s", STR_ARG(key));
    headers = curl_slist_append(headers, line);
    cardea_wipe(line, sizeof(line));
    return headers;
}

static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        cardea_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static void set_connection(struct client *c, CURL *curl, const struct transfer *t)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(&c->cli->arena, "%s%s", c->url.base, t->path).ptr);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC);
    if (t->streams) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALLED_SEC);
    } else {
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SEC);
    }
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "cardea-cli/" CARDEA_VERSION);
    if (authorities && *authorities)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    if (c->url.loopback)
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

/* glibc resolves no *.localhost; they are all this machine. NULL for any other host. */
static struct curl_slist *resolve_local(struct client *c, CURL *curl)
{
    struct cardea_str host = str_of(c->url.host);
    if (host.len < 10 || !str_eq((struct cardea_str){host.ptr + host.len - 10, 10}, STR(".localhost")))
        return NULL;
    const char *entry = arena_printf(&c->cli->arena, "%s:%u:127.0.0.1,::1", c->url.host, c->url.port).ptr;
    struct curl_slist *list = curl_slist_append(NULL, entry);
    curl_easy_setopt(curl, CURLOPT_RESOLVE, list);
    return list;
}

/* Status and headers, once there are any. */
static void look(struct running *r)
{
    struct curl_header *challenge, *next;
    char *type = NULL;
    r->looked = true;
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &r->t->status);
    curl_easy_getinfo(r->curl, CURLINFO_CONTENT_TYPE, &type);
    struct cardea_str text = type ? (struct cardea_str){type, strcspn(type, "; \t,")} : STR("");
    char *lower = arena_cstr(&r->c->cli->arena, text);
    for (char *p = lower; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    r->t->reply_type = lower;
    if (curl_easy_header(r->curl, "Cardea-Next", 0, CURLH_HEADER, -1, &next) == CURLHE_OK)
        r->t->next = arena_cstr(&r->c->cli->arena, str_of(next->value));
    for (size_t i = 0; curl_easy_header(r->curl, "WWW-Authenticate", i, CURLH_HEADER, -1, &challenge) == CURLHE_OK; i++)
        r->t->invalid_token |= strstr(challenge->value, "error=\"invalid_token\"") != NULL;
}

static size_t take_piece(char *data, size_t size, size_t count, void *arg)
{
    struct running *r = arg;
    if (!r->looked)
        look(r);
    if (size * count == 0 || r->t->take(r->t->arg, data, size * count))
        return size * count;
    r->t->taken = false;
    return CURL_WRITEFUNC_ERROR;
}

static int pass_progress(void *arg, curl_off_t total, curl_off_t got, curl_off_t up_total, curl_off_t up)
{
    struct running *r = arg;
    (void)up_total, (void)up;
    r->t->tick(r->t->arg, got, total);
    return 0;
}

static struct curl_slist *make_headers(struct client *c, const struct transfer *t)
{
    struct curl_slist *headers = add_authorization(c, NULL);
    headers = curl_slist_append(headers, t->streams ? "Accept: */*" : "Accept: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (t->body)
        headers = curl_slist_append(headers, arena_printf(&c->cli->arena, "Content-Type: %s", t->content_type).ptr);
    if (c->host_header)
        headers = curl_slist_append(headers, arena_printf(&c->cli->arena, "Host: %s", c->host_header).ptr);
    return headers;
}

bool transfer_run(struct client *c, struct transfer *t)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct running r = {.c = c, .t = t, .curl = curl_easy_init()};
    if (!r.curl)
        abort();
    t->taken = true;
    struct curl_slist *headers = make_headers(c, t);
    set_connection(c, r.curl, t);
    struct curl_slist *resolve = resolve_local(c, r.curl);
    curl_easy_setopt(r.curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(r.curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(r.curl, CURLOPT_WRITEFUNCTION, take_piece);
    curl_easy_setopt(r.curl, CURLOPT_WRITEDATA, &r);
    if (t->body)
        curl_easy_setopt(r.curl, CURLOPT_POSTFIELDS, t->body);
    curl_easy_setopt(r.curl, CURLOPT_CUSTOMREQUEST, t->method);
    if (t->tick) {
        curl_easy_setopt(r.curl, CURLOPT_XFERINFOFUNCTION, pass_progress);
        curl_easy_setopt(r.curl, CURLOPT_XFERINFODATA, &r);
        curl_easy_setopt(r.curl, CURLOPT_NOPROGRESS, 0L);
    }
    CURLcode code = curl_easy_perform(r.curl);
    if (code == CURLE_OK && !r.looked)
        look(&r);
    if (code != CURLE_OK)
        t->why = arena_cstr(&c->cli->arena, str_of(*detail ? detail : curl_easy_strerror(code)));
    t->refused = code == CURLE_COULDNT_CONNECT;
    t->untrusted = code == CURLE_PEER_FAILED_VERIFICATION;
    curl_easy_cleanup(r.curl); /* everything that libcurl was lent outlives it */
    curl_slist_free_all(resolve);
    free_headers(headers);
    return code == CURLE_OK;
}
