/* serve/front.h - what a demo has around the daemon: the example products, and the gateway with TLS before all. */
#ifndef SERVE_FRONT_H
#define SERVE_FRONT_H

#include "serve/daemon.h"

struct front;

/* What it takes and this machine has not: a program's or a file's name; NULL when all is there. Without it a demo is
 * the daemon alone. */
const char *front_missing(void);

/* Is the public address free, and which port is it when it says 0? One line when it is not. */
bool front_reserve(struct listen_address *address, struct cardea_why *why);

/* Starts all of it before the daemon, which listens on `inner`; everything answers when it returns. */
bool front_start(struct front **out, const struct daemon *d, const struct listen_address *inner,
                 struct cardea_why *why);
/* What of it ended by itself, as people say it; NULL while all runs. */
const char *front_ended(struct front *f);
/* The profiles are others now. */
void front_reload(struct front *f, const struct daemon *d);
void front_stop(struct front *f); /* NULL is allowed */

const char *front_tls_base(const struct front *f); /* "https://127.0.0.1:8443" */
const char *front_tls_note(const struct front *f); /* why its port is not the usual one; else empty */
unsigned front_tls_port(const struct front *f);
const char *front_ca_file(const struct front *f); /* absolute */
bool front_has_upstream(const struct front *f);   /* the example products run */

#endif
