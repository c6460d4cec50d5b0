/* cli/outfile.h - a file that is there whole or not at all: written beside its place, then put there. */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include "base/arena.h"

/* Caller-allocated, one at a time (an interrupt removes the one that is being written). */
struct outfile {
    int fd;
    const char *place;     /* where it goes, links followed */
    const char *temporary; /* NULL: written in place, since it is no file but a pipe or a device */
    unsigned mode;
};

/* Finds out whether it can be written, before anything is asked of a server. False with errno, nothing left behind.
 * Pair with outfile_commit() or outfile_discard(). */
bool outfile_open(struct outfile *f, struct arena *a, const char *path);
bool outfile_write(struct outfile *f, const char *data, size_t len);
/* Synced, then in its place, with the access rights of what it replaces. False with errno, nothing left behind. */
bool outfile_commit(struct outfile *f);
void outfile_discard(struct outfile *f);

#endif
