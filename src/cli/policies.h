/* cli/policies.h - what the commands of policies share. */
#ifndef CLI_POLICIES_H
#define CLI_POLICIES_H

#include "cli/args.h"
#include "cli/client.h"

/* "/v1/policies/NAME/rest?account=…". `account` NULL: the caller's own. */
const char *policies_path(struct cli *cli, const char *policy, const char *rest, const char *account);

/* --name as a number from 1 on; 0: not given. False, with a message: no such number. */
bool policies_number(struct cli *cli, const struct cli_args *args, const char *name, long long *out);

#endif
