#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

static const char *account_path(struct client *c, const char *account, const char *rest)
{
    return arena_printf(&c->cli->arena, "/v1/accounts/%s%s", cli_url_encode(&c->cli->arena, account), rest).ptr;
}

static void show_account(struct cli *cli, const json_t *account)
{
    if (cli->json) {
        output_json(cli, account);
        return;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, account, "id").ptr);
        return;
    }
    output_field(cli, "Name", output_text(cli, account, "name"));
    output_field(cli, "ID", output_text(cli, account, "id"));
    output_field(cli, "Profile", output_text(cli, account, "profile"));
    output_field(cli, "Slug", output_text(cli, account, "slug"));
    output_field(cli, "Status", output_text(cli, account, "status"));
    output_field(cli, "Created", output_time(cli, account, "created_at", ""));
}

/* One call whose answer is an account, or nothing. `said` NULL: the account itself is what was asked for. */
static int account_call(struct cli *cli, const char *method, const char *account, json_t *body, const char *said)
{
    struct client c;
    struct client_reply reply;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, account ? account_path(&c, account, "") : "/v1/accounts", json_incref(body),
                         &reply);
    if (code == CLI_OK) {
        if (reply.json && (!said || cli->json || cli->quiet))
            show_account(cli, reply.json);
        if (said)
            cli_done(cli, "%s %s", said, account);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
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
    return account_call(cli, "POST", NULL, body, NULL);
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
    if (!cli->yes) {
        if (!cli->in_tty || !cli->err_tty) {
            cli_error(cli, "%s and all its keys would be deleted for good; add --yes", account);
            return CLI_USAGE;
        }
        if (!prompt_confirm(cli, arena_printf(&cli->arena, "Delete %s and all its keys for good?", account).ptr)) {
            cli_note(cli, "Nothing was deleted.");
            return CLI_FAILURE;
        }
    }
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

static int list(struct cli *cli, const struct cli_args *args, const char *path, const struct page_view *view)
{
    struct client c;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = page_list(&c, args, client_query(&c, path, "profile", cli_args_get(args, "profile")), view);
    client_release(&c);
    return code;
}

int cmd_accounts_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {account_columns, sizeof(account_columns) / sizeof(account_columns[0]),
                                          account_row, "No accounts.", NULL};
    return list(cli, args, "/v1/accounts", &view);
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
    const char *account = cli_url_encode(&cli->arena, args->words[0]);
    return list(cli, args, arena_printf(&cli->arena, "/v1/accounts/%s/members", account).ptr, &view);
}

static int member_call(struct cli *cli, const struct cli_args *args, const char *method, json_t *body, const char *role)
{
    struct client c;
    struct client_reply reply;
    const char *rest = arena_printf(&cli->arena, "/members/%s", cli_url_encode(&cli->arena, args->words[1])).ptr;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, account_path(&c, args->words[0], rest), json_incref(body), &reply);
    if (code == CLI_OK) {
        if (cli->json && reply.json)
            output_json(cli, reply.json);
        else if (cli->quiet)
            output_line(cli, args->words[1]);
        if (role)
            cli_done(cli, "%s is now %s of %s", args->words[1], role, args->words[0]);
        else
            cli_done(cli, "%s no longer belongs to %s", args->words[1], args->words[0]);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

int cmd_accounts_add_member(struct cli *cli, const struct cli_args *args)
{
    const char *role = cli_args_get(args, "role");
    enum cardea_role known;
    if (!cardea_role_parse(str_of(role), &known) || known == CARDEA_ROLE_NONE) {
        cli_error(cli, "--role \"%s\": write owner, admin, member or viewer", role);
        return CLI_USAGE;
    }
    return member_call(cli, args, "PUT", json_pack("{s:s}", "role", role), role);
}

int cmd_accounts_remove_member(struct cli *cli, const struct cli_args *args)
{
    return member_call(cli, args, "DELETE", NULL, NULL);
}
