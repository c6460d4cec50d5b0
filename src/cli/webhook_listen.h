/* cli/webhook_listen.h - a small HTTP server for webhooks on a developer's machine: one request after the other. */
#ifndef CLI_WEBHOOK_LISTEN_H
#define CLI_WEBHOOK_LISTEN_H

#include "cli/webhook_check.h"

/* The status to answer with. */
typedef int (*webhook_request_fn)(void *arg, const struct webhook_request *request);

/* Until `count` webhooks came (0: until it is interrupted). `address` as base/listen.h reads it, on this machine. */
int webhook_listen(struct cli *cli, const char *address, long count, webhook_request_fn on_request, void *arg);

#endif
