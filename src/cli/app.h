/* cli/app.h - one run of the command line: under which name, for whom, where output goes. */
#ifndef CLI_APP_H
#define CLI_APP_H

#include <stdio.h>

#include "cli/secret.h"
#include "profile/profile.h"

/* Part of the interface: scripts branch on these. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILURE = 1,
    CLI_USAGE = 2,
    CLI_NOT_FOUND = 3,
    CLI_AUTH = 4,     /* 401, 403, or nothing to authenticate with */
    CLI_FLAGGED = 10, /* `scan`: somebody should look at it */
    CLI_BLOCKED = 11, /* `scan`: it should not go out; `messages send`: it did not */
    CLI_INTERRUPTED = 130,
};

/* One a process, caller-allocated. Everything it hands out lives in `arena`. */
struct cli {
    const char *name;              /* as started: "cardea", "oanim" */
    const char *title;             /* "Cardea", "Open Animate" */
    const struct profile *profile; /* whose name that is; NULL: the native CLI */
    struct profile_set profiles;
    struct arena arena;
    FILE *out, *err;
    bool out_tty, err_tty, in_tty;
    bool out_colour, err_colour;
    unsigned width; /* columns of the terminal on `out`; 0: not limited */
    int64_t now;    /* unix seconds */

    const struct cli_command *commands; /* cli_commands() makes the list */
    size_t command_count;
    const struct cli_command *command; /* that runs */

    /* options that every command understands */
    bool json, quiet, yes, insecure_http;
    const char *api_url, *api_key_file; /* NULL: not given */
    struct cli_secret token;            /* of `login --token`, taken out of argv before anything else */
    bool token_unusable;                /* it was there, but empty, too long or not printable */
};

/* "cardea" → native words. */
static inline bool cli_is_native(const struct cli *cli)
{
    return cli->profile == NULL;
}

/* "api-keys", or what the profile calls them. */
const char *cli_keys_noun(const struct cli *cli);
/* Runs the command that argv names, and returns the exit code. Everything in `cli` but the options is filled in. */
int cli_run(struct cli *cli, int argc, char **argv);

/* `error: …` on stderr. The text may quote a server: control characters are taken out. */
void cli_error(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of advice beneath it. */
void cli_hint(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Something went well: `✓ …` on stderr, silent with --quiet. */
void cli_done(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A neutral line on stderr, silent with --quiet. */
void cli_note(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
