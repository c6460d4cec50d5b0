#include "base/str.h"
#include "cli/commands.h"

static bool offered(const struct cli *cli, const struct cli_command *command)
{
    if (cli_is_native(cli))
        return true;
    if (command->flags & CLI_CMD_NATIVE)
        return false;
    if (!(command->flags & CLI_CMD_KEYS))
        return true;
    const struct profile_management *m = &cli->profile->management;
    if (!m->base)
        return false;
    if (command->run == cmd_keys_create)
        return m->can_create;
    if (command->run == cmd_keys_show)
        return m->can_show;
    if (command->run == cmd_keys_update)
        return m->can_update;
    if (command->run == cmd_keys_revoke)
        return m->can_revoke;
    return true;
}

/* Where a product asks in the browser, a key need not be named. */
static void open_browser_login(struct cli_command *login)
{
    static const struct cli_option options[] = {
        {"token", 0, "KEY", "a key to save instead; - reads it from standard input", 0},
    };
    login->summary = "Log in with the browser, or save a key that you have";
    login->options = options;
    login->option_count = sizeof(options) / sizeof(options[0]);
    login->more = "Without --token it shows an address and a code: open the one, enter the other, and a key for this "
                  "machine is stored in a file that only you can read. A key on the command line may stay in your "
                  "shell's history; --token - reads it from standard input.";
    login->example = "";
}

static const char *upper_word(struct arena *a, struct cardea_str text)
{
    char *word = arena_cstr(a, text);
    for (char *p = word; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
        else if (*p == '_')
            *p = '-';
    return word;
}

/* The captures of a path, in their order: "PROJECT ID". NULL: there are none. */
static const char *words_of(struct arena *a, const char *path, unsigned *count)
{
    struct cardea_str rest = str_of(path), segment;
    const char *words = NULL;
    *count = 0;
    while (str_cut(&rest, '/', &segment)) {
        if (segment.len < 3 || segment.ptr[0] != '{')
            continue;
        const char *word = upper_word(a, (struct cardea_str){segment.ptr + 1, segment.len - 2});
        words = words ? arena_printf(a, "%s %s", words, word).ptr : word;
        (*count)++;
    }
    return words;
}

static struct cli_option *options_of(struct arena *a, const struct profile_command *p, size_t *count)
{
    static const char *const values[] = {"TEXT", "N", NULL};
    static const struct cli_option out = {"out", 'o', "FILE", "where the file goes; - is standard output",
                                          CLI_OPTION_REQUIRED};
    struct cli_option *options = arena_array(a, p->flag_count + 1, sizeof(*options));
    for (size_t i = 0; i < p->flag_count; i++)
        options[i] = (struct cli_option){.name = p->flags[i].name,
                                         .value = values[p->flags[i].type],
                                         .summary = p->flags[i].help,
                                         .flags = p->flags[i].required ? CLI_OPTION_REQUIRED : 0};
    *count = p->flag_count;
    if (p->to_file)
        options[(*count)++] = out;
    return options;
}

static struct cli_command product_command(struct arena *a, const struct profile_command *p)
{
    struct cli_command c = {.noun = p->noun,
                            .verb = p->verb,
                            .summary = p->summary,
                            .flags = CLI_CMD_SERVER,
                            .run = cmd_product,
                            .product = p};
    c.options = options_of(a, p, &c.option_count);
    c.words = words_of(a, p->path, &c.min_words);
    c.max_words = c.min_words;
    if (p->to_file)
        c.more = "The file is written whole or not at all: until the last byte has come, what is there stays as it is. "
                 "--json tells its path, size and type.";
    return c;
}

/* Those of one noun stand together, at the place of the first. */
static size_t add_product_commands(struct cli *cli, struct cli_command *to)
{
    const struct profile_cli *words = &cli->profile->cli;
    size_t n = 0;
    for (size_t i = 0; i < words->command_count; i++) {
        size_t at = n;
        for (size_t k = 0; k < n; k++)
            if (strcmp(to[k].noun, words->commands[i].noun) == 0)
                at = k + 1;
        memmove(&to[at + 1], &to[at], (n - at) * sizeof(*to));
        to[at] = product_command(&cli->arena, &words->commands[i]);
        n++;
    }
    return n;
}

const struct cli_command *cli_commands(struct cli *cli, size_t *count)
{
    if (!cli->commands) {
        size_t table_count, n = 0, extra = cli_is_native(cli) ? 0 : cli->profile->cli.command_count;
        const struct cli_command *table = cli_command_table(&table_count);
        struct cli_command *list = arena_array(&cli->arena, table_count + extra, sizeof(*list));
        for (size_t i = 0; i < table_count; i++) {
            if (!offered(cli, &table[i]))
                continue;
            list[n] = table[i];
            if (strcmp(list[n].noun, CLI_KEYS_NOUN) == 0)
                list[n].noun = cli_keys_noun(cli);
            if (list[n].run == cmd_login && !cli_is_native(cli) && cli->profile->cli.browser_login)
                open_browser_login(&list[n]);
            n++;
        }
        if (extra)
            n += add_product_commands(cli, &list[n]);
        cli->commands = list;
        cli->command_count = n;
    }
    *count = cli->command_count;
    return cli->commands;
}

const char *cli_noun_summary(struct cli *cli, const char *noun)
{
    static const char *const summaries[][2] = {
        {"accounts", "Accounts (tenants, organizations) and who belongs to them"},
        {"agents", "What an account runs, each with keys of its own"},
        {"messages", "What agents send and receive, scanned before it leaves"},
        {"webhooks", "Who is told of events, and what became of it"},
        {"policies", "Content policies: what may leave, as drafts and published versions"},
        {"audit", "Who did what: the log, and proofs that it was not changed"},
        {"events", "What happened: changes, and keys that were refused"},
        {"billing", "What an account used in a month, and the credits of its keys"},
        {"users", "People who log in"},
        {"issuers", "Whose tokens the daemon accepts beside its own"},
        {"auth", "Which key is used"},
        {"profiles", "Products: what their keys look like and may do"},
        {"rules", "Rule packs: what the scanner looks for"},
        {"docs", "Reference pages"},
    };
    size_t count;
    const struct cli_command *list = cli_commands(cli, &count);
    if (strcmp(noun, cli_keys_noun(cli)) == 0)
        return "Issue, list, change, rotate and revoke keys";
    for (size_t i = 0; i < count; i++)
        if (list[i].product && strcmp(list[i].noun, noun) == 0)
            return arena_printf(&cli->arena, "%s: %s", cli->title, noun).ptr;
    for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++)
        if (strcmp(summaries[i][0], noun) == 0)
            return summaries[i][1];
    return "";
}

const char *cli_keys_noun(const struct cli *cli)
{
    return cli->profile && cli->profile->cli.keys_noun ? cli->profile->cli.keys_noun : CLI_KEYS_NOUN;
}

bool cli_option_offered(const struct cli *cli, const struct cli_option *option)
{
    return cli_is_native(cli) || !(option->flags & CLI_OPTION_NATIVE);
}
