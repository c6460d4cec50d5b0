/* base/options.h - one table of options that drives the command line, the configuration file, the environment,
 * `--help`, a sample configuration and the docs page.
 *
 * An option is written into a field of the caller's struct, whose type follows from the option's:
 *   OPTION_STRING, OPTION_PATH  const char * (NULL without default)
 *   OPTION_INT, OPTION_DURATION int64_t (seconds)
 *   OPTION_BOOL                 bool
 *   OPTION_LIST                 struct option_list
 * The command line wins over the environment, that over the file, that over the default; a list replaces the weaker
 * one.
 *
 *   struct serve_options { const char *listen; bool demo; };
 *   static const struct option_def defs[] = {
 *       {.name = "listen", .type = OPTION_STRING, .offset = offsetof(struct serve_options, listen),
 *        .fallback = "127.0.0.1:8080", .placeholder = "ADDR", .help = "Address to listen on.", .where =
 * OPTION_ANYWHERE},
 *   }; */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"

enum option_type { OPTION_STRING, OPTION_PATH, OPTION_INT, OPTION_DURATION, OPTION_BOOL, OPTION_LIST };

enum option_where {
    OPTION_CLI = 1u << 0,  /* `--listen-public`; `--no-listen-public` takes a bool back */
    OPTION_FILE = 1u << 1, /* `listen_public:` */
    OPTION_ANYWHERE = OPTION_CLI | OPTION_FILE,
    OPTION_LIVE = 1u << 2, /* read again while the program runs: a change is in force without a new start */
};

struct option_list {
    const char *const *items;
    size_t count;
};

struct option_def {
    const char *name; /* words joined by '-'; by '_' in the file */
    enum option_type type;
    size_t offset;
    const char *fallback;    /* as one would type it, a list joined by commas; NULL: 0, false, NULL, empty */
    const char *placeholder; /* "ADDR"; NULL for a bool */
    const char *help;        /* a sentence or two */
    const char *env;         /* name of the environment variable, or NULL */
    unsigned where;          /* of enum option_where */
    int64_t min, max;        /* of ints and durations; both 0: any */
};

struct option_table {
    const char *command; /* "cardea serve" */
    const char *summary; /* one sentence for --help */
    const struct option_def *defs;
    size_t count;
    const char *config; /* the OPTION_PATH that names the file to read, or NULL */
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_SAMPLE, OPTIONS_BAD };

/* Fills `out`; strings and lists live in `a`. argv[0] is skipped. OPTIONS_HELP when --help or -h was given,
 * OPTIONS_SAMPLE for --sample-config where the table has a file: `out` is then untouched. OPTIONS_BAD: every mistake
 * found in the command line, environment and file is in `errors`, one a line. */
enum options_result options_load(const struct option_table *t, struct arena *a, int argc, char *const argv[], void *out,
                                 struct buf *errors);

/* Appends ", name" for each option that differs and is not OPTION_LIVE. */
void options_fixed_changes(const struct option_table *t, const void *was, const void *is, struct buf *out);

/* Prints what was asked for by OPTIONS_HELP or OPTIONS_SAMPLE on stdout; the exit code. */
int options_print(const struct option_table *t, enum options_result asked);
void options_help(const struct option_table *t, struct buf *out);
/* A configuration file in which every line is commented out and shows its default. */
void options_sample(const struct option_table *t, struct buf *out);
/* A Markdown table. */
void options_docs(const struct option_table *t, struct buf *out);

#endif
