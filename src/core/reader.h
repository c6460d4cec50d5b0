/* core/reader.h - a reader's insides, for the files that decide. */
#ifndef CORE_READER_H
#define CORE_READER_H

#include <cardea/authorize.h>

#include "core/grants.h"
#include "core/notices_map.h"
#include "core/profile_codec.h"
#include "core/snapshot.h"

struct cardea_reader {
    struct snapshot s;
    struct profile_list profiles;
    bool serve_stale;
    bool recording; /* activity */
    bool count_later;
    uint8_t group;       /* of the route of the decision that is being made */
    uint64_t checked_ns; /* when the file was last looked for at its path */
    uint64_t boot_mark;
    struct activity_map activity;
    struct notices_map notices;
    struct grants grants;
    char *path;
    uint8_t boot_id[SYS_BOOT_ID_LEN];
    char path_buf[ROUTE_PATH_MAX]; /* a request's decoded path */
};

enum reader_state {
    READER_CURRENT, /* what was just read still counts */
    READER_MOVED,   /* another file is in use now: decide again */
    READER_CHANGED, /* so it is, and its profiles are others: indexes of before mean nothing */
    READER_LOST,    /* there is no file that could be trusted */
};

/* Call after all that a decision reads was read. `*profile`, when not negative, is carried over to the profiles in use
 * by its name; -1 when there is none of that name any more.
 *
 * `moves`: how often this decision has followed a writer already. After a few it is READER_CURRENT without a look: the
 * file in use was opened within the decision, and nobody writes to one that is superseded, so it tells what held at a
 * moment within. A verifier that runs seldom cannot be kept from its answer. */
enum reader_state reader_recheck(struct cardea_reader *r, uint64_t boot_ns, unsigned moves, int *profile);

/* True when the snapshot is older than it may be, and that matters. */
bool reader_is_stale(const struct cardea_reader *r, uint64_t boot_ns);

/* A digest on its way: its lines are being fetched while other work goes on. */
struct lookup {
    struct cardea_digest digest;
    uint64_t home;
};

/* With its digest known. */
static inline void lookup_start(const struct cardea_reader *r, struct lookup *l)
{
    l->home = snapshot_home(&r->s, &l->digest);
    __builtin_prefetch(&r->s.keys[l->home]);
    /* A third of all keys stand beyond their home when the table is at its fullest, most of them in the next line. */
    __builtin_prefetch(&r->s.keys[l->home + 1 < r->s.slots ? l->home + 1 : 0]);
}

/* Checks a key, MALFORMED and NOT_FOUND included; `scope` is an index, SCOPE_NONE, or SCOPE_BY_NAME for check->scope.
 * Fills `out`, draws nothing. */
#define SCOPE_NONE    (-1)
#define SCOPE_BY_NAME (-2)
/* Begins to fetch what the record of a key leads to, if there is one. */
void decide_ahead(struct cardea_reader *r, const struct lookup *l);
void decide_key(struct cardea_reader *r, const struct cardea_check *check, int scope, const struct lookup *l,
                struct cardea_decision *out);

/* Whether the key that was found meets further demands: scope, account and agent of `check`. */
enum cardea_code decide_demands(const struct cardea_reader *r, const struct cardea_check *check,
                                struct cardea_decision *out);

/* Draws rate limit and credits for a grant, which may turn it into a refusal; records use or denial. */
void decide_settle(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out);

void decision_clear(struct cardea_decision *out, enum cardea_code code);

#endif
