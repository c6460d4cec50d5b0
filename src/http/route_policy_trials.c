/* A policy tried: on texts with a known answer, and on what was recorded. */
#include "base/str.h"
#include "http/key_body.h"
#include "http/route_policies.h"
#include "service/policies.h"
#include "service/policy_trial.h"

#define CASE_NAME_MAX 200
#define EXAMPLES_MAX  ((size_t)1 << 20)

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

/* `policy`, `policy_version` and, of a draft, `draft` and its `revision`. */
static void render_choice(struct json_writer *w, const struct policy_choice *choice)
{
    service_content_write_policy(w, choice);
    if (choice->revision)
        jw_member_int(w, "revision", choice->revision);
}

static void render_reasons(struct json_writer *w, const struct policy_outcome *o)
{
    jw_name(w, "reasons");
    jw_array_begin(w);
    for (size_t i = 0; i < o->reason_count && i < TRIAL_REASONS_SHOWN; i++) {
        jw_object_begin(w);
        service_content_write_reason(w, &o->reasons[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
}

/* ---- cases ---- */

struct test_case {
    struct cardea_str text, name;
    enum cardea_scan_verdict expect;
};

struct test_summary {
    size_t passed, failed, not_run;
};

static bool parse_verdict(struct cardea_str name, enum cardea_scan_verdict *out)
{
    for (int i = CARDEA_SCAN_ALLOW; i <= CARDEA_SCAN_BLOCK; i++) {
        *out = (enum cardea_scan_verdict)i;
        if (str_eq(name, str_of(policy_verdict_name(*out))))
            return true;
    }
    return false;
}

static bool read_case(struct call *c, const json_t *object, size_t index, struct test_case *out)
{
    static const struct json_field fields[] = {
        {"text", JSON_WANT_STRING, .required = true},
        {"expect", JSON_WANT_STRING, .required = true, .max = CASE_NAME_MAX},
        {"name", JSON_WANT_STRING, .nullable = true, .max = CASE_NAME_MAX},
    };
    const char *at = arena_printf(&c->arena, "/cases/%zu", index).ptr;
    if (!json_is_object(object)) {
        service_invalid(&c->svc, at, "The value has the wrong type.", "Send an object with `text` and `expect`.");
        return false;
    }
    if (!key_body_check(c, object, at, FIELDS(fields)))
        return false;
    *out = (struct test_case){.text = json_get_str(object, "text"), .name = json_get_str(object, "name")};
    if (parse_verdict(json_get_str(object, "expect"), &out->expect))
        return true;
    service_invalid(&c->svc, arena_printf(&c->arena, "%s/expect", at).ptr, "There is no such verdict.",
                    "Send allow, flag or block.");
    return false;
}

/* NULL: the problems stand in c->svc. */
static struct test_case *read_cases(struct call *c, size_t *count)
{
    static const struct json_field fields[] = {
        {"cases", JSON_WANT_ARRAY, .required = true, .min = 1, .max = TRIAL_CASES_MAX},
        {"draft", JSON_WANT_BOOL},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields)))
        return NULL;
    const json_t *array = json_object_get(c->json, "cases");
    *count = json_array_size(array);
    struct test_case *cases = arena_array(&c->arena, *count, sizeof(*cases));
    bool well = true;
    for (size_t i = 0; i < *count && c->svc.problem_count < SERVICE_PROBLEMS_MAX; i++)
        well &= read_case(c, json_array_get(array, i), i, &cases[i]);
    return well ? cases : NULL;
}

/* `scan` NULL: the time was up before its turn. */
static void render_case(struct json_writer *w, size_t index, const struct test_case *one,
                        const struct content_scan *scan)
{
    jw_object_begin(w);
    jw_member_int(w, "index", (int64_t)index);
    jw_member_str_or_null(w, "name", one->name);
    jw_member_str(w, "expected", str_of(policy_verdict_name(one->expect)));
    jw_member_str_or_null(w, "verdict", str_of(scan ? policy_verdict_name(scan->verdict) : NULL));
    jw_member_bool(w, "ok", scan && scan->verdict == one->expect);
    if (scan) {
        jw_member_str(w, "deliver", str_of(policy_delivery_name(scan->outcome.delivery)));
        render_reasons(w, &scan->outcome);
    }
    jw_object_end(w);
}

static enum service_err run_case(struct call *c, struct json_writer *w, struct policy_trial *t, size_t index,
                                 const struct test_case *one, struct test_summary *sum)
{
    struct arena arena = {0};
    struct service_call inner = c->svc;
    struct content_scan scan = {0};
    enum service_err err = SERVICE_OK;
    if (service_trial_over(t)) {
        sum->not_run++;
        render_case(w, index, one, NULL);
        return SERVICE_OK;
    }
    inner.arena = &arena;
    err = service_trial_judge(&inner, t, one->text, POLICY_AI_NONE, &scan);
    if (err == SERVICE_OK) {
        *(scan.verdict == one->expect ? &sum->passed : &sum->failed) += 1;
        render_case(w, index, one, &scan);
    } else {
        c->svc.retry_after_sec = inner.retry_after_sec;
        service_fail(&c->svc, err, inner.code, "%s", inner.message);
    }
    service_content_release(&inner, &scan);
    arena_release(&arena);
    return err;
}

static enum service_err run_cases(struct call *c, struct policy_trial *t, const struct test_case *cases, size_t count)
{
    struct json_writer w;
    struct test_summary sum = {0};
    call_json(c, 200, &w);
    jw_object_begin(&w);
    render_choice(&w, &t->choice);
    jw_name(&w, "cases");
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        if (run_case(c, &w, t, i, &cases[i], &sum) != SERVICE_OK)
            return c->svc.err;
    jw_array_end(&w);
    jw_name(&w, "summary");
    jw_object_begin(&w);
    jw_member_int(&w, "cases", (int64_t)count);
    jw_member_int(&w, "passed", (int64_t)sum.passed);
    jw_member_int(&w, "failed", (int64_t)sum.failed);
    jw_member_int(&w, "not_run", (int64_t)sum.not_run);
    jw_object_end(&w);
    jw_object_end(&w);
    return SERVICE_OK;
}

void policies_test(struct call *c)
{
    struct policy_trial trial = {0};
    size_t count = 0;
    const struct test_case *cases = read_cases(c, &count);
    bool draft = json_get_bool(c->json, "draft", false);
    if (!cases ||
        service_trial_open(&c->svc, &trial, policies_account(c), c->captures[0], draft, false) != SERVICE_OK ||
        run_cases(c, &trial, cases, count) != SERVICE_OK)
        call_refuse(c);
    service_trial_close(&trial);
}

/* ---- replay ---- */

struct replay_report {
    struct buf examples;
    struct json_writer w;
    size_t shown, by_basis[REPLAY_NONE + 1];
    size_t moves[CARDEA_SCAN_BLOCK + 1][CARDEA_SCAN_BLOCK + 1]; /* from, to */
};

static const char *basis_name(enum replay_basis basis)
{
    static const char *const names[] = {
        [REPLAY_CONTENT] = "content", [REPLAY_RECORD] = "record", [REPLAY_NONE] = "none"};
    return names[basis];
}

static void on_item(void *arg, const struct replay_item *item)
{
    struct replay_report *r = arg;
    r->by_basis[item->basis]++;
    if (item->basis == REPLAY_NONE)
        return;
    r->moves[item->was][item->would_be]++;
    if (item->was == item->would_be || r->shown == REPLAY_EXAMPLES)
        return;
    r->shown++;
    jw_object_begin(&r->w);
    jw_member_str(&r->w, "event", item->event);
    jw_member_str(&r->w, "scan_id", item->scan);
    jw_member_time(&r->w, "created_at", item->at);
    jw_member_str(&r->w, "basis", str_of(basis_name(item->basis)));
    jw_member_str(&r->w, "was", str_of(policy_verdict_name(item->was)));
    jw_member_str(&r->w, "would_be", str_of(policy_verdict_name(item->would_be)));
    render_reasons(&r->w, item->outcome);
    jw_object_end(&r->w);
}

static void render_moves(struct json_writer *w, const struct replay_report *r)
{
    size_t stricter = 0, looser = 0;
    for (int from = 0; from <= CARDEA_SCAN_BLOCK; from++) {
        for (int to = 0; to <= CARDEA_SCAN_BLOCK; to++) {
            stricter += to > from ? r->moves[from][to] : 0;
            looser += to < from ? r->moves[from][to] : 0;
        }
    }
    jw_member_int(w, "changed", (int64_t)(stricter + looser));
    jw_member_int(w, "stricter", (int64_t)stricter);
    jw_member_int(w, "looser", (int64_t)looser);
    jw_name(w, "changes");
    jw_object_begin(w);
    jw_member_int(w, "flag_to_block", (int64_t)r->moves[CARDEA_SCAN_FLAG][CARDEA_SCAN_BLOCK]);
    jw_member_int(w, "flag_to_allow", (int64_t)r->moves[CARDEA_SCAN_FLAG][CARDEA_SCAN_ALLOW]);
    jw_member_int(w, "block_to_flag", (int64_t)r->moves[CARDEA_SCAN_BLOCK][CARDEA_SCAN_FLAG]);
    jw_member_int(w, "block_to_allow", (int64_t)r->moves[CARDEA_SCAN_BLOCK][CARDEA_SCAN_ALLOW]);
    jw_object_end(w);
}

static void render_replay(struct call *c, const struct policy_trial *t, const struct replay_report *r,
                          const struct replay_result *result)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    render_choice(&w, &t->choice);
    jw_member_int(&w, "events", (int64_t)result->events);
    jw_member_bool(&w, "complete", result->complete);
    jw_member_int(&w, "rescanned", (int64_t)r->by_basis[REPLAY_CONTENT]);
    jw_member_int(&w, "rejudged", (int64_t)r->by_basis[REPLAY_RECORD]);
    jw_member_int(&w, "unjudged", (int64_t)r->by_basis[REPLAY_NONE]);
    render_moves(&w, r);
    jw_name(&w, "examples");
    jw_raw(&w, r->examples.failed ? STR("[]") : buf_str(&r->examples));
    jw_object_end(&w);
}

void policies_replay(struct call *c)
{
    static const struct json_field fields[] = {
        {"limit", JSON_WANT_INT, .min = 1, .max = REPLAY_LIMIT_MAX},
    };
    struct policy_trial trial = {0};
    struct replay_report report = {0};
    struct replay_result result;
    buf_init(&report.examples, EXAMPLES_MAX);
    jw_init(&report.w, &report.examples);
    jw_array_begin(&report.w);
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_trial_open(&c->svc, &trial, policies_account(c), c->captures[0], true, true) != SERVICE_OK ||
        service_policy_replay(&c->svc, &trial, (size_t)json_get_int(c->json, "limit", REPLAY_LIMIT), on_item, &report,
                              &result) != SERVICE_OK) {
        call_refuse(c);
    } else {
        jw_array_end(&report.w);
        render_replay(c, &trial, &report, &result);
    }
    service_trial_close(&trial);
    buf_release(&report.examples);
}
