/* What an account used in a month, and the credits of its keys. */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/output.h"

/* ---- the statement ---- */

/* "10000 each month"; empty where nothing is filled up. */
static struct cardea_str refill_text(struct cli *cli, const json_t *line)
{
    const json_t *refill = json_object_get(line, "refill");
    if (!json_is_object(refill))
        return (struct cardea_str){0};
    struct cardea_str credits = output_text(cli, refill, "credits"), every = output_text(cli, refill, "every");
    return arena_printf(&cli->arena, "%.*s each %.*s", STR_ARG(credits), STR_ARG(every));
}

static void show_keys(struct cli *cli, const json_t *keys)
{
    static const struct table_column columns[] = {
        {"PREFIX", false, false},  {"NAME", true, false},     {"KIND", false, true},
        {"GRANTED", false, false}, {"REFUSED", false, false}, {"DRAWN", false, false},
        {"CREDITS", false, true},  {"REFILL", false, true},   {"ID", false, true},
    };
    struct table t;
    const json_t *line;
    size_t index;
    output_table(cli, &t, columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(keys, index, line)
    {
        const struct table_cell cells[] = {
            {output_text(cli, line, "prefix"), TABLE_PLAIN},       {output_text(cli, line, "name"), TABLE_PLAIN},
            {output_text(cli, line, "kind"), TABLE_DIM},           {output_text(cli, line, "granted"), TABLE_PLAIN},
            {output_text(cli, line, "refused"), TABLE_PLAIN},      {output_text(cli, line, "credits"), TABLE_PLAIN},
            {output_text(cli, line, "credits_left"), TABLE_PLAIN}, {refill_text(cli, line), TABLE_PLAIN},
            {output_text(cli, line, "key_id"), TABLE_DIM},
        };
        table_add(&t, cells);
    }
    table_finish(&t);
}

/* For people: a program that wants them has --json. */
static void show_groups(struct cli *cli, const json_t *groups)
{
    static const struct table_column columns[] = {{"GROUP", false, false}, {"GRANTED", false, false}};
    struct table t;
    const json_t *group;
    size_t index;
    output_line(cli, "");
    output_table(cli, &t, columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(groups, index, group)
    {
        struct cardea_str name = output_text(cli, group, "route_group");
        const struct table_cell cells[] = {{name.len ? name : STR("-"), TABLE_PLAIN},
                                           {output_text(cli, group, "granted"), TABLE_PLAIN}};
        table_add(&t, cells);
    }
    table_finish(&t);
}

static int show_statement(struct cli *cli, const json_t *answer, const void *arg)
{
    const json_t *keys = json_object_get(answer, "keys"), *groups = json_object_get(answer, "route_groups"), *line;
    size_t index;
    if (cli->json) {
        output_json(cli, answer);
        return CLI_OK;
    }
    if (cli->quiet) {
        json_array_foreach(keys, index, line) output_line(cli, output_text(cli, line, "key_id").ptr);
        return CLI_OK;
    }
    show_keys(cli, keys);
    if (cli->out_tty && json_array_size(groups))
        show_groups(cli, groups);
    cli_note(cli, "%s%s in %s: %s granted, %s refused, %s credits drawn.",
             cli->out_tty && json_array_size(keys) ? "\n" : "", output_text(cli, answer, "name").ptr,
             output_text(cli, answer, "month").ptr, output_text(cli, answer, "granted").ptr,
             output_text(cli, answer, "refused").ptr, output_text(cli, answer, "credits").ptr);
    return CLI_OK;
}

int cmd_billing_show(struct cli *cli, const struct cli_args *args)
{
    const char *path = client_query(cli, "/v1/billing", "account", cli_args_get(args, "account"));
    path = client_query(cli, path, "month", cli_args_get(args, "month"));
    return client_run(cli, "GET", path, NULL, show_statement, NULL);
}

/* ---- credits ---- */

/* "10000/month", "500/day", "none". */
static int add_refill(struct cli *cli, const struct cli_args *args, json_t *body)
{
    const char *text = cli_args_get(args, "refill");
    char *end;
    if (!text)
        return CLI_OK;
    if (strcmp(text, "none") == 0)
        return json_object_set_new(body, "refill", json_null()) == 0 ? CLI_OK : CLI_FAILURE;
    errno = 0;
    long long credits = *text >= '1' && *text <= '9' ? strtoll(text, &end, 10) : 0;
    if (credits < 1 || errno || (strcmp(end, "/day") != 0 && strcmp(end, "/month") != 0)) {
        cli_error(cli, "--refill \"%s\": write credits and how often, such as 10000/month or 500/day, or none", text);
        return CLI_USAGE;
    }
    json_object_set_new(body, "refill", json_pack("{s:I,s:s}", "credits", (json_int_t)credits, "every", end + 1));
    return CLI_OK;
}

static void show_line(struct cli *cli, const json_t *line, const char *whom)
{
    const json_t *refill = json_object_get(line, "refill");
    if (cli->json) {
        output_json(cli, line);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, line, "key_id").ptr);
    } else {
        output_field(cli, "Credits", output_text(cli, line, "credits_left"));
        output_field(cli, "Refill", refill_text(cli, line));
        output_field(cli, "Next", output_time(cli, refill, "next_at", ""));
    }
    cli_done(cli, "Updated %s", whom);
}

int cmd_billing_set(struct cli *cli, const struct cli_args *args)
{
    struct client c = {0};
    struct client_reply reply;
    struct keys_ref ref;
    json_t *body = json_object();
    int code = keys_credits(cli, args, body);
    if (code == CLI_OK)
        code = add_refill(cli, args, body);
    if (code == CLI_OK && json_object_size(body) == 0) {
        cli_error(cli, "say what is to change: --credits, --refill");
        code = CLI_USAGE;
    }
    if (code == CLI_OK)
        code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_resolve(&c, args, "/v1/keys", args->words[0], &ref);
    if (code == CLI_OK)
        code = client_do(&c, "PUT", keys_path_of(&c, "/v1/billing/keys", ref.id), json_incref(body), &reply);
    if (code == CLI_OK) {
        show_line(cli, reply.json, ref.shown);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}
