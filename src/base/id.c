#include "base/id.h"

#include <stdlib.h>

#include "base/str.h"

/* 2020-01-01T00:00:00Z: 41 bits of milliseconds from there last until 2089. */
#define EPOCH_MS    INT64_C(1577836800000)
#define RANDOM_BITS 22

int64_t id_at(int64_t unix_ms)
{
    int64_t ms = unix_ms > EPOCH_MS ? unix_ms - EPOCH_MS : 0;
    return (int64_t)((uint64_t)(ms > INT64_MAX >> RANDOM_BITS ? INT64_MAX >> RANDOM_BITS : ms) << RANDOM_BITS);
}

int64_t id_ms(int64_t id)
{
    return EPOCH_MS + (id >> RANDOM_BITS);
}

int64_t id_new(int64_t *last, int64_t now_ms, cardea_random_fn random, void *arg)
{
    uint32_t bits;
    if (!random(arg, &bits, sizeof(bits)))
        abort();
    int64_t id = id_at(now_ms) | (int64_t)(bits & ((1u << RANDOM_BITS) - 1));
    if (id <= *last)
        id = *last + 1;
    *last = id;
    return id;
}

size_t id_format(char out[ID_TEXT_MAX], const char *prefix, int64_t id)
{
    return cardea_id_format(out, prefix, (uint64_t)id);
}

bool id_parse(struct cardea_str text, const char *prefix, int64_t *out)
{
    uint64_t id;
    if (!cardea_id_parse(text, prefix, &id))
        return false;
    *out = (int64_t)id;
    return true;
}
