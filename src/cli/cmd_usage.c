#include "base/str.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/output.h"

static const struct {
    const char *member;
    struct table_column column;
} columns[] = {
    {"time", {"TIME", false, false}},         {"account", {"ACCOUNT", false, false}},
    {"profile", {"PRODUCT", false, false}},   {"slug", {"SLUG", false, false}},
    {"key_id", {"KEY", false, false}},        {"prefix", {"PREFIX", false, false}},
    {"name", {"NAME", true, false}},          {"outcome", {"OUTCOME", false, false}},
    {"route_group", {"GROUP", false, false}}, {"granted", {"GRANTED", false, false}},
    {"refused", {"REFUSED", false, false}},   {"credits", {"CREDITS", false, false}},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* As much of the time as its bucket has: a day is not its midnight. */
static size_t time_len(const char *by)
{
    const char *const hour = "2026-11-21T18:00:00Z", *const day = "2026-11-21", *const month = "2026-11";
    return strlen(by && strstr(by, "hour") ? hour : by && strstr(by, "month") ? month : day);
}

static struct cardea_str value_of(struct cli *cli, const json_t *row, const char *member, const char *by)
{
    struct cardea_str text = output_text(cli, row, member);
    size_t len = strcmp(member, "time") == 0 ? time_len(by) : text.len;
    return (struct cardea_str){text.ptr, len < text.len ? len : text.len};
}

static void say_none(struct cli *cli, const json_t *answer)
{
    struct cardea_str from = output_text(cli, answer, "from"), to = output_text(cli, answer, "to");
    cli_note(cli, "No use and no refusal from %.*s to %.*s.", STR_ARG(from), STR_ARG(to));
}

static void show_usage(struct cli *cli, const json_t *answer, const char *by)
{
    struct table t;
    struct table_column shown[COLUMNS];
    const char *members[COLUMNS];
    const json_t *rows = json_object_get(answer, "data"), *row, *first = json_array_get(rows, 0);
    size_t count = 0, index;
    if (cli->json) {
        output_json(cli, answer);
        return;
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
            cells[i] = (struct table_cell){value_of(cli, row, members[i], by), TABLE_PLAIN};
        table_add(&t, cells);
    }
    table_finish(&t);
    if (!first)
        say_none(cli, answer);
}

int cmd_usage(struct cli *cli, const struct cli_args *args)
{
    static const char *const filters[] = {"account", "from", "to", "by"};
    const char *path = "/v1/usage";
    struct client c;
    struct client_reply reply;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
        path = client_query(cli, path, filters[i], cli_args_get(args, filters[i]));
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_filter(&c, args, path, &path);
    if (code == CLI_OK)
        code = client_do(&c, "GET", path, NULL, &reply);
    if (code == CLI_OK) {
        show_usage(cli, reply.json, cli_args_get(args, "by"));
        client_reply_release(&reply);
    }
    client_release(&c);
    return code;
}
