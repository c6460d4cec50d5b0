#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"

/* Each option that a command has goes to `each`. */
typedef void (*option_fn)(struct cli *cli, const struct cli_command *c, const struct cli_option *o);

static void each_option(struct cli *cli, const struct cli_command *c, option_fn each)
{
    static const struct cli_option yes = {"yes", 'y', NULL, "do not ask for confirmation", 0};
    size_t count;
    for (size_t i = 0; i < c->option_count; i++)
        if (cli_option_offered(cli, &c->options[i]))
            each(cli, c, &c->options[i]);
    if (c->flags & CLI_CMD_YES)
        each(cli, c, &yes);
    const struct cli_option *list = cli_common_options(&count);
    for (size_t i = 0; i < count; i++)
        each(cli, c, &list[i]);
    list = cli_server_options(&count);
    for (size_t i = 0; c->flags & CLI_CMD_SERVER && i < count; i++)
        each(cli, c, &list[i]);
}

static void bash_option(struct cli *cli, const struct cli_command *c, const struct cli_option *o)
{
    (void)c;
    fprintf(cli->out, " --%s", o->name);
}

/* Whether an earlier command of the table has the same noun. */
static bool seen_before(const struct cli_command *list, size_t i)
{
    return i > 0 && strcmp(list[i - 1].noun, list[i].noun) == 0;
}

static void bash_nouns(struct cli *cli, const struct cli_command *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!seen_before(list, i))
            fprintf(cli->out, " %s", list[i].noun);
}

static void bash_verbs(struct cli *cli, const struct cli_command *list, size_t count, size_t first)
{
    for (size_t k = first; k < count && strcmp(list[k].noun, list[first].noun) == 0; k++)
        if (list[k].verb)
            fprintf(cli->out, " %s", list[k].verb);
}

/* bash and, through bashcompinit, zsh: the words by position, then the options of the command. */
static void print_bash(struct cli *cli)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    fprintf(cli->out, "_%s() {\n  local words= cur=${COMP_WORDS[COMP_CWORD]}\n", cli->name);
    fputs("  case \"${COMP_WORDS[COMP_CWORD-1]}\" in --out | -o | --api-key-file) return ;; esac\n", cli->out);
    fputs("  case \"$COMP_CWORD,${COMP_WORDS[1]},${COMP_WORDS[2]}\" in\n    1,*) words=\"help", cli->out);
    bash_nouns(cli, list, count);
    fputs("\" ;;\n", cli->out);
    for (size_t i = 0; i < count; i++)
        if (!seen_before(list, i) && list[i].verb) {
            fprintf(cli->out, "    2,%s,*) words=\"", list[i].noun);
            bash_verbs(cli, list, count, i);
            fputs("\" ;;\n", cli->out);
        }
    for (size_t i = 0; i < count; i++) {
        const struct cli_command *c = &list[i];
        if (!c->run)
            continue;
        fprintf(cli->out, "    *,%s,%s) words=\"%s", c->noun, c->verb ? c->verb : "*",
                c->run == cmd_completion ? "bash zsh fish" : "");
        each_option(cli, c, bash_option);
        fputs("\" ;;\n", cli->out);
    }
    fputs("  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n", cli->out);
    fprintf(cli->out, "complete -o default -F _%s %s\n", cli->name, cli->name);
}

/* In single quotes for fish: its only escapes there are \' and \\. */
static void fish_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void fish_option(struct cli *cli, const struct cli_command *c, const struct cli_option *o)
{
    fprintf(cli->out, "complete -c %s -n '__fish_seen_subcommand_from %s", cli->name, c->noun);
    if (c->verb)
        fprintf(cli->out, "; and __fish_seen_subcommand_from %s", c->verb);
    fprintf(cli->out, "' -l %s%s -d ", o->name, o->value ? " -r" : "");
    fish_quoted(cli->out, o->summary);
    fputc('\n', cli->out);
}

static void fish_command(struct cli *cli, const struct cli_command *c, bool first)
{
    if (first) {
        fprintf(cli->out, "complete -c %s -f -n __fish_use_subcommand -a %s -d ", cli->name, c->noun);
        fish_quoted(cli->out, c->verb ? cli_noun_summary(cli, c->noun) : c->summary);
        fputc('\n', cli->out);
    }
    if (c->verb) {
        fprintf(cli->out, "complete -c %s -f -n '__fish_seen_subcommand_from %s' -a %s -d ", cli->name, c->noun,
                c->verb);
        fish_quoted(cli->out, c->summary);
        fputc('\n', cli->out);
    }
    if (c->run)
        each_option(cli, c, fish_option);
}

static void print_fish(struct cli *cli)
{
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    for (size_t i = 0; i < count; i++)
        fish_command(cli, &list[i], !seen_before(list, i));
    fprintf(cli->out, "complete -c %s -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n", cli->name);
}

int cmd_completion(struct cli *cli, const struct cli_args *args)
{
    const char *shell = args->words[0];
    if (strcmp(shell, "bash") == 0) {
        print_bash(cli);
    } else if (strcmp(shell, "zsh") == 0) {
        fputs("autoload -Uz compinit bashcompinit && compinit && bashcompinit\n", cli->out);
        print_bash(cli);
    } else if (strcmp(shell, "fish") == 0) {
        print_fish(cli);
    } else {
        cli_error(cli, "no completion for \"%s\": bash, zsh or fish", shell);
        return CLI_USAGE;
    }
    return CLI_OK;
}
