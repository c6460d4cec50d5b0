#include "base/str.h"
#include "base/timefmt.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

static const char *path_of(struct cli *cli, const struct cli_args *args, const char *rest)
{
    return client_query(cli, client_path(cli, "/v1/webhooks", args->words[0], rest), "account",
                        cli_args_get(args, "account"));
}

/* ---- one endpoint ---- */

static int show_webhook(struct cli *cli, const json_t *hook, const void *arg)
{
    const char *said = arg;
    if (cli->json) {
        output_json(cli, hook);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, hook, "id").ptr);
    } else if (!said) {
        output_field(cli, "ID", output_text(cli, hook, "id"));
        output_field(cli, "Account", output_text(cli, hook, "account"));
        output_field(cli, "URL", output_text(cli, hook, "url"));
        output_field(cli, "Events", output_text(cli, hook, "events"));
        output_field(cli, "Description", output_text(cli, hook, "description"));
        output_field(cli, "Status", output_text(cli, hook, "status"));
        output_field(cli, "Stopped because", output_text(cli, hook, "stopped_because"));
        output_field(cli, "Failing since", output_time(cli, hook, "failing_since", ""));
        output_field(cli, "Signature header", output_text(cli, hook, "signature_header"));
        output_field(cli, "Secret made", output_time(cli, hook, "secret_created_at", ""));
        output_field(cli, "Old secret until", output_time(cli, hook, "previous_secret_until", ""));
        output_field(cli, "Created", output_time(cli, hook, "created_at", ""));
    }
    if (said)
        cli_done(cli, "%s", said);
    return CLI_OK;
}

/* The secret is all that a script wants of it. `arg`: whether it took the place of another. */
static int show_secret(struct cli *cli, const json_t *hook, const void *arg)
{
    if (cli->json) {
        output_json(cli, hook);
        return CLI_OK;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, hook, "secret").ptr);
        return CLI_OK;
    }
    output_field(cli, "ID", output_text(cli, hook, "id"));
    output_field(cli, "URL", output_text(cli, hook, "url"));
    output_field(cli, "Events", output_text(cli, hook, "events"));
    output_field(cli, "Secret", output_text(cli, hook, "secret"));
    if (arg)
        output_field(cli, "Old secret until", output_time(cli, hook, "previous_secret_until", ""));
    cli_note(cli, "Save this secret: it will not be shown again.");
    return CLI_OK;
}

static json_t *input_of(struct cli *cli, const struct cli_args *args, const char *url)
{
    size_t count;
    const char **events = cli_args_all(cli, args, "event", &count);
    json_t *list = count ? json_array() : NULL;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(events[i]));
    json_t *body = json_pack("{s:s*,s:o*,s:s*}", "url", url, "events", list, "description",
                             cli_args_get(args, "description"));
    if (!body)
        cli_error(cli, "what was given is not UTF-8");
    return body;
}

int cmd_webhooks_create(struct cli *cli, const struct cli_args *args)
{
    json_t *body = input_of(cli, args, args->words[0]);
    if (!body)
        return CLI_USAGE;
    if (cli_args_get(args, "account"))
        json_object_set_new(body, "account", json_string(cli_args_get(args, "account")));
    return client_run(cli, "POST", "/v1/webhooks", body, show_secret, NULL);
}

int cmd_webhooks_show(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "GET", path_of(cli, args, ""), NULL, show_webhook, NULL);
}

int cmd_webhooks_update(struct cli *cli, const struct cli_args *args)
{
    bool enable = cli_args_has(args, "enable"), disable = cli_args_has(args, "disable");
    if (enable && disable) {
        cli_error(cli, "--enable or --disable, not both");
        return CLI_USAGE;
    }
    json_t *body = input_of(cli, args, cli_args_get(args, "url"));
    if (!body)
        return CLI_USAGE;
    if (enable || disable)
        json_object_set_new(body, "enabled", json_boolean(enable));
    if (json_object_size(body) == 0) {
        json_decref(body);
        cli_error(cli, "say what is to change: --url, --event, --description, --enable or --disable");
        return CLI_USAGE;
    }
    return client_run(cli, "PATCH", path_of(cli, args, ""), body, show_webhook,
                      output_said(cli, "Changed", args->words[0]));
}

int cmd_webhooks_delete(struct cli *cli, const struct cli_args *args)
{
    const char *id = args->words[0];
    int code = prompt_loss(cli, arena_printf(&cli->arena, "%s would be deleted for good", id).ptr,
                           arena_printf(&cli->arena, "Delete %s?", id).ptr, "nothing was deleted");
    return code == CLI_OK
               ? client_run(cli, "DELETE", path_of(cli, args, ""), NULL, show_webhook, output_said(cli, "Deleted", id))
               : code;
}

static const struct table_column webhook_columns[] = {
    {"ID", false, false},     {"URL", true, false},        {"EVENTS", true, false},
    {"STATUS", false, false}, {"DESCRIPTION", true, true}, {"CREATED", false, true},
};

static void webhook_row(struct cli *cli, struct table *t, const json_t *hook)
{
    struct cardea_str status = output_text(cli, hook, "status");
    const struct table_cell cells[] = {
        {output_text(cli, hook, "id"), TABLE_DIM},
        {output_text(cli, hook, "url"), TABLE_PLAIN},
        {output_text(cli, hook, "events"), TABLE_PLAIN},
        {status, str_eq(status, STR("stopped")) ? TABLE_BAD : TABLE_PLAIN},
        {output_text(cli, hook, "description"), TABLE_PLAIN},
        {output_time(cli, hook, "created_at", ""), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_webhooks_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {webhook_columns, sizeof(webhook_columns) / sizeof(webhook_columns[0]),
                                          webhook_row, "No webhooks.", NULL};
    return page_list(cli, args, client_query(cli, "/v1/webhooks", "account", cli_args_get(args, "account")), &view);
}

int cmd_webhooks_rotate_secret(struct cli *cli, const struct cli_args *args)
{
    const char *overlap = cli_args_get(args, "overlap");
    int64_t sec = 0;
    if (overlap && !timefmt_parse_duration(str_of(overlap), &sec)) {
        cli_error(cli, "--overlap \"%s\": write a time such as 24h, or 0", overlap);
        return CLI_USAGE;
    }
    json_t *body = overlap ? json_pack("{s:I}", "overlap_sec", (json_int_t)sec) : json_object();
    return client_run(cli, "POST", path_of(cli, args, "/rotate-secret"), body, show_secret, cli);
}

int cmd_webhooks_cut_over(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "POST", path_of(cli, args, "/cut-over"), NULL, show_webhook,
                      "The new secret alone signs from now on");
}

/* ---- deliveries ---- */

static const struct table_column delivery_columns[] = {
    {"TIME", false, false},    {"TYPE", false, false}, {"STATE", false, false}, {"STATUS", false, false},
    {"ATTEMPTS", false, true}, {"MS", false, true},    {"ERROR", true, true},   {"ID", false, false},
};

static void delivery_row(struct cli *cli, struct table *t, const json_t *delivery)
{
    struct cardea_str state = output_text(cli, delivery, "state");
    const struct table_cell cells[] = {
        {output_time(cli, delivery, "event_at", ""), TABLE_DIM},
        {output_text(cli, delivery, "type"), TABLE_PLAIN},
        {state, str_eq(state, STR("failed")) ? TABLE_BAD : TABLE_PLAIN},
        {output_text(cli, delivery, "status"), TABLE_PLAIN},
        {output_text(cli, delivery, "attempts"), TABLE_PLAIN},
        {output_text(cli, delivery, "latency_ms"), TABLE_PLAIN},
        {output_text(cli, delivery, "error"), TABLE_PLAIN},
        {output_text(cli, delivery, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

/* All there is to one, as it came: its attempts, what was sent, what was answered. */
static int show_delivery(struct cli *cli, const json_t *delivery, const void *arg)
{
    output_json(cli, delivery);
    return CLI_OK;
}

int cmd_webhooks_deliveries(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {delivery_columns, sizeof(delivery_columns) / sizeof(delivery_columns[0]),
                                          delivery_row, "Nothing was sent.", NULL};
    if (args->word_count > 1) {
        const char *rest = arena_printf(&cli->arena, "/deliveries/%s", cli_url_encode(&cli->arena, args->words[1])).ptr;
        return client_run(cli, "GET", path_of(cli, args, rest), NULL, show_delivery, NULL);
    }
    return page_list(cli, args,
                     client_query(cli, path_of(cli, args, "/deliveries"), "state", cli_args_get(args, "state")), &view);
}

static int show_replayed(struct cli *cli, const json_t *reply, const void *arg)
{
    if (cli->json)
        output_json(cli, reply);
    if (json_integer_value(json_object_get(reply, "queued")) == 0)
        cli_note(cli, arg ? "It is on its way already." : "Nothing failed in that time.");
    else
        cli_done(cli, "Queued anew: %s", output_text(cli, reply, "queued").ptr);
    if (json_is_true(json_object_get(reply, "more")))
        cli_note(cli, "There are more: run it again.");
    return CLI_OK;
}

/* An RFC 3339 time, or how long ago. */
static bool read_time(struct cli *cli, const struct cli_args *args, const char *name, json_t *body)
{
    const char *text = cli_args_get(args, name);
    char time[TIMEFMT_LEN];
    int64_t at, ago;
    if (!text)
        return true;
    if (timefmt_parse_duration(str_of(text), &ago))
        at = cli->now - ago;
    else if (!timefmt_parse(str_of(text), &at)) {
        cli_error(cli, "--%s \"%s\": write a time such as 2026-11-21T08:00:00Z, or how long ago, such as 2h", name,
                  text);
        return false;
    }
    timefmt_rfc3339(time, at);
    json_object_set_new(body, name, json_string(time));
    return true;
}

int cmd_webhooks_replay(struct cli *cli, const struct cli_args *args)
{
    const char *delivery = args->word_count > 1 ? args->words[1] : NULL;
    json_t *body = json_pack("{s:s*}", "delivery", delivery);
    if (!body || !read_time(cli, args, "since", body) || !read_time(cli, args, "until", body)) {
        json_decref(body);
        return CLI_USAGE;
    }
    if ((delivery != NULL) == (json_object_get(body, "since") != NULL)) {
        json_decref(body);
        cli_error(cli, "say what is sent once more: a delivery, or --since TIME");
        return CLI_USAGE;
    }
    return client_run(cli, "POST", path_of(cli, args, "/replay"), body, show_replayed, delivery);
}

static int show_test(struct cli *cli, const json_t *delivery, const void *arg)
{
    if (cli->json)
        output_json(cli, delivery);
    else if (cli->quiet)
        output_line(cli, output_text(cli, delivery, "id").ptr);
    cli_done(cli, "A test event is on its way: `%s webhooks deliveries %s` says what came of it", cli->name,
             (const char *)arg);
    return CLI_OK;
}

int cmd_webhooks_test(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "POST", path_of(cli, args, "/test"), NULL, show_test, args->words[0]);
}
