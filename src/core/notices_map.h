/* core/notices_map.h - the ring of notices: its layout, and the verifier's mapped view of it.
 *
 * A header of one page, then CARDEA_NOTICES lines of one cache line. A writer takes the next number from `head` and
 * fills the line of that number; the seal over all other words, written last, tells a whole line from one that is half
 * written, or written by two at once. */
#ifndef CORE_NOTICES_MAP_H
#define CORE_NOTICES_MAP_H

#include <stdalign.h>
#include <stdatomic.h>

#include <cardea/authorize.h>
#include <cardea/notices.h>

#include "core/activity_map.h"

#define NOTICES_MAGIC      "CARDEAno"
#define NOTICES_VERSION    1
#define NOTICES_HEADER_LEN 4096
#define NOTICES_FILE_LEN   (NOTICES_HEADER_LEN + (size_t)CARDEA_NOTICES * 64)

struct notices_header {
    char magic[8];
    uint32_t version;
    uint32_t lines;
    uint64_t id;
    alignas(64) _Atomic uint64_t head; /* numbers given so far */
};

enum notice_word {
    NOTICE_NUMBER, /* counted from 1: 0 is an empty line */
    NOTICE_TIME,
    NOTICE_KEY,
    NOTICE_IP, /* two words, as the bytes stand */
    NOTICE_IP_2,
    NOTICE_WHAT, /* code, profile << 16, has_ip << 32 */
    NOTICE_SPARE,
    NOTICE_SEAL,
    NOTICE_WORDS,
};

struct notice_line {
    _Atomic uint64_t words[NOTICE_WORDS];
};

_Static_assert(sizeof(struct notice_line) == 64, "one cache line");
_Static_assert(sizeof(struct notices_header) <= NOTICES_HEADER_LEN, "the header fits its page");

uint64_t notice_seal(const uint64_t words[NOTICE_WORDS]);

/* What a verifier has mapped. All zero: nothing yet. */
struct notices_map {
    struct sys_map map;
    uint64_t
        look_ns; /* not before: mapping it when it could not be, seeing whether it is still at its path when it is */
    uint64_t origins_sec; /* the second in which so many networks were told of */
    uint32_t origins;
};

/* A reader tells of so many networks in a second at most, so that they leave room for refusals, and the daemon keeps up
 * with the workers of a large machine. What it does not tell now comes with a later grant. */
#define NOTICES_ORIGINS_MAX 64

/* "DIR/notices"; false when it does not fit. */
bool notices_path(char *buf, size_t cap, const char *dir, const char *suffix);

/* Tells of a refusal of a known key, if it is one to be told of, and was not told of in this second. The key's line is
 * mapped. */
void notices_denied(struct notices_map *m, struct activity_map *a, const struct cardea_check *check,
                    const struct cardea_decision *d);
/* Tells of a grant to a network that the key's line does not know, once a second for a key, and has the line know it.
 */
void notices_origin(struct notices_map *m, struct activity_map *a, const struct activity_grant *grant,
                    struct cardea_time now);
/* False when there is no ring that could be written to. */
bool notices_append(struct notices_map *m, const char *dir, const struct cardea_notice *n, uint64_t boot_ns);
void notices_map_release(struct notices_map *m);

#endif
