/* cardea/activity.h - what readers report back: last use, counts, rate-limit and credit state, one cache line a key.
 *
 * DIR/activity.N holds the slots of ordinals [N * CARDEA_ACTIVITY_SEGMENT, ...): sparse files, made when first needed,
 * never renamed, never shortened. Every verifier may write them, so the daemon trusts no pointer or size in them. */
#ifndef CARDEA_ACTIVITY_H
#define CARDEA_ACTIVITY_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_ACTIVITY_SEGMENT 262144u /* slots a file: 16 MiB */

#define CARDEA_ACTIVITY_BLOCK  4096u /* slots that share a dirty flag */
#define CARDEA_ACTIVITY_BLOCKS (CARDEA_ACTIVITY_SEGMENT / CARDEA_ACTIVITY_BLOCK)

/* A slot as read at one moment. All counts since the slot was made; they never go back while the file lives. */
struct cardea_activity_slot {
    int64_t last_used; /* unix seconds; 0: never */
    uint64_t uses;     /* granted decisions */
    uint64_t denials;
    int64_t credits_granted; /* what may be drawn in all: written by the daemon alone */
    int64_t credits_drawn;   /* what readers have drawn */
};

/* The daemon's side: plain reads and writes of the files, no mapping, since whoever verifies could truncate them.
 * `mode` such as 0660 for new files; `dir` must exist. */
struct cardea_activity;
CARDEA_API enum cardea_err cardea_activity_open(struct cardea_activity **out, const char *dir, unsigned mode);
CARDEA_API void cardea_activity_free(struct cardea_activity *a);

/* Makes sure that the segment of `ordinal` exists: before the key that has it is published. */
CARDEA_API enum cardea_err cardea_activity_reserve(struct cardea_activity *a, uint32_t ordinal);

/* Copies `count` slots from `first` on; slots of missing or short files read as zero, and absurd numbers as the nearest
 * that may be: counts are at most 2^61, times at most 2^34. */
CARDEA_API enum cardea_err cardea_activity_read(struct cardea_activity *a, uint32_t first, uint32_t count,
                                                struct cardea_activity_slot *out);

/* Refusals of a key by their code, beside its slot's `denials`, which is their sum: counters that begin at 0 again
 * after 2^32. Which of them counts a code, and back: CARDEA_CODE_COUNT for those that none has a counter for, which
 * share the first. What is missing in the file reads as zero. */
#define CARDEA_ACTIVITY_REFUSALS 14
CARDEA_API unsigned cardea_activity_refusal(enum cardea_code code);
CARDEA_API enum cardea_code cardea_activity_refusal_code(unsigned counter);
CARDEA_API enum cardea_err cardea_activity_read_refusals(struct cardea_activity *a, uint32_t ordinal,
                                                         uint32_t out[CARDEA_ACTIVITY_REFUSALS]);

/* Grants of a key by the group of the route that they were for, beside its slot's `uses`: counters that begin at 0
 * again after 2^32. The first is unused: what no route's group counts is in `uses` alone. Read them after the slot:
 * they are counted first. CARDEA_E_NOTFOUND when the file has none. */
#define CARDEA_ACTIVITY_GROUPS 16
CARDEA_API enum cardea_err cardea_activity_read_groups(struct cardea_activity *a, uint32_t ordinal,
                                                       uint32_t out[CARDEA_ACTIVITY_GROUPS]);

/* What may be drawn in all from a slot's credits. */
CARDEA_API enum cardea_err cardea_activity_grant_credits(struct cardea_activity *a, uint32_t ordinal, int64_t granted);

/* Tells which blocks of a segment were touched since the last call, and clears them: flags[i] is non-zero for block i.
 * Read the slots after this. CARDEA_E_NOTFOUND when there is no such segment. */
CARDEA_API enum cardea_err cardea_activity_take_dirty(struct cardea_activity *a, uint32_t segment,
                                                      uint8_t flags[CARDEA_ACTIVITY_BLOCKS]);

#ifdef __cplusplus
}
#endif
#endif
