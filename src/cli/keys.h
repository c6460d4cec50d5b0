/* cli/keys.h - what the commands on keys share: where the API keeps them here, and which key is meant. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli/args.h"
#include "cli/client.h"

/* The collection's path: /v1/keys, or the product's own, its `{tenant}` filled in from --account or the credentials,
 * else with `-`, the key's own account. CLI_FAILURE with a message where a product has no such collection. */
int keys_path(struct client *c, const struct cli_args *args, const char **out);
/* "PATH/ID". */
const char *keys_path_of(struct client *c, const char *collection, const char *id);

/* One key that was named by id or by visible prefix. In the arena. */
struct keys_ref {
    const char *id;
    const char *shown; /* prefix and name when they are known, else the id */
};
/* A prefix is looked up by listing. CLI_NOT_FOUND, CLI_USAGE for a whole key or an ambiguous prefix; each with a
 * message. */
int keys_resolve(struct client *c, const struct cli_args *args, const char *collection, const char *text,
                 struct keys_ref *out);
/* A list of what happened to the key that --key names, as "path?key=ID"; `path` without it. Revoked keys count too. A
 * whole key never gets into an address. */
int keys_filter(struct client *c, const struct cli_args *args, const char *path, const char **out);

/* Fill a request from options. CLI_USAGE with a message when a value makes no sense. */
int keys_body(struct cli *cli, const struct cli_args *args, json_t *body);
/* The same for --credits alone. */
int keys_credits(struct cli *cli, const struct cli_args *args, json_t *body);

/* After a new key was printed: CLI_FAILURE with a message when it did not reach its reader, since nobody has it then.
 */
int keys_delivered(struct cli *cli, const json_t *key);

#endif
