#include "judge/judge.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const int64_t judge_bounds_ms[JUDGE_BUCKETS] = {50, 100, 250, 500, 1000, 2000, 5000, 10000};

struct judge {
    pthread_mutex_t lock; /* all below */
    struct judge_stats stats;
};

struct judge *judge_new(const struct judge_env *env)
{
    struct judge *j = calloc(1, sizeof(*j));
    if (!j)
        abort();
    pthread_mutex_init(&j->lock, NULL);
    return j;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    pthread_mutex_destroy(&j->lock);
    free(j);
}

void judge_skip(struct judge *j, enum judge_skip skip, struct judge_answer *out)
{
    *out = (struct judge_answer){.status = JUDGE_SKIPPED, .skip = skip};
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stats.skipped[skip]++;
    pthread_mutex_unlock(&j->lock);
}

void judge_ask(struct judge *j, struct cardea_str text, struct cardea_str policy_key, struct judge_answer *out)
{
    judge_skip(j, JUDGE_SKIP_NOT_CONFIGURED, out);
}

void judge_stats(struct judge *j, struct judge_stats *out)
{
    *out = (struct judge_stats){0};
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    *out = j->stats;
    pthread_mutex_unlock(&j->lock);
}
