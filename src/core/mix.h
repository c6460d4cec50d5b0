/* core/mix.h - hashing by the folded 128-bit product (wyhash's step): two multiplications place a digest. */
#ifndef CORE_MIX_H
#define CORE_MIX_H

#include <stdint.h>

__extension__ typedef unsigned __int128 mix_u128;

static inline uint64_t mix_pair(uint64_t a, uint64_t b)
{
    mix_u128 product = (mix_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Scales a hash to 0..size-1 without a division. Keeps the order of hashes, so that a larger table is filled from front
 * to back when it is copied from a smaller one. */
static inline uint64_t mix_scale(uint64_t hash, uint64_t size)
{
    return (uint64_t)((mix_u128)hash * size >> 64);
}

#endif
