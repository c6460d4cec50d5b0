#include "base/id.h"

#include <stdlib.h>

#include "base/str.h"

/* 2020-01-01T00:00:00Z: 41 bits of milliseconds from there last until 2089. */
#define EPOCH_MS    INT64_C(1577836800000)
#define RANDOM_BITS 22
#define DIGITS      13

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

int64_t id_new(int64_t *last, int64_t now_ms, cardea_random_fn random, void *arg)
{
    uint32_t bits;
    if (!random(arg, &bits, sizeof(bits)))
        abort();
    int64_t ms = now_ms > EPOCH_MS ? now_ms - EPOCH_MS : 0;
    if (ms > INT64_MAX >> RANDOM_BITS)
        ms = INT64_MAX >> RANDOM_BITS;
    int64_t id = (int64_t)((uint64_t)ms << RANDOM_BITS | (bits & ((1u << RANDOM_BITS) - 1)));
    if (id <= *last)
        id = *last + 1;
    *last = id;
    return id;
}

size_t id_format(char out[ID_TEXT_MAX], const char *prefix, int64_t id)
{
    size_t len = strlen(prefix);
    if (len + 1 + DIGITS + 1 > ID_TEXT_MAX)
        abort();
    memcpy(out, prefix, len);
    out[len++] = '_';
    for (int shift = 5 * (DIGITS - 1); shift >= 0; shift -= 5)
        out[len++] = alphabet[((uint64_t)id >> shift) & 31];
    out[len] = '\0';
    return len;
}

bool id_parse(struct cardea_str text, const char *prefix, int64_t *out)
{
    size_t len = strlen(prefix);
    if (text.len != len + 1 + DIGITS || memcmp(text.ptr, prefix, len) != 0 || text.ptr[len] != '_')
        return false;
    uint64_t id = 0;
    for (size_t i = len + 1; i < text.len; i++) {
        const char *digit = text.ptr[i] ? strchr(alphabet, text.ptr[i]) : NULL;
        if (!digit)
            return false;
        /* The first of 13 digits has 3 bits: a larger one is another spelling of some id, or none. */
        if (i == len + 1 && digit - alphabet > 7)
            return false;
        id = id << 5 | (uint64_t)(digit - alphabet);
    }
    if (id == 0 || id > INT64_MAX)
        return false;
    *out = (int64_t)id;
    return true;
}
