#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/prompt.h"

static int add_password(struct cli *cli, const struct cli_args *args, json_t *body)
{
    struct cli_secret password = {0};
    if (cli_args_has(args, "no-password"))
        return CLI_OK;
    if (!prompt_password(cli, "Password", &password))
        return CLI_USAGE;
    struct cardea_str text = cli_secret_reveal(&password);
    bool utf8 = json_object_set_new(body, "password", json_stringn(text.ptr, text.len)) == 0;
    cli_secret_wipe(&password);
    if (!utf8)
        cli_error(cli, "the password is not UTF-8");
    return utf8 ? CLI_OK : CLI_USAGE;
}

static int join_account(struct client *c, const struct cli_args *args, const char *user)
{
    struct client_reply reply;
    const char *account = cli_args_get(args, "account"), *role = cli_args_get(args, "role");
    if (!account)
        return CLI_OK;
    struct arena *a = &c->cli->arena;
    const char *path =
        arena_printf(a, "/v1/accounts/%s/members/%s", cli_url_encode(a, account), cli_url_encode(a, user)).ptr;
    int code = client_do(c, "PUT", path, json_pack("{s:s}", "role", role ? role : "member"), &reply);
    if (code != CLI_OK) {
        cli_hint(c->cli, "The user %s exists, but is not in %s.", user, account);
        return code;
    }
    client_reply_release(&reply);
    cli_done(c->cli, "%s is now %s of %s", user, role ? role : "member", account);
    return CLI_OK;
}

/* `arg`: what is said of the user; NULL: the user is what was asked for. */
static int show_user(struct cli *cli, const json_t *user, const void *arg)
{
    const char *said = arg;
    if (cli->json) {
        output_json(cli, user);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, user, "id").ptr);
    } else if (!said) {
        output_field(cli, "Name", output_text(cli, user, "name"));
        output_field(cli, "ID", output_text(cli, user, "id"));
        output_field(cli, "Email", output_text(cli, user, "email"));
        output_field(cli, "Created", output_time(cli, user, "created_at", ""));
    }
    if (said)
        cli_done(cli, "%s", said);
    return CLI_OK;
}

/* The role is checked before anything is made. */
static int check_role(struct cli *cli, const struct cli_args *args)
{
    const char *role = cli_args_get(args, "role");
    enum cardea_role known;
    if (role && !cli_args_get(args, "account")) {
        cli_error(cli, "--role needs --account: the role is in an account");
        return CLI_USAGE;
    }
    if (role && (!cardea_role_parse(str_of(role), &known) || known == CARDEA_ROLE_NONE)) {
        cli_error(cli, "--role \"%s\": write owner, admin, member or viewer", role);
        return CLI_USAGE;
    }
    return CLI_OK;
}

int cmd_users_create(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    int code = check_role(cli, args);
    if (code != CLI_OK)
        return code;
    json_t *body = json_pack("{s:s,s:s}", "email", cli_args_get(args, "email"), "name", cli_args_get(args, "name"));
    if (!body) {
        cli_error(cli, "the name or address is not UTF-8");
        return CLI_USAGE;
    }
    code = client_open(&c, cli);
    if (code == CLI_OK)
        code = add_password(cli, args, body);
    if (code == CLI_OK)
        code = client_do(&c, "POST", "/v1/users", json_incref(body), &reply);
    if (code == CLI_OK) {
        show_user(cli, reply.json, NULL);
        code = join_account(&c, args, output_text(cli, reply.json, "id").ptr);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

static const struct table_column user_columns[] = {
    {"EMAIL", true, false},    {"NAME", true, false}, {"STATUS", false, false},
    {"CREATED", false, false}, {"ID", false, false},
};

static void user_row(struct cli *cli, struct table *t, const json_t *user)
{
    bool disabled = json_is_true(json_object_get(user, "disabled"));
    const struct table_cell cells[] = {
        {output_text(cli, user, "email"), TABLE_PLAIN},
        {output_text(cli, user, "name"), TABLE_PLAIN},
        {disabled ? STR("disabled") : STR("active"), disabled ? TABLE_WARN : TABLE_GOOD},
        {output_day(cli, user, "created_at", ""), TABLE_DIM},
        {output_text(cli, user, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_users_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {user_columns, sizeof(user_columns) / sizeof(user_columns[0]), user_row,
                                          "No users.", NULL};
    return page_list(cli, args, "/v1/users", &view);
}

static int set_disabled(struct cli *cli, const struct cli_args *args, bool disabled)
{
    return client_run(cli, "PATCH", client_path(cli, "/v1/users", args->words[0], ""),
                      json_pack("{s:b}", "disabled", disabled), show_user,
                      output_said(cli, disabled ? "Disabled" : "Enabled", args->words[0]));
}

int cmd_users_disable(struct cli *cli, const struct cli_args *args)
{
    return set_disabled(cli, args, true);
}

int cmd_users_enable(struct cli *cli, const struct cli_args *args)
{
    return set_disabled(cli, args, false);
}
