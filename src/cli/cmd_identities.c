/* `users link`, `unlink`, `identities`: who people are to other issuers. */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"

static const char *identities_path(struct cli *cli, const struct cli_args *args)
{
    return client_path(cli, "/v1/users", args->words[0], "/identities");
}

int cmd_users_link(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    const char *issuer = cli_args_get(args, "issuer"), *subject = cli_args_get(args, "subject");
    json_t *body = json_pack("{s:s,s:s}", "issuer", issuer, "subject", subject);
    if (!body) {
        cli_error(cli, "the issuer or the subject is not UTF-8");
        return CLI_USAGE;
    }
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, "PUT", identities_path(cli, args), json_incref(body), &reply);
    if (code == CLI_OK) {
        if (cli->json)
            output_json(cli, reply.json);
        cli_done(cli, "Linked %s of %s to %s", subject, issuer, args->words[0]);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

int cmd_users_unlink(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    const char *issuer = cli_args_get(args, "issuer"), *subject = cli_args_get(args, "subject");
    int code = client_open(&c, cli);
    if (code == CLI_OK) {
        const char *path = client_query(cli, identities_path(cli, args), "issuer", issuer);
        code = client_do(&c, "DELETE", client_query(cli, path, "subject", subject), NULL, &reply);
    }
    if (code == CLI_OK) {
        cli_done(cli, "%s of %s is linked to nobody now", subject, issuer);
        client_reply_release(&reply);
    }
    client_release(&c);
    return code;
}

static const struct table_column columns[] = {
    {"ISSUER", true, false}, {"SUBJECT", true, false}, {"LINKED", false, false}};

static void identity_row(struct cli *cli, struct table *t, const json_t *identity)
{
    const struct table_cell cells[] = {
        {output_text(cli, identity, "issuer"), TABLE_PLAIN},
        {output_text(cli, identity, "subject"), TABLE_PLAIN},
        {output_time(cli, identity, "created_at", ""), TABLE_DIM},
    };
    table_add(t, cells);
}

int cmd_users_identities(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {columns, sizeof(columns) / sizeof(columns[0]), identity_row,
                                          "Linked to no issuer.", "subject"};
    return page_list(cli, args, identities_path(cli, args), &view);
}
