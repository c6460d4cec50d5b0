/* core/notices.c - the daemon's side of the ring of notices: plain reads, since a mapping could be cut short under it.
 */
#include <cardea/notices.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/notices_map.h"

#define CHUNK 64u /* lines a read: a page */

/* No daemon falls so far behind: such a number was written by a verifier gone mad. */
#define BEHIND_MAX (UINT64_C(1) << 32)

/* Whatever was written, a time that can be shown: until the year 2514. */
#define TIME_MAX (UINT64_C(1) << 34)

struct cardea_notices {
    int fd;
    uint64_t settled; /* the head at the call before: lines below it have had their time to be filled */
};

static enum cardea_err hold(struct cardea_notices **out, int fd)
{
    struct cardea_notices *n = calloc(1, sizeof *n);
    if (n == NULL) {
        sys_close(fd);
        return CARDEA_E_NOMEM;
    }
    n->fd = fd;
    *out = n;
    return CARDEA_OK;
}

enum cardea_err cardea_notices_open(struct cardea_notices **out, const char *dir, uint64_t id)
{
    char path[4096];
    struct notices_header h;
    uint64_t len = 0;
    int fd;
    if (!notices_path(path, sizeof path, dir, ""))
        return CARDEA_E_INVALID;
    enum cardea_err err = sys_open(&fd, path);
    if (err != CARDEA_OK)
        return errno == ENOENT ? CARDEA_E_NOTFOUND : err;
    err = sys_file_len(fd, &len);
    if (err == CARDEA_OK)
        err = sys_read_at(fd, &h, sizeof h, 0);
    if (err == CARDEA_OK && (len < NOTICES_FILE_LEN || memcmp(h.magic, NOTICES_MAGIC, sizeof h.magic) != 0 ||
                             h.version != NOTICES_VERSION || h.lines != CARDEA_NOTICES || h.id != id))
        err = CARDEA_E_NOTFOUND;
    if (err == CARDEA_OK)
        return hold(out, fd);
    sys_close(fd);
    return err;
}

enum cardea_err cardea_notices_create(struct cardea_notices **out, const char *dir, unsigned mode, uint64_t id)
{
    char path[4096], unready[4096];
    struct sys_map map;
    int fd;
    if (!notices_path(path, sizeof path, dir, "") || !notices_path(unready, sizeof unready, dir, ".new"))
        return CARDEA_E_INVALID;
    enum cardea_err err = sys_map_create(&map, unready, NOTICES_FILE_LEN, mode);
    if (err != CARDEA_OK)
        return err;
    struct notices_header *h = map.base;
    memcpy(h->magic, NOTICES_MAGIC, sizeof h->magic);
    h->version = NOTICES_VERSION;
    h->lines = CARDEA_NOTICES;
    h->id = id;
    sys_map_close(&map);
    err = sys_open(&fd, unready);
    if (err == CARDEA_OK && (err = sys_rename(unready, path)) != CARDEA_OK)
        sys_close(fd);
    if (err != CARDEA_OK) {
        sys_unlink(unready);
        return err;
    }
    return hold(out, fd);
}

void cardea_notices_free(struct cardea_notices *n)
{
    if (n == NULL)
        return;
    sys_close(n->fd);
    free(n);
}

/* False when the words are not those of a notice that a reader wrote. */
static bool parse(const uint64_t w[NOTICE_WORDS], struct cardea_notice *out)
{
    uint64_t code = w[NOTICE_WHAT] & UINT16_MAX;
    bool has_ip = (w[NOTICE_WHAT] >> 32 & 1) != 0;
    if (notice_seal(w) != w[NOTICE_SEAL] || w[NOTICE_KEY] == 0 || w[NOTICE_KEY] > INT64_MAX ||
        code >= CARDEA_CODE_COUNT || w[NOTICE_TIME] > TIME_MAX || (code == CARDEA_VALID && !has_ip))
        return false;
    *out = (struct cardea_notice){.number = w[NOTICE_NUMBER] - 1,
                                  .unix_sec = (int64_t)w[NOTICE_TIME],
                                  .key_id = w[NOTICE_KEY],
                                  .code = (enum cardea_code)code,
                                  .profile = (uint16_t)(w[NOTICE_WHAT] >> 16),
                                  .has_ip = has_ip};
    memcpy(out->ip, &w[NOTICE_IP], sizeof out->ip);
    return true;
}

/* Where reading begins: what the ring still holds of what is wanted. */
static void catch_up(uint64_t head, uint64_t *position, uint64_t *lost)
{
    uint64_t behind = head - *position;
    if (behind > BEHIND_MAX) { /* or ahead: a number that somebody wrote, in either place */
        *position = head;
    } else if (behind > CARDEA_NOTICES) {
        *lost = behind - CARDEA_NOTICES;
        *position += *lost;
    }
}

enum cardea_err cardea_notices_read(struct cardea_notices *n, uint64_t *position, struct cardea_notice *out, size_t max,
                                    size_t *count, uint64_t *lost)
{
    uint64_t head;
    uint64_t lines[CHUNK][NOTICE_WORDS];
    *count = 0;
    *lost = 0;
    enum cardea_err err = sys_read_at(n->fd, &head, sizeof head, offsetof(struct notices_header, head));
    if (err != CARDEA_OK)
        return err;
    catch_up(head, position, lost);
    uint64_t settled = n->settled;
    n->settled = head;
    while (*position != head && *count < max) {
        uint64_t first = *position & (CARDEA_NOTICES - 1);
        uint64_t some = head - *position < CHUNK ? head - *position : CHUNK;
        some = some < CARDEA_NOTICES - first ? some : CARDEA_NOTICES - first;
        some = some < max - *count ? some : max - *count;
        err = sys_read_at(n->fd, lines, some * sizeof *lines, NOTICES_HEADER_LEN + first * sizeof *lines);
        if (err != CARDEA_OK)
            return *count > 0 ? CARDEA_OK : err;
        for (uint64_t i = 0; i < some; i++, ++*position) {
            if (lines[i][NOTICE_NUMBER] == *position + 1 && parse(lines[i], &out[*count]))
                ++*count;
            else if ((int64_t)(*position - settled) < 0)
                ++*lost;
            else
                return CARDEA_OK; /* being written, or nearly */
        }
    }
    return CARDEA_OK;
}
