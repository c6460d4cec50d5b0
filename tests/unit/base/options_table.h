/* options_table.h - the table that the tests of base/options.h share. */
#ifndef TESTS_OPTIONS_TABLE_H
#define TESTS_OPTIONS_TABLE_H

#include "base/options.h"

struct demo_options {
    const char *config, *listen, *data, *token_file;
    int64_t workers, drain_sec;
    bool demo, listen_public;
    struct option_list admin_hosts;
};

static const struct option_def demo_defs[] = {
    {.name = "config",
     .type = OPTION_PATH,
     .offset = offsetof(struct demo_options, config),
     .placeholder = "FILE",
     .help = "Configuration file.",
     .env = "DEMO_CONFIG",
     .where = OPTION_CLI},
    {.name = "listen",
     .type = OPTION_STRING,
     .offset = offsetof(struct demo_options, listen),
     .fallback = "127.0.0.1:8080",
     .placeholder = "ADDR",
     .help = "Address to listen on.",
     .env = "DEMO_LISTEN",
     .where = OPTION_ANYWHERE},
    {.name = "data",
     .type = OPTION_PATH,
     .offset = offsetof(struct demo_options, data),
     .placeholder = "DIR",
     .help = "Folder of the store.",
     .where = OPTION_ANYWHERE},
    {.name = "token-file",
     .type = OPTION_PATH,
     .offset = offsetof(struct demo_options, token_file),
     .placeholder = "FILE",
     .help = "File that holds a token.",
     .where = OPTION_FILE},
    {.name = "workers",
     .type = OPTION_INT,
     .offset = offsetof(struct demo_options, workers),
     .fallback = "4",
     .placeholder = "N",
     .help = "Threads that answer.",
     .where = OPTION_ANYWHERE,
     .min = 1,
     .max = 64},
    {.name = "drain",
     .type = OPTION_DURATION,
     .offset = offsetof(struct demo_options, drain_sec),
     .fallback = "30s",
     .placeholder = "TIME",
     .help = "How long open requests may take after SIGTERM.",
     .where = OPTION_ANYWHERE,
     .max = 3600},
    {.name = "demo",
     .type = OPTION_BOOL,
     .offset = offsetof(struct demo_options, demo),
     .help = "Try it out.",
     .where = OPTION_CLI},
    {.name = "listen-public",
     .type = OPTION_BOOL,
     .offset = offsetof(struct demo_options, listen_public),
     .help = "Allow an address that others can reach.",
     .where = OPTION_ANYWHERE},
    {.name = "admin-hosts",
     .type = OPTION_LIST,
     .offset = offsetof(struct demo_options, admin_hosts),
     .fallback = "localhost,127.0.0.1",
     .placeholder = "HOST",
     .help = "Host names of the native API.",
     .where = OPTION_ANYWHERE},
};

static const struct option_table demo_table = {
    .command = "demo serve",
    .summary = "Serve the demo.",
    .defs = demo_defs,
    .count = sizeof(demo_defs) / sizeof(demo_defs[0]),
    .config = "config",
};

#endif
