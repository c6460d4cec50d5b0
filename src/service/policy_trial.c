#include "service/policy_trial.h"

#include <time.h>

#include "base/id.h"
#include "base/str.h"
#include "service/policies.h"

static int64_t clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

enum service_err service_trial_open(struct service_call *c, struct policy_trial *t, struct cardea_str account,
                                    struct cardea_str text, bool draft, bool write)
{
    struct store_policy row;
    char id[ID_TEXT_MAX];
    *t = (struct policy_trial){.until_ms = clock_ms() + TRIAL_MS};
    if (str_eq(text, STR(POLICY_BUILTIN_NAME)) && !draft && !write) {
        enum service_err err = service_policy_admit(c, false);
        return err == SERVICE_OK ? policy_cache_find(c, 0, text, false, &t->choice, &t->compiled) : err;
    }
    enum service_err err = service_policy_get(c, account, text, write, &row);
    if (err != SERVICE_OK)
        return err;
    t->account_id = row.account_id;
    return policy_cache_find(c, row.account_id, (struct cardea_str){id, id_format(id, "pol", row.id)}, draft,
                             &t->choice, &t->compiled);
}

void service_trial_close(struct policy_trial *t)
{
    policy_free(t->compiled);
    t->compiled = NULL;
}

bool service_trial_over(const struct policy_trial *t)
{
    return clock_ms() >= t->until_ms;
}

enum service_err service_trial_judge(struct service_call *c, struct policy_trial *t, struct cardea_str text,
                                     enum policy_ai ai, struct content_scan *scan)
{
    *scan = (struct content_scan){.text = text,
                                  .without_ai = true,
                                  .assumed_ai = ai,
                                  .account_id = t->account_id,
                                  .choice = t->choice,
                                  .compiled = policy_hold(t->compiled)};
    enum service_err err = service_content_judge(c, scan);
    if (err == SERVICE_OK && scan->scanner_failed) {
        c->retry_after_sec = 1;
        err = service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable", "The scanner failed: nothing was tried.");
    }
    return err;
}
