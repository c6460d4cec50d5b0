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
    _Atomic uint64_t told;    /* notices_map.c: a second, and the codes that were told of in it */
};

struct activity_refusals {
    _Atomic uint32_t counts[CARDEA_ACTIVITY_REFUSALS]; /* by cardea_activity_refusal() */
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

#define ACTIVITY_WAITING_MAX 64

/* What a verifier has mapped so far. All zero but `dir` is empty. */
struct activity_map {
    char *dir;
    struct activity_segment {
        struct sys_map map;
        uint64_t retry_ns; /* after a failure: not before this */
    } * segments;
    uint32_t count;
    /* Grants that are not counted yet, all as of one moment. */
    struct activity_grant {
        uint32_t ordinal;
        uint8_t group;
    } waiting[ACTIVITY_WAITING_MAX];
    unsigned waiting_count;
    struct cardea_time waiting_since;
};

/* "DIR/activity.N"; false when it does not fit. */
bool activity_path(char *buf, size_t cap, const char *dir, uint32_t segment);

/* The line of an ordinal, or NULL when its segment cannot be mapped; that is tried again after a second. */
struct activity_line *activity_find(struct activity_map *m, uint32_t ordinal, uint64_t boot_ns);
/* Of a line that activity_find() found. `group` is the route's. */
void activity_granted(struct activity_map *m, struct activity_grant grant, int64_t unix_sec);
/* The same, by the next activity_flush(), which waits for the memory of all of them at once. */
void activity_granted_later(struct activity_map *m, struct activity_grant grant, struct cardea_time now);
/* Begins to fetch what a grant will touch. */
void activity_fetch(struct activity_map *m, struct activity_grant grant, uint64_t boot_ns);
void activity_flush(struct activity_map *m);
void activity_denied(struct activity_map *m, uint32_t ordinal, enum cardea_code code);
/* Draws `cost` credits of a line that activity_find() found, all or none. False when they are not there, or when it
 * cannot be told. `*remaining` is set. */
bool activity_draw(struct activity_map *m, uint32_t ordinal, uint32_t cost, int64_t *remaining);
void activity_map_release(struct activity_map *m);

#endif
