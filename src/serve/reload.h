/* serve/reload.h - configuration, profiles and issuers, read at the start and again at SIGHUP. */
#ifndef SERVE_RELOAD_H
#define SERVE_RELOAD_H

#include "serve/daemon.h"

/* Reads all anew. NULL with every mistake in `errors`, one a line; `result` says whether help was asked for. */
struct generation *generation_load(int argc, char **argv, struct buf *errors, enum options_result *result);
void generation_free(struct generation *g);
/* Tells the judge what this generation says of the AI layer, and forgets the key. */
void generation_ask_ai(struct generation *g, struct daemon *d); /* with all older ones */

/* Who may report leaked keys from now on, and what becomes of those. */
void generation_watch_leaks(struct generation *g, struct daemon *d);

/* SIGHUP: takes over what is good, else logs each mistake, keeps what there was, and returns false. */
bool reload(struct daemon *d);

#endif
