#include "cli/app.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/table.h"

/* What comes before a message: "error: ", in red where colours are welcome. */
static void say(struct cli *cli, const char *colour, const char *lead, const char *fmt, va_list ap)
{
    char raw[4096];
    colour = cli->err_colour ? colour : "";
    vsnprintf(raw, sizeof(raw), fmt, ap);
    struct buf clean;
    buf_init(&clean, 8192);
    table_clean(&clean, str_of(raw));
    fflush(cli->out);
    fprintf(cli->err, "%s%s%s%.*s\n", colour, lead, *colour ? "\033[0m" : "", STR_ARG(buf_str(&clean)));
    buf_release(&clean);
}

void cli_error(struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(cli, "\033[31m", "error: ", fmt, ap);
    va_end(ap);
}

void cli_hint(struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(cli, "", "  ", fmt, ap);
    va_end(ap);
}

void cli_done(struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!cli->quiet)
        say(cli, "\033[32m", "✓ ", fmt, ap);
    va_end(ap);
}

void cli_note(struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!cli->quiet)
        say(cli, "", "", fmt, ap);
    va_end(ap);
}

/* Everything that may stand first on the command line here. */
static size_t first_words(struct cli *cli, const char **out, size_t cap)
{
    size_t count, n = 0;
    const struct cli_command *list = cli_commands(cli, &count);
    for (size_t i = 0; i < count && n < cap; i++)
        if (n == 0 || strcmp(out[n - 1], list[i].noun) != 0)
            out[n++] = list[i].noun;
    return n;
}

static int unknown_word(struct cli *cli, const char *what, const char *given, const char *const *near, size_t count)
{
    const char *nearest = str_nearest(str_of(given), near, count);
    cli_error(cli, "unknown %s \"%s\"", what, given);
    if (nearest)
        cli_hint(cli, "Did you mean %s?", nearest);
    else
        cli_hint(cli, "`%s --help` lists them.", cli->name);
    return CLI_USAGE;
}

static const struct cli_command *find_command(struct cli *cli, const char *noun, const char *verb)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].noun, noun) == 0 && (!list[i].verb || (verb && strcmp(list[i].verb, verb) == 0)))
            return &list[i];
    return NULL;
}

/* Any command with this noun as typed. */
static const struct cli_command *find_noun(struct cli *cli, const char *typed)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].noun, typed) == 0)
            return &list[i];
    return NULL;
}

static int unknown_verb(struct cli *cli, const char *noun, const char *verb)
{
    const char *verbs[64];
    size_t count, n = 0;
    const struct cli_command *list = cli_commands(cli, &count);
    for (size_t i = 0; i < count && n < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(list[i].noun, noun) == 0)
            verbs[n++] = list[i].verb;
    const char *nearest = str_nearest(str_of(verb), verbs, n);
    cli_error(cli, "unknown command \"%s %s\"", noun, verb);
    if (nearest)
        cli_hint(cli, "Did you mean %s %s?", noun, nearest);
    else
        cli_hint(cli, "`%s %s --help` lists them.", cli->name, noun);
    return CLI_USAGE;
}

/* Takes the next word out of argv, leaving options where they are; NULL: there is none before `--`. Options that may
 * stand before the command take their value with them. */
static const char *take_word(int *argc, char **argv)
{
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return NULL;
        if (strcmp(argv[i], "--api-url") == 0 || strcmp(argv[i], "--api-key-file") == 0) {
            i++;
            continue;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0')
            continue;
        const char *word = argv[i];
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i - 1) * sizeof(*argv));
        (*argc)--;
        return word;
    }
    return NULL;
}

static int overview(struct cli *cli, int argc, char **argv)
{
    struct cli_args args;
    bool help;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--version") == 0)
            return cmd_version(cli, NULL);
    if (!cli_args_read(cli, NULL, argc, argv, &args, &help))
        return CLI_USAGE;
    cli_help_overview(cli, cli->out);
    return CLI_OK;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(struct cli *cli, const struct cli_command *c, int argc, char **argv)
{
    struct cli_args args;
    bool help;
    if (!c->run) {
        cli_error(cli, "\"%s\" comes first: %s", c->noun, cli_command_usage(cli, c));
        return CLI_USAGE;
    }
    if (!cli_args_read(cli, c, argc, argv, &args, &help)) {
        cli_hint(cli, "Usage: %s", cli_command_usage(cli, c));
        return CLI_USAGE;
    }
    if (help) {
        cli_help_command(cli, cli->out, c);
        return CLI_OK;
    }
    cli->command = c;
    return c->run(cli, &args);
}

int cli_run(struct cli *cli, int argc, char **argv)
{
    int rest = argc - 1;
    char **args = argv + 1;
    const char *noun = take_word(&rest, args);
    bool help = noun && strcmp(noun, "help") == 0;
    if (help)
        noun = take_word(&rest, args);
    if (!noun)
        return overview(cli, rest, args);
    const struct cli_command *any = find_noun(cli, noun);
    if (!any) {
        const char *words[128];
        return unknown_word(cli, "command", noun, words, first_words(cli, words, sizeof(words) / sizeof(words[0])));
    }
    const char *verb = any->verb ? take_word(&rest, args) : NULL;
    if (any->verb && !verb) {
        help = help || asks_help(rest, args);
        cli_help_noun(cli, help ? cli->out : cli->err, any->noun);
        return help ? CLI_OK : CLI_USAGE;
    }
    const struct cli_command *command = find_command(cli, noun, verb);
    if (!command)
        return unknown_verb(cli, noun, verb);
    if (help) {
        cli_help_command(cli, cli->out, command);
        return CLI_OK;
    }
    return run_command(cli, command, rest, args);
}

int cli_check_files(struct cli *cli, const struct cli_args *args, bool (*check)(struct cli *cli, const char *path))
{
    size_t bad = 0;
    for (size_t i = 0; i < args->word_count; i++)
        bad += !check(cli, args->words[i]);
    if (bad > 0 && args->word_count > 1)
        cli_error(cli, "%zu of %zu files have mistakes", bad, args->word_count);
    return bad > 0 ? CLI_FAILURE : CLI_OK;
}
