/* judge/budget.h - at most so many in any 60 seconds: a window that slides, not a bucket that refills, which would let
 * twice as many through in its first minute. */
#ifndef JUDGE_BUDGET_H
#define JUDGE_BUDGET_H

#include <cardea/types.h>

struct budget {
    int64_t *times; /* a ring of when the last ones were taken, oldest at `head` */
    unsigned limit, count, head;
};

/* A zeroed budget allows nothing. What was taken already still counts. */
void budget_set(struct budget *b, unsigned limit);
void budget_release(struct budget *b);
/* False: not now. */
bool budget_take(struct budget *b, int64_t now_ms);

#endif
