#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

/* `arg`: what is said of the agent; NULL: the agent itself is what was asked for. */
static int show_agent(struct cli *cli, const json_t *agent, const void *arg)
{
    const char *said = arg;
    if (cli->json) {
        output_json(cli, agent);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, agent, "id").ptr);
    } else if (!said) {
        output_field(cli, "Name", output_text(cli, agent, "name"));
        output_field(cli, "ID", output_text(cli, agent, "id"));
        output_field(cli, "Slug", output_text(cli, agent, "slug"));
        output_field(cli, "Account", output_text(cli, agent, "account"));
        output_field(cli, "Status", output_text(cli, agent, "status"));
        output_field(cli, "Created", output_time(cli, agent, "created_at", ""));
    }
    if (said)
        cli_done(cli, "%s", said);
    return CLI_OK;
}

int cmd_agents_create(struct cli *cli, const struct cli_args *args)
{
    const char *slug = cli_args_get(args, "slug"), *name = cli_args_get(args, "name");
    const char *account = cli_args_get(args, "account");
    json_t *body = json_pack("{s:s,s:s,s:s*}", "slug", slug, "name", name ? name : slug, "account", account);
    if (!body) {
        cli_error(cli, "the name is not UTF-8");
        return CLI_USAGE;
    }
    return client_run(cli, "POST", "/v1/agents", body, show_agent, NULL);
}

/* The path of the agent that is named, with the account that its slug is looked for in. */
static const char *agent_path(struct cli *cli, const struct cli_args *args)
{
    return client_query(cli, client_path(cli, "/v1/agents", args->words[0], ""), "account",
                        cli_args_get(args, "account"));
}

int cmd_agents_show(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "GET", agent_path(cli, args), NULL, show_agent, NULL);
}

int cmd_agents_disable(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "PATCH", agent_path(cli, args), json_pack("{s:b}", "enabled", 0), show_agent,
                      output_said(cli, "Disabled", args->words[0]));
}

int cmd_agents_enable(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "PATCH", agent_path(cli, args), json_pack("{s:b}", "enabled", 1), show_agent,
                      output_said(cli, "Enabled", args->words[0]));
}

int cmd_agents_delete(struct cli *cli, const struct cli_args *args)
{
    const char *agent = args->words[0];
    int code = prompt_loss(
        cli, arena_printf(&cli->arena, "%s would be deleted and its keys stopped for good", agent).ptr,
        arena_printf(&cli->arena, "Delete %s and stop its keys for good?", agent).ptr, "Nothing was deleted.");
    if (code != CLI_OK)
        return code;
    return client_run(cli, "DELETE", agent_path(cli, args), NULL, show_agent, output_said(cli, "Deleted", agent));
}

static const struct table_column agent_columns[] = {
    {"SLUG", false, false},    {"NAME", true, false}, {"STATUS", false, false},
    {"CREATED", false, false}, {"ID", false, false},
};

static void agent_row(struct cli *cli, struct table *t, const json_t *agent)
{
    struct cardea_str status = output_text(cli, agent, "status");
    const struct table_cell cells[] = {
        {output_text(cli, agent, "slug"), TABLE_PLAIN}, {output_text(cli, agent, "name"), TABLE_PLAIN},
        {status, output_status_tone(status)},           {output_time(cli, agent, "created_at", ""), TABLE_DIM},
        {output_text(cli, agent, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_agents_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {agent_columns, sizeof(agent_columns) / sizeof(agent_columns[0]), agent_row,
                                          "No agents.", NULL};
    return page_list(cli, args, client_query(cli, "/v1/agents", "account", cli_args_get(args, "account")), &view);
}
