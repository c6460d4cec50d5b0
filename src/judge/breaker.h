/* judge/breaker.h - leaves a server alone that has failed several times in a row, and looks again with one request. */
#ifndef JUDGE_BREAKER_H
#define JUDGE_BREAKER_H

#include "judge/judge.h"

#define BREAKER_FAILURES 5     /* in a row: a restart of the server or a lost packet is not yet an outage */
#define BREAKER_OPEN_MS  30000 /* as long as nobody waits for it in vain */

/* Zeroed is closed: requests pass. */
struct breaker {
    enum judge_circuit state; /* as it was last asked or told */
    unsigned failures;        /* in a row, while closed */
    int64_t opened_ms;
};

/* Whether a request may pass now. While half open none may: one is under way. */
bool breaker_admits(const struct breaker *b, int64_t now_ms);
/* It passes. True: it is the one that decides whether the circuit closes; say so to breaker_report(). */
bool breaker_begin(struct breaker *b);
/* What came of it. True: the state is another one now. */
bool breaker_report(struct breaker *b, int64_t now_ms, bool probe, bool ok);

#endif
