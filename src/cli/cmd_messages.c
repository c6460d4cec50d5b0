#include <errno.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"

/* As the server takes it; more would be refused there. */
#define TEXT_MAX ((size_t)1 << 20)

static bool read_text(struct cli *cli, const char *path, struct cardea_str *out)
{
    struct buf all;
    char part[16 * 1024];
    size_t n;
    if (strcmp(path, "-") != 0) {
        if (file_read(&cli->arena, path, TEXT_MAX, out))
            return true;
        cli_error(cli, "%s: %s", path, strerror(errno));
        return false;
    }
    buf_init(&all, TEXT_MAX);
    while (!all.failed && (n = fread(part, 1, sizeof(part), stdin)) > 0)
        buf_add(&all, part, n);
    bool good = !all.failed && !ferror(stdin);
    if (good)
        *out = arena_str(&cli->arena, buf_str(&all));
    else
        cli_error(cli, "%s", all.failed ? "standard input is longer than 1 MiB" : strerror(errno));
    buf_release(&all);
    return good;
}

/* "/v1/agents/AGENT" and what is beneath, with the account that a slug is looked for in. */
static const char *path_of(struct cli *cli, const struct cli_args *args, const char *rest)
{
    const char *account = cli_args_get(args, "account"), *agent = cli_url_encode(&cli->arena, args->words[0]);
    if (!account)
        return arena_printf(&cli->arena, "/v1/agents/%s/%s", agent, rest).ptr;
    return arena_printf(&cli->arena, "/v1/agents/%s/%s?account=%s", agent, rest, cli_url_encode(&cli->arena, account))
        .ptr;
}

static json_t *read_attachments(struct cli *cli, const struct cli_args *args, bool *good)
{
    size_t count;
    const char **files = cli_args_all(cli, args, "attach", &count);
    json_t *list = json_array();
    for (size_t i = 0; *good && i < count; i++) {
        const char *slash = strrchr(files[i], '/');
        struct cardea_str text;
        *good = read_text(cli, files[i], &text);
        if (!*good)
            break;
        json_t *one = json_pack("{s:s,s:s%}", "name", slash ? slash + 1 : files[i], "text", text.ptr, text.len);
        *good = one && json_array_append_new(list, one) == 0;
        if (!*good)
            cli_error(cli, "%s: it is not text in UTF-8, and only text is attached", files[i]);
    }
    return list;
}

static void show_sent(struct cli *cli, const json_t *message)
{
    if (cli->json) {
        output_json(cli, message);
        return;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, message, "id").ptr);
        return;
    }
    struct cardea_str verdict = output_text(cli, message, "verdict");
    output_field(cli, "ID", output_text(cli, message, "id"));
    output_field(cli, "To", output_text(cli, message, "to"));
    output_field(cli, "Channel", output_text(cli, message, "channel"));
    output_field(cli, "State", output_text(cli, message, "state"));
    output_field(cli, "Verdict", verdict);
    if (str_eq(verdict, STR("flag")))
        cli_note(cli, "It was flagged: the event content.flagged says for what.");
}

static int call(struct cli *cli, const char *method, const char *path, json_t *body,
                void (*show)(struct cli *cli, const json_t *reply))
{
    struct client c;
    struct client_reply reply;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, path, json_incref(body), &reply);
    if (code == CLI_OK) {
        if (reply.json)
            show(cli, reply.json);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

int cmd_messages_send(struct cli *cli, const struct cli_args *args)
{
    const char *body = cli_args_get(args, "body"), *file = cli_args_get(args, "file");
    struct cardea_str text = str_of(body);
    if ((body != NULL) == (file != NULL)) {
        cli_error(cli, "say what is sent: --body TEXT, or --file FILE (- is standard input)");
        return CLI_USAGE;
    }
    bool good = !file || read_text(cli, file, &text);
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
    return call(cli, "POST", path_of(cli, args, "messages"), message, show_sent);
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
    struct client c;
    if (one ? state != NULL : after != NULL) {
        cli_error(cli, one ? "--state is for the list of all messages, without an agent"
                           : "--after is for one agent's inbox: name the agent");
        return CLI_USAGE;
    }
    int code = client_open(&c, cli);
    if (code == CLI_OK && one)
        code = page_list(&c, args, client_query(&c, path_of(cli, args, "messages"), "after", after), &inbox);
    else if (code == CLI_OK)
        code = page_list(&c, args,
                         client_query(&c, client_query(&c, "/v1/messages", "account", cli_args_get(args, "account")),
                                      "state", state),
                         &all);
    client_release(&c);
    return code;
}

/* ---- acknowledging, and what signs ---- */

static void show_acknowledged(struct cli *cli, const json_t *reply)
{
    if (cli->json)
        output_json(cli, reply);
    else if (json_object_get(reply, "acknowledged"))
        cli_done(cli, "Acknowledged %s", output_text(cli, reply, "acknowledged").ptr);
    else
        cli_done(cli, "Acknowledged %s", output_text(cli, reply, "id").ptr);
}

int cmd_messages_ack(struct cli *cli, const struct cli_args *args)
{
    const char *id = args->words[1];
    if (cli_args_has(args, "up-to"))
        return call(cli, "POST", path_of(cli, args, "messages/ack"), json_pack("{s:s}", "up_to", id),
                    show_acknowledged);
    const char *rest = arena_printf(&cli->arena, "messages/%s/ack", cli_url_encode(&cli->arena, id)).ptr;
    return call(cli, "POST", path_of(cli, args, rest), NULL, show_acknowledged);
}

static void show_secret(struct cli *cli, const json_t *reply)
{
    if (cli->json) {
        output_json(cli, reply);
        return;
    }
    output_line(cli, output_text(cli, reply, "secret").ptr);
    cli_note(cli, "It is shown this once. Beside it the one before goes on signing for a day.");
}

int cmd_messages_secret(struct cli *cli, const struct cli_args *args)
{
    return call(cli, "POST", path_of(cli, args, "push-secret"), NULL, show_secret);
}
