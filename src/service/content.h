/* service/content.h - what stands in a text, and what the policy that applies says about it: scanned by the
 * deterministic layer, shown to the AI where that matters, judged, and recorded when it was not simply let through.
 *
 * Without a policy of the account's the built-in one applies (policy/policy.h). */
#ifndef SERVICE_CONTENT_H
#define SERVICE_CONTENT_H

#include <cardea/scan.h>

#include "judge/judge.h"
#include "policy/policy.h"
#include "service/policy_cache.h"
#include "service/service.h"

struct scanning_seat;

struct content_scan {
    /* asked */
    struct cardea_str text;                   /* UTF-8; borrowed until service_content_release() */
    struct cardea_str account;                /* as service_account_of_call() takes it; root may leave it out */
    struct cardea_str policy;                 /* a policy's id or name; empty: the account's default */
    bool draft;                               /* its draft in place of what is published */
    bool has_sensitivity;                     /* in place of the policy's */
    enum cardea_scan_sensitivity sensitivity; /* then given; else filled in */
    bool without_ai;                          /* it is not asked, whatever the policy says */
    enum policy_ai assumed_ai;                /* without_ai: what it is taken to have said */
    /* found; valid until service_content_release() */
    int64_t id, account_id; /* account_id 0: nobody's, asked by root */
    struct policy_choice choice;
    struct policy *compiled;          /* held; whoever calls service_content_judge() puts it here */
    enum cardea_scan_verdict verdict; /* that of `outcome` */
    struct policy_outcome outcome;    /* reasons, what may be handed on, the redacted text */
    /* The scanner had no answer, and the policy says fail_open: flagged, and nothing is known of the text. */
    bool scanner_failed;
    struct cardea_scan_result result; /* of the built-in packs */
    struct judge_answer ai;
    int64_t latency_us;
    struct scanning_seat *seat; /* that the result is borrowed from */
};

/* On a worker, with a reader's connection: a second may pass, and the AI's time-out. SERVICE_UNAVAILABLE
 * "scanner_unavailable", "policy_unusable": nothing was judged, and the text must not be handed on. Whatever it
 * returns, service_content_release() ends it. */
enum service_err service_content_scan(struct service_call *c, struct content_scan *scan);
/* The same for a policy that is at hand (scan->compiled, of scan->choice): neither account nor policy are looked up,
 * and it is counted nowhere. For trying a policy on texts. */
enum service_err service_content_judge(struct service_call *c, struct content_scan *scan);
/* In a unit of work, of what is not allowed: the event `content.flagged` or `content.blocked`, with rules and places
 * and nothing of the text; and the text itself, sealed, where the policy keeps it. */
enum service_err service_content_record(struct service_call *c, const struct content_scan *scan);
void service_content_release(struct service_call *c, struct content_scan *scan);

/* "allow", "redact", "flag", "block": the verdict in one word for who acts on it without reading more. "redact": only
 * outcome.redacted may be handed on, whether it was flagged or not. Static storage. */
const char *service_content_word(const struct content_scan *scan);

/* What of a reason is told in replies and events: {code, rule_id, category, severity, mode, rule?, action?}, span as
 * bytes of the text or null. */
struct json_writer;
void service_content_write_reason(struct json_writer *w, const struct policy_reason *reason);

/* {policy, policy_version, draft?} */
void service_content_write_policy(struct json_writer *w, const struct policy_choice *choice);

#endif
