/* cli/webhook_check.h - webhooks on the receiver's side: the secret, and what a request's signatures are worth. */
#ifndef CLI_WEBHOOK_CHECK_H
#define CLI_WEBHOOK_CHECK_H

#include <cardea/webhook.h>

#include "cli/app.h"
#include "cli/args.h"

/* Of --secret-file, or the environment's CARDEA_WEBHOOK_SECRET; never of the command line. False with a message when it
 * cannot be read; empty when there is none. The caller wipes it. */
bool webhook_secret_read(struct cli *cli, const struct cli_args *args, struct cli_secret *out);

/* One request that came in. */
struct webhook_request {
    struct cardea_str id, timestamp, signature; /* Standard Webhooks' headers */
    struct cardea_str own_signature;            /* a product's own header */
    struct cardea_str body;
};
/* By all signatures that it has: any bad one makes it bad. NO_SIGNATURE when it has none. */
enum cardea_webhook_result webhook_request_check(const struct webhook_request *r, struct cardea_str secret,
                                                 int64_t now);

#endif
