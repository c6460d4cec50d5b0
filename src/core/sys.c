/* core/sys.c - the one file of libcardea that sees the operating system. */
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

struct cardea_time cardea_time_now(void)
{
    struct timespec wall = {0};
    struct timespec boot = {0};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (struct cardea_time){.unix_sec = wall.tv_sec,
                                .boot_ns = (uint64_t)boot.tv_sec * 1000000000u + (uint64_t)boot.tv_nsec};
}

bool cardea_random_system(void *arg, void *buf, size_t len)
{
    uint8_t *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

#define HUGE_PAGE ((size_t)2 << 20)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* Where huge pages can be mapped: at a multiple of their size, which mmap by itself chooses on some mounts only. */
static void *map_aligned(size_t len, int protection, int fd)
{
    if (len < HUGE_PAGE)
        return mmap(NULL, len, protection, MAP_SHARED, fd, 0);
    char *room = mmap(NULL, len + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return MAP_FAILED;
    size_t before = -(uintptr_t)room % HUGE_PAGE;
    char *at = room + before;
    void *base = mmap(at, len, protection, MAP_SHARED | MAP_FIXED, fd, 0);
    if (base == MAP_FAILED) {
        munmap(room, len + HUGE_PAGE);
        return MAP_FAILED;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (before > 0)
        munmap(room, before);
    munmap(at + (len + page - 1) / page * page, HUGE_PAGE - before);
    return base;
}

static enum cardea_err map_fd(struct sys_map *m, int fd, size_t len, bool writable)
{
    void *base = map_aligned(len, writable ? PROT_READ | PROT_WRITE : PROT_READ, fd);
    if (base == MAP_FAILED)
        return CARDEA_E_IO;
    /* Advice only: digests stay out of core dumps, and huge pages save much of a random read where shmem allows them.
     */
    madvise(base, len, MADV_DONTDUMP);
    madvise(base, len, MADV_HUGEPAGE);
    *m = (struct sys_map){.base = base, .len = len, .fd = fd};
    return CARDEA_OK;
}

static void close_keeping_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

enum cardea_err sys_map_open(struct sys_map *m, const char *path, bool writable)
{
    /* Not blocking, so that a FIFO in place of the file cannot hang whoever opens it. */
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return CARDEA_E_IO;
    struct stat st;
    enum cardea_err err = fstat(fd, &st) == 0 ? CARDEA_OK : CARDEA_E_IO;
    if (err == CARDEA_OK && (!S_ISREG(st.st_mode) || st.st_size <= 0))
        err = CARDEA_E_FORMAT;
    if (err == CARDEA_OK)
        err = map_fd(m, fd, (size_t)st.st_size, writable);
    if (err != CARDEA_OK)
        close_keeping_errno(fd);
    return err;
}

enum cardea_err sys_map_create(struct sys_map *m, const char *path, size_t len, unsigned mode)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return CARDEA_E_IO;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return CARDEA_E_IO;
    int failed = posix_fallocate(fd, 0, (off_t)len);
    if (failed != 0)
        errno = failed;
    enum cardea_err err = failed == 0 && fchmod(fd, (mode_t)mode) == 0 ? map_fd(m, fd, len, true) : CARDEA_E_IO;
    /* Advice, too. On most machines tmpfs gives huge pages to nobody who doesn't insist; whoever maps the file later
     * has them without asking. */
    if (err == CARDEA_OK)
        madvise(m->base, len, MADV_COLLAPSE);
    if (err != CARDEA_OK) {
        close_keeping_errno(fd);
        int saved = errno;
        unlink(path);
        errno = saved;
    }
    return err;
}

void sys_map_close(struct sys_map *m)
{
    if (m->base == NULL)
        return;
    munmap(m->base, m->len);
    close(m->fd);
    *m = (struct sys_map){.base = NULL};
}

bool sys_map_is_lost(const struct sys_map *m)
{
    struct stat st;
    return fstat(m->fd, &st) != 0 || st.st_nlink == 0 || (uint64_t)st.st_size < m->len;
}

bool sys_map_same(const struct sys_map *a, const struct sys_map *b)
{
    struct stat x, y;
    return fstat(a->fd, &x) == 0 && fstat(b->fd, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

enum cardea_err sys_set_mode(const struct sys_map *m, unsigned mode)
{
    return fchmod(m->fd, (mode_t)mode) == 0 ? CARDEA_OK : CARDEA_E_IO;
}

enum cardea_err sys_rename(const char *from, const char *to)
{
    return rename(from, to) == 0 ? CARDEA_OK : CARDEA_E_IO;
}

void sys_unlink(const char *path)
{
    int saved = errno;
    unlink(path);
    errno = saved;
}

enum cardea_err sys_lock(int *fd, const char *path)
{
    int f = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f < 0)
        return CARDEA_E_IO;
    if (flock(f, LOCK_EX | LOCK_NB) != 0) {
        close_keeping_errno(f);
        return CARDEA_E_IO;
    }
    *fd = f;
    return CARDEA_OK;
}

enum cardea_err sys_open(int *fd, const char *path)
{
    int f = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (f < 0)
        return CARDEA_E_IO;
    *fd = f;
    return CARDEA_OK;
}

enum cardea_err sys_create_sparse(int *fd, const char *path, size_t len, unsigned mode)
{
    int f = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f < 0)
        return CARDEA_E_IO;
    struct stat st;
    bool ok = fstat(f, &st) == 0 && fchmod(f, (mode_t)mode) == 0;
    /* Longer only: a mapping that lost its tail would kill whoever reads it. */
    if (ok && (size_t)st.st_size < len)
        ok = ftruncate(f, (off_t)len) == 0;
    if (!ok) {
        close_keeping_errno(f);
        return CARDEA_E_IO;
    }
    *fd = f;
    return CARDEA_OK;
}

void sys_collapse(int fd, size_t len)
{
    struct statfs fs;
    /* The kernel does nothing where all is hole. */
    if (fstatfs(fd, &fs) != 0 || fs.f_type != TMPFS_MAGIC || posix_fallocate(fd, 0, (off_t)len) != 0)
        return;
    void *base = map_aligned(len, PROT_READ | PROT_WRITE, fd);
    if (base == MAP_FAILED)
        return;
    madvise(base, len, MADV_COLLAPSE);
    munmap(base, len);
}

void sys_close(int fd)
{
    close(fd);
}

enum cardea_err sys_file_len(int fd, uint64_t *len)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return CARDEA_E_IO;
    *len = (uint64_t)st.st_size;
    return CARDEA_OK;
}

enum cardea_err sys_read_at(int fd, void *buf, size_t len, uint64_t offset)
{
    uint8_t *at = buf;
    while (len > 0) {
        ssize_t n = pread(fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return CARDEA_E_IO;
        if (n == 0) {
            memset(at, 0, len);
            break;
        }
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return CARDEA_OK;
}

enum cardea_err sys_write_at(int fd, const void *buf, size_t len, uint64_t offset)
{
    const uint8_t *at = buf;
    while (len > 0) {
        ssize_t n = pwrite(fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return CARDEA_E_IO;
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return CARDEA_OK;
}

bool sys_is_folder(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

void sys_boot_id(uint8_t out[SYS_BOOT_ID_LEN])
{
    memset(out, 0, SYS_BOOT_ID_LEN);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    char text[64];
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    unsigned nibbles = 0;
    for (ssize_t i = 0; i < n && nibbles < 2 * SYS_BOOT_ID_LEN; i++) {
        int v = hex_value(text[i]);
        if (v >= 0) {
            out[nibbles / 2] = (uint8_t)(out[nibbles / 2] << 4 | v);
            nibbles++;
        }
    }
}
