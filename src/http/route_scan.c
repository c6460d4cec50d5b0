/* POST /v1/scan: may this text leave? 200 whatever the verdict; what was flagged or blocked has an event by then. */
#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/content.h"

#define SCAN_BODY_MAX (10u << 20)
#define NAME_MAX_LEN  256

/* The built-in default policy; those that accounts write count from 1. */
#define POLICY_BUILTIN 0

static const struct {
    unsigned bit;
    const char *name;
} cuts[] = {{CARDEA_SCAN_CUT_BYTES, "bytes"}, {CARDEA_SCAN_CUT_FINDINGS, "findings"},
            {CARDEA_SCAN_CUT_HOSTS, "hosts"}, {CARDEA_SCAN_CUT_VIEWS, "views"},
            {CARDEA_SCAN_CUT_TIME, "time"},   {CARDEA_SCAN_CUT_PATTERN, "pattern"}};

static void render_reasons(struct json_writer *w, const struct cardea_scan_result *r)
{
    jw_name(w, "reasons");
    jw_array_begin(w);
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct cardea_scan_finding *f = &r->findings[i];
        jw_object_begin(w);
        jw_member_str(w, "code", str_of(service_content_code(f->category)));
        jw_member_str(w, "rule_id", str_of(f->rule_id));
        jw_member_str(w, "category", str_of(cardea_scan_category_name(f->category)));
        jw_member_str(w, "severity", str_of(cardea_scan_severity_name(f->severity)));
        jw_member_str(w, "mode", STR("enforce"));
        jw_name(w, "span");
        jw_object_begin(w);
        jw_member_int(w, "start", (int64_t)f->span.start);
        jw_member_int(w, "end", (int64_t)f->span.end);
        jw_object_end(w);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void render_layers(struct json_writer *w, const struct cardea_scan_result *r)
{
    jw_name(w, "layers");
    jw_object_begin(w);
    jw_name(w, "regex");
    jw_object_begin(w);
    jw_member_str(w, "status", STR("done"));
    jw_member_bool(w, "truncated", r->truncated);
    jw_name(w, "limits_reached");
    jw_array_begin(w);
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        if (r->cut & cuts[i].bit)
            jw_str(w, str_of(cuts[i].name));
    jw_array_end(w);
    jw_object_end(w);
    jw_name(w, "ai");
    jw_object_begin(w);
    jw_member_str(w, "status", STR("skipped"));
    jw_member_str(w, "reason", STR("not_configured"));
    jw_object_end(w);
    jw_object_end(w);
}

static void render(struct call *c, const struct content_scan *scan)
{
    struct json_writer w;
    call_json(c, 200, &w);
    /* For proxies, which read no bodies. */
    call_add_header(c, "Cardea-Verdict", service_content_verdict(scan->verdict));
    jw_object_begin(&w);
    jw_member_id(&w, "scan_id", "scn", scan->id);
    jw_member_str(&w, "verdict", str_of(service_content_verdict(scan->verdict)));
    render_reasons(&w, &scan->result);
    if (scan->redacts)
        jw_member_str(&w, "redacted_text", scan->redacted);
    render_layers(&w, &scan->result);
    jw_member_int(&w, "policy_version", POLICY_BUILTIN);
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
    };
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    bool text = json_object_get(c->json, "text"), content = json_object_get(c->json, "content");
    struct cardea_str sensitivity = json_get_str(c->json, "sensitivity");
    *scan = (struct content_scan){.text = json_get_str(c->json, text ? "text" : "content"),
                                  .account = json_get_str(c->json, "account"),
                                  .sensitivity = CARDEA_SCAN_AT_MEDIUM};
    if (text == content)
        service_invalid(&c->svc, "/text", text ? "The text stands twice." : "The text to scan is missing.",
                        "Send it as `text` or as `content`.");
    if (json_object_get(c->json, "sensitivity") && !cardea_scan_sensitivity_parse(sensitivity, &scan->sensitivity))
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
     .operation = "scan"},
};

const struct http_routes routes_scan = {items, sizeof(items) / sizeof(items[0])};
