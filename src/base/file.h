/* base/file.h - whole files, written so that nobody ever sees half of one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"

/* Reads at most `max` bytes; errno on failure (EFBIG when larger). The copy is NUL-terminated. */
bool file_read(struct arena *a, const char *path, size_t max, struct cardea_str *out);
/* Writes beside `path`, syncs, renames, syncs the folder. Nothing is left behind on failure (errno). */
bool file_write_atomic(const char *path, unsigned mode, struct cardea_str data);
/* mkdir -p; the last folder gets `mode` when it is made. */
bool file_make_dirs(const char *path, unsigned mode);
/* The same for a folder that is ours alone: it gets `mode` in any case. Its descriptor, or -1: a link, which leads
 * wherever somebody else wants our files (ENOTDIR), or a folder of somebody else's (EPERM). */
int file_open_own_dir(const char *path, unsigned mode);

#endif
