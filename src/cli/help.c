#include "base/buf.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/credentials.h"

static void heading(struct cli *cli, FILE *to, const char *text)
{
    bool colour = to == cli->out ? cli->out_colour : cli->err_colour;
    fprintf(to, "\n%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void entry(FILE *to, int width, const char *name, const char *summary)
{
    fprintf(to, "  %-*s  %s\n", width, name, summary);
}

/* Lines of at most so many characters. */
#define WRAP_WIDTH 80

static void wrapped(FILE *to, const char *text)
{
    struct cardea_str rest = str_of(text), word;
    size_t column = 0;
    while (str_cut(&rest, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > WRAP_WIDTH) {
            fputc('\n', to);
            column = 0;
        }
        column += (size_t)fprintf(to, "%s%.*s", column > 0 ? " " : "", STR_ARG(word));
    }
    fputc('\n', to);
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
    buf_printf(&b, "%s %s", cli->name, c->noun);
    if (c->verb)
        buf_printf(&b, " %s", c->verb);
    if (c->words)
        buf_printf(&b, " %s", c->words);
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].flags & CLI_OPTION_REQUIRED)
            buf_printf(&b, " --%s%s%s", c->options[i].name, c->options[i].value ? " " : "",
                       c->options[i].value ? c->options[i].value : "");
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
        fprintf(to, "  %s %s%s%s%s%s\n", cli->name, c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
                *c->example ? " " : "", c->example);
    }
    if (c->more) {
        fputc('\n', to);
        wrapped(to, c->more);
    }
}

/* Columns that the longest verb of a noun takes, or with `noun` NULL the longest entry of the overview. */
static int widest(const struct cli_command *list, size_t count, const char *noun)
{
    size_t width = noun ? 10 : 12;
    for (size_t i = 0; i < count; i++) {
        bool here = !noun || strcmp(list[i].noun, noun) == 0;
        size_t len = noun              ? (list[i].verb ? strlen(list[i].verb) : 0)
                     : list[i].product ? strlen(list[i].noun) + 1 + strlen(list[i].verb)
                                       : strlen(list[i].noun);
        if (here && len > width)
            width = len;
    }
    return (int)width;
}

/* The command's own part of its usage: "show ID". */
static const char *verb_and_words(struct cli *cli, const struct cli_command *c)
{
    return c->product && c->words ? arena_printf(&cli->arena, "%s %s", c->verb, c->words).ptr : c->verb;
}

void cli_help_noun(struct cli *cli, FILE *to, const char *noun)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    fprintf(to, "%s\n", cli_noun_summary(cli, noun));
    heading(cli, to, "USAGE");
    fprintf(to, "  %s %s COMMAND [options]\n", cli->name, noun);
    heading(cli, to, "COMMANDS");
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].noun, noun) == 0)
            entry(to, widest(list, count, noun) + 2, verb_and_words(cli, &list[i]), list[i].summary);
    fprintf(to, "\n`%s %s COMMAND --help` says more.\n", cli->name, noun);
}

/* What the profile declares, each noun under a heading of its own. */
static void product_sections(struct cli *cli, FILE *to, const struct cli_command *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!list[i].product)
            continue;
        if (i == 0 || strcmp(list[i - 1].noun, list[i].noun) != 0) {
            char *title = arena_cstr(&cli->arena, str_of(list[i].noun));
            for (char *p = title; *p; p++)
                *p = *p == '-' ? ' ' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
            heading(cli, to, title);
        }
        entry(to, widest(list, count, NULL), arena_printf(&cli->arena, "%s %s", list[i].noun, list[i].verb).ptr,
              list[i].summary);
    }
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
        entry(to, 18, cli_credentials_url_env(cli), "the server's address (default http://localhost:8080)");
    }
    entry(to, 18, "NO_COLOR", "no colours");
}

void cli_help_overview(struct cli *cli, FILE *to)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    fprintf(to, "%s\n", cli_is_native(cli) ? "Cardea: issue, scope, rotate, revoke and verify API keys." : cli->title);
    if (!cli_is_native(cli) && cli->profile->docs.summary) {
        fputc('\n', to);
        wrapped(to, cli->profile->docs.summary);
    }
    heading(cli, to, "USAGE");
    fprintf(to, "  %s COMMAND [options]\n", cli->name);
    product_sections(cli, to, list, count);
    heading(cli, to, "COMMANDS");
    for (size_t i = 0; i < count; i++)
        if (!list[i].product && (i == 0 || strcmp(list[i - 1].noun, list[i].noun) != 0))
            entry(to, widest(list, count, NULL), list[i].noun,
                  list[i].verb ? cli_noun_summary(cli, list[i].noun) : list[i].summary);
    environment(cli, to);
    fprintf(to, "\n`%s COMMAND --help` says more.\n", cli->name);
}
