/* cli/args.h - options of a command: a table of what there is, and what was given. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <cardea/types.h>

struct cli;
struct cli_command;

enum cli_option_flags {
    CLI_OPTION_LIST = 1u << 0,     /* may be repeated, and each value may hold several, separated by commas */
    CLI_OPTION_REPEAT = 1u << 1,   /* may be repeated; commas mean nothing */
    CLI_OPTION_REQUIRED = 1u << 2, /* the command cannot run without it */
    CLI_OPTION_NATIVE = 1u << 3,   /* only under the native name */
};

struct cli_option {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* what the value is called in the help; NULL: a switch */
    const char *summary;
    unsigned flags;
};

struct cli_arg {
    const struct cli_option *option;
    const char *value;
};

/* What was given, in its order. Borrowed from argv and the arena. */
struct cli_args {
    const struct cli_command *command; /* whose they are; NULL: before a command was named */
    struct cli_arg *items;
    size_t count;
    const char **words; /* what is no option */
    size_t word_count;
};

/* Reads `argv` (without the command's own words) by the command's table and the common options, which it stores in
 * `cli`. False when the usage is wrong; the reason is on stderr. *help: --help was given, and nothing else was looked
 * at. */
bool cli_args_read(struct cli *cli, const struct cli_command *command, int argc, char **argv, struct cli_args *out,
                   bool *help);

bool cli_args_has(const struct cli_args *args, const char *name);
/* The last value given; NULL: none. */
const char *cli_args_get(const struct cli_args *args, const char *name);
/* All values, those of a CLI_OPTION_LIST split at commas. The array is in the arena. */
const char **cli_args_all(struct cli *cli, const struct cli_args *args, const char *name, size_t *count);

/* Options that every command has: output, and for those that talk to a server the connection. */
const struct cli_option *cli_common_options(size_t *count);
const struct cli_option *cli_server_options(size_t *count);

#endif
