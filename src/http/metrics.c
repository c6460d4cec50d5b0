#include "http/metrics.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "http/app.h"
#include "judge/judge.h"
#include "policy/policy.h"
#include "service/audit_denied.h"
#include "service/audit_log.h"
#include "service/deliveries.h"
#include "service/issuers.h"
#include "service/notices.h"
#include "service/publisher.h"
#include "service/reminder_mail.h"
#include "service/scanning.h"
#include "service/usage.h"
#include "service/usage_hours.h"
#include "service/webhook_sender.h"

#define STATUS_CLASSES 6 /* 1xx to 5xx by hundreds; 0 unused */

/* Upper bounds in microseconds: a memory decision takes tens, a durable write thousands, a password a hundred thousand.
 */
static const int64_t bounds_us[METRICS_BUCKETS] = {50,    100,   250,   500,    1000,   2500,    5000,
                                                   10000, 25000, 50000, 100000, 250000, 1000000, 5000000};

/* Written by one thread, read by whoever renders. */
struct metrics_shard {
    _Alignas(64) _Atomic uint64_t requests[METRICS_OPERATIONS_MAX][STATUS_CLASSES];
    _Atomic uint64_t decisions[CARDEA_CODE_COUNT];
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1];
    _Atomic uint64_t elapsed_us;
};

struct metrics_shard *metrics_shard_new(struct metrics *m)
{
    struct metrics_shard *s = aligned_alloc(64, (sizeof(*s) + 63) & ~(size_t)63);
    if (!s || m->shard_count == METRICS_SHARDS_MAX)
        abort(); /* the number of threads is bounded by the options */
    memset(s, 0, sizeof(*s));
    m->shards[m->shard_count++] = s;
    return s;
}

void metrics_release(struct metrics *m)
{
    for (unsigned i = 0; i < m->shard_count; i++)
        free(m->shards[i]);
    *m = (struct metrics){0};
}

/* One writer: a plain add that readers never see half of. */
static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

void metrics_request(struct metrics_shard *s, unsigned operation, int status, int64_t elapsed_ns)
{
    unsigned class = status >= 100 && status < 600 ? (unsigned)status / 100 : 5;
    int64_t us = elapsed_ns / 1000;
    unsigned bucket = 0;
    while (bucket < METRICS_BUCKETS && us > bounds_us[bucket])
        bucket++;
    bump(&s->requests[operation][class], 1);
    bump(&s->buckets[bucket], 1);
    bump(&s->elapsed_us, (uint64_t)us);
}

void metrics_decision(struct metrics_shard *s, enum cardea_code code)
{
    if (code < CARDEA_CODE_COUNT)
        bump(&s->decisions[code], 1);
}

static uint64_t sum(const struct metrics *m, size_t offset)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < m->shard_count; i++) {
        const char *base = (const char *)m->shards[i];
        total += atomic_load_explicit((const _Atomic uint64_t *)(const void *)(base + offset), memory_order_relaxed);
    }
    return total;
}

static void describe(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    describe(out, name, type, help);
    buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* One line of a metric with one label. */
static void labelled(struct buf *out, const char *name, const char *label, const char *is, uint64_t value)
{
    buf_printf(out, "%s{%s=\"%s\"} %llu\n", name, label, is, (unsigned long long)value);
}

/* An array of counters that others add to, named in its order. */
static void each(struct buf *out, const char *name, const char *label, const char *const *names,
                 const _Atomic uint64_t *counters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        labelled(out, name, label, names[i], atomic_load_explicit(&counters[i], memory_order_relaxed));
}

static const char *operation_name(const struct app *app, unsigned operation)
{
    if (operation == METRICS_UNMATCHED)
        return "unmatched";
    if (operation == METRICS_PROFILE_HOST)
        return "profile_host";
    return operation < app->router.count ? app->router.routes[operation]->operation : NULL;
}

static void render_requests(const struct app *app, struct buf *out)
{
    describe(out, "cardea_http_requests_total", "counter", "Requests answered, by operation and class of status.");
    for (unsigned op = 0; op < METRICS_OPERATIONS_MAX; op++) {
        const char *name = operation_name(app, op);
        for (unsigned class = 1; name && class < STATUS_CLASSES; class ++) {
            uint64_t n = sum(&app->metrics, offsetof(struct metrics_shard, requests[0][0]) +
                                                (op * STATUS_CLASSES + class) * sizeof(uint64_t));
            if (n)
                buf_printf(out, "cardea_http_requests_total{operation=\"%s\",status=\"%uxx\"} %llu\n", name, class,
                           (unsigned long long)n);
        }
    }
}

static void render_latency(const struct app *app, struct buf *out)
{
    const char *name = "cardea_http_request_duration_seconds";
    uint64_t total = 0;
    describe(out, name, "histogram", "Time from the parsed request to its reply.");
    for (unsigned i = 0; i <= METRICS_BUCKETS; i++) {
        total += sum(&app->metrics, offsetof(struct metrics_shard, buckets[0]) + i * sizeof(uint64_t));
        if (i < METRICS_BUCKETS)
            buf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bounds_us[i] / 1e6, (unsigned long long)total);
    }
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)total);
    buf_printf(out, "%s_sum %g\n", name, (double)sum(&app->metrics, offsetof(struct metrics_shard, elapsed_us)) / 1e6);
    buf_printf(out, "%s_count %llu\n", name, (unsigned long long)total);
}

static void render_decisions(const struct app *app, struct buf *out)
{
    describe(out, "cardea_decisions_total", "counter",
             "Decisions by code: verify, authorize, and callers who were refused.");
    for (unsigned code = 0; code < CARDEA_CODE_COUNT; code++)
        labelled(out, "cardea_decisions_total", "code", cardea_code_name(code),
                 sum(&app->metrics, offsetof(struct metrics_shard, decisions[0]) + code * sizeof(uint64_t)));
}

static void render_snapshot(const struct app *app, struct buf *out)
{
    struct cardea_writer_stats s;
    publisher_stats(app->svc->publisher, &s);
    single(out, "cardea_snapshot_keys", "gauge", "Keys in the snapshot.", s.keys);
    single(out, "cardea_snapshot_key_capacity", "gauge", "Keys that fit before the snapshot grows.", s.key_capacity);
    single(out, "cardea_snapshot_accounts", "gauge", "Accounts in the snapshot.", s.accounts);
    single(out, "cardea_snapshot_grants", "gauge", "Distinct grants in the snapshot.", s.grants);
    single(out, "cardea_snapshot_bytes", "gauge", "Size of the snapshot file.", s.file_bytes);
    single(out, "cardea_snapshot_generation", "counter", "Files that the snapshot has grown through.", s.generation);
    single(out, "cardea_snapshot_healthy", "gauge", "1 while readers see all that was committed.",
           publisher_healthy(app->svc->publisher));
}

static void render_usage(const struct app *app, struct buf *out)
{
    struct usage_stats s;
    service_usage_stats(app->svc, &s);
    single(out, "cardea_usage_rounds_total", "counter", "Rounds that carried key use into the store.", s.rounds);
    single(out, "cardea_usage_rounds_skipped_total", "counter", "Rounds left out since the last had not ended.",
           s.skipped);
    single(out, "cardea_usage_rows_total", "counter", "Keys whose use was written.", s.rows);
    single(out, "cardea_usage_failures_total", "counter", "Units of use that the store refused.", s.failures);
    const struct service_counters *n = &app->svc->counters;
    describe(out, "cardea_uses_total", "counter",
             "Uses of keys in all processes, as carried into the store: granted, or refused by code.");
    for (int i = 0; i < STORE_USAGE_OUTCOMES; i++)
        if (i < 2 || cardea_activity_refusal_code((unsigned)i - 1) != CARDEA_CODE_COUNT) /* 1: the others */
            labelled(out, "cardea_uses_total", "outcome", usage_outcome_name(i), atomic_load(&n->uses[i]));
    single(out, "cardea_credits_drawn_total", "counter", "Credits drawn by such uses.", atomic_load(&n->credits_drawn));
}

static void render_events(const struct app *app, struct buf *out)
{
    describe(out, "cardea_events_total", "counter", "Events, by type: what webhooks and GET /v1/events tell.");
    for (size_t i = 0; i < event_type_count; i++)
        labelled(out, "cardea_events_total", "type", event_types[i].name, atomic_load(&app->svc->counters.events[i]));
}

static void render_chores(const struct app *app, struct buf *out)
{
    static const char *const chores[CHORES] = {
        [CHORE_REFILL] = "refill", [CHORE_PRUNE] = "prune",     [CHORE_REMINDERS] = "reminders",
        [CHORE_AUDIT] = "audit",   [CHORE_NOTICES] = "notices", [CHORE_WEBHOOKS] = "webhooks"};
    describe(out, "cardea_chores_failed_total", "counter",
             "Work in the background that the store refused; it is tried again.");
    each(out, "cardea_chores_failed_total", "chore", chores, app->svc->counters.chores_failed, CHORES);
}

static void render_notices(const struct app *app, struct buf *out)
{
    struct notices_stats s;
    service_notices_stats(app->svc, &s);
    single(out, "cardea_notices_recorded_total", "counter", "Refusals of known keys that became events.", s.recorded);
    single(out, "cardea_notices_coalesced_total", "counter", "Refusals that repeated an event of the same minute.",
           s.coalesced);
    single(out, "cardea_notices_lost_total", "counter", "Refusals that came faster than they could be told.", s.lost);
}

/* One metric of every issuer at a time, as the format wants it. */
struct issuer_lines {
    struct buf *out;
    enum { ISSUER_FETCHES, ISSUER_KEYS, ISSUER_AGE } what;
};

static void issuer_line(void *arg, const struct issuer_stats *s)
{
    static const char *const outcomes[ISSUER_OUTCOMES] = {[ISSUER_FETCHED] = "ok",
                                                          [ISSUER_UNCHANGED] = "unchanged",
                                                          [ISSUER_UNREACHABLE] = "unreachable",
                                                          [ISSUER_REFUSED] = "refused",
                                                          [ISSUER_UNUSABLE] = "unusable"};
    const struct issuer_lines *l = arg;
    for (int i = 0; l->what == ISSUER_FETCHES && i < ISSUER_OUTCOMES; i++)
        buf_printf(l->out, "cardea_issuer_fetch_total{issuer=\"%s\",outcome=\"%s\"} %llu\n", s->name, outcomes[i],
                   (unsigned long long)s->fetches[i]);
    if (l->what == ISSUER_KEYS)
        buf_printf(l->out, "cardea_issuer_keys{issuer=\"%s\"} %zu\n", s->name, s->keys);
    if (l->what == ISSUER_AGE && s->age_ms >= 0)
        buf_printf(l->out, "cardea_issuer_keys_age_seconds{issuer=\"%s\"} %lld\n", s->name,
                   (long long)(s->age_ms / 1000));
}

static void render_issuers(const struct app *app, struct buf *out)
{
    if (!app->svc->issuers)
        return;
    describe(out, "cardea_issuer_fetch_total", "counter", "Attempts to have an issuer's keys.");
    issuers_stats(app->svc->issuers, issuer_line, &(struct issuer_lines){out, ISSUER_FETCHES});
    describe(out, "cardea_issuer_keys", "gauge", "Keys of an issuer that can be used.");
    issuers_stats(app->svc->issuers, issuer_line, &(struct issuer_lines){out, ISSUER_KEYS});
    describe(out, "cardea_issuer_keys_age_seconds", "gauge", "Time since an issuer's keys were last had.");
    issuers_stats(app->svc->issuers, issuer_line, &(struct issuer_lines){out, ISSUER_AGE});
}

static void render_deliveries(const struct app *app, struct buf *out)
{
    static const char *const outcomes[DELIVERIES_OUTCOMES] = {
        [DELIVERIES_DELIVERED] = "delivered", [DELIVERIES_RETRIED] = "retried", [DELIVERIES_FAILED] = "failed"};
    struct deliveries_stats s;
    deliveries_stats(app->svc->deliveries, &s);
    describe(out, "cardea_deliveries_total", "counter", "Attempts to deliver messages outside, by what came of them.");
    for (int i = 0; i < DELIVERIES_OUTCOMES; i++)
        buf_printf(out,
                   "cardea_deliveries_total{channel=\"push\",outcome=\"%s\"} %llu\n"
                   "cardea_deliveries_total{channel=\"smtp\",outcome=\"%s\"} %llu\n",
                   outcomes[i], (unsigned long long)s.push[i], outcomes[i], (unsigned long long)s.smtp[i]);
    single(out, "cardea_deliveries_under_way", "gauge", "Deliveries that wait for others' servers now.", s.under_way);
}

static void render_reminders(const struct app *app, struct buf *out)
{
    const char *name = "cardea_reminder_mails_total";
    struct reminder_mail_stats mail;
    reminder_mail_stats(app->svc->reminder_mail, &mail);
    describe(out, name, "counter", "Attempts to mail reminders of keys, by what came of them.");
    labelled(out, name, "outcome", "sent", mail.sent);
    labelled(out, name, "outcome", "retried", mail.retried);
    labelled(out, name, "outcome", "failed", mail.failed);
}

static void render_leaks(const struct app *app, struct buf *out)
{
    static const char *const reports[] = {"refused", "taken"};
    static const char *const outcomes[LEAK_OUTCOMES] = {[LEAK_UNKNOWN] = "unknown",
                                                        [LEAK_REVOKED] = "revoked",
                                                        [LEAK_FLAGGED] = "flagged",
                                                        [LEAK_REPEATED] = "repeated"};
    const struct service_counters *n = &app->svc->counters;
    describe(out, "cardea_leak_reports_total", "counter",
             "Reports of leaked keys: taken, or refused for their signature.");
    each(out, "cardea_leak_reports_total", "outcome", reports, n->leak_reports, 2);
    describe(out, "cardea_leaked_keys_total", "counter", "Keys in such reports, by what came of them.");
    each(out, "cardea_leaked_keys_total", "outcome", outcomes, n->leak_matches, LEAK_OUTCOMES);
}

static void render_webhooks(const struct app *app, struct buf *out)
{
    static const char *const outcomes[WEBHOOKS_OUTCOMES] = {
        [WEBHOOKS_DELIVERED] = "delivered", [WEBHOOKS_RETRIED] = "retried", [WEBHOOKS_FAILED] = "failed"};
    struct webhooks_stats s;
    webhooks_stats(app->svc->webhooks, &s);
    describe(out, "cardea_webhook_attempts_total", "counter", "Attempts to tell webhooks, by what came of them.");
    for (int i = 0; i < WEBHOOKS_OUTCOMES; i++)
        labelled(out, "cardea_webhook_attempts_total", "outcome", outcomes[i], s.attempts[i]);
    describe(out, "cardea_webhooks_behind_seconds", "gauge", "Events of so long ago may not be on their way yet.");
    buf_printf(out, "cardea_webhooks_behind_seconds %g\n", (double)s.behind_ms / 1e3);
    single(out, "cardea_webhooks_under_way", "gauge", "Requests to webhooks that wait for an answer now.", s.under_way);
    single(out, "cardea_webhooks_stopped_total", "counter", "Webhooks that were disabled because they failed.",
           s.stopped);
}

static void render_audit(const struct app *app, struct buf *out)
{
    struct audit_stats s;
    audit_log_stats(app->svc, &s);
    single(out, "cardea_audit_sealed_records", "gauge", "Records in the audit log's tree.", s.sealed);
    single(out, "cardea_audit_waiting_records", "gauge", "Records that are not in the tree yet.", s.waiting);
    single(out, "cardea_audit_signed_records", "gauge", "Records that the last signed checkpoint holds.",
           s.checkpoint_size);
    single(out, "cardea_audit_untold_total", "counter", "Refusals that no audit record of their own tells of.",
           service_denied_untold(app->svc));
    single(out, "cardea_audit_broken", "gauge",
           "1 when the audit log was changed from outside: nothing more is signed.", s.broken);
}

static void render_scans(const struct app *app, struct buf *out)
{
    struct scanning_stats s;
    scanning_stats(app->svc->scanning, &s);
    describe(out, "cardea_scans_total", "counter", "Texts scanned, by verdict.");
    for (unsigned v = 0; v <= CARDEA_SCAN_BLOCK; v++)
        labelled(out, "cardea_scans_total", "verdict", policy_verdict_name((enum cardea_scan_verdict)v), s.verdicts[v]);
    single(out, "cardea_scans_truncated_total", "counter", "Scans that a limit ended before all was looked at.",
           s.truncated);
    single(out, "cardea_scans_shadow_total", "counter", "Scans in which rules in shadow had something to say.",
           s.shadow);
    single(out, "cardea_scans_redacted_total", "counter", "Scans after which only the redacted text may leave.",
           s.redacted);
    single(out, "cardea_scans_failed_open_total", "counter", "Texts let pass unscanned, since their policy says so.",
           s.unscanned);
    single(out, "cardea_scan_bytes_total", "counter", "Bytes of the texts scanned.", s.bytes);
    describe(out, "cardea_scan_seconds_total", "counter", "Time that scans took.");
    buf_printf(out, "cardea_scan_seconds_total %g\n", (double)s.elapsed_us / 1e6);
    single(out, "cardea_scanner_ready", "gauge", "1 while texts can be scanned.", s.state == SCANNING_READY);
}

static void render_ai_latency(const struct judge_stats *s, struct buf *out)
{
    const char *name = "cardea_ai_request_duration_seconds";
    uint64_t total = 0;
    describe(out, name, "histogram", "Time that requests to the AI layer's server took, whatever came of them.");
    for (unsigned i = 0; i <= JUDGE_BUCKETS; i++) {
        total += s->requests[i];
        if (i < JUDGE_BUCKETS)
            buf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)judge_bounds_ms[i] / 1e3,
                       (unsigned long long)total);
    }
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)total);
    buf_printf(out, "%s_sum %g\n", name, (double)s->requests_us / 1e6);
    buf_printf(out, "%s_count %llu\n", name, (unsigned long long)total);
}

static void render_ai(const struct app *app, struct buf *out)
{
    const char *name = "cardea_ai_requests_total", *by = "result";
    struct judge_stats s;
    judge_stats(app->svc->judge, &s);
    describe(out, name, "counter",
             "Texts for the AI layer, by what came of it: the verdict when it was asked, `cached`, or why it was not.");
    for (unsigned v = 0; v < JUDGE_VERDICT_COUNT; v++)
        labelled(out, name, by, judge_verdict_name((enum judge_verdict)v), s.asked[v]);
    labelled(out, name, by, judge_status_name(JUDGE_CACHED), s.cached);
    for (unsigned why = 0; why < JUDGE_SKIP_COUNT; why++)
        labelled(out, name, by, judge_skip_name((enum judge_skip)why), s.skipped[why]);
    render_ai_latency(&s, out);
    single(out, "cardea_ai_configured", "gauge", "1 while there is a model to ask.", s.configured);
    single(out, "cardea_ai_circuit_open", "gauge", "1 while the AI layer's server is left alone, since it failed.",
           s.circuit != JUDGE_CIRCUIT_CLOSED);
}

void metrics_render(const struct app *app, struct buf *out)
{
    describe(out, "cardea_build_info", "gauge", "The running version.");
    buf_printf(out, "cardea_build_info{version=\"%s\"} 1\n", CARDEA_VERSION);
    render_requests(app, out);
    render_latency(app, out);
    render_decisions(app, out);
    render_snapshot(app, out);
    render_usage(app, out);
    render_events(app, out);
    render_chores(app, out);
    render_issuers(app, out);
    render_notices(app, out);
    render_scans(app, out);
    render_deliveries(app, out);
    render_webhooks(app, out);
    render_reminders(app, out);
    render_leaks(app, out);
    render_audit(app, out);
    render_ai(app, out);
    single(out, "cardea_waiting_calls", "gauge", "Polls and streams that wait for news.",
           atomic_load_explicit(&app->parked, memory_order_relaxed));
    single(out, "cardea_writer_calls", "gauge", "Calls that wait for the store's writer.",
           atomic_load_explicit(&app->writer_calls, memory_order_relaxed));
}
