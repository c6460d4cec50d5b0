#include "base/str.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/page.h"

/* As the server takes it; more would be refused there. */
#define TEXT_MAX ((size_t)1 << 20)

/* Of the agent that is named, with the account that its slug is looked for in. */
static const char *path_of(struct cli *cli, const struct cli_args *args, const char *rest)
{
    return client_query(cli, client_path(cli, "/v1/agents", args->words[0], rest), "account",
                        cli_args_get(args, "account"));
}

static json_t *read_attachments(struct cli *cli, const struct cli_args *args, bool *good)
{
    size_t count;
    const char **files = cli_args_all(cli, args, "attach", &count);
    json_t *list = json_array();
    for (size_t i = 0; *good && i < count; i++) {
        const char *slash = strrchr(files[i], '/');
        struct cardea_str text;
        *good = input_read(cli, files[i], TEXT_MAX, &text);
        if (!*good)
            break;
        json_t *one = json_pack("{s:s,s:s%}", "name", slash ? slash + 1 : files[i], "text", text.ptr, text.len);
        *good = one && json_array_append_new(list, one) == 0;
        if (!*good)
            cli_error(cli, "%s: it is not text in UTF-8, and only text is attached", files[i]);
    }
    return list;
}

static int show_sent(struct cli *cli, const json_t *message, const void *arg)
{
    if (cli->json) {
        output_json(cli, message);
        return CLI_OK;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, message, "id").ptr);
        return CLI_OK;
    }
    struct cardea_str verdict = output_text(cli, message, "verdict");
    output_field(cli, "ID", output_text(cli, message, "id"));
    output_field(cli, "To", output_text(cli, message, "to"));
    output_field(cli, "Channel", output_text(cli, message, "channel"));
    output_field(cli, "State", output_text(cli, message, "state"));
    output_field(cli, "Verdict", verdict);
    if (str_eq(verdict, STR("flag")))
        cli_note(cli, "It was flagged: the event content.flagged says for what.");
    return CLI_OK;
}

int cmd_messages_send(struct cli *cli, const struct cli_args *args)
{
    const char *body = cli_args_get(args, "body"), *file = cli_args_get(args, "file");
    struct cardea_str text = str_of(body);
    if ((body != NULL) == (file != NULL)) {
        cli_error(cli, "say what is sent: --body TEXT, or --file FILE (- is standard input)");
        return CLI_USAGE;
    }
    bool good = !file || input_read(cli, file, TEXT_MAX, &text);
    if (!good)
        return CLI_FAILURE;
    json_t *attached = read_attachments(cli, args, &good);
    json_t *message = good ? json_pack("{s:s,s:s%,s:s*,s:s*,s:O}", "to", cli_args_get(args, "to"), "body", text.ptr,
                                       text.len, "subject", cli_args_get(args, "subject"), "client_id",
                                       cli_args_get(args, "client-id"), "attachments", attached)
                           : NULL;
    json_decref(attached);
    if (!message) {
        if (good)
            cli_error(cli, "the message is not UTF-8");
        return CLI_USAGE;
    }
    return client_run(cli, "POST", path_of(cli, args, "/messages"), message, show_sent, NULL);
}

/* ---- lists ---- */

static const struct table_column inbox_columns[] = {
    {"TIME", false, false}, {"FROM", false, false}, {"SUBJECT", true, false},
    {"BODY", true, false},  {"ID", false, false},
};

static void inbox_row(struct cli *cli, struct table *t, const json_t *message)
{
    struct cardea_str verdict = output_text(cli, message, "verdict");
    const struct table_cell cells[] = {
        {output_time(cli, message, "created_at", ""), TABLE_DIM},
        {output_text(cli, message, "from_slug"), TABLE_PLAIN},
        {output_text(cli, message, "subject"), str_eq(verdict, STR("flag")) ? TABLE_WARN : TABLE_PLAIN},
        {output_text(cli, message, "body"), TABLE_PLAIN},
        {output_text(cli, message, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

static const struct table_column all_columns[] = {
    {"TIME", false, false},  {"FROM", false, false},    {"TO", true, false},   {"STATE", false, false},
    {"SUBJECT", true, true}, {"ATTEMPTS", false, true}, {"ERROR", true, true}, {"ID", false, false},
};

static void all_row(struct cli *cli, struct table *t, const json_t *message)
{
    struct cardea_str state = output_text(cli, message, "state"), to = output_text(cli, message, "to_slug");
    const struct table_cell cells[] = {
        {output_time(cli, message, "created_at", ""), TABLE_DIM},
        {output_text(cli, message, "from_slug"), TABLE_PLAIN},
        {to.len ? to : output_text(cli, message, "to"), TABLE_PLAIN},
        {state, str_eq(state, STR("failed")) ? TABLE_BAD : TABLE_PLAIN},
        {output_text(cli, message, "subject"), TABLE_PLAIN},
        {output_text(cli, message, "attempts"), TABLE_PLAIN},
        {output_text(cli, message, "error"), TABLE_PLAIN},
        {output_text(cli, message, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_messages_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view inbox = {inbox_columns, sizeof(inbox_columns) / sizeof(inbox_columns[0]), inbox_row,
                                           "No messages.", NULL},
                                  all = {all_columns, sizeof(all_columns) / sizeof(all_columns[0]), all_row,
                                         "No messages.", NULL};
    const char *state = cli_args_get(args, "state"), *after = cli_args_get(args, "after");
    bool one = args->word_count > 0;
    if (one ? state != NULL : after != NULL) {
        cli_error(cli, one ? "--state is for the list of all messages, without an agent"
                           : "--after is for one agent's inbox: name the agent");
        return CLI_USAGE;
    }
    if (one)
        return page_list(cli, args, client_query(cli, path_of(cli, args, "/messages"), "after", after), &inbox);
    const char *of_account = client_query(cli, "/v1/messages", "account", cli_args_get(args, "account"));
    return page_list(cli, args, client_query(cli, of_account, "state", state), &all);
}

/* ---- acknowledging, and what signs ---- */

static int show_acknowledged(struct cli *cli, const json_t *reply, const void *arg)
{
    const char *member = json_object_get(reply, "acknowledged") ? "acknowledged" : "id";
    if (cli->json)
        output_json(cli, reply);
    else
        cli_done(cli, "Acknowledged %s", output_text(cli, reply, member).ptr);
    return CLI_OK;
}

int cmd_messages_ack(struct cli *cli, const struct cli_args *args)
{
    const char *id = args->words[1];
    if (cli_args_has(args, "up-to"))
        return client_run(cli, "POST", path_of(cli, args, "/messages/ack"), json_pack("{s:s}", "up_to", id),
                          show_acknowledged, NULL);
    const char *rest = arena_printf(&cli->arena, "/messages/%s/ack", cli_url_encode(&cli->arena, id)).ptr;
    return client_run(cli, "POST", path_of(cli, args, rest), NULL, show_acknowledged, NULL);
}

static int show_secret(struct cli *cli, const json_t *reply, const void *arg)
{
    if (cli->json) {
        output_json(cli, reply);
        return CLI_OK;
    }
    output_line(cli, output_text(cli, reply, "secret").ptr);
    cli_note(cli, "It is shown this once. Beside it the one before goes on signing for a day.");
    return CLI_OK;
}

int cmd_messages_secret(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "POST", path_of(cli, args, "/push-secret"), NULL, show_secret, NULL);
}
