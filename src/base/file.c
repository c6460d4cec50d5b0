#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

bool file_read(struct arena *a, const char *path, size_t max, struct cardea_str *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct buf content;
    buf_init(&content, max);
    char chunk[16 * 1024];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        buf_add(&content, chunk, (size_t)n);
        if (content.failed) {
            errno = EFBIG;
            n = -1;
            break;
        }
    }
    int error = errno;
    explicit_bzero(chunk, sizeof(chunk));
    close(fd);
    if (n == 0)
        *out = arena_str(a, buf_str(&content));
    buf_release(&content);
    errno = error;
    return n == 0;
}

static bool write_all(int fd, struct cardea_str data)
{
    while (data.len) {
        ssize_t n = write(fd, data.ptr, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data.ptr += n;
        data.len -= (size_t)n;
    }
    return true;
}

/* The folder's entry must be on disk too, or a crash brings the old file back. */
static bool sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (slash == path ? 1 : (size_t)(slash - path)) : 1;
    if (len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(folder, slash ? path : ".", len);
    folder[len] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return ok;
}

bool file_write_atomic(const char *path, unsigned mode, struct cardea_str data)
{
    char temporary[PATH_MAX];
    int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 until the content is there */
    if (fd < 0)
        return false;
    bool ok = write_all(fd, data) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && rename(temporary, path) == 0)
        return sync_folder(path);
    if (ok)
        error = errno;
    unlink(temporary);
    errno = error;
    return false;
}

static bool make_dir(const char *path, unsigned mode, bool set_mode)
{
    if (mkdir(path, mode) == 0)
        return !set_mode || chmod(path, mode) == 0; /* whatever the umask is */
    if (errno != EEXIST)
        return false;
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return true;
}

bool file_make_dirs(const char *path, unsigned mode)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof(part)) {
        errno = len ? ENAMETOOLONG : ENOENT;
        return false;
    }
    memcpy(part, path, len);
    part[len] = '\0';
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        if (!make_dir(part, 0755, false))
            return false;
        part[i] = '/';
    }
    return make_dir(part, mode, true);
}

int file_open_own_dir(const char *path, unsigned mode)
{
    struct stat st;
    int fd = file_make_dirs(path, mode) ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0)
        return -1;
    bool ok = fstat(fd, &st) == 0;
    if (ok && st.st_uid != geteuid()) {
        errno = EPERM;
        ok = false;
    }
    if (ok && fchmod(fd, mode) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}
