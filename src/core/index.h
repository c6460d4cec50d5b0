/* core/index.h - from a key to the position of an entry that stands elsewhere: the writer's memory of what it has put.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include <cardea/types.h>

/* True when the entry at `position` is the one looked for. */
typedef bool (*index_match_fn)(const void *arg, uint32_t position);

/* Caller-allocated; all zero is empty. */
struct index {
    struct index_slot {
        uint32_t hash;
        uint32_t position_1; /* + 1; 0: empty */
    } * slots;
    uint32_t mask, used;
};

#define INDEX_NONE UINT32_MAX

uint32_t index_find(const struct index *x, uint64_t hash, index_match_fn match, const void *arg);
/* Room for one more: call before index_add, which cannot fail then. CARDEA_E_NOMEM. */
enum cardea_err index_reserve(struct index *x);
void index_add(struct index *x, uint64_t hash, uint32_t position);
void index_release(struct index *x);

#endif
