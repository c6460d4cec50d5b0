#include "cli/args.h"

#include "base/str.h"
#include "cli/commands.h"

static const struct cli_option common_options[] = {
    {"json", 0, NULL, "print the API's JSON", 0},
    {"quiet", 'q', NULL, "print only ids, or the key alone", 0},
    {"help", 'h', NULL, "show this help", 0},
};

static const struct cli_option yes_options[] = {
    {"yes", 'y', NULL, "do not ask for confirmation", 0},
};

static const struct cli_option server_options[] = {
    {"api-url", 0, "URL", "the server's address", 0},
    {"api-key-file", 0, "FILE", "read the key from a file (- is standard input)", 0},
    {"insecure-http", 0, NULL, "send the key over http:// to another machine", 0},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct cli_option *cli_common_options(size_t *count)
{
    *count = COUNT(common_options);
    return common_options;
}

const struct cli_option *cli_server_options(size_t *count)
{
    *count = COUNT(server_options);
    return server_options;
}

/* The tables that hold for a command, in the order in which they are searched. */
struct tables {
    const struct cli_option *items[4];
    size_t counts[4];
};

static struct tables tables_of(const struct cli_command *command)
{
    struct tables t = {{command ? command->options : NULL, common_options},
                       {command ? command->option_count : 0, COUNT(common_options)}};
    /* before the command is known, all the common ones may stand there */
    if (!command || command->flags & CLI_CMD_SERVER)
        t.items[2] = server_options, t.counts[2] = COUNT(server_options);
    if (!command || command->flags & CLI_CMD_YES)
        t.items[3] = yes_options, t.counts[3] = COUNT(yes_options);
    return t;
}

static const struct cli_option *find_option(const struct cli *cli, const struct tables *t, struct cardea_str name,
                                            char letter)
{
    for (size_t i = 0; i < COUNT(t->items); i++)
        for (size_t k = 0; k < t->counts[i]; k++) {
            const struct cli_option *o = &t->items[i][k];
            if (!cli_option_offered(cli, o))
                continue;
            if (letter ? o->letter == letter : str_eq(str_of(o->name), name))
                return o;
        }
    return NULL;
}

static void say_unknown(struct cli *cli, const struct tables *t, const char *given, struct cardea_str name)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(t->items); i++)
        for (size_t k = 0; k < t->counts[i] && count < COUNT(names); k++)
            if (cli_option_offered(cli, &t->items[i][k]))
                names[count++] = t->items[i][k].name;
    const char *near = name.len > 1 ? str_nearest(name, names, count) : NULL;
    cli_error(cli, "unknown option %.*s", (int)strcspn(given, "="), given);
    if (near)
        cli_hint(cli, "Did you mean --%s?", near);
}

static void store_common(struct cli *cli, const struct cli_option *o, const char *value)
{
    if (strcmp(o->name, "json") == 0)
        cli->json = true;
    else if (strcmp(o->name, "quiet") == 0)
        cli->quiet = true;
    else if (strcmp(o->name, "yes") == 0)
        cli->yes = true;
    else if (strcmp(o->name, "insecure-http") == 0)
        cli->insecure_http = true;
    else if (strcmp(o->name, "api-url") == 0)
        cli->api_url = value;
    else if (strcmp(o->name, "api-key-file") == 0)
        cli->api_key_file = value;
}

static bool is_common(const struct cli_option *o)
{
    return (o >= common_options && o < common_options + COUNT(common_options)) ||
           (o >= server_options && o < server_options + COUNT(server_options)) || o == yes_options;
}

/* One option at argv[*i]; moves *i on when the value stands in the next argument. */
static const struct cli_option *read_option(struct cli *cli, const struct tables *t, int argc, char **argv, int *i,
                                            const char **value)
{
    const char *given = argv[*i];
    const struct cli_option *o;
    *value = NULL;
    if (given[1] == '-') {
        size_t len = strcspn(given + 2, "=");
        struct cardea_str name = {given + 2, len};
        o = find_option(cli, t, name, 0);
        if (!o) {
            say_unknown(cli, t, given, name);
            return NULL;
        }
        if (given[2 + len] == '=')
            *value = given + 2 + len + 1;
    } else {
        o = given[2] == '\0' ? find_option(cli, t, (struct cardea_str){NULL, 0}, given[1]) : NULL;
        if (!o) {
            say_unknown(cli, t, given, str_of(given + 1));
            return NULL;
        }
    }
    if (!o->value && *value) {
        cli_error(cli, "--%s takes no value", o->name);
        return NULL;
    }
    if (o->value && !*value) {
        if (*i + 1 >= argc) {
            cli_error(cli, "--%s needs a value: --%s %s", o->name, o->name, o->value);
            return NULL;
        }
        *value = argv[++*i];
    }
    return o;
}

static bool given_twice(struct cli *cli, const struct cli_args *args, const struct cli_option *o)
{
    if (o->flags & (CLI_OPTION_LIST | CLI_OPTION_REPEAT) || !o->value)
        return false;
    for (size_t i = 0; i < args->count; i++)
        if (args->items[i].option == o) {
            cli_error(cli, "--%s was given twice", o->name);
            return true;
        }
    return false;
}

static bool check_complete(struct cli *cli, const struct cli_command *command, const struct cli_args *args)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *o = &command->options[i];
        if (o->flags & CLI_OPTION_REQUIRED && !cli_args_has(args, o->name)) {
            cli_error(cli, "--%s%s%s is missing", o->name, o->value ? " " : "", o->value ? o->value : "");
            return false;
        }
    }
    if (args->word_count < command->min_words) {
        cli_error(cli, "%s is missing", command->words);
        return false;
    }
    if (args->word_count > command->max_words) {
        cli_error(cli, "unexpected argument \"%s\"", args->words[command->max_words]);
        return false;
    }
    return true;
}

bool cli_args_read(struct cli *cli, const struct cli_command *command, int argc, char **argv, struct cli_args *out,
                   bool *help)
{
    struct tables t = tables_of(command);
    size_t room = (size_t)(argc > 0 ? argc : 0) + 1;
    *out = (struct cli_args){.command = command,
                             .items = arena_array(&cli->arena, room, sizeof(*out->items)),
                             .words = arena_array(&cli->arena, room, sizeof(*out->words))};
    *help = false;
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            out->words[out->word_count++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            while (++i < argc)
                out->words[out->word_count++] = argv[i];
            break;
        }
        const char *value;
        const struct cli_option *o = read_option(cli, &t, argc, argv, &i, &value);
        if (!o)
            return false;
        if (strcmp(o->name, "help") == 0) {
            *help = true;
            return true;
        }
        if (given_twice(cli, out, o))
            return false;
        if (is_common(o))
            store_common(cli, o, value);
        out->items[out->count++] = (struct cli_arg){o, value};
    }
    return !command || check_complete(cli, command, out);
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->items[i].option->name, name) == 0)
            return true;
    return false;
}

const char *cli_args_get(const struct cli_args *args, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->items[i].option->name, name) == 0)
            found = args->items[i].value;
    return found;
}

static size_t count_pieces(const struct cli_arg *arg)
{
    size_t n = 1;
    for (const char *p = arg->value; arg->option->flags & CLI_OPTION_LIST && *p; p++)
        n += *p == ',';
    return n;
}

const char **cli_args_all(struct cli *cli, const struct cli_args *args, const char *name, size_t *count)
{
    size_t room = 0;
    for (size_t i = 0; i < args->count; i++)
        if (args->items[i].value && strcmp(args->items[i].option->name, name) == 0)
            room += count_pieces(&args->items[i]);
    const char **all = arena_array(&cli->arena, room + 1, sizeof(*all));
    *count = 0;
    for (size_t i = 0; i < args->count; i++) {
        const struct cli_arg *arg = &args->items[i];
        if (!arg->value || strcmp(arg->option->name, name) != 0)
            continue;
        if (!(arg->option->flags & CLI_OPTION_LIST)) {
            all[(*count)++] = arg->value;
            continue;
        }
        struct cardea_str rest = str_of(arg->value), piece;
        while (str_cut(&rest, ',', &piece)) {
            piece = str_trim(piece);
            if (piece.len > 0)
                all[(*count)++] = arena_cstr(&cli->arena, piece);
        }
    }
    return all;
}
