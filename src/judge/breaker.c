#include "judge/breaker.h"

bool breaker_admits(const struct breaker *b, int64_t now_ms)
{
    return b->state == JUDGE_CIRCUIT_CLOSED ||
           (b->state == JUDGE_CIRCUIT_OPEN && now_ms - b->opened_ms >= BREAKER_OPEN_MS);
}

bool breaker_begin(struct breaker *b)
{
    if (b->state != JUDGE_CIRCUIT_OPEN)
        return false;
    b->state = JUDGE_CIRCUIT_HALF_OPEN;
    return true;
}

static void open_at(struct breaker *b, int64_t now_ms)
{
    *b = (struct breaker){.state = JUDGE_CIRCUIT_OPEN, .opened_ms = now_ms};
}

bool breaker_report(struct breaker *b, int64_t now_ms, bool probe, bool ok)
{
    enum judge_circuit was = b->state;
    if (was == JUDGE_CIRCUIT_CLOSED) {
        b->failures = ok ? 0 : b->failures + 1;
        if (b->failures >= BREAKER_FAILURES)
            open_at(b, now_ms);
    } else if (was == JUDGE_CIRCUIT_HALF_OPEN && probe) { /* others began before it opened: they say nothing new */
        if (ok)
            *b = (struct breaker){.state = JUDGE_CIRCUIT_CLOSED};
        else
            open_at(b, now_ms);
    }
    return b->state != was;
}
