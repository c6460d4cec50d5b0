#include "base/buf.h"
#include "base/str.h"
#include "cli/commands.h"

static void heading(struct cli *cli, FILE *to, const char *text)
{
    bool colour = to == cli->out ? cli->out_colour : cli->err_colour;
    fprintf(to, "\n%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void entry(FILE *to, int width, const char *name, const char *summary)
{
    fprintf(to, "  %-*s  %s\n", width, name, summary);
}

static const char *option_label(struct cli *cli, const struct cli_option *o)
{
    char letter[5] = "    ";
    if (o->letter)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    return arena_printf(&cli->arena, "%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "").ptr;
}

static void options(struct cli *cli, FILE *to, const struct cli_option *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cli_option_offered(cli, &list[i]))
            entry(to, 26, option_label(cli, &list[i]), list[i].summary);
}

const char *cli_command_usage(struct cli *cli, const struct cli_command *c)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%s %s", cli->name, cli_command_noun(cli, c));
    if (c->verb)
        buf_printf(&b, " %s", c->verb);
    if (c->words)
        buf_printf(&b, " %s", c->words);
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].flags & CLI_OPTION_REQUIRED)
            buf_printf(&b, " --%s %s", c->options[i].name, c->options[i].value);
    if (!(c->flags & CLI_CMD_OWN_ARGS))
        buf_add_cstr(&b, " [options]");
    const char *text = arena_cstr(&cli->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

void cli_help_command(struct cli *cli, FILE *to, const struct cli_command *c)
{
    size_t common_count, server_count;
    const struct cli_option *common = cli_common_options(&common_count);
    const struct cli_option *server = cli_server_options(&server_count);
    fprintf(to, "%s\n", c->summary);
    heading(cli, to, "USAGE");
    fprintf(to, "  %s\n", cli_command_usage(cli, c));
    heading(cli, to, "OPTIONS");
    options(cli, to, c->options, c->option_count);
    if (c->flags & CLI_CMD_YES)
        entry(to, 26, "-y, --yes", "do not ask for confirmation");
    options(cli, to, common, common_count);
    if (c->flags & CLI_CMD_SERVER) {
        heading(cli, to, "CONNECTION");
        options(cli, to, server, server_count);
    }
    if (c->example) {
        heading(cli, to, "EXAMPLE");
        fprintf(to, "  %s %s%s%s %s\n", cli->name, cli_command_noun(cli, c), c->verb ? " " : "", c->verb ? c->verb : "",
                c->example);
    }
    if (c->more)
        fprintf(to, "\n%s\n", c->more);
}

void cli_help_noun(struct cli *cli, FILE *to, const char *noun)
{
    size_t count;
    const struct cli_command *list = cli_commands(&count);
    fprintf(to, "%s\n", cli_noun_summary(noun));
    const char *typed = strcmp(noun, CLI_KEYS_NOUN) == 0 ? cli_keys_noun(cli) : noun;
    heading(cli, to, "USAGE");
    fprintf(to, "  %s %s COMMAND [options]\n", cli->name, typed);
    heading(cli, to, "COMMANDS");
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].noun, noun) == 0 && cli_command_offered(cli, &list[i]))
            entry(to, 14, list[i].verb, list[i].summary);
    fprintf(to, "\n`%s %s COMMAND --help` says more.\n", cli->name, typed);
}

/* Whether an earlier command of the table has the same noun. */
static bool seen_before(const struct cli_command *list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(list[k].noun, list[i].noun) == 0)
            return true;
    return false;
}

static void environment(struct cli *cli, FILE *to)
{
    heading(cli, to, "ENVIRONMENT");
    if (cli_is_native(cli)) {
        entry(to, 18, "CARDEA_API_KEY", "the key to use, before the saved one");
        entry(to, 18, "CARDEA_API_URL", "the server's address (default http://localhost:8080)");
        entry(to, 18, "CARDEA_PROFILES", "a folder of further profiles");
    } else {
        const struct profile_cli *words = &cli->profile->cli;
        if (words->env)
            entry(to, 18, words->env, "the key to use, before the saved one");
        entry(to, 18, words->api_url_env ? words->api_url_env : "CARDEA_API_URL",
              "the server's address (default http://localhost:8080)");
    }
    entry(to, 18, "NO_COLOR", "no colours");
}

void cli_help_overview(struct cli *cli, FILE *to)
{
    size_t count;
    const struct cli_command *list = cli_commands(&count);
    fprintf(to, "%s\n", cli_is_native(cli) ? "Cardea: issue, scope, rotate, revoke and verify API keys." : cli->title);
    heading(cli, to, "USAGE");
    fprintf(to, "  %s COMMAND [options]\n", cli->name);
    heading(cli, to, "COMMANDS");
    for (size_t i = 0; i < count; i++) {
        if (seen_before(list, i) || !cli_noun_offered(cli, list[i].noun))
            continue;
        entry(to, 12, cli_command_noun(cli, &list[i]), list[i].verb ? cli_noun_summary(list[i].noun) : list[i].summary);
    }
    environment(cli, to);
    fprintf(to, "\n`%s COMMAND --help` says more.\n", cli->name);
}
