/* core/gcra.h - the generic cell rate algorithm (ITU-T I.371) on one atomic word that processes share.
 *
 * The word holds the theoretical arrival time: 52 bits of sixteenths of a microsecond since boot (8.9 years), above
 * them a 12-bit mark of the boot, since times of another boot mean nothing. 0: never used. */
#ifndef CORE_GCRA_H
#define CORE_GCRA_H

#include <stdatomic.h>

#include <cardea/snapshot_writer.h>

struct gcra_outcome {
    bool allowed;
    uint32_t remaining;
    uint32_t reset_ms;       /* until the whole burst is there again */
    uint32_t retry_after_ms; /* when refused */
};

/* 12 bits, never 0, of a boot id. */
uint64_t gcra_boot_mark(const uint8_t boot_id[16]);

/* Draws `cost` tokens, all or none; 0 only looks, and is always allowed. `rate->limit` is not 0. */
struct gcra_outcome gcra_draw(_Atomic uint64_t *word, uint64_t boot_mark, const struct cardea_rate *rate, uint32_t cost,
                              uint64_t boot_ns);

/* Gives back what a draw of `cost` took. */
void gcra_refund(_Atomic uint64_t *word, const struct cardea_rate *rate, uint32_t cost);

#endif
