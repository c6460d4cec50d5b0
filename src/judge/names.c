#include "base/str.h"
#include "judge/judge.h"

static const char *const statuses[] = {[JUDGE_ASKED] = "asked", [JUDGE_CACHED] = "cached", [JUDGE_SKIPPED] = "skipped"};

static const char *const verdicts[JUDGE_VERDICT_COUNT] = {
    [JUDGE_SAFE] = "SAFE", [JUDGE_SUSPICIOUS] = "SUSPICIOUS", [JUDGE_BLOCKED] = "BLOCKED"};

static const char *const skips[JUDGE_SKIP_COUNT] = {[JUDGE_SKIP_NOT_CONFIGURED] = "not_configured",
                                                    [JUDGE_SKIP_NOT_NEEDED] = "not_needed",
                                                    [JUDGE_SKIP_UNSCREENED] = "unscreened",
                                                    [JUDGE_SKIP_TOO_LARGE] = "too_large",
                                                    [JUDGE_SKIP_RATE_LIMITED] = "rate_limited",
                                                    [JUDGE_SKIP_CIRCUIT_OPEN] = "circuit_open",
                                                    [JUDGE_SKIP_TIMEOUT] = "timeout",
                                                    [JUDGE_SKIP_ERROR] = "error",
                                                    [JUDGE_SKIP_BAD_ANSWER] = "bad_answer"};

const char *judge_status_name(enum judge_status status)
{
    return statuses[status];
}

const char *judge_verdict_name(enum judge_verdict verdict)
{
    return verdicts[verdict];
}

const char *judge_skip_name(enum judge_skip skip)
{
    return skips[skip];
}

bool judge_verdict_parse(struct cardea_str name, enum judge_verdict *out)
{
    for (unsigned i = 0; i < JUDGE_VERDICT_COUNT; i++) {
        if (!str_eq(name, str_of(verdicts[i])))
            continue;
        *out = (enum judge_verdict)i;
        return true;
    }
    return false;
}
