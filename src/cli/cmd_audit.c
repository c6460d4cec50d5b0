/* The audit log: its records, its key, its checkpoints. */
#include "base/str.h"
#include "cli/audit.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"

static const struct table_column columns[] = {
    {"INDEX", false, false},   {"TIME", false, false},  {"ACTION", false, false}, {"ACTOR", false, false},
    {"SUBJECT", false, false}, {"PREFIX", false, true}, {"ADDRESS", false, true},
};

static enum table_tone tone_of(struct cardea_str action)
{
    return str_eq(action, STR("session.refused")) || str_eq(action, STR("request.denied")) ||
                   str_eq(action, STR("key.denied")) || str_eq(action, STR("key.exposed")) ||
                   str_eq(action, STR("content.blocked"))
               ? TABLE_BAD
               : TABLE_PLAIN;
}

static void audit_row(struct cli *cli, struct table *t, const json_t *record)
{
    const json_t *detail = json_object_get(record, "detail");
    struct cardea_str action = output_text(cli, record, "action");
    const struct table_cell cells[] = {
        {output_text(cli, record, "index"), TABLE_DIM},
        {output_time(cli, record, "time", ""), TABLE_DIM},
        {action, tone_of(action)},
        {output_text(cli, record, "actor"), TABLE_PLAIN},
        {output_text(cli, record, "subject"), TABLE_PLAIN},
        {output_text(cli, detail, "prefix"), TABLE_PLAIN},
        {output_text(cli, record, "address"), TABLE_PLAIN},
    };
    table_add(t, cells);
}

int cmd_audit_list(struct cli *cli, const struct cli_args *args)
{
    static const char *const filters[] = {"account", "actor", "subject", "action", "from", "to"};
    static const struct page_view view = {columns, sizeof(columns) / sizeof(columns[0]), audit_row, "No records.",
                                          "index"};
    const char *path = "/v1/audit";
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
        path = client_query(cli, path, filters[i], cli_args_get(args, filters[i]));
    return page_list(cli, args, path, &view);
}

static int show_key(struct cli *cli, const json_t *answer, const void *arg)
{
    (void)arg;
    if (cli->json)
        fprintf(cli->out, "{\"key\": \"%s\"}\n", output_text(cli, answer, "key").ptr);
    else
        output_line(cli, output_text(cli, answer, "key").ptr);
    return CLI_OK;
}

int cmd_audit_key(struct cli *cli, const struct cli_args *args)
{
    (void)args;
    return client_run(cli, "GET", "/v1/audit/checkpoint", NULL, show_key, NULL);
}

/* The note byte for byte, as whoever keeps it needs it. */
static int show_checkpoint(struct cli *cli, const json_t *answer, const void *arg)
{
    const json_t *note = json_object_get(answer, "checkpoint");
    (void)arg;
    if (cli->json)
        output_json(cli, answer);
    else
        fwrite(json_string_value(note), 1, json_string_length(note), cli->out);
    return CLI_OK;
}

int cmd_audit_checkpoint(struct cli *cli, const struct cli_args *args)
{
    bool now = cli_args_has(args, "now");
    return client_run(cli, now ? "POST" : "GET", "/v1/audit/checkpoint", NULL, show_checkpoint, NULL);
}
