#include "service/content.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/json_write.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/kept.h"
#include "service/scanning.h"

#define TIME_MS      1000 /* of one scan: two workers take all of them */
#define FINDINGS_MAX 256
#define EVENT_RULES  64 /* reasons that an event tells of */
#define DETAIL_MAX   (32u << 10)
#define RETRY_SOON   1
#define RETRY_LATER  30

const char *service_content_word(const struct content_scan *scan)
{
    return scan->outcome.delivery == POLICY_DELIVER_REDACTED ? "redact" : policy_verdict_name(scan->verdict);
}

static int64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* ---- whose text, by which policy ---- */

static enum service_err find_account(struct service_call *c, struct content_scan *scan)
{
    struct store_account account;
    bool anybodys = c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SCANNER;
    if (anybodys && !scan->account.len)
        return SERVICE_OK;
    enum service_err err = service_account_of_call(c, scan->account, "/account", &account);
    if (err == SERVICE_OK)
        scan->account_id = account.id;
    return err;
}

/* ---- the deterministic layer ---- */

static enum service_err take_seat(struct service_call *c, struct content_scan *scan)
{
    enum scanning_state state = scanning_take(c->svc->scanning, &scan->seat);
    if (state == SCANNING_READY)
        return SERVICE_OK;
    c->retry_after_sec = state == SCANNING_PREPARING ? RETRY_SOON : RETRY_LATER;
    return service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable", "%s",
                        state == SCANNING_PREPARING
                            ? "The scanner is being made ready. The text was not looked at."
                            : "The scanner cannot be opened; the log says why. The text was not looked at.");
}

static enum service_err look(struct service_call *c, struct content_scan *scan, struct policy_look **out)
{
    struct cardea_scan_params params;
    enum service_err err = take_seat(c, scan);
    if (err != SERVICE_OK)
        return err;
    policy_scan_params(scan->compiled, scan->has_sensitivity ? &scan->sensitivity : NULL, &params);
    params.limits = (struct cardea_scan_limits){.findings_max = FINDINGS_MAX, .time_ms = TIME_MS};
    if (cardea_scan(scan->seat->scanner, scan->seat->scratch, scan->text, &params, &scan->result) == CARDEA_OK &&
        policy_look(scan->compiled, c->arena, scan->text, &scan->result, out) == CARDEA_OK)
        return SERVICE_OK;
    c->retry_after_sec = RETRY_SOON;
    return service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable",
                        "There is no memory to scan this. The text was not looked at.");
}

/* The policy would rather have a text that nobody looked at than none: flagged, so that it is on record. */
static void let_pass(struct service_call *c, struct content_scan *scan)
{
    static const struct policy_hit failed = {.code = "SCANNER_FAILED",
                                             .rule_id = "scanner",
                                             .category = "scanner",
                                             .title = "The text was not scanned",
                                             .severity = CARDEA_SCAN_HIGH};
    static const struct policy_reason reason = {.hit = &failed};
    c->err = SERVICE_OK;
    c->code = c->message = NULL;
    c->retry_after_sec = 0;
    scan->scanner_failed = true;
    scan->verdict = CARDEA_SCAN_FLAG;
    scan->outcome = (struct policy_outcome){
        .verdict = CARDEA_SCAN_FLAG, .truncated = true, .reasons = &reason, .reason_count = 1};
    judge_skip(c->svc->judge, JUDGE_SKIP_UNSCREENED, &scan->ai);
}

/* ---- the AI ---- */

static enum policy_ai ask(struct service_call *c, struct content_scan *scan, struct policy_look *seen)
{
    static const enum policy_ai verdicts[JUDGE_VERDICT_COUNT] = {
        [JUDGE_SAFE] = POLICY_AI_SAFE, [JUDGE_SUSPICIOUS] = POLICY_AI_SUSPICIOUS, [JUDGE_BLOCKED] = POLICY_AI_BLOCKED};
    struct cardea_str text;
    if (scan->without_ai || !policy_wants_ai(seen)) {
        judge_skip(c->svc->judge, JUDGE_SKIP_NOT_NEEDED, &scan->ai);
        return scan->assumed_ai;
    } else if (!policy_text_for_ai(seen, &text)) {
        judge_skip(c->svc->judge, JUDGE_SKIP_UNSCREENED, &scan->ai);
    } else {
        const struct policy_choice *choice = &scan->choice;
        struct cardea_str key = arena_printf(c->arena, "%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64, scan->account_id,
                                             choice->id, choice->version, choice->revision);
        judge_ask(c->svc->judge, text, key, &scan->ai);
    }
    return scan->ai.status == JUDGE_SKIPPED ? POLICY_AI_NONE : verdicts[scan->ai.verdict];
}

/* ---- a scan ---- */

enum service_err service_content_judge(struct service_call *c, struct content_scan *scan)
{
    const struct policy_settings *settings = policy_settings(scan->compiled);
    struct policy_look *seen;
    int64_t began = now_us();
    if (!scan->has_sensitivity)
        scan->sensitivity = settings->sensitivity;
    enum service_err err = look(c, scan, &seen);
    if (err == SERVICE_OK) {
        policy_decide(seen, ask(c, scan, seen), &scan->outcome);
        scan->verdict = scan->outcome.verdict;
    } else if (settings->fail_open) {
        let_pass(c, scan);
        err = SERVICE_OK;
    }
    scan->latency_us = now_us() - began;
    return err;
}

enum service_err service_content_scan(struct service_call *c, struct content_scan *scan)
{
    enum service_err err = find_account(c, scan);
    if (err == SERVICE_OK)
        err = policy_cache_find(c, scan->account_id, scan->policy, scan->draft, &scan->choice, &scan->compiled);
    if (err == SERVICE_OK)
        err = service_content_judge(c, scan);
    if (err != SERVICE_OK)
        return err;
    scan->id = scanning_new_id(c->svc->scanning, c);
    scanning_count(c->svc->scanning,
                   &(struct scanning_done){.verdict = scan->verdict,
                                           .truncated = scan->outcome.truncated && !scan->scanner_failed,
                                           .shadow = scan->outcome.shadow_count > 0,
                                           .redacted = scan->outcome.delivery == POLICY_DELIVER_REDACTED,
                                           .unscanned = scan->scanner_failed,
                                           .bytes = scan->text.len,
                                           .elapsed_us = scan->latency_us - scan->ai.latency_us});
    return SERVICE_OK;
}

void service_content_release(struct service_call *c, struct content_scan *scan)
{
    if (scan->seat)
        scanning_give_back(c->svc->scanning, scan->seat, scan->text.len);
    policy_free(scan->compiled);
    scan->seat = NULL;
    scan->compiled = NULL;
}

/* ---- the record ---- */

void service_content_write_reason(struct json_writer *w, const struct policy_reason *reason)
{
    const struct policy_hit *hit = reason->hit;
    jw_member_str(w, "code", str_of(hit->code));
    jw_member_str(w, "rule_id", str_of(hit->rule_id));
    jw_member_str(w, "category", str_of(hit->category));
    jw_member_str(w, "severity", str_of(cardea_scan_severity_name(hit->severity)));
    jw_member_str(w, "mode", str_of(policy_mode_name(reason->shadow)));
    if (reason->rule) {
        jw_member_str(w, "rule", str_of(reason->rule));
        jw_member_str(w, "action", str_of(policy_action_name(reason->action)));
    }
    jw_name(w, "span");
    if (!hit->has_span) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_member_int(w, "start", (int64_t)hit->span.start);
    jw_member_int(w, "end", (int64_t)hit->span.end);
    jw_object_end(w);
}

void service_content_write_policy(struct json_writer *w, const struct policy_choice *choice)
{
    if (choice->id)
        jw_member_id(w, "policy", "pol", choice->id);
    else
        jw_member_str(w, "policy", STR("builtin"));
    jw_member_int(w, "policy_version", choice->version);
    if (choice->id && !choice->version)
        jw_member_bool(w, "draft", true);
}

static void write_detail(struct json_writer *w, const struct content_scan *scan)
{
    const struct policy_outcome *o = &scan->outcome;
    jw_object_begin(w);
    jw_member_str(w, "sensitivity", str_of(cardea_scan_sensitivity_name(scan->sensitivity)));
    service_content_write_policy(w, &scan->choice);
    jw_member_int(w, "bytes", (int64_t)scan->text.len);
    jw_member_bool(w, "truncated", o->truncated);
    jw_member_str(w, "deliver", str_of(policy_delivery_name(o->delivery)));
    jw_member_str(w, "ai",
                  str_of(scan->ai.status == JUDGE_SKIPPED ? judge_skip_name(scan->ai.skip)
                                                          : judge_verdict_name(scan->ai.verdict)));
    jw_member_int(w, "excepted", (int64_t)o->excepted);
    jw_member_int(w, "reason_count", (int64_t)o->reason_count);
    jw_name(w, "reasons");
    jw_array_begin(w);
    for (size_t i = 0; i < o->reason_count && i < EVENT_RULES; i++) {
        jw_object_begin(w);
        service_content_write_reason(w, &o->reasons[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
}

static enum service_err keep(struct service_call *c, const struct content_scan *scan)
{
    if (!policy_settings(scan->compiled)->keep_content || !scan->account_id)
        return SERVICE_OK;
    return service_kept_put(c, &(struct kept){.scan_id = scan->id,
                                              .account_id = scan->account_id,
                                              .policy_id = scan->choice.id,
                                              .version = scan->choice.version,
                                              .text = scan->text});
}

enum service_err service_content_record(struct service_call *c, const struct content_scan *scan)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, DETAIL_MAX);
    jw_init(&w, &detail);
    write_detail(&w, scan);
    enum service_err err =
        detail.failed ? service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "What was found cannot be recorded.")
                      : service_record(c, scan->verdict == CARDEA_SCAN_BLOCK ? "content.blocked" : "content.flagged",
                                       "scn", scan->id, scan->account_id, buf_str(&detail));
    buf_release(&detail);
    return err == SERVICE_OK ? keep(c, scan) : err;
}
