/* core/sys.h - all that libcardea asks of the operating system: files, mappings, a lock, the boot id. (The clocks and
 * the kernel's randomness are public: cardea_time_now, cardea_random_system.) On failure errno says why. */
#ifndef CORE_SYS_H
#define CORE_SYS_H

#include <sys/types.h>

#include <cardea/types.h>

#define SYS_BOOT_ID_LEN 16

/* A whole file, mapped shared. `base` NULL: nothing is mapped. */
struct sys_map {
    void *base;
    size_t len;
    int fd;
};

/* Maps an existing regular file. CARDEA_E_FORMAT when it is no regular file or empty. */
enum cardea_err sys_map_open(struct sys_map *m, const char *path, bool writable);

/* Makes a new file of `len` zero bytes in place of a left-over one, with its blocks allocated, so that a full disk is
 * an error here and never a SIGBUS later; maps it for writing. */
enum cardea_err sys_map_create(struct sys_map *m, const char *path, size_t len, unsigned mode);
void sys_map_close(struct sys_map *m);
/* True when no path leads to the mapped file any more, or the file was cut short. */
bool sys_map_is_lost(const struct sys_map *m);

/* True when both are maps of one file. */
bool sys_map_same(const struct sys_map *a, const struct sys_map *b);

enum cardea_err sys_set_mode(const struct sys_map *m, unsigned mode);
enum cardea_err sys_rename(const char *from, const char *to);
void sys_unlink(const char *path);

/* An exclusive lock on the file at `path`, held until sys_close. CARDEA_E_IO with EWOULDBLOCK: held by another. */
enum cardea_err sys_lock(int *fd, const char *path);

/* For plain reads and writes. `create` with `len`: a missing file is made, sparse, of that length. */
enum cardea_err sys_open(int *fd, const char *path);
enum cardea_err sys_create_sparse(int *fd, const char *path, size_t len, unsigned mode);
/* Advice: a file on tmpfs becomes huge pages, holes and all, for whoever maps it. */
void sys_collapse(int fd, size_t len);
void sys_close(int fd);
enum cardea_err sys_file_len(int fd, uint64_t *len);
/* Reads up to `len` bytes; what lies beyond the end reads as zero. */
enum cardea_err sys_read_at(int fd, void *buf, size_t len, uint64_t offset);
enum cardea_err sys_write_at(int fd, const void *buf, size_t len, uint64_t offset);

/* True when `path` is a folder. */
bool sys_is_folder(const char *path);

/* This boot of this machine; zeros when the kernel does not tell. */
void sys_boot_id(uint8_t out[SYS_BOOT_ID_LEN]);

#endif
