#include "service/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json_write.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/scanning.h"

#define TIME_MS      1000 /* of one scan: two threads take all long texts */
#define FINDINGS_MAX 256
#define EVENT_RULES  64 /* findings that an event tells of */
#define DETAIL_MAX   (32u << 10)
#define RETRY_SOON   1
#define RETRY_LATER  30

static const char *const codes[CARDEA_SCAN_CATEGORY_COUNT] = {
    [CARDEA_SCAN_INJECTION] = "INJECTION", [CARDEA_SCAN_SECRET] = "SECRET", [CARDEA_SCAN_PAYLOAD] = "PAYLOAD",
    [CARDEA_SCAN_HIDDEN] = "HIDDEN_TEXT",  [CARDEA_SCAN_DOMAIN] = "DOMAIN", [CARDEA_SCAN_PERSONAL] = "PERSONAL_DATA",
    [CARDEA_SCAN_KEYWORD] = "FRAUD_SIGNS"};

const char *service_content_code(enum cardea_scan_category category)
{
    return codes[category];
}

const char *service_content_verdict(enum cardea_scan_verdict verdict)
{
    static const char *const names[] = {
        [CARDEA_SCAN_ALLOW] = "allow", [CARDEA_SCAN_FLAG] = "flag", [CARDEA_SCAN_BLOCK] = "block"};
    return names[verdict];
}

/* ---- redaction ---- */

struct cut {
    size_t start, end;
    const char *rule;
};

static int by_start(const void *left, const void *right)
{
    const struct cut *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

static bool inside_character(struct cardea_str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* Whole characters, in order, each place once. */
static size_t find_cuts(struct cardea_str text, const struct cardea_scan_finding *findings, size_t count,
                        struct cut *cuts)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cardea_scan_finding *f = &findings[i];
        if (f->category != CARDEA_SCAN_SECRET && f->category != CARDEA_SCAN_PERSONAL)
            continue;
        struct cut cut = {f->redact.start, f->redact.end, f->rule_id};
        while (cut.start > 0 && inside_character(text, cut.start))
            cut.start--;
        while (inside_character(text, cut.end))
            cut.end++;
        cuts[n++] = cut;
    }
    if (n > 1)
        qsort(cuts, n, sizeof(*cuts), by_start);
    for (size_t i = 0; i < n; i++) {
        if (kept && cuts[i].start < cuts[kept - 1].end) {
            if (cuts[i].end > cuts[kept - 1].end)
                cuts[kept - 1].end = cuts[i].end;
            continue;
        }
        cuts[kept++] = cuts[i];
    }
    return kept;
}

bool service_content_redact(struct arena *a, struct cardea_str text, const struct cardea_scan_finding *findings,
                            size_t count, struct cardea_str *out)
{
    struct cut *cuts = arena_array(a, count + 1, sizeof(*cuts));
    size_t n = find_cuts(text, findings, count, cuts), len = text.len + 1, at = 0, from = 0;
    for (size_t i = 0; i < n; i++)
        len += sizeof("[redacted:]") + strlen(cuts[i].rule);
    if (!n)
        return false;
    char *to = arena_alloc(a, len);
    for (size_t i = 0; i < n; i++) {
        memcpy(to + at, text.ptr + from, cuts[i].start - from);
        at += cuts[i].start - from;
        at += (size_t)snprintf(to + at, len - at, "[redacted:%s]", cuts[i].rule);
        from = cuts[i].end;
    }
    memcpy(to + at, text.ptr + from, text.len - from);
    *out = (struct cardea_str){to, at + text.len - from};
    return true;
}

/* ---- a scan ---- */

static int64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

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

enum service_err service_content_scan(struct service_call *c, struct content_scan *scan)
{
    struct cardea_scan_params params = {.sensitivity = scan->sensitivity,
                                        .limits = {.findings_max = FINDINGS_MAX, .time_ms = TIME_MS}};
    enum service_err err = find_account(c, scan);
    if (err == SERVICE_OK)
        err = take_seat(c, scan);
    if (err != SERVICE_OK)
        return err;
    int64_t began = now_us();
    if (cardea_scan(scan->seat->scanner, scan->seat->scratch, scan->text, &params, &scan->result) != CARDEA_OK) {
        c->retry_after_sec = RETRY_SOON;
        return service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable",
                            "There is no memory to scan this. The text was not looked at.");
    }
    scan->verdict = cardea_scan_verdict(&scan->result);
    scan->redacts = !scan->result.truncated && service_content_redact(c->arena, scan->text, scan->result.findings,
                                                                      scan->result.finding_count, &scan->redacted);
    scan->latency_us = now_us() - began;
    scan->id = scanning_new_id(c->svc->scanning, c);
    scanning_count(c->svc->scanning, scan->verdict, scan->result.truncated, scan->text.len, scan->latency_us);
    return SERVICE_OK;
}

void service_content_release(struct service_call *c, struct content_scan *scan)
{
    if (scan->seat)
        scanning_give_back(c->svc->scanning, scan->seat, scan->text.len);
    scan->seat = NULL;
}

/* ---- the record ---- */

static void write_findings(struct json_writer *w, const struct cardea_scan_result *r)
{
    jw_name(w, "reasons");
    jw_array_begin(w);
    for (size_t i = 0; i < r->finding_count && i < EVENT_RULES; i++) {
        const struct cardea_scan_finding *f = &r->findings[i];
        jw_object_begin(w);
        jw_member_str(w, "code", str_of(codes[f->category]));
        jw_member_str(w, "rule_id", str_of(f->rule_id));
        jw_member_str(w, "severity", str_of(cardea_scan_severity_name(f->severity)));
        jw_member_int(w, "start", (int64_t)f->span.start);
        jw_member_int(w, "end", (int64_t)f->span.end);
        jw_object_end(w);
    }
    jw_array_end(w);
}

enum service_err service_content_record(struct service_call *c, const struct content_scan *scan)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, DETAIL_MAX);
    jw_init(&w, &detail);
    jw_object_begin(&w);
    jw_member_str(&w, "sensitivity", str_of(cardea_scan_sensitivity_name(scan->sensitivity)));
    jw_member_int(&w, "policy_version", 0);
    jw_member_int(&w, "bytes", (int64_t)scan->text.len);
    jw_member_bool(&w, "truncated", scan->result.truncated);
    jw_member_int(&w, "reason_count", (int64_t)scan->result.finding_count);
    write_findings(&w, &scan->result);
    jw_object_end(&w);
    enum service_err err =
        detail.failed ? service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "What was found cannot be recorded.")
                      : service_record(c, scan->verdict == CARDEA_SCAN_BLOCK ? "content.blocked" : "content.flagged",
                                       "scn", scan->id, scan->account_id, buf_str(&detail));
    buf_release(&detail);
    return err;
}
