/* core/index.c - an open-addressed table of positions. */
#include "core/index.h"

#include <stdlib.h>

#define FIRST_SLOTS 64u

uint32_t index_find(const struct index *x, uint64_t hash, index_match_fn match, const void *arg)
{
    if (x->slots == NULL)
        return INDEX_NONE;
    uint32_t h = (uint32_t)(hash >> 32);
    for (uint32_t i = h & x->mask; x->slots[i].position_1 != 0; i = (i + 1) & x->mask) {
        if (x->slots[i].hash == h && match(arg, x->slots[i].position_1 - 1))
            return x->slots[i].position_1 - 1;
    }
    return INDEX_NONE;
}

static void place(struct index_slot *slots, uint32_t mask, struct index_slot s)
{
    uint32_t i = s.hash & mask;
    while (slots[i].position_1 != 0)
        i = (i + 1) & mask;
    slots[i] = s;
}

enum cardea_err index_reserve(struct index *x)
{
    uint64_t size = x->slots == NULL ? 0 : (uint64_t)x->mask + 1;
    if (((uint64_t)x->used + 1) * 2 <= size)
        return CARDEA_OK;
    uint64_t larger = size == 0 ? FIRST_SLOTS : size * 2;
    if (larger > UINT64_C(1) << 32)
        return CARDEA_E_FULL;
    struct index_slot *slots = calloc(larger, sizeof *slots);
    if (slots == NULL)
        return CARDEA_E_NOMEM;
    for (uint64_t i = 0; i < size; i++) {
        if (x->slots[i].position_1 != 0)
            place(slots, (uint32_t)(larger - 1), x->slots[i]);
    }
    free(x->slots);
    x->slots = slots;
    x->mask = (uint32_t)(larger - 1);
    return CARDEA_OK;
}

void index_add(struct index *x, uint64_t hash, uint32_t position)
{
    place(x->slots, x->mask, (struct index_slot){.hash = (uint32_t)(hash >> 32), .position_1 = position + 1});
    x->used++;
}

void index_release(struct index *x)
{
    free(x->slots);
    *x = (struct index){.slots = NULL};
}
