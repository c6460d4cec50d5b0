/* cli/device.h - the device authorization grant (RFC 8628): a person confirms in the browser, and a key comes. */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "cli/client.h"

/* Asks, shows the address and the code, and waits. CLI_OK with the key in `out` (the caller wipes it) and *key_id (in
 * the arena, or NULL); CLI_AUTH when the person refuses, or nobody answers in time. Each failure has a message. */
int device_login(struct client *c, struct cli_secret *out, const char **key_id);

#endif
