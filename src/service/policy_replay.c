/* Recorded events, judged anew. */
#include "service/policy_trial.h"

#include "base/id.h"
#include "base/json_read.h"
#include "base/str.h"
#include "judge/judge.h"
#include "service/kept.h"
#include "service/scanning.h"

#define PAGE         50
#define FINDINGS_MAX 256

/* ---- what an event says ---- */

struct recorded {
    const json_t *detail;
    int64_t scan_id;
    struct replay_item item;
    enum policy_ai ai;
};

static enum policy_ai ai_of(const json_t *detail)
{
    static const enum policy_ai verdicts[JUDGE_VERDICT_COUNT] = {
        [JUDGE_SAFE] = POLICY_AI_SAFE, [JUDGE_SUSPICIOUS] = POLICY_AI_SUSPICIOUS, [JUDGE_BLOCKED] = POLICY_AI_BLOCKED};
    enum judge_verdict verdict;
    return judge_verdict_parse(json_get_str(detail, "ai"), &verdict) ? verdicts[verdict] : POLICY_AI_NONE;
}

static void read_event(struct arena *a, const struct store_event *event, const json_t *payload, struct recorded *out)
{
    char id[ID_TEXT_MAX];
    out->detail = json_object_get(payload, "data");
    out->ai = ai_of(out->detail);
    out->item = (struct replay_item){
        .event = arena_str(a, (struct cardea_str){id, id_format(id, "evt", event->id)}),
        .scan = json_get_str(payload, "subject"),
        .at = event->at_ms / 1000,
        .basis = REPLAY_NONE,
        .was = str_eq(event->type, STR("content.blocked")) ? CARDEA_SCAN_BLOCK : CARDEA_SCAN_FLAG,
    };
    if (!id_parse(out->item.scan, "scn", &out->scan_id))
        out->scan_id = 0;
}

/* ---- from recorded reasons back to findings ---- */

static bool parse_severity(struct cardea_str name, enum cardea_scan_severity *out)
{
    for (int i = 0; i < CARDEA_SCAN_SEVERITY_COUNT; i++) {
        *out = (enum cardea_scan_severity)i;
        if (str_eq(name, str_of(cardea_scan_severity_name(*out))))
            return true;
    }
    return false;
}

/* Signals have a pack's code too, but no place: a rule of the policy of that time added them up. */
static bool parse_finding(const json_t *reason, struct cardea_scan_finding *out)
{
    struct cardea_str code = json_get_str(reason, "code");
    *out = (struct cardea_scan_finding){.rule_id = json_get_str(reason, "rule_id").ptr, .title = ""};
    if (!out->rule_id || !json_is_object(json_object_get(reason, "span")) ||
        !parse_severity(json_get_str(reason, "severity"), &out->severity))
        return false;
    for (int i = 0; i < CARDEA_SCAN_CATEGORY_COUNT; i++) {
        out->category = (enum cardea_scan_category)i;
        if (str_eq(code, str_of(policy_code(out->category))))
            return true;
    }
    return false;
}

/* What the scanner says without a rule of a pack: of a domain that the policy of that time denied; and of signals that
 * add up, which is known for the sensitivity alone that they were added up at. */
#define DENIED      "domain.denied"
#define COMBINATION "keyword.combination"

/* Whether the rule would find it at this sensitivity; one that is gone would not. */
static bool still_found(const struct cardea_scanner *scanner, const char *rule_id,
                        enum cardea_scan_sensitivity sensitivity)
{
    struct cardea_scanner_info info;
    cardea_scanner_info(scanner, &info);
    for (size_t i = 0; i < info.rule_count; i++) {
        struct cardea_scan_rule rule = cardea_scanner_rule(scanner, i);
        if (strcmp(rule.id, rule_id) == 0)
            return rule.sensitivity <= sensitivity;
    }
    return strcmp(rule_id, COMBINATION) == 0;
}

/* False: the record does not tell all that was found, or of something that the packs did not find. */
static bool read_findings(struct arena *a, const struct cardea_scanner *scanner,
                          enum cardea_scan_sensitivity sensitivity, const struct recorded *r,
                          struct cardea_scan_result *out)
{
    const json_t *reasons = json_object_get(r->detail, "reasons");
    size_t count = json_array_size(reasons);
    struct cardea_scan_finding *findings = arena_array(a, count + 1, sizeof(*findings));
    bool same = str_eq(json_get_str(r->detail, "sensitivity"), str_of(cardea_scan_sensitivity_name(sensitivity)));
    *out = (struct cardea_scan_result){.findings = findings, .truncated = json_get_bool(r->detail, "truncated", false)};
    if (!json_is_array(reasons) || count > FINDINGS_MAX ||
        json_get_int(r->detail, "reason_count", -1) != (json_int_t)count || json_get_int(r->detail, "excepted", 0) > 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *reason = json_array_get(reasons, i);
        struct cardea_scan_finding *f = &findings[out->finding_count];
        if (str_eq(json_get_str(reason, "category"), STR("ai")))
            continue;
        if (!parse_finding(reason, f) || strcmp(f->rule_id, DENIED) == 0 ||
            (strcmp(f->rule_id, COMBINATION) == 0 && !same))
            return false;
        if (still_found(scanner, f->rule_id, sensitivity))
            out->finding_count++;
    }
    return true;
}

/* The places are of a text that is not there. */
static enum service_err judge_record(struct service_call *c, struct policy_trial *t, struct recorded *r,
                                     struct policy_outcome *outcome)
{
    struct cardea_scan_result result;
    struct policy_look *look;
    struct scanning_seat *seat;
    if (scanning_take(c->svc->scanning, &seat) != SCANNING_READY) {
        c->retry_after_sec = 1;
        return service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable", "There is no scanner at the moment.");
    }
    enum cardea_err err = CARDEA_OK;
    if (read_findings(c->arena, seat->scanner, policy_settings(t->compiled)->sensitivity, r, &result)) {
        err = policy_look(t->compiled, c->arena, STR(""), &result, &look);
        if (err == CARDEA_OK) {
            policy_decide(look, r->ai, outcome);
            r->item.basis = REPLAY_RECORD;
        }
    }
    scanning_give_back(c->svc->scanning, seat, 0);
    if (err == CARDEA_OK)
        return SERVICE_OK;
    return service_fail(c, SERVICE_UNAVAILABLE, "scanner_unavailable", "There is no memory to judge this.");
}

static void tell(struct recorded *r, const struct policy_outcome *outcome, replay_fn each, void *arg)
{
    r->item.would_be = r->item.basis == REPLAY_NONE ? r->item.was : outcome->verdict;
    r->item.outcome = r->item.basis == REPLAY_NONE ? NULL : outcome;
    each(arg, &r->item);
}

/* c->arena is this event's alone: what was kept is wiped with it. */
static enum service_err replay_one(struct service_call *c, struct policy_trial *t, const struct store_event *event,
                                   replay_fn each, void *arg)
{
    struct recorded r = {0};
    struct json_problem problem;
    struct policy_outcome outcome;
    struct content_scan scan = {0};
    struct cardea_str text;
    enum service_err err = SERVICE_OK;
    json_t *payload = json_read(c->arena, event->payload, &problem);
    read_event(c->arena, event, payload, &r);
    if (r.scan_id && service_kept_get(c, t->account_id, r.scan_id, &text)) {
        err = service_trial_judge(c, t, text, r.ai, &scan);
        r.item.basis = REPLAY_CONTENT;
        if (err == SERVICE_OK)
            tell(&r, &scan.outcome, each, arg);
        service_content_release(c, &scan);
    } else {
        err = judge_record(c, t, &r, &outcome);
        if (err == SERVICE_OK)
            tell(&r, &outcome, each, arg);
    }
    json_decref(payload);
    return err;
}

static enum service_err replay_page(struct service_call *c, struct policy_trial *t, const struct store_event *events,
                                    size_t count, replay_fn each, void *arg, struct replay_result *out)
{
    struct arena arena = {0};
    struct service_call one = *c;
    enum service_err err = SERVICE_OK;
    one.arena = &arena;
    for (size_t i = 0; i < count && err == SERVICE_OK && out->complete; i++) {
        if (service_trial_over(t)) {
            out->complete = false;
            break;
        }
        err = replay_one(&one, t, &events[i], each, arg);
        out->events++;
        if (err == SERVICE_OK)
            arena_clear(&arena);
    }
    if (err != SERVICE_OK) {
        c->retry_after_sec = one.retry_after_sec;
        err = service_fail(c, err, one.code, "%s", one.message);
    }
    arena_release(&arena);
    return err;
}

enum service_err service_policy_replay(struct service_call *c, struct policy_trial *t, size_t limit, replay_fn each,
                                       void *arg, struct replay_result *out)
{
    struct arena arena = {0};
    struct store_event *events = arena_array(c->arena, PAGE, sizeof(*events));
    struct store_event_filter filter = {.account_id = t->account_id, .type = STR("content."), .type_begins = true};
    enum service_err err = SERVICE_OK;
    *out = (struct replay_result){.complete = true};
    do {
        size_t left = limit - out->events, count = 0;
        filter.limit = left < PAGE ? left : PAGE;
        enum store_err stored = store_event_list(c->db, &arena, &filter, events, &count, &filter.before);
        err = stored == STORE_OK ? replay_page(c, t, events, count, each, arg, out) : service_store_error(c, stored);
        arena_clear(&arena);
        if (filter.before && out->events < limit && service_trial_over(t))
            out->complete = false;
    } while (err == SERVICE_OK && out->complete && filter.before && out->events < limit);
    arena_release(&arena);
    return err;
}
