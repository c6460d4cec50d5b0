#include <errno.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"

static void add_options(struct cli *cli, struct buf *b, const struct cli_option *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_option *o = &list[i];
        buf_printf(b, "| `%s--%s%s%s`%s | %s |\n", o->letter ? arena_printf(&cli->arena, "-%c, ", o->letter).ptr : "",
                   o->name, o->value ? " " : "", o->value ? o->value : "",
                   o->flags & CLI_OPTION_REQUIRED ? " (required)" : "", o->summary);
    }
}

static void add_command(struct cli *cli, struct buf *b, const struct cli_command *c)
{
    size_t count;
    const char *space = c->verb ? " " : "", *verb = c->verb ? c->verb : "";
    buf_printf(b, "\n## %s %s%s%s\n\n%s.\n\n    %s\n", cli->name, c->noun, space, verb, c->summary,
               cli_command_usage(cli, c));
    if (c->option_count > 0) {
        buf_add_cstr(b, "\n| Option | |\n|---|---|\n");
        add_options(cli, b, c->options, c->option_count);
    }
    if (c->flags & CLI_CMD_SERVER || c->flags & CLI_CMD_YES) {
        buf_add_cstr(b, "\nAlso:");
        const struct cli_option *server = cli_server_options(&count);
        if (c->flags & CLI_CMD_YES)
            buf_add_cstr(b, " `--yes`");
        for (size_t i = 0; c->flags & CLI_CMD_SERVER && i < count; i++)
            buf_printf(b, " `--%s`", server[i].name);
        buf_add_cstr(b, " `--json` `--quiet` (see [the overview](README.md)).\n");
    }
    if (c->more)
        buf_printf(b, "\n%s\n", c->more);
    if (c->example)
        buf_printf(b, "\nExample:\n\n    %s %s%s%s %s\n", cli->name, c->noun, space, verb, c->example);
}

static int write_page(struct cli *cli, const char *folder, const char *name, struct buf *b)
{
    const char *path = arena_printf(&cli->arena, "%s/%s.md", folder, name).ptr;
    bool written = !b->failed && file_write_atomic(path, 0644, buf_str(b));
    buf_release(b);
    if (!written)
        cli_error(cli, "cannot write %s: %s", path, strerror(errno));
    else
        cli_done(cli, "%s", path);
    return written ? CLI_OK : CLI_FAILURE;
}

static int write_overview(struct cli *cli, const char *folder)
{
    struct buf b;
    size_t count, common_count, server_count;
    const struct cli_command *list = cli_commands(cli, &count);
    const struct cli_option *common = cli_common_options(&common_count), *server = cli_server_options(&server_count);
    buf_init(&b, 1 << 18);
    buf_add_cstr(&b,
                 "# The command line\n\nMade by `cardea docs cli docs/reference/cli` from the table of commands.\n\n"
                 "| Command | |\n|---|---|\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "| [`%s%s%s`](%s.md) | %s |\n", list[i].noun, list[i].verb ? " " : "",
                   list[i].verb ? list[i].verb : "", list[i].noun, list[i].summary);
    buf_add_cstr(&b, "\n## Options of every command\n\n| Option | |\n|---|---|\n");
    add_options(cli, &b, common, common_count);
    buf_add_cstr(&b, "\nOf those that talk to a server:\n\n| Option | |\n|---|---|\n");
    add_options(cli, &b, server, server_count);
    buf_add_cstr(
        &b, "\n## Where key and address come from\n\n"
            "The key: `--api-key-file`, then `CARDEA_API_KEY`, then the file that `login` saved "
            "(`~/.config/cardea/credentials.yaml`, mode 0600). The address: `--api-url`, then `CARDEA_API_URL`, "
            "then that file, then `http://localhost:8080`. Started under the name of a product "
            "(a link named `oanim`), the program takes that product's words, variables and file, and has the commands "
            "that its profile declares: `oanim --help` lists them. These pages are of the native commands alone.\n"
            "\n## Output and exit codes\n\n"
            "Data goes to standard output, messages to standard error. A table on a terminal is tab-separated "
            "columns without a header, with RFC 3339 times, in a pipe. `NO_COLOR` switches colours off.\n\n"
            "| Code | |\n|---|---|\n| 0 | done |\n| 1 | failed |\n| 2 | the command line is wrong |\n"
            "| 3 | not found |\n| 4 | not logged in, or not allowed (401, 403) |\n"
            "| 10, 11 | `scan`: flagged, blocked; 11 from `messages send`, too |\n| 130 | interrupted |\n");
    return write_page(cli, folder, "README", &b);
}

int cmd_docs_cli(struct cli *cli, const struct cli_args *args)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    const char *folder = args->words[0];
    if (!file_make_dirs(folder, 0755)) {
        cli_error(cli, "cannot make %s: %s", folder, strerror(errno));
        return CLI_FAILURE;
    }
    int code = write_overview(cli, folder);
    for (size_t i = 0; i < count && code == CLI_OK;) {
        const char *noun = list[i].noun;
        struct buf b;
        buf_init(&b, 1 << 18);
        buf_printf(&b, "# %s %s\n", cli->name, noun);
        for (; i < count && strcmp(list[i].noun, noun) == 0; i++)
            add_command(cli, &b, &list[i]);
        code = write_page(cli, folder, noun, &b);
    }
    return code;
}
