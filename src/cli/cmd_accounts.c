#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

/* `arg`: what is said of the account; NULL: the account itself is what was asked for. */
static int show_account(struct cli *cli, const json_t *account, const void *arg)
{
    const char *said = arg;
    if (cli->json) {
        output_json(cli, account);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, account, "id").ptr);
    } else if (!said) {
        output_field(cli, "Name", output_text(cli, account, "name"));
        output_field(cli, "ID", output_text(cli, account, "id"));
        output_field(cli, "Profile", output_text(cli, account, "profile"));
        output_field(cli, "Slug", output_text(cli, account, "slug"));
        output_field(cli, "Status", output_text(cli, account, "status"));
        output_field(cli, "Created", output_time(cli, account, "created_at", ""));
    }
    if (said)
        cli_done(cli, "%s", said);
    return CLI_OK;
}

/* One call about an account that there is. `said` NULL: it is to be shown. */
static int account_call(struct cli *cli, const char *method, const char *account, json_t *body, const char *said)
{
    return client_run(cli, method, client_path(cli, "/v1/accounts", account, ""), body, show_account,
                      said ? output_said(cli, said, account) : NULL);
}

int cmd_accounts_create(struct cli *cli, const struct cli_args *args)
{
    const char *slug = cli_args_get(args, "slug"), *name = cli_args_get(args, "name");
    json_t *body = json_pack("{s:s,s:s,s:s}", "profile", cli_args_get(args, "profile"), "slug", slug, "name",
                             name ? name : slug);
    if (!body) {
        cli_error(cli, "the name is not UTF-8");
        return CLI_USAGE;
    }
    return client_run(cli, "POST", "/v1/accounts", body, show_account, NULL);
}

int cmd_accounts_show(struct cli *cli, const struct cli_args *args)
{
    return account_call(cli, "GET", args->words[0], NULL, NULL);
}

int cmd_accounts_suspend(struct cli *cli, const struct cli_args *args)
{
    return account_call(cli, "PATCH", args->words[0], json_pack("{s:s}", "status", "suspended"), "Suspended");
}

int cmd_accounts_resume(struct cli *cli, const struct cli_args *args)
{
    return account_call(cli, "PATCH", args->words[0], json_pack("{s:s}", "status", "active"), "Resumed");
}

int cmd_accounts_delete(struct cli *cli, const struct cli_args *args)
{
    const char *account = args->words[0];
    int code = prompt_loss(cli, arena_printf(&cli->arena, "%s and all its keys would be deleted for good", account).ptr,
                           arena_printf(&cli->arena, "Delete %s and all its keys for good?", account).ptr,
                           "Nothing was deleted.");
    if (code != CLI_OK)
        return code;
    return account_call(cli, "DELETE", account, NULL, "Deleted");
}

static const struct table_column account_columns[] = {
    {"SLUG", false, false},   {"NAME", true, false},     {"PROFILE", false, false},
    {"STATUS", false, false}, {"CREATED", false, false}, {"ID", false, false},
};

static void account_row(struct cli *cli, struct table *t, const json_t *account)
{
    struct cardea_str status = output_text(cli, account, "status");
    const struct table_cell cells[] = {
        {output_text(cli, account, "slug"), TABLE_PLAIN},        {output_text(cli, account, "name"), TABLE_PLAIN},
        {output_text(cli, account, "profile"), TABLE_PLAIN},     {status, output_status_tone(status)},
        {output_day(cli, account, "created_at", ""), TABLE_DIM}, {output_text(cli, account, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_accounts_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {account_columns, sizeof(account_columns) / sizeof(account_columns[0]),
                                          account_row, "No accounts.", NULL};
    return page_list(cli, args, client_query(cli, "/v1/accounts", "profile", cli_args_get(args, "profile")), &view);
}

static const struct table_column member_columns[] = {
    {"USER", false, false}, {"ROLE", false, false}, {"EMAIL", true, false}, {"NAME", true, false}};

static void member_row(struct cli *cli, struct table *t, const json_t *member)
{
    const struct table_cell cells[] = {
        {output_text(cli, member, "user"), TABLE_PLAIN},
        {output_text(cli, member, "role"), TABLE_PLAIN},
        {output_text(cli, member, "email"), TABLE_PLAIN},
        {output_text(cli, member, "name"), TABLE_PLAIN},
    };
    table_add(t, cells);
}

int cmd_accounts_members(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {member_columns, sizeof(member_columns) / sizeof(member_columns[0]),
                                          member_row, "No members.", "user"};
    return page_list(cli, args, client_path(cli, "/v1/accounts", args->words[0], "/members"), &view);
}

static int show_member(struct cli *cli, const json_t *member, const void *arg)
{
    const struct cli_args *args = arg;
    const char *user = args->words[1], *account = args->words[0], *role = cli_args_get(args, "role");
    if (cli->json)
        output_json(cli, member);
    else if (cli->quiet)
        output_line(cli, user);
    if (role)
        cli_done(cli, "%s is now %s of %s", user, role, account);
    else
        cli_done(cli, "%s no longer belongs to %s", user, account);
    return CLI_OK;
}

static int member_call(struct cli *cli, const struct cli_args *args, const char *method, json_t *body)
{
    const char *rest = arena_printf(&cli->arena, "/members/%s", cli_url_encode(&cli->arena, args->words[1])).ptr;
    return client_run(cli, method, client_path(cli, "/v1/accounts", args->words[0], rest), body, show_member, args);
}

int cmd_accounts_add_member(struct cli *cli, const struct cli_args *args)
{
    const char *role = cli_args_get(args, "role");
    enum cardea_role known;
    if (!cardea_role_parse(str_of(role), &known) || known == CARDEA_ROLE_NONE) {
        cli_error(cli, "--role \"%s\": write owner, admin, member or viewer", role);
        return CLI_USAGE;
    }
    return member_call(cli, args, "PUT", json_pack("{s:s}", "role", role));
}

int cmd_accounts_remove_member(struct cli *cli, const struct cli_args *args)
{
    return member_call(cli, args, "DELETE", NULL);
}
