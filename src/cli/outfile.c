#include "cli/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/interrupt.h"

/* Where a link leads, so that the link stays; the path itself where nothing is yet. */
static const char *place_of(struct arena *a, const char *path)
{
    char *real = realpath(path, NULL);
    if (!real)
        return errno == ENOENT ? arena_cstr(a, str_of(path)) : NULL;
    const char *place = arena_cstr(a, str_of(real));
    free(real);
    return place;
}

/* Rights of a new file, as open() would give them. */
static unsigned new_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool open_beside(struct outfile *f, struct arena *a)
{
    char *name = arena_cstr(a, arena_printf(a, "%s.XXXXXX", f->place));
    interrupt_hold();
    f->fd = mkostemp(name, O_CLOEXEC);
    int error = errno;
    if (f->fd >= 0) {
        f->temporary = name;
        interrupt_remove(name);
    }
    interrupt_release();
    errno = error;
    return f->fd >= 0;
}

bool outfile_open(struct outfile *f, struct arena *a, const char *path)
{
    struct stat st;
    *f = (struct outfile){.fd = -1};
    f->place = place_of(a, path);
    if (!f->place)
        return false;
    if (stat(f->place, &st) != 0) {
        f->mode = new_mode();
        return errno == ENOENT && open_beside(f, a);
    }
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    f->mode = st.st_mode & 0777;
    if (!S_ISREG(st.st_mode)) {
        f->fd = open(f->place, O_WRONLY | O_CLOEXEC);
        return f->fd >= 0;
    }
    return faccessat(AT_FDCWD, f->place, W_OK, AT_EACCESS) == 0 && open_beside(f, a);
}

bool outfile_write(struct outfile *f, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(f->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* The folder's entry must be on disk too, or a crash brings the old file back. Where a file system cannot, the file
 * itself is whole all the same. */
static void sync_folder(const char *place)
{
    char *copy = strdup(place), *slash = copy ? strrchr(copy, '/') : NULL;
    if (slash)
        slash[slash == copy] = '\0';
    int fd = copy ? open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

static void forget(struct outfile *f)
{
    interrupt_remove(NULL);
    f->temporary = NULL;
    f->fd = -1;
}

bool outfile_commit(struct outfile *f)
{
    bool ok = !f->temporary || (fchmod(f->fd, f->mode) == 0 && fsync(f->fd) == 0);
    int error = errno;
    if (close(f->fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    f->fd = -1;
    if (!f->temporary) {
        errno = error;
        return ok;
    }
    if (ok && rename(f->temporary, f->place) == 0) {
        forget(f);
        sync_folder(f->place);
        return true;
    }
    if (ok)
        error = errno;
    outfile_discard(f);
    errno = error;
    return false;
}

void outfile_discard(struct outfile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->temporary)
        unlink(f->temporary);
    forget(f);
}
