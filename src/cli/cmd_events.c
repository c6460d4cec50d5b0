#include "base/str.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/page.h"

static const struct table_column event_columns[] = {
    {"TIME", false, false}, {"TYPE", false, false},   {"SUBJECT", false, false}, {"PREFIX", false, false},
    {"CODE", false, false}, {"ADDRESS", false, true}, {"ACTOR", false, true},    {"ID", false, true},
};

static void event_row(struct cli *cli, struct table *t, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    struct cardea_str type = output_text(cli, event, "type");
    bool refused = str_eq(type, STR("key.exposed")) || str_eq(type, STR("key.denied"));
    const struct table_cell cells[] = {
        {output_time(cli, event, "timestamp", ""), TABLE_DIM}, {type, refused ? TABLE_BAD : TABLE_PLAIN},
        {output_text(cli, event, "subject"), TABLE_PLAIN},     {output_text(cli, data, "prefix"), TABLE_PLAIN},
        {output_text(cli, data, "code"), TABLE_PLAIN},         {output_text(cli, event, "address"), TABLE_PLAIN},
        {output_text(cli, event, "actor"), TABLE_PLAIN},       {output_text(cli, event, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_events_list(struct cli *cli, const struct cli_args *args)
{
    static const char *const filters[] = {"account", "type"};
    static const struct page_view view = {event_columns, sizeof(event_columns) / sizeof(event_columns[0]), event_row,
                                          "No events.", NULL};
    const char *path = "/v1/events";
    struct client c;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
        path = client_query(cli, path, filters[i], cli_args_get(args, filters[i]));
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_filter(&c, args, path, &path);
    if (code == CLI_OK)
        code = page_list_by(&c, args, path, &view);
    client_release(&c);
    return code;
}
