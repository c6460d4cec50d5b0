#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/device.h"
#include "cli/prompt.h"
#include "cli/session.h"

/* The token as main() took it out of argv, or from standard input. */
static int take_token(struct cli *cli, const struct cli_args *args, struct cli_secret *out)
{
    if (strcmp(cli_args_get(args, "token"), "-") != 0) {
        *out = cli->token;
        cli_secret_wipe(&cli->token);
        if (out->len > 0 && !cli->token_unusable)
            return CLI_OK;
        cli_error(cli, "--token is empty, too long or holds other than printable characters");
        return CLI_USAGE;
    }
    if (cli->in_tty ? !prompt_token(cli, "Key", out) : !prompt_read_token(out)) {
        cli_error(cli, "no key on standard input: one line of printable characters is wanted");
        return CLI_USAGE;
    }
    return CLI_OK;
}

/* A file that holds a key for another server must not send it here later: address and key are saved together. */
static int save(struct client *c, const struct cli_secret *token, bool account_known)
{
    struct cli *cli = c->cli;
    struct cli_credentials_file file;
    int code = cli_credentials_read(cli, CLI_CREDENTIALS_LENIENT, &file);
    if (code != CLI_OK)
        return code;
    cli_secret_wipe(&file.key);
    file.key = *token;
    if (!account_known)
        file.account = NULL; /* of the key that was there */
    file.api_url = strcmp(c->credentials.api_url_source, "default") == 0 ? NULL : c->url.base;
    code = cli_credentials_write(cli, &file);
    cli_secret_wipe(&file.key);
    if (code == CLI_OK)
        cli_done(cli, "Logged in to %s with %s", cli->title, cli_credentials_mask(cli, token));
    if (code == CLI_OK)
        cli_note(cli, "  Saved to %s", file.path);
    return code;
}

static void say_what_goes_before(struct cli *cli)
{
    if (cli_credentials_key_env(cli) && getenv(cli_credentials_key_env(cli)))
        cli_note(cli, "  %s is set and goes before it.", cli_credentials_key_env(cli));
}

static int login_by_browser(struct cli *cli)
{
    struct client c = {0};
    struct cli_secret key = {0};
    const char *key_id = NULL;
    /* a key that cannot be kept need not be made */
    int code = cli_credentials_path(cli) ? client_open_bare(&c, cli) : CLI_FAILURE;
    if (code == CLI_OK)
        code = device_login(&c, &key, &key_id);
    if (code == CLI_OK) {
        code = save(&c, &key, false);
        if (code != CLI_OK && key_id)
            cli_hint(cli, "The key was made, and nobody has it. Revoke it: %s %s revoke %s", cli->name,
                     cli_keys_noun(cli), key_id);
        else if (code == CLI_OK)
            say_what_goes_before(cli);
    }
    cli_secret_wipe(&key);
    client_release(&c);
    return code;
}

int cmd_login(struct cli *cli, const struct cli_args *args)
{
    struct client c = {0};
    struct cli_secret token = {0};
    enum session_result result = SESSION_WORKS;
    if (!cli_args_has(args, "token"))
        return login_by_browser(cli);
    int code = take_token(cli, args, &token);
    if (code == CLI_OK)
        code = client_open_with(&c, cli, &token, "--token");
    if (code == CLI_OK)
        code = session_try(&c, &result, NULL);
    if (code == CLI_OK)
        code = save(&c, &token, true);
    if (code == CLI_OK && result == SESSION_LIMITED)
        cli_note(cli, "  The key works, but may not manage keys.");
    if (code == CLI_OK && result == SESSION_UNKNOWN)
        cli_note(cli, "  The key could not be tried: %s has no path for that.", cli->title);
    if (code == CLI_OK)
        say_what_goes_before(cli);
    cli_secret_wipe(&token);
    client_release(&c);
    return code;
}

int cmd_logout(struct cli *cli, const struct cli_args *args)
{
    struct cli_credentials_file file;
    (void)args;
    int code = cli_credentials_read(cli, CLI_CREDENTIALS_LENIENT, &file);
    if (code != CLI_OK)
        return code;
    cli_secret_wipe(&file.key);
    if (!file.exists) {
        cli_note(cli, "Nobody is logged in.");
        return CLI_OK;
    }
    if (unlink(file.path) != 0) {
        cli_error(cli, "cannot remove %s: %s", file.path, strerror(errno));
        return CLI_FAILURE;
    }
    cli_done(cli, "Logged out; removed %s", file.path);
    cli_note(cli, "  The key itself stays valid until it is revoked.");
    return CLI_OK;
}
