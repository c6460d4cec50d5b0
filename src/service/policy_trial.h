/* service/policy_trial.h - a policy tried before it counts: on texts with a known answer, and on what was recorded.
 *
 * Nothing is recorded or counted, and the AI is not asked: the same trial has the same outcome tomorrow, and costs
 * nobody's budget. Runs on a worker, for TRIAL_MS at most. */
#ifndef SERVICE_POLICY_TRIAL_H
#define SERVICE_POLICY_TRIAL_H

#include "service/content.h"

#define TRIAL_MS            10000
#define TRIAL_CASES_MAX     500
#define REPLAY_LIMIT        100
#define REPLAY_LIMIT_MAX    1000
#define REPLAY_EXAMPLES     20
#define TRIAL_REASONS_SHOWN 16 /* of one text */

struct policy_trial {
    int64_t account_id;
    _Atomic int64_t *seat; /* among service.trying; NULL: none was taken */
    struct policy_choice choice;
    struct policy *compiled;
    int64_t until_ms; /* of the monotonic clock */
};

/* `text` is an id, a name in `account`, or the built-in policy's. `write`: what is asked of the caller. SERVICE_BUSY
 * while another trial of the account runs, so that no account has all the threads. Whatever it returns,
 * service_trial_close() ends it. */
enum service_err service_trial_open(struct service_call *c, struct policy_trial *t, struct cardea_str account,
                                    struct cardea_str text, bool draft, bool write);
void service_trial_close(struct policy_trial *t);
bool service_trial_over(const struct policy_trial *t);

/* What the policy says of the text; `ai`: what the AI is taken to have said. service_content_release() ends *scan,
 * whatever is returned. A scanner that fails is SERVICE_UNAVAILABLE here, whatever the policy says of that. */
enum service_err service_trial_judge(struct service_call *c, struct policy_trial *t, struct cardea_str text,
                                     enum policy_ai ai, struct content_scan *scan);

/* ---- replay: what was flagged or blocked, judged anew ---- */

enum replay_basis {
    REPLAY_CONTENT, /* the text was kept, and scanned anew */
    REPLAY_RECORD,  /* the findings of the packs as they were recorded: the policy's own patterns, words and hosts see
                     * nothing of the text */
    REPLAY_NONE,    /* the record says too little: it cannot be judged */
};

struct replay_item {
    struct cardea_str event, scan; /* ids */
    int64_t at;
    enum replay_basis basis;
    enum cardea_scan_verdict was, would_be;
    const struct policy_outcome *outcome; /* during the call; NULL with REPLAY_NONE */
};
typedef void (*replay_fn)(void *arg, const struct replay_item *item);

struct replay_result {
    size_t events; /* that were looked at */
    bool complete; /* as many as were asked for, or all there are; else the time was up */
};
/* Newest first. `each` is called for every one. */
enum service_err service_policy_replay(struct service_call *c, struct policy_trial *t, size_t limit, replay_fn each,
                                       void *arg, struct replay_result *out);

#endif
