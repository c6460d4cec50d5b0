#include "serve/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define GROUP "cardea"

/* Readers run as other users: the group is how they reach the snapshot. Who may not give the folder to the group (a
 * developer) keeps it. */
static void share(const char *dir, unsigned mode)
{
    const struct group *g = getgrnam(GROUP);
    if (g && chown(dir, (uid_t)-1, g->gr_gid) != 0)
        log_debug("the folder %s stays out of the group " GROUP ": %s", dir, strerror(errno));
    if (chmod(dir, mode) != 0)
        log_debug("the folder %s keeps its mode: %s", dir, strerror(errno));
}

/* Whose folder it is can put a master key, a store and a snapshot of their own into it, whoever wrote those there. */
static void warn_of_owner(const char *dir)
{
    struct stat st;
    if (stat(dir, &st) != 0)
        return;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        log_warn("the folder %s belongs to another user, who can replace what is in it", dir);
    else if (st.st_mode & S_IWOTH)
        log_warn("everybody can write the folder %s, and replace what is in it", dir);
}

int lock_folder(const char *dir, unsigned mode, bool shared, struct cardea_why *why)
{
    struct arena arena = {0};
    struct stat st;
    bool made = stat(dir, &st) != 0;
    int fd = -1;
    if (!file_make_dirs(dir, mode)) {
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be made: %s", dir, strerror(errno));
        return -1;
    }
    if (made && shared)
        share(dir, mode);
    warn_of_owner(dir);
    const char *path = arena_printf(&arena, "%s/lock", dir).ptr;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be written: %s", dir, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            snprintf(why->text, sizeof(why->text), "another cardea works in %s: stop it, or choose another folder",
                     dir);
        else
            snprintf(why->text, sizeof(why->text), "%s cannot be locked: %s", path, strerror(errno));
        close(fd);
        fd = -1;
    }
    arena_release(&arena);
    return fd;
}
