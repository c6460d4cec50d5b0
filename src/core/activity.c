/* core/activity.c - the daemon's side of activity: plain reads and writes, since a mapping could be cut short under it.
 */
#include <cardea/activity.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/activity_map.h"

struct cardea_activity {
    char *dir;
    unsigned mode;
    int *fds; /* by segment; -1: not open */
    uint32_t count;
};

enum cardea_err cardea_activity_open(struct cardea_activity **out, const char *dir, unsigned mode)
{
    if (!sys_is_folder(dir))
        return CARDEA_E_IO;
    struct cardea_activity *a = calloc(1, sizeof *a);
    char *copy = strdup(dir);
    if (a == NULL || copy == NULL) {
        free(a);
        free(copy);
        return CARDEA_E_NOMEM;
    }
    *a = (struct cardea_activity){.dir = copy, .mode = mode};
    *out = a;
    return CARDEA_OK;
}

void cardea_activity_free(struct cardea_activity *a)
{
    if (a == NULL)
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->fds[i] >= 0)
            sys_close(a->fds[i]);
    }
    free(a->fds);
    free(a->dir);
    free(a);
}

static enum cardea_err remember(struct cardea_activity *a, uint32_t segment, int fd)
{
    if (segment >= a->count) {
        uint32_t count = segment + 8;
        int *grown = realloc(a->fds, count * sizeof *grown);
        if (grown == NULL)
            return CARDEA_E_NOMEM;
        for (uint32_t i = a->count; i < count; i++)
            grown[i] = -1;
        a->fds = grown;
        a->count = count;
    }
    a->fds[segment] = fd;
    return CARDEA_OK;
}

static bool known(const struct cardea_activity *a, uint32_t segment, int *fd)
{
    if (segment >= a->count || a->fds[segment] < 0)
        return false;
    *fd = a->fds[segment];
    return true;
}

/* CARDEA_E_NOTFOUND when there is no such file. */
static enum cardea_err existing(struct cardea_activity *a, uint32_t segment, int *fd)
{
    if (known(a, segment, fd))
        return CARDEA_OK;
    char path[4096];
    if (!activity_path(path, sizeof path, a->dir, segment))
        return CARDEA_E_INVALID;
    enum cardea_err err = sys_open(fd, path);
    if (err != CARDEA_OK)
        return errno == ENOENT ? CARDEA_E_NOTFOUND : err;
    err = remember(a, segment, *fd);
    if (err != CARDEA_OK)
        sys_close(*fd);
    return err;
}

/* A file whose successor is begun is full, and read all over: huge pages cost less to reach. The last one stays as
 * sparse as its keys. */
static void fill_up(const struct cardea_activity *a, uint32_t segment)
{
    int fd;
    if (known(a, segment, &fd))
        sys_collapse(fd, ACTIVITY_SLOTS_LEN);
}

enum cardea_err cardea_activity_reserve(struct cardea_activity *a, uint32_t ordinal)
{
    uint32_t segment = ordinal / CARDEA_ACTIVITY_SEGMENT;
    int fd;
    if (known(a, segment, &fd))
        return CARDEA_OK;
    char path[4096];
    if (!activity_path(path, sizeof path, a->dir, segment))
        return CARDEA_E_INVALID;
    enum cardea_err err = sys_create_sparse(&fd, path, ACTIVITY_FILE_LEN, a->mode);
    if (err != CARDEA_OK)
        return err;
    struct activity_header h = {.version = ACTIVITY_VERSION, .segment = segment};
    memcpy(h.magic, ACTIVITY_MAGIC, sizeof h.magic);
    err = sys_write_at(fd, &h, offsetof(struct activity_header, dirty), 0);
    if (err == CARDEA_OK)
        err = remember(a, segment, fd);
    if (err != CARDEA_OK) {
        sys_close(fd);
        return err;
    }
    if (segment > 0)
        fill_up(a, segment - 1);
    return CARDEA_OK;
}

static uint64_t offset_of(uint32_t ordinal)
{
    return ACTIVITY_HEADER_LEN + (uint64_t)(ordinal % CARDEA_ACTIVITY_SEGMENT) * sizeof(struct activity_line);
}

/* As the file holds it, without atomics. */
struct raw_line {
    int64_t last_used;
    uint64_t uses, denials;
    int64_t credits_granted;
    uint64_t credits_seal;
    int64_t credits_drawn;
    uint64_t arrival, origins;
};
_Static_assert(sizeof(struct raw_line) == sizeof(struct activity_line), "the same line");

/* Whoever verifies may have written anything. Bounded so that sums of two do not overflow. */
#define COUNT_MAX     (INT64_C(1) << 61)
#define LAST_USED_MAX (INT64_C(1) << 34)

static int64_t within(int64_t value, int64_t max)
{
    return value < 0 ? 0 : value > max ? max : value;
}

static enum cardea_err read_within(struct cardea_activity *a, uint32_t first, uint32_t count,
                                   struct cardea_activity_slot *out)
{
    struct raw_line raw[256];
    int fd = -1;
    enum cardea_err err = existing(a, first / CARDEA_ACTIVITY_SEGMENT, &fd);
    if (err != CARDEA_OK && err != CARDEA_E_NOTFOUND)
        return err;
    bool missing = err == CARDEA_E_NOTFOUND;
    for (uint32_t done = 0; done < count;) {
        uint32_t n = count - done < 256 ? count - done : 256;
        memset(raw, 0, sizeof raw);
        err = missing ? CARDEA_OK : sys_read_at(fd, raw, n * sizeof *raw, offset_of(first + done));
        if (err != CARDEA_OK)
            return err;
        for (uint32_t i = 0; i < n; i++)
            out[done + i] = (struct cardea_activity_slot){
                .last_used = within(raw[i].last_used, LAST_USED_MAX),
                .uses = (uint64_t)within((int64_t)raw[i].uses, COUNT_MAX),
                .denials = (uint64_t)within((int64_t)raw[i].denials, COUNT_MAX),
                .credits_granted = within(raw[i].credits_granted, COUNT_MAX),
                .credits_drawn = within(raw[i].credits_drawn, COUNT_MAX)};
        done += n;
    }
    return CARDEA_OK;
}

enum cardea_err cardea_activity_read(struct cardea_activity *a, uint32_t first, uint32_t count,
                                     struct cardea_activity_slot *out)
{
    if (count > UINT32_MAX - first)
        return CARDEA_E_INVALID;
    while (count > 0) {
        uint32_t room = CARDEA_ACTIVITY_SEGMENT - first % CARDEA_ACTIVITY_SEGMENT;
        uint32_t n = count < room ? count : room;
        enum cardea_err err = read_within(a, first, n, out);
        if (err != CARDEA_OK)
            return err;
        first += n;
        out += n;
        count -= n;
    }
    return CARDEA_OK;
}

/* The first `count` counters of a key's line among those that end at `end`; zeros and CARDEA_E_NOTFOUND when the file
 * does not reach so far. */
static enum cardea_err read_counters(struct cardea_activity *a, uint32_t ordinal, size_t end, uint32_t *out,
                                     size_t count)
{
    uint64_t at = end - (CARDEA_ACTIVITY_SEGMENT - ordinal % CARDEA_ACTIVITY_SEGMENT) * (uint64_t)64;
    int fd = -1;
    uint64_t len = 0;
    memset(out, 0, count * sizeof *out);
    enum cardea_err err = existing(a, ordinal / CARDEA_ACTIVITY_SEGMENT, &fd);
    if (err == CARDEA_OK)
        err = sys_file_len(fd, &len);
    if (err == CARDEA_OK && len < end)
        err = CARDEA_E_NOTFOUND;
    return err == CARDEA_OK ? sys_read_at(fd, out, count * sizeof *out, at) : err;
}

enum cardea_err cardea_activity_read_refusals(struct cardea_activity *a, uint32_t ordinal,
                                              uint32_t out[CARDEA_ACTIVITY_REFUSALS])
{
    enum cardea_err err = read_counters(a, ordinal, ACTIVITY_REFUSALS_LEN, out, CARDEA_ACTIVITY_REFUSALS);
    return err == CARDEA_E_NOTFOUND ? CARDEA_OK : err;
}

enum cardea_err cardea_activity_read_groups(struct cardea_activity *a, uint32_t ordinal,
                                            uint32_t out[CARDEA_ACTIVITY_GROUPS])
{
    return read_counters(a, ordinal, ACTIVITY_FILE_LEN, out, CARDEA_ACTIVITY_GROUPS);
}

enum cardea_err cardea_activity_grant_credits(struct cardea_activity *a, uint32_t ordinal, int64_t granted)
{
    if (granted < 0)
        return CARDEA_E_INVALID;
    int fd;
    enum cardea_err err = existing(a, ordinal / CARDEA_ACTIVITY_SEGMENT, &fd);
    if (err != CARDEA_OK)
        return err;
    uint64_t words[2] = {(uint64_t)granted, (uint64_t)granted ^ ACTIVITY_SEAL};
    return sys_write_at(fd, words, sizeof words, offset_of(ordinal) + offsetof(struct raw_line, credits_granted));
}

enum cardea_err cardea_activity_take_dirty(struct cardea_activity *a, uint32_t segment,
                                           uint8_t flags[CARDEA_ACTIVITY_BLOCKS])
{
    int fd;
    enum cardea_err err = existing(a, segment, &fd);
    if (err != CARDEA_OK)
        return err;
    uint64_t at = offsetof(struct activity_header, dirty);
    err = sys_read_at(fd, flags, CARDEA_ACTIVITY_BLOCKS, at);
    /* Only flags that were seen set are cleared: one that is set meanwhile stays. */
    for (unsigned i = 0; err == CARDEA_OK && i < CARDEA_ACTIVITY_BLOCKS; i++) {
        static const uint8_t clear = 0;
        if (flags[i] != 0)
            err = sys_write_at(fd, &clear, 1, at + i);
    }
    return err;
}
