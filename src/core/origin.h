/* core/origin.h - networks that a key's grants came from, remembered in one word of its activity slot.
 *
 * The word holds marks of the last four networks, and which part of time they are of: with a new part they are
 * forgotten one and all, so that whoever keeps the list hears of each network again that is still in use. Marks are 15
 * bits: one in 8,000 new networks is taken for a known one, until the next part. A part is 2^19 seconds, six days; keys
 * begin theirs at different moments. */
#ifndef CORE_ORIGIN_H
#define CORE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ORIGIN_IPV4 24u /* bits of an address that are its network */
#define ORIGIN_IPV6 48u

#define ORIGIN_PART_BITS  4
#define ORIGIN_MARK_BITS  15
#define ORIGIN_MARKS      4
#define ORIGIN_PART_SHIFT 19

/* The network of an address (16 bytes, IPv4 as ::ffff:a.b.c.d): its bytes in order from the lowest, and its kind.
 * Never 0, which stands for no address. */
static inline uint64_t origin_of(const uint8_t ip[16])
{
    uint64_t high, low;
    memcpy(&high, ip, sizeof high);
    memcpy(&low, ip + 8, sizeof low);
    if (high == 0 && (uint32_t)low == 0xffff0000u)
        return (low >> 32 & ((UINT64_C(1) << ORIGIN_IPV4) - 1)) | UINT64_C(1) << 62;
    return (high & ((UINT64_C(1) << ORIGIN_IPV6) - 1)) | UINT64_C(1) << 63;
}

/* The first address of a network, as origin_of() takes it. */
static inline void origin_address(uint64_t origin, uint8_t out[16])
{
    static const uint8_t ipv4[12] = {[10] = 0xff, [11] = 0xff};
    memset(out, 0, 16);
    if (origin >> 62 == 1) {
        memcpy(out, ipv4, sizeof ipv4);
        memcpy(out + 12, &origin, ORIGIN_IPV4 / 8);
    } else {
        memcpy(out, &origin, ORIGIN_IPV6 / 8);
    }
}

/* Never 0. The same network has another mark for another key, and in another part of time, so that two that are
 * taken for one are so once. */
static inline uint64_t origin_mark(uint64_t origin, uint32_t ordinal, uint64_t part)
{
    uint64_t h = (origin ^ part << 24 ^ (uint64_t)ordinal << 28) * UINT64_C(0x9e3779b97f4a7c15);
    h >>= 64 - ORIGIN_MARK_BITS;
    return h + (h == 0);
}

static inline uint64_t origin_part(uint32_t ordinal, int64_t unix_sec)
{
    return ((uint64_t)unix_sec + (ordinal * 0x9e3779b1u >> (32 - ORIGIN_PART_SHIFT))) >> ORIGIN_PART_SHIFT &
           ((1u << ORIGIN_PART_BITS) - 1);
}

static inline bool origin_is_known(uint64_t word, uint64_t origin, uint32_t ordinal, int64_t unix_sec)
{
    uint64_t part = origin_part(ordinal, unix_sec);
    uint64_t mark = origin_mark(origin, ordinal, part);
    if ((word & ((1u << ORIGIN_PART_BITS) - 1)) != part)
        return false;
    for (word >>= ORIGIN_PART_BITS; word != 0; word >>= ORIGIN_MARK_BITS) {
        if ((word & ((1u << ORIGIN_MARK_BITS) - 1)) == mark)
            return true;
    }
    return false;
}

/* The word with this network before the others, of which the fourth goes. */
static inline uint64_t origin_add(uint64_t word, uint64_t origin, uint32_t ordinal, int64_t unix_sec)
{
    uint64_t part = origin_part(ordinal, unix_sec);
    uint64_t marks = (word & ((1u << ORIGIN_PART_BITS) - 1)) == part ? word >> ORIGIN_PART_BITS : 0;
    marks = marks << ORIGIN_MARK_BITS | origin_mark(origin, ordinal, part);
    return marks << ORIGIN_PART_BITS | part;
}

_Static_assert(ORIGIN_PART_BITS + ORIGIN_MARKS * ORIGIN_MARK_BITS == 64, "the word is full");

#endif
