/* POST /v1/scan: may this text leave? 200 whatever the verdict; what was flagged or blocked has an event by then. */
#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/content.h"

#define SCAN_BODY_MAX (10u << 20)
#define NAME_MAX_LEN  256

#define REASONS_MAX 512 /* that a reply tells; reason_count says how many there are */

static const struct {
    unsigned bit;
    const char *name;
} cuts[] = {{CARDEA_SCAN_CUT_BYTES, "bytes"}, {CARDEA_SCAN_CUT_FINDINGS, "findings"},
            {CARDEA_SCAN_CUT_HOSTS, "hosts"}, {CARDEA_SCAN_CUT_VIEWS, "views"},
            {CARDEA_SCAN_CUT_TIME, "time"},   {CARDEA_SCAN_CUT_PATTERN, "pattern"}};

static void render_reasons(struct json_writer *w, const struct policy_outcome *o)
{
    jw_name(w, "reasons");
    jw_array_begin(w);
    for (size_t i = 0; i < o->reason_count && i < REASONS_MAX; i++) {
        jw_object_begin(w);
        service_content_write_reason(w, &o->reasons[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_member_int(w, "reason_count", (int64_t)o->reason_count);
}

static void render_rules(struct json_writer *w, const struct policy_outcome *o)
{
    jw_name(w, "rules");
    jw_array_begin(w);
    for (size_t i = 0; i < o->match_count; i++) {
        const struct policy_match *m = &o->matches[i];
        jw_object_begin(w);
        jw_member_str(w, "id", str_of(m->id));
        jw_member_str(w, "type", str_of(policy_type_name(m->type)));
        jw_member_str(w, "action", str_of(policy_action_name(m->action)));
        jw_member_str(w, "mode", str_of(policy_mode_name(m->shadow)));
        jw_member_bool(w, "decided", m->decided);
        jw_member_int(w, "hits", (int64_t)m->hit_count);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void render_regex(struct json_writer *w, const struct content_scan *scan)
{
    jw_name(w, "regex");
    jw_object_begin(w);
    jw_member_str(w, "status", scan->scanner_failed ? STR("failed") : STR("done"));
    jw_member_bool(w, "truncated", scan->outcome.truncated);
    jw_name(w, "limits_reached");
    jw_array_begin(w);
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        if (scan->outcome.cut & cuts[i].bit)
            jw_str(w, str_of(cuts[i].name));
    jw_array_end(w);
    jw_object_end(w);
}

static void render_ai(struct json_writer *w, const struct judge_answer *ai)
{
    jw_name(w, "ai");
    jw_object_begin(w);
    jw_member_str(w, "status", str_of(judge_status_name(ai->status)));
    if (ai->status != JUDGE_SKIPPED)
        jw_member_str(w, "verdict", str_of(judge_verdict_name(ai->verdict)));
    jw_member_str(w, "reason", str_of(ai->status == JUDGE_SKIPPED ? judge_skip_name(ai->skip) : ai->reason));
    jw_object_end(w);
}

static void render(struct call *c, const struct content_scan *scan)
{
    const struct policy_outcome *o = &scan->outcome;
    struct json_writer w;
    call_json(c, 200, &w);
    /* For proxies, which read no bodies. */
    call_add_header(c, "Cardea-Verdict", service_content_word(scan));
    jw_object_begin(&w);
    jw_member_id(&w, "scan_id", "scn", scan->id);
    jw_member_str(&w, "verdict", str_of(policy_verdict_name(scan->verdict)));
    if (str_eq(call_header(c, "Prefer", NULL), STR("return=minimal"))) { /* RFC 7240 */
        jw_object_end(&w);
        return;
    }
    jw_member_str(&w, "deliver", str_of(policy_delivery_name(o->delivery)));
    render_reasons(&w, o);
    render_rules(&w, o);
    if (o->has_redacted)
        jw_member_str(&w, "redacted_text", o->redacted);
    if (scan->verdict == CARDEA_SCAN_BLOCK)
        jw_member_str(&w, "replacement", policy_settings(scan->compiled)->replacement);
    jw_name(&w, "layers");
    jw_object_begin(&w);
    render_regex(&w, scan);
    render_ai(&w, &scan->ai);
    jw_object_end(&w);
    jw_member_int(&w, "excepted", (int64_t)o->excepted);
    service_content_write_policy(&w, &scan->choice);
    jw_member_int(&w, "latency_us", scan->latency_us);
    jw_object_end(&w);
}

static bool read_request(struct call *c, struct content_scan *scan)
{
    static const struct json_field fields[] = {
        {"text", JSON_WANT_STRING},
        {"content", JSON_WANT_STRING},
        {"sensitivity", JSON_WANT_STRING, .max = NAME_MAX_LEN},
        {"account", JSON_WANT_STRING, .nullable = true, .max = NAME_MAX_LEN},
        {"policy", JSON_WANT_STRING, .nullable = true, .max = NAME_MAX_LEN},
        {"draft", JSON_WANT_BOOL},
    };
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    bool text = json_object_get(c->json, "text"), content = json_object_get(c->json, "content");
    struct cardea_str sensitivity = json_get_str(c->json, "sensitivity");
    *scan = (struct content_scan){.text = json_get_str(c->json, text ? "text" : "content"),
                                  .account = json_get_str(c->json, "account"),
                                  .policy = json_get_str(c->json, "policy"),
                                  .draft = json_get_bool(c->json, "draft", false),
                                  .has_sensitivity = json_object_get(c->json, "sensitivity") != NULL};
    if (text == content)
        service_invalid(&c->svc, "/text", text ? "The text stands twice." : "The text to scan is missing.",
                        "Send it as `text` or as `content`.");
    if (scan->has_sensitivity && !cardea_scan_sensitivity_parse(sensitivity, &scan->sensitivity))
        service_invalid(&c->svc, "/sensitivity", "There is no such sensitivity.", "Send low, medium or high.");
    return c->svc.problem_count == 0;
}

/* On the writer, while the worker that holds the result waits. */
static void record_unit(struct call *c)
{
    const struct content_scan *scan = c->work;
    if (service_content_record(&c->svc, scan) == SERVICE_OK)
        render(c, scan);
    else
        call_refuse(c);
}

static void scan_text(struct call *c)
{
    struct content_scan scan;
    if (!read_request(c, &scan)) {
        call_refuse(c);
        return;
    }
    if (service_content_scan(&c->svc, &scan) != SERVICE_OK) {
        call_refuse(c);
    } else if (scan.verdict == CARDEA_SCAN_ALLOW) {
        render(c, &scan);
    } else {
        c->work = &scan;
        call_write(c, record_unit);
        c->work = NULL;
    }
    service_content_release(&c->svc, &scan);
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/scan",
     .lane = LANE_SCAN,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY | ACCESS_SCANNER,
     .scope = "content:scan",
     .takes_json = true,
     .parses_late = true,
     .body_max = SCAN_BODY_MAX,
     .handle = scan_text,
     .places = PLACE_DASHBOARD,
     .operation = "scan"},
};

const struct http_routes routes_scan = {items, sizeof(items) / sizeof(items[0])};
