#include "cli/device.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/browser.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/url.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

/* RFC 8628, 3.2: what counts when the server does not say. */
#define INTERVAL_DEFAULT 5
/* RFC 8628, 3.5: so many seconds more after each slow_down. */
#define SLOW_DOWN_SEC    5
#define INTERVAL_MAX     300
#define BACKOFF_MAX      60
#define EXPIRY_MAX       (24 * 3600)
#define FORM_MAX         8192
#define UNUSED_SHOWN_MAX 20

struct grant {
    const char *uri, *uri_complete, *user_code;
    json_int_t interval, expires_in;
    struct cli_secret device_code;
};

static const char *member(struct client *c, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? arena_cstr(&c->cli->arena, str_of(text)) : NULL;
}

/* "oanim on laptop": what the person is asked to confirm, and the key's name. */
static const char *client_name(struct cli *cli)
{
    char host[65] = "";
    if (gethostname(host, sizeof(host) - 1) != 0 || !*host)
        return cli->name;
    return arena_printf(&cli->arena, "%s on %s", cli->name, host).ptr;
}

static int say_strange(struct client *c)
{
    cli_error(c->cli, "%s answered something else than RFC 8628 says; is that the right address?", c->url.base);
    return CLI_FAILURE;
}

static bool read_grant(struct client *c, const json_t *json, struct grant *g)
{
    const char *device_code = json_string_value(json_object_get(json, "device_code"));
    g->uri = member(c, json, "verification_uri");
    g->uri_complete = member(c, json, "verification_uri_complete");
    g->user_code = member(c, json, "user_code");
    g->expires_in = json_integer_value(json_object_get(json, "expires_in"));
    g->interval = json_integer_value(json_object_get(json, "interval"));
    if (g->interval < 1)
        g->interval = INTERVAL_DEFAULT;
    if (g->interval > INTERVAL_MAX)
        g->interval = INTERVAL_MAX;
    if (g->expires_in > EXPIRY_MAX)
        g->expires_in = EXPIRY_MAX;
    return g->uri && g->user_code && g->expires_in > 0 && device_code &&
           cli_secret_set(&g->device_code, str_of(device_code));
}

static int ask(struct client *c, struct grant *g)
{
    struct cli *cli = c->cli;
    struct client_reply reply;
    const char *form = arena_printf(&cli->arena, "client_id=%s&client_name=%s", cli_url_encode(&cli->arena, cli->name),
                                    cli_url_encode(&cli->arena, client_name(cli)))
                           .ptr;
    int code = client_form(c, "/oauth/device_authorization", form, &reply, NULL);
    if (code != CLI_OK)
        return code;
    if (reply.status == 404 || reply.status == 405) {
        cli_error(cli, "%s has no log-in in the browser", c->url.base);
        cli_hint(cli, "Save a key that you have: %s login --token -", cli->name);
        code = CLI_FAILURE;
    } else if ((code = client_exit_code(reply.status)) != CLI_OK) {
        client_report(c, &reply);
    } else if (!read_grant(c, reply.json, g)) {
        code = say_strange(c);
    }
    client_reply_release(&reply);
    return code;
}

static void put_clean(FILE *to, const char *text)
{
    struct buf clean;
    buf_init(&clean, 4096);
    table_clean(&clean, str_of(text));
    fprintf(to, "%.*s", STR_ARG(buf_str(&clean)));
    buf_release(&clean);
}

/* With --quiet too: without it nobody can go on. */
static void show(struct cli *cli, const struct grant *g)
{
    const char *bold = cli->err_colour ? "\033[1m" : "", *end = cli->err_colour ? "\033[0m" : "";
    fflush(cli->out);
    fputs("Open ", cli->err);
    put_clean(cli->err, g->uri);
    fprintf(cli->err, " and enter %s", bold);
    put_clean(cli->err, g->user_code);
    fprintf(cli->err, "%s\n", end);
    fflush(cli->err);
    const char *age = g->expires_in >= 120
                          ? arena_printf(&cli->arena, "%lld minutes", (long long)g->expires_in / 60).ptr
                          : arena_printf(&cli->arena, "%lld seconds", (long long)g->expires_in).ptr;
    cli_note(cli, "Waiting for you to confirm there; the code is good for %s.", age);
}

/* The keys that could make room, when the account has as many as it may. */
static void say_unused(struct client *c, const json_t *reply)
{
    struct cli *cli = c->cli;
    size_t i;
    const json_t *key, *unused = json_object_get(reply, "unused");
    if (json_array_size(unused) == 0)
        return;
    cli_hint(cli, "Those that could go, the longest unused first:");
    json_array_foreach(unused, i, key)
    {
        struct cardea_str used = output_text(cli, key, "last_used_at");
        int64_t when;
        const char *last = used.len == 0                 ? "never used"
                           : !timefmt_parse(used, &when) ? used.ptr
                                                         : arena_printf(&cli->arena, "last used %.10s (%s)", used.ptr,
                                                                        output_ago(&cli->arena, when, cli->now))
                                                               .ptr;
        if (i < UNUSED_SHOWN_MAX)
            cli_hint(cli, "  %s %s revoke %.*s   %.*s  %.*s, %s", cli->name, cli_keys_noun(cli),
                     STR_ARG(output_text(cli, key, "id")), STR_ARG(output_text(cli, key, "prefix")),
                     STR_ARG(output_text(cli, key, "name")), last);
    }
    cli_hint(cli, "Revoke one with a key that you have, or where you log in with the browser; then `%s login` again.",
             cli->name);
}

static int say_expired(struct cli *cli)
{
    cli_error(cli, "nobody confirmed in time, so nobody is logged in");
    cli_hint(cli, "`%s login` gives a new code.", cli->name);
    return CLI_AUTH;
}

enum poll { POLL_AGAIN, POLL_SLOWER, POLL_UNHEARD, POLL_OVER };

/* A refusal: whether it is one to wait after; else *code says how it ended. */
static enum poll read_refusal(struct client *c, const struct client_reply *reply, int *code)
{
    const char *error = json_string_value(json_object_get(reply->json, "error"));
    if (reply->status == 429 || reply->status >= 500)
        return POLL_UNHEARD;
    if (error && strcmp(error, "authorization_pending") == 0)
        return POLL_AGAIN;
    if (error && strcmp(error, "slow_down") == 0)
        return POLL_SLOWER;
    *code = CLI_AUTH;
    if (error && strcmp(error, "expired_token") == 0) {
        say_expired(c->cli);
    } else if (error && strcmp(error, "access_denied") == 0) {
        const char *why = member(c, reply->json, "error_description");
        cli_error(c->cli, "%s", why ? why : "the log-in was refused");
        say_unused(c, reply->json);
    } else {
        client_report(c, reply);
        *code = CLI_FAILURE;
    }
    return POLL_OVER;
}

static enum poll poll_once(struct client *c, const char *form, struct cli_secret *out, const char **key_id, int *code)
{
    struct client_reply reply;
    const char *unheard = NULL;
    enum poll result = POLL_OVER;
    *code = client_form(c, "/oauth/token", form, &reply, &unheard);
    if (unheard) {
        result = POLL_UNHEARD;
    } else if (*code == CLI_OK && reply.status != 200) {
        result = read_refusal(c, &reply, code);
    } else if (*code == CLI_OK) {
        const char *key = json_string_value(json_object_get(reply.json, "access_token"));
        *key_id = member(c, reply.json, "key_id");
        if (!key || !cli_secret_set(out, str_of(key)))
            *code = say_strange(c);
    }
    client_reply_release(&reply);
    return result;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for_answer(struct client *c, const struct grant *g, struct cli_secret *out, const char **key_id)
{
    char form[FORM_MAX];
    int64_t interval = g->interval, pause = interval, end = now_ms() + g->expires_in * 1000;
    int code = CLI_OK;
    bool told = false;
    struct cardea_str device_code = cli_secret_reveal(&g->device_code);
    char *text = arena_cstr(&c->cli->arena, device_code);
    const char *encoded = cli_url_encode(&c->cli->arena, text);
    snprintf(form, sizeof(form), "grant_type=%s&device_code=%s&client_id=%s",
             cli_url_encode(&c->cli->arena, GRANT_TYPE), encoded, cli_url_encode(&c->cli->arena, c->cli->name));
    enum poll result = POLL_AGAIN;
    while (result != POLL_OVER) {
        int64_t left = (end - now_ms() + 999) / 1000;
        if (left <= 0) {
            code = say_expired(c->cli);
            break;
        }
        sleep((unsigned)(pause < left ? pause : left));
        result = poll_once(c, form, out, key_id, &code);
        if (result == POLL_SLOWER && interval < INTERVAL_MAX)
            interval += SLOW_DOWN_SEC;
        if (result != POLL_UNHEARD) {
            pause = interval;
            continue;
        }
        /* RFC 8628, 3.5: twice as long each time, or a server in need gets more of what it cannot bear */
        pause = pause * 2 < BACKOFF_MAX ? pause * 2 : BACKOFF_MAX > interval ? BACKOFF_MAX : interval;
        if (!told)
            cli_note(c->cli, "%s does not answer now; trying again until the code expires.", c->url.base);
        told = true;
    }
    cardea_wipe(form, sizeof(form));
    return code;
}

int device_login(struct client *c, struct cli_secret *out, const char **key_id)
{
    struct grant g = {0};
    *key_id = NULL;
    int code = ask(c, &g);
    if (code == CLI_OK) {
        show(c->cli, &g);
        browser_open(c->cli, g.uri_complete ? g.uri_complete : g.uri);
        /* on a terminal ^C stands on the line already */
        interrupt_say(c->cli->err_tty ? "\nInterrupted; nobody is logged in.\n"
                                      : "Interrupted; nobody is logged in.\n");
        code = wait_for_answer(c, &g, out, key_id);
        interrupt_say(NULL);
    }
    cli_secret_wipe(&g.device_code);
    return code;
}
