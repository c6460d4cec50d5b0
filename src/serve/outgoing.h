/* serve/outgoing.h - what the options say of messages that leave: pushes and mail. */
#ifndef SERVE_OUTGOING_H
#define SERVE_OUTGOING_H

#include "serve/daemon.h"

/* False with each mistake in `errors`, one a line. */
bool outgoing_check(const struct serve_options *o, struct buf *errors);
bool outgoing_open(struct daemon *d, struct cardea_why *why);
/* False: threads are left, and the process must end by _exit(). */
bool outgoing_close(struct daemon *d);

#endif
