#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

static void show_agent(struct cli *cli, const json_t *agent)
{
    if (cli->json) {
        output_json(cli, agent);
        return;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, agent, "id").ptr);
        return;
    }
    output_field(cli, "Name", output_text(cli, agent, "name"));
    output_field(cli, "ID", output_text(cli, agent, "id"));
    output_field(cli, "Slug", output_text(cli, agent, "slug"));
    output_field(cli, "Account", output_text(cli, agent, "account"));
    output_field(cli, "Status", output_text(cli, agent, "status"));
    output_field(cli, "Created", output_time(cli, agent, "created_at", ""));
}

/* One call whose answer is an agent. `said` NULL: the agent itself is what was asked for. */
static int agent_call(struct cli *cli, const char *method, const char *path, json_t *body, const char *said,
                      const char *agent)
{
    struct client c;
    struct client_reply reply;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, path, json_incref(body), &reply);
    if (code == CLI_OK) {
        if (reply.json && (!said || cli->json || cli->quiet))
            show_agent(cli, reply.json);
        if (said)
            cli_done(cli, "%s %s", said, agent);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
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
    return agent_call(cli, "POST", "/v1/agents", body, NULL, slug);
}

/* The path of the agent that is named, with the account that its slug is looked for in. */
static const char *agent_path(struct cli *cli, const struct cli_args *args)
{
    const char *account = cli_args_get(args, "account"), *agent = cli_url_encode(&cli->arena, args->words[0]);
    if (!account)
        return arena_printf(&cli->arena, "/v1/agents/%s", agent).ptr;
    return arena_printf(&cli->arena, "/v1/agents/%s?account=%s", agent, cli_url_encode(&cli->arena, account)).ptr;
}

int cmd_agents_show(struct cli *cli, const struct cli_args *args)
{
    return agent_call(cli, "GET", agent_path(cli, args), NULL, NULL, args->words[0]);
}

int cmd_agents_disable(struct cli *cli, const struct cli_args *args)
{
    return agent_call(cli, "PATCH", agent_path(cli, args), json_pack("{s:b}", "enabled", 0), "Disabled",
                      args->words[0]);
}

int cmd_agents_enable(struct cli *cli, const struct cli_args *args)
{
    return agent_call(cli, "PATCH", agent_path(cli, args), json_pack("{s:b}", "enabled", 1), "Enabled", args->words[0]);
}

int cmd_agents_delete(struct cli *cli, const struct cli_args *args)
{
    const char *agent = args->words[0];
    if (!cli->yes) {
        if (!cli->in_tty || !cli->err_tty) {
            cli_error(cli, "%s would be deleted and its keys stopped for good; add --yes", agent);
            return CLI_USAGE;
        }
        if (!prompt_confirm(cli, arena_printf(&cli->arena, "Delete %s and stop its keys for good?", agent).ptr)) {
            cli_note(cli, "Nothing was deleted.");
            return CLI_FAILURE;
        }
    }
    return agent_call(cli, "DELETE", agent_path(cli, args), NULL, "Deleted", agent);
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
    struct client c;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = page_list(&c, args, client_query(&c, "/v1/agents", "account", cli_args_get(args, "account")), &view);
    client_release(&c);
    return code;
}
