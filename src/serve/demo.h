/* serve/demo.h - `--demo`: accounts and people in every profile, DATA/demo.json, and what to try. */
#ifndef SERVE_DEMO_H
#define SERVE_DEMO_H

#include "serve/daemon.h"

/* Once the daemon answers at `inner`: makes what is missing, starts 24-hour sessions for all, starts the gateway before
 * it, writes demo.json (0600) in one step when all of it answers, and prints what to try. Runs again and again on the
 * same data. */
bool demo_prepare(struct daemon *d, const struct listen_address *inner, struct cardea_why *why);

#endif
