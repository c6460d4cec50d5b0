#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

static void show_json(struct client *c, enum session_result result, const json_t *self)
{
    json_t *status = json_pack("{s:b,s:s,s:s,s:s,s:s,s:O?}", "authenticated", result != SESSION_UNKNOWN, "api_url",
                               c->url.base, "api_url_source", c->credentials.api_url_source, "key",
                               cli_credentials_mask(c->cli, &c->credentials.key), "key_source",
                               c->credentials.key_source, "self", self);
    output_json(c->cli, status);
    json_decref(status);
}

static void show_text(struct client *c, enum session_result result, json_t *self)
{
    static const char *const states[] = {"works", "works, but may not manage keys", "not tried: no path for that"};
    struct cli *cli = c->cli;
    output_field(cli, "Server", str_of(c->url.base));
    output_field(cli, "Server from", str_of(c->credentials.api_url_source));
    output_field(cli, "Key", str_of(cli_credentials_mask(cli, &c->credentials.key)));
    output_field(cli, "Key from", str_of(c->credentials.key_source));
    output_field(cli, "State", str_of(states[result]));
    if (!self && c->credentials.account)
        output_field(cli, "Account", str_of(c->credentials.account));
    if (!self)
        return;
    output_field(cli, "Name", output_text(cli, self, "name"));
    output_field(cli, "ID", output_text(cli, self, "id"));
    output_field(cli, "Kind", output_text(cli, self, "kind"));
    output_field(cli, "Account", output_text(cli, self, "account"));
    output_field(cli, "Scopes", output_text(cli, self, "scopes"));
    output_field(cli, "Expires", output_time(cli, self, "expires_at", "never"));
}

int cmd_auth_status(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    enum session_result result;
    json_t *self = NULL;
    (void)args;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = session_try(&c, &result, &self);
    if (code == CLI_OK) {
        if (cli->json)
            show_json(&c, result, self);
        else if (cli->quiet)
            output_line(cli, cli_credentials_mask(cli, &c.credentials.key));
        else
            show_text(&c, result, self);
    }
    json_decref(self);
    client_release(&c);
    return code;
}
