#include "cli/client.h"

#include <curl/curl.h>

#include "base/buf.h"
#include "base/json_read.h"
#include "base/str.h"

#define CONNECT_TIMEOUT_SEC 10L
#define TIMEOUT_SEC         30L
#define BODY_MAX            (32u * 1024 * 1024) /* a page of 200 keys is under 200 KiB */

/* jansson frees without telling sizes: each block carries its own, in front. */
static void *wiping_malloc(size_t size)
{
    size_t *block = malloc(sizeof(max_align_t) + size);
    if (!block)
        return NULL;
    *block = size;
    return (char *)block + sizeof(max_align_t);
}

static void wiping_free(void *ptr)
{
    if (!ptr)
        return;
    char *block = (char *)ptr - sizeof(max_align_t);
    size_t size;
    memcpy(&size, block, sizeof(size));
    cardea_wipe(ptr, size);
    free(block);
}

void client_wipe_json(void)
{
    json_set_alloc_funcs(wiping_malloc, wiping_free);
}

static int open_address(struct client *c)
{
    const char *why;
    if (!cli_url_parse(&c->cli->arena, c->credentials.api_url, &c->url, &why)) {
        cli_error(c->cli, "the server's address \"%s\" (%s) is not usable: %s", c->credentials.api_url,
                  c->credentials.api_url_source, why);
        return CLI_USAGE;
    }
    if (!c->url.tls && !c->url.loopback && !c->cli->insecure_http) {
        cli_error(c->cli, "a key is not sent to %s over http://, where others can read it", c->url.host);
        cli_hint(c->cli, "Use https://, or --insecure-http if the network between is yours alone.");
        return CLI_FAILURE;
    }
    c->host_header = cli_url_host_header(&c->cli->arena, &c->url, c->cli->profile);
    return CLI_OK;
}

int client_open(struct client *c, struct cli *cli)
{
    *c = (struct client){.cli = cli};
    int code = cli_credentials_find(cli, CLI_CREDENTIALS_STRICT, &c->credentials);
    if (code != CLI_OK)
        return code;
    if (c->credentials.key.len == 0) {
        const char *variable = cli_credentials_key_env(cli);
        cli_error(cli, "not logged in");
        cli_hint(cli, "Run `%s login --token -`%s%s.", cli->name, variable ? ", or set " : "",
                 variable ? variable : "");
        return CLI_AUTH;
    }
    return open_address(c);
}

int client_open_with(struct client *c, struct cli *cli, const struct cli_secret *key, const char *key_source)
{
    *c = (struct client){.cli = cli};
    int code = cli_credentials_find(cli, CLI_CREDENTIALS_LENIENT, &c->credentials);
    if (code != CLI_OK)
        return code;
    c->credentials.key = *key;
    c->credentials.key_source = key_source;
    return open_address(c);
}

void client_release(struct client *c)
{
    cli_secret_wipe(&c->credentials.key);
}

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;
    buf_add(body, data, size * count);
    return body->failed ? 0 : size * count;
}

/* "Authorization: Bearer …": libcurl copies it, and what we hold is wiped. */
static struct curl_slist *add_authorization(struct client *c, struct curl_slist *headers)
{
    char line[CLI_SECRET_MAX + 32];
    struct cardea_str key = cli_secret_reveal(&c->credentials.key);
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

static void set_connection(struct client *c, CURL *curl, const char *url)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SEC);
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

static int say_unreachable(struct client *c, CURLcode code, const char *detail)
{
    cli_error(c->cli, "cannot reach %s: %s", c->url.base, *detail ? detail : curl_easy_strerror(code));
    if (code == CURLE_COULDNT_CONNECT && c->url.loopback && cli_is_native(c->cli))
        cli_hint(c->cli, "Is the daemon running? `%s serve --demo` starts one.", c->cli->name);
    else if (strcmp(c->credentials.api_url_source, "default") == 0)
        cli_hint(c->cli, "Set %s to the server's address.", cli_credentials_url_env(c->cli));
    else
        cli_hint(c->cli, "The address came from %s.", c->credentials.api_url_source);
    return CLI_FAILURE;
}

/* Runs one transfer; everything that libcurl was lent outlives it. */
static CURLcode transfer(struct client *c, const char *method, const char *path, const char *text, struct buf *answer,
                         long *status, char detail[CURL_ERROR_SIZE])
{
    CURL *curl = curl_easy_init();
    if (!curl)
        abort();
    struct curl_slist *headers = add_authorization(c, NULL);
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (text)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    if (c->host_header)
        headers = curl_slist_append(headers, arena_printf(&c->cli->arena, "Host: %s", c->host_header).ptr);
    set_connection(c, curl, arena_printf(&c->cli->arena, "%s%s", c->url.base, path).ptr);
    struct curl_slist *resolve = resolve_local(c, curl);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (text)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(resolve);
    free_headers(headers);
    return code;
}

int client_call(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct buf answer;
    *reply = (struct client_reply){0};
    buf_init(&answer, BODY_MAX);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    CURLcode code = transfer(c, method, path, text, &answer, &reply->status, detail);
    if (text) {
        json_free_t release;
        json_get_alloc_funcs(NULL, &release);
        cardea_wipe(text, strlen(text));
        release(text);
    }
    int result = CLI_OK;
    if (code != CURLE_OK) {
        result = say_unreachable(c, code, detail);
    } else if (answer.len > 0) {
        struct json_problem problem;
        reply->json = json_read(&c->cli->arena, buf_str(&answer), &problem);
        if (!reply->json && reply->status < 300) {
            cli_error(c->cli, "%s answered something else than JSON; is that the right address?", c->url.base);
            result = CLI_FAILURE;
        }
    }
    buf_release(&answer);
    return result;
}

void client_reply_release(struct client_reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
}

int client_exit_code(long status)
{
    if (status >= 200 && status < 300)
        return CLI_OK;
    if (status == 401 || status == 403)
        return CLI_AUTH;
    return status == 404 ? CLI_NOT_FOUND : CLI_FAILURE;
}

static const char *text_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

/* The sentence that says what is wrong, whatever shape the product gives its errors. */
static const char *sentence(const json_t *json)
{
    static const char *const names[] = {"detail", "message", "error", "title"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_member(json, names[i]))
            return text_member(json, names[i]);
        const json_t *inner = json_object_get(json, names[i]);
        if (json_is_object(inner) && text_member(inner, "message"))
            return text_member(inner, "message");
    }
    return NULL;
}

static void report_problems(struct client *c, const json_t *json)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(json, "errors"), i, item)
    {
        const char *location = text_member(item, "location"), *message = text_member(item, "message"),
                   *fix = text_member(item, "fix");
        bool ended = message && message[strlen(message) - 1] == '.';
        cli_hint(c->cli, "%s%s%s%s%s", location ? location : "", location && message ? ": " : "",
                 message ? message : "",
                 !fix    ? ""
                 : ended ? " "
                         : " - ",
                 fix ? fix : "");
    }
}

void client_report(struct client *c, const struct client_reply *reply)
{
    const char *text = sentence(reply->json), *id = text_member(reply->json, "request_id");
    if (text)
        cli_error(c->cli, "%s", text);
    else
        cli_error(c->cli, "%s answered with status %ld", c->url.base, reply->status);
    report_problems(c, reply->json);
    if (reply->status >= 300 && reply->status < 400)
        cli_hint(c->cli, "It redirects, and a key is not sent on: name the final address with --api-url.");
    if (reply->status == 401)
        cli_hint(c->cli, "The key (%s) came from %s.", cli_credentials_mask(c->cli, &c->credentials.key),
                 c->credentials.key_source);
    if (id)
        cli_hint(c->cli, "(request %s)", id);
}

int client_do(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply)
{
    int code = client_call(c, method, path, body, reply);
    if (code == CLI_OK && (code = client_exit_code(reply->status)) != CLI_OK)
        client_report(c, reply);
    if (code != CLI_OK)
        client_reply_release(reply);
    return code;
}

const char *client_query(struct client *c, const char *path, const char *name, const char *value)
{
    if (!value)
        return path;
    return arena_printf(&c->cli->arena, "%s%c%s=%s", path, strchr(path, '?') ? '&' : '?', name,
                        cli_url_encode(&c->cli->arena, value))
        .ptr;
}

int client_each(struct client *c, const char *path, client_each_fn each, void *arg)
{
    const char *cursor = NULL;
    path = client_query(c, path, "limit", "200");
    do {
        struct client_reply reply;
        int code = client_do(c, "GET", client_query(c, path, "cursor", cursor), NULL, &reply);
        if (code != CLI_OK)
            return code;
        size_t i;
        const json_t *item;
        bool more = true;
        json_array_foreach(json_object_get(reply.json, "data"), i, item) if (more) more = each(arg, item);
        const char *next = text_member(reply.json, "next_cursor");
        cursor = next && more ? arena_cstr(&c->cli->arena, str_of(next)) : NULL;
        client_reply_release(&reply);
    } while (cursor);
    return CLI_OK;
}
