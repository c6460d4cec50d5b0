/* gateway/gateway.h - nginx with the module, run in front of the daemon. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "gateway/plan.h"

struct gateway;

/* Where this machine has nginx and the modules: beside this program (a build tree), or installed. NULL: nowhere. In
 * `a`.
 */
const char *gateway_find_nginx(struct arena *a);
const char *gateway_find_module(struct arena *a);
const char *gateway_find_scan_module(struct arena *a);

/* Writes the configuration, has nginx check it, starts it, and returns when all its addresses answer. On failure `why`
 * says what nginx said; nothing is left running. */
bool gateway_start(struct gateway **out, const char *nginx, const struct gateway_plan *plan, struct cardea_why *why);
/* Once more with another plan: requests that are on their way are finished by the old one. A configuration that nginx
 * refuses is not put in force. */
bool gateway_reload(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why);
bool gateway_running(struct gateway *g);
/* Lets requests end, for a while. NULL is allowed. */
void gateway_stop(struct gateway *g);

/* `cardea gateway`: options, the configuration, nginx in the foreground; SIGHUP and a changed profile reload. */
int gateway_main(int argc, char **argv);

#endif
