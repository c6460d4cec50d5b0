/* core/gcra.c - the generic cell rate algorithm on one atomic word. */
#include "core/gcra.h"

#include <string.h>

#include "core/mix.h"

#define TIME_BITS    52
#define TIME_MASK    ((UINT64_C(1) << TIME_BITS) - 1)
#define TICKS_PER_MS 16000u /* a tick is 1/16 microsecond */
/* Callers read the clock up to an event loop's turn ago, so a debt may seem larger than it is by as much. */
#define CLOCK_SLACK (1000u * TICKS_PER_MS)

uint64_t gcra_boot_mark(const uint8_t boot_id[16])
{
    uint64_t halves[2];
    memcpy(halves, boot_id, sizeof halves);
    uint64_t mark = mix_pair(halves[0] ^ UINT64_C(0xa0761d6478bd642f), halves[1] ^ UINT64_C(0xe7037ed1a0b428db)) &
                    0xfff;
    return mark == 0 ? 1 : mark;
}

/* Ticks that `tokens` take to come back; rounded up, so that rounding never lets more through. */
static uint64_t token_ticks(const struct cardea_rate *rate, uint64_t tokens)
{
    mix_u128 ticks = (mix_u128)tokens * rate->window_ms * TICKS_PER_MS;
    ticks = (ticks + rate->limit - 1) / rate->limit;
    /* A quarter of the clock's range: sums of two cannot leave it. */
    return ticks > TIME_MASK / 4 ? TIME_MASK / 4 : (uint64_t)ticks;
}

static uint32_t ticks_to_ms(uint64_t ticks)
{
    uint64_t ms = (ticks + TICKS_PER_MS - 1) / TICKS_PER_MS;
    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static uint32_t tokens_in(const struct cardea_rate *rate, uint64_t ticks, uint32_t burst)
{
    if (rate->window_ms == 0)
        return burst;
    mix_u128 tokens = (mix_u128)ticks * rate->limit / ((mix_u128)rate->window_ms * TICKS_PER_MS);
    return tokens > burst ? burst : (uint32_t)tokens;
}

struct gcra_outcome gcra_draw(_Atomic uint64_t *word, uint64_t boot_mark, const struct cardea_rate *rate, uint32_t cost,
                              uint64_t boot_ns)
{
    uint64_t now = (boot_ns / 1000 * 16 + boot_ns % 1000 * 16 / 1000) & TIME_MASK;
    uint32_t burst = rate->burst != 0 ? rate->burst : rate->limit;
    uint64_t whole = token_ticks(rate, burst);
    uint64_t wanted = token_ticks(rate, cost);
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    for (;;) {
        uint64_t arrival = seen >> TIME_BITS == boot_mark ? seen & TIME_MASK : 0;
        uint64_t debt = arrival > now ? arrival - now : 0;
        if (debt > whole + CLOCK_SLACK)
            debt = whole; /* left by a slower rate that this key had before */
        uint64_t after = debt + wanted;
        struct gcra_outcome out = {.allowed = cost == 0 || after <= whole};
        uint64_t owed = out.allowed ? after : debt;
        out.remaining = owed >= whole ? 0 : tokens_in(rate, whole - owed, burst);
        out.reset_ms = ticks_to_ms(owed);
        if (!out.allowed) {
            /* More than the burst at once never fits; the time until everything is there is the most that can be said.
             */
            out.retry_after_ms = wanted > whole ? ticks_to_ms(debt) : ticks_to_ms(after - whole);
        }
        uint64_t next = boot_mark << TIME_BITS | ((now + owed) & TIME_MASK);
        bool unchanged = arrival == now + debt || debt == 0;
        if (cost == 0 || (!out.allowed && unchanged))
            return out;
        if (atomic_compare_exchange_weak_explicit(word, &seen, next, memory_order_relaxed, memory_order_relaxed))
            return out;
    }
}

void gcra_refund(_Atomic uint64_t *word, const struct cardea_rate *rate, uint32_t cost)
{
    uint64_t ticks = token_ticks(rate, cost);
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    uint64_t next;
    do {
        uint64_t arrival = seen & TIME_MASK;
        next = (seen & ~TIME_MASK) | (arrival > ticks ? arrival - ticks : 0);
    } while (!atomic_compare_exchange_weak_explicit(word, &seen, next, memory_order_relaxed, memory_order_relaxed));
}
