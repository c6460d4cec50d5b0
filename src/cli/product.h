/* cli/product.h - what comes back from a command that a profile declares: shown, or put into a file. */
#ifndef CLI_PRODUCT_H
#define CLI_PRODUCT_H

#include "cli/args.h"
#include "cli/transfer.h"

/* A request that is ready but for what takes its reply. Each runs it and returns the exit code. */

/* A list as a table, another JSON value indented, text as it is; by --json and --quiet too. */
int product_show(struct client *c, const struct cli_args *args, struct transfer *t);
/* To `--out`: whole or not at all. */
int product_download(struct client *c, const struct cli_args *args, struct transfer *t);

/* A refusal whose body is `text`, on stderr. Returns the exit code. */
int product_refused(struct client *c, const struct transfer *t, struct cardea_str text);

#endif
