/* core/activity_map.h - activity segments: their layout, and the verifier's mapped view of them.
 *
 * A segment: 4096 bytes of header, CARDEA_ACTIVITY_SEGMENT slots of one cache line, then as many lines of refusals by
 * their code, a hole until keys are refused, of which a grant touches none; then as many of grants by their route's
 * group, of which a grant touches its key's if its route has a group. Whoever verifies writes all of it, so nothing in
 * it is trusted further than its own key's counts. */
#ifndef CORE_ACTIVITY_MAP_H
#define CORE_ACTIVITY_MAP_H

#include <stdalign.h>
#include <stdatomic.h>

#include <cardea/activity.h>
#include <cardea/profile.h>

#include "core/sys.h"

#define ACTIVITY_MAGIC      "CARDEAac"
#define ACTIVITY_VERSION    1
#define ACTIVITY_HEADER_LEN 4096
/* Files of earlier versions end behind the slots, or behind the refusals. */
#define ACTIVITY_SLOTS_LEN    (ACTIVITY_HEADER_LEN + (size_t)CARDEA_ACTIVITY_SEGMENT * 64)
#define ACTIVITY_REFUSALS_LEN (ACTIVITY_SLOTS_LEN + (size_t)CARDEA_ACTIVITY_SEGMENT * 64)
#define ACTIVITY_FILE_LEN     (ACTIVITY_REFUSALS_LEN + (size_t)CARDEA_ACTIVITY_SEGMENT * 64)

struct activity_header {
    char magic[8];
    uint32_t version;
    uint32_t segment;
    alignas(64) _Atomic uint8_t dirty[CARDEA_ACTIVITY_BLOCKS];
};

struct activity_line {
    _Atomic int64_t last_used;
    _Atomic uint64_t uses;
    _Atomic uint64_t denials;
    /* Written by the daemon with a plain write, which might be seen half done: the second is the first with
     * ACTIVITY_SEAL. */
    _Atomic int64_t credits_granted;
    _Atomic uint64_t credits_seal;
    _Atomic int64_t credits_drawn;
    _Atomic uint64_t arrival; /* gcra.h */
    _Atomic uint64_t origins; /* origin.h: networks that grants came from */
};

struct activity_refusals {
    _Atomic uint32_t counts[CARDEA_ACTIVITY_REFUSALS]; /* by cardea_activity_refusal() */
    _Atomic uint64_t told;                             /* notices_map.c: a second, and what was told of in it */
};
_Static_assert(sizeof(struct activity_refusals) == 64, "one cache line");

struct activity_groups {
    _Atomic uint32_t counts[CARDEA_ACTIVITY_GROUPS];
};
_Static_assert(sizeof(struct activity_groups) == 64, "one cache line");
_Static_assert(CARDEA_ROUTE_GROUPS_MAX < CARDEA_ACTIVITY_GROUPS, "a counter for each group");

#define ACTIVITY_SEAL UINT64_C(0x5ea1ed0fc4ed1757)

_Static_assert(sizeof(struct activity_line) == 64, "one cache line");
_Static_assert(sizeof(struct activity_header) <= ACTIVITY_HEADER_LEN, "the header fits its page");

/* What a verifier has mapped so far. All zero but `dir` is empty. */
struct activity_map {
    char *dir;
    struct activity_segment {
        struct sys_map map;
        uint64_t retry_ns; /* after a failure: not before this */
    } * segments;
    uint32_t count;
};

/* What is recorded of a grant. */
struct activity_grant {
    uint32_t ordinal;
    uint16_t profile;
    uint8_t group; /* of the route; 0: none */
    uint64_t key_id;
    uint64_t origin; /* origin_of(); 0: not known */
};

/* "DIR/activity.N"; false when it does not fit. */
bool activity_path(char *buf, size_t cap, const char *dir, uint32_t segment);

/* The line of an ordinal, or NULL when its segment cannot be mapped; that is tried again after a second. */
struct activity_line *activity_find(struct activity_map *m, uint32_t ordinal, uint64_t boot_ns);
/* Counts it, in a line that activity_find() found. True when the line does not know its network. */
bool activity_granted(struct activity_map *m, const struct activity_grant *grant, int64_t unix_sec);
/* Begins to fetch what a grant of this route's group will touch. */
void activity_fetch(struct activity_map *m, uint32_t ordinal, uint8_t group, uint64_t boot_ns);
void activity_denied(struct activity_map *m, uint32_t ordinal, enum cardea_code code);
/* Draws `cost` credits of a line that activity_find() found, all or none. False when they are not there, or when it
 * cannot be told. `*remaining` is set. */
bool activity_draw(struct activity_map *m, uint32_t ordinal, uint32_t cost, int64_t *remaining);
/* Of a line that activity_find() found; NULL where the file has none. */
_Atomic uint64_t *activity_told(struct activity_map *m, uint32_t ordinal);
void activity_map_release(struct activity_map *m);

#endif
