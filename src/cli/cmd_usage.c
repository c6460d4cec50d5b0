#include "base/str.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/output.h"

static const struct {
    const char *member;
    struct table_column column;
} columns[] = {
    {"time", {"TIME", false, false}},       {"account", {"ACCOUNT", false, false}},
    {"key_id", {"KEY", false, false}},      {"outcome", {"OUTCOME", false, false}},
    {"granted", {"GRANTED", false, false}}, {"refused", {"REFUSED", false, false}},
    {"credits", {"CREDITS", false, false}},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int show_usage(struct cli *cli, const json_t *answer, const void *arg)
{
    struct table t;
    struct table_column shown[COLUMNS];
    const char *members[COLUMNS];
    const json_t *rows = json_object_get(answer, "data"), *row, *first = json_array_get(rows, 0);
    size_t count = 0, index;
    if (cli->json) {
        output_json(cli, answer);
        return CLI_OK;
    }
    for (size_t i = 0; i < COLUMNS; i++) /* those that were asked for: all rows have the same */
        if (json_object_get(first, columns[i].member)) {
            members[count] = columns[i].member;
            shown[count++] = columns[i].column;
        }
    output_table(cli, &t, shown, count);
    json_array_foreach(rows, index, row)
    {
        struct table_cell cells[COLUMNS];
        for (size_t i = 0; i < count; i++)
            cells[i] = (struct table_cell){output_text(cli, row, members[i]), TABLE_PLAIN};
        table_add(&t, cells);
    }
    table_finish(&t);
    if (!first)
        cli_note(cli, "No use.");
    return CLI_OK;
}

int cmd_usage(struct cli *cli, const struct cli_args *args)
{
    static const char *const filters[] = {"account", "key", "from", "to", "by"};
    const char *path = "/v1/usage";
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
        path = client_query(cli, path, filters[i], cli_args_get(args, filters[i]));
    return client_run(cli, "GET", path, NULL, show_usage, NULL);
}
