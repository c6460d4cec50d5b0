#include "judge/budget.h"

#include <stdlib.h>

#include "judge/judge.h"

void budget_set(struct budget *b, unsigned limit)
{
    if (limit == b->limit)
        return;
    struct budget next = {.times = calloc(limit ? limit : 1, sizeof(*next.times)), .limit = limit};
    if (!next.times)
        abort();
    unsigned skip = b->count > limit ? b->count - limit : 0; /* the newest decide when there is room again */
    for (unsigned i = skip; i < b->count; i++)
        next.times[next.count++] = b->times[(b->head + i) % b->limit];
    free(b->times);
    *b = next;
}

void budget_release(struct budget *b)
{
    free(b->times);
    *b = (struct budget){0};
}

bool budget_take(struct budget *b, int64_t now_ms)
{
    if (b->count && now_ms - b->times[b->head] >= JUDGE_MINUTE_MS) {
        b->head = (b->head + 1) % b->limit;
        b->count--;
    }
    if (b->count >= b->limit)
        return false;
    b->times[(b->head + b->count++) % b->limit] = now_ms;
    return true;
}
