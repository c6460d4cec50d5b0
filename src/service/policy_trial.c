#include "service/policy_trial.h"

#include <stdatomic.h>
#include <time.h>

#include "base/id.h"
#include "base/str.h"
#include "service/policies.h"

#define TRIAL_SEATS (sizeof(((struct service *)0)->trying) / sizeof(_Atomic int64_t))

static int64_t clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static enum service_err busy(struct service_call *c)
{
    c->retry_after_sec = 1;
    return service_fail(c, SERVICE_BUSY, "busy", "Another trial is running: policies are tried one after the other.");
}

/* One an account; operators as many as there are threads. */
static enum service_err take_seat(struct service_call *c, struct policy_trial *t)
{
    int64_t account_id = c->actor.account_id;
    for (size_t i = 0; i < TRIAL_SEATS; i++)
        if (account_id && atomic_load(&c->svc->trying[i]) == account_id)
            return busy(c);
    for (size_t i = 0; account_id && i < TRIAL_SEATS; i++) {
        int64_t nobody = 0;
        if (!atomic_compare_exchange_strong(&c->svc->trying[i], &nobody, account_id))
            continue;
        t->seat = &c->svc->trying[i];
        return SERVICE_OK;
    }
    return account_id ? busy(c) : SERVICE_OK;
}

enum service_err service_trial_open(struct service_call *c, struct policy_trial *t, struct cardea_str account,
                                    struct cardea_str text, bool draft, bool write)
{
    struct store_policy row;
    char id[ID_TEXT_MAX];
    *t = (struct policy_trial){.until_ms = clock_ms() + TRIAL_MS};
    if (str_eq(text, STR(POLICY_BUILTIN_NAME)) && !draft && !write) {
        enum service_err err = service_policy_admit(c, false);
        if (err == SERVICE_OK)
            err = take_seat(c, t);
        return err == SERVICE_OK ? policy_cache_find(c, 0, text, false, &t->choice, &t->compiled) : err;
    }
    enum service_err err = service_policy_get(c, account, text, write, &row);
    if (err == SERVICE_OK)
        err = take_seat(c, t);
    if (err != SERVICE_OK)
        return err;
    t->account_id = row.account_id;
    return policy_cache_find(c, row.account_id, (struct cardea_str){id, id_format(id, "pol", row.id)}, draft,
                             &t->choice, &t->compiled);
}

void service_trial_close(struct policy_trial *t)
{
    if (t->seat)
        atomic_store(t->seat, 0);
    t->seat = NULL;
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
