#include "cli/client.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/transfer.h"

#define BODY_MAX (32u * 1024 * 1024) /* a page of 200 keys is under 200 KiB */

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

void client_free_json_text(char *text)
{
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    if (text)
        cardea_wipe(text, strlen(text));
    release(text);
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
        bool browser = !cli_is_native(cli) && cli->profile->cli.browser_login;
        cli_hint(cli, "Run `%s login%s`%s%s.", cli->name, browser ? "" : " --token -", variable ? ", or set " : "",
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

int client_open_bare(struct client *c, struct cli *cli)
{
    *c = (struct client){.cli = cli};
    int code = cli_credentials_find(cli, CLI_CREDENTIALS_LENIENT, &c->credentials);
    cli_secret_wipe(&c->credentials.key);
    c->credentials.key_source = NULL;
    return code == CLI_OK ? open_address(c) : code;
}

void client_release(struct client *c)
{
    cli_secret_wipe(&c->credentials.key);
}

int client_say_unreachable(struct client *c, const struct transfer *t)
{
    cli_error(c->cli, "cannot reach %s: %s", c->url.base, t->why);
    if (t->refused && c->url.loopback && cli_is_native(c->cli))
        cli_hint(c->cli, "Is the daemon running? `%s serve --demo` starts one.", c->cli->name);
    else if (strcmp(c->credentials.api_url_source, "default") == 0)
        cli_hint(c->cli, "Set %s to the server's address.", cli_credentials_url_env(c->cli));
    else if (t->untrusted)
        cli_hint(c->cli,
                 "SSL_CERT_FILE=FILE trusts the authority in that file, such as the demo's var/gateway/tls/ca.pem.");
    else
        cli_hint(c->cli, "The address came from %s.", c->credentials.api_url_source);
    return CLI_FAILURE;
}

static bool take_body(void *arg, const char *data, size_t len)
{
    struct buf *body = arg;
    buf_add(body, data, len);
    return !body->failed;
}

/* Runs `t` and reads its reply. A 2xx must be JSON when it has a body. */
static int exchange(struct client *c, struct transfer *t, struct client_reply *reply)
{
    struct buf answer;
    int result = CLI_OK;
    *reply = (struct client_reply){0};
    buf_init(&answer, BODY_MAX);
    t->take = take_body;
    t->arg = &answer;
    if (!transfer_run(c, t)) {
        result = CLI_FAILURE;
    } else if (answer.len > 0) {
        struct json_problem problem;
        reply->json = json_read(&c->cli->arena, buf_str(&answer), &problem);
    }
    reply->status = t->status;
    reply->invalid_token = t->invalid_token;
    if (result == CLI_OK && answer.len > 0 && !reply->json && reply->status < 300) {
        cli_error(c->cli, "%s answered something else than JSON; is that the right address?", c->url.base);
        result = CLI_FAILURE;
    }
    buf_release(&answer);
    return result;
}

int client_call(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    struct transfer t = {.method = method, .path = path, .body = text, .content_type = "application/json"};
    int result = exchange(c, &t, reply);
    client_free_json_text(text);
    return t.why ? client_say_unreachable(c, &t) : result;
}

int client_form(struct client *c, const char *path, const char *form, struct client_reply *reply, const char **why)
{
    struct transfer t = {
        .method = "POST", .path = path, .body = form, .content_type = "application/x-www-form-urlencoded"};
    int result = exchange(c, &t, reply);
    if (why)
        *why = t.why;
    else if (t.why)
        client_say_unreachable(c, &t);
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
    static const char *const names[] = {"detail", "message", "error_description", "error", "title"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_member(json, names[i]))
            return text_member(json, names[i]);
        const json_t *inner = json_object_get(json, names[i]);
        if (json_is_object(inner) && text_member(inner, "message"))
            return text_member(inner, "message");
    }
    return NULL;
}

/* `ip_allow` of the API is --ip-allow here, `scopes` is --scope, and `expires_at` --expires. */
static bool is_option(const char *option, const char *member, size_t len)
{
    size_t i = 0;
    for (; i < len && option[i] && option[i] == (member[i] == '_' ? '-' : member[i]); i++)
        ;
    struct cardea_str rest = {member + i, len - i};
    return !option[i] && (rest.len == 0 || str_eq(rest, STR("s")) || str_eq(rest, STR("_at")));
}

/* Where somebody who typed a command finds it: "query/by", "/name" and "/scopes/0" are what an option gave, if there is
 * such a one. */
static const char *place_of(struct cli *cli, const char *location)
{
    static const char query[] = "query/";
    const char *member = strncmp(location, query, sizeof(query) - 1) == 0 ? location + sizeof(query) - 1
                         : location[0] == '/'                             ? location + 1
                                                                          : location;
    size_t len = strcspn(member, "/");
    if (member[len] && member[len + 1 + strspn(member + len + 1, "0123456789")])
        return location; /* farther down: of a document */
    for (size_t i = 0; cli->command && i < cli->command->option_count; i++)
        if (is_option(cli->command->options[i].name, member, len))
            return arena_printf(&cli->arena, "--%s", cli->command->options[i].name).ptr;
    return location;
}

/* What `said` has told already is not told again. */
static void report_problem(struct cli *cli, const json_t *item, const char *said)
{
    const char *location = text_member(item, "location"), *message = text_member(item, "message"),
               *fix = text_member(item, "fix");
    if (message && said && strcmp(message, said) == 0)
        message = NULL;
    if (!message && !fix)
        return;
    bool ended = message && message[strlen(message) - 1] == '.';
    cli_hint(cli, "%s%s%s%s%s", location ? place_of(cli, location) : "", location ? ": " : "", message ? message : "",
             !message || !fix ? ""
             : ended          ? " "
                              : " - ",
             fix ? fix : "");
}

static void report_problems(struct client *c, const json_t *json, const char *said)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(json, "errors"), i, item) report_problem(c->cli, item, said);
}

/* Of a content policy: what was found, whatever else is in the answer. */
static void report_reasons(struct cli *cli, const json_t *json)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(json, "reasons"), i, item)
    {
        const char *code = text_member(item, "code"), *rule = text_member(item, "rule_id");
        if (code)
            cli_hint(cli, "%s%s%s%s", code, rule ? " (" : "", rule ? rule : "", rule ? ")" : "");
    }
}

void client_report(struct client *c, const struct client_reply *reply)
{
    const char *text = sentence(reply->json), *id = text_member(reply->json, "request_id");
    if (text)
        cli_error(c->cli, "%s", text);
    else
        cli_error(c->cli, "%s answered with status %ld", c->url.base, reply->status);
    report_problems(c, reply->json, text);
    report_reasons(c->cli, reply->json);
    if (reply->status >= 300 && reply->status < 400)
        cli_hint(c->cli, "It redirects, and a key is not sent on: name the final address with --api-url.");
    if (reply->status == 401 && c->credentials.key_source)
        cli_hint(c->cli, "The key (%s) came from %s.", cli_credentials_mask(c->cli, &c->credentials.key),
                 c->credentials.key_source);
    if (id)
        cli_hint(c->cli, "(request %s)", id);
}

int client_do(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply)
{
    int code = client_call(c, method, path, body, reply);
    if (code == CLI_OK && (code = client_exit_code(reply->status)) != CLI_OK) {
        const char *said = text_member(reply->json, "code");
        code = said && strcmp(said, "content_blocked") == 0 ? CLI_BLOCKED : code;
        client_report(c, reply);
    }
    if (code != CLI_OK)
        client_reply_release(reply);
    return code;
}

const char *client_query(struct cli *cli, const char *path, const char *name, const char *value)
{
    if (!value)
        return path;
    return arena_printf(&cli->arena, "%s%c%s=%s", path, strchr(path, '?') ? '&' : '?', name,
                        cli_url_encode(&cli->arena, value))
        .ptr;
}

const char *client_path(struct cli *cli, const char *collection, const char *name, const char *rest)
{
    return arena_printf(&cli->arena, "%s/%s%s", collection, cli_url_encode(&cli->arena, name), rest).ptr;
}

int client_run(struct cli *cli, const char *method, const char *path, json_t *body, client_show_fn show,
               const void *arg)
{
    struct client c;
    struct client_reply reply;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, path, json_incref(body), &reply);
    if (code == CLI_OK) {
        code = show(cli, reply.json, arg);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

int client_each(struct client *c, const char *path, client_each_fn each, void *arg)
{
    const char *cursor = NULL;
    path = client_query(c->cli, path, "limit", "200");
    do {
        struct client_reply reply;
        int code = client_do(c, "GET", client_query(c->cli, path, "cursor", cursor), NULL, &reply);
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
