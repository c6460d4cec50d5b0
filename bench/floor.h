/* bench/floor.h - what no decision can be cheaper than: one SHA-256 of the key and a dependent read of a cold line. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <cardea/cardea.h>

/* A mapping on /dev/shm whose every line holds a random number, to read dependently. */
struct floor {
    const uint64_t *lines; /* 8 words a line */
    uint64_t count;
    size_t len;
};

void floor_make(struct floor *f, size_t len, uint64_t seed);
void floor_release(struct floor *f);

/* Digest, then `reads` dependent reads of random lines; the last of them among the first `last_count` lines. Returns an
 * opaque zero that depends on all of it. */
uint64_t floor_decide(const struct floor *f, struct cardea_str key, unsigned reads, uint64_t last_count);
/* The same and one more line, in `activity`. */
uint64_t floor_decide_recording(const struct floor *f, const struct floor *activity, struct cardea_str key);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t floor_now(void);

/* A zero that the processor knows only once `value` is known: iterations that start from it run one after the other, as
 * decisions for one request after the other do, and do not overlap in the pipeline. */
static inline uint64_t floor_zero_after(uint64_t value)
{
    uint64_t zero = value;
    __asm__ volatile("xor %1, %0" : "+r"(zero) : "r"(value));
    return zero;
}

#endif
