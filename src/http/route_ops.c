/* Operations: is it alive, can it serve, what has it done; and the documents it carries. */
#include <stdatomic.h>

#include "base/str.h"
#include "http/app.h"
#include "http/pages.h"
#include "http/routes.h"
#include "judge/judge.h"
#include "service/publisher.h"
#include "service/scanning.h"

static void reply_text(struct call *c, const char *type, const void *text, size_t len)
{
    c->status = 200;
    c->content_type = type;
    buf_clear(&c->reply);
    buf_add(&c->reply, text, len);
    call_add_header(c, "X-Content-Type-Options", "nosniff");
}

static void reply_ok(struct call *c)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "status", STR("ok"));
    jw_object_end(&w);
}

/* Keys are decided on without it. */
static struct cardea_str scanner_state(const struct call *c)
{
    struct scanning_stats s;
    scanning_stats(c->svc.svc->scanning, &s);
    if (s.state == SCANNING_PREPARING)
        return STR("preparing");
    if (s.state == SCANNING_UNAVAILABLE)
        return STR("unavailable");
    return s.outdated ? STR("outdated") : s.degraded ? STR("degraded") : STR("ready");
}

/* Texts are scanned without it. */
static struct cardea_str ai_state(const struct call *c)
{
    struct judge_stats s;
    judge_stats(c->svc.svc->judge, &s);
    if (!s.configured)
        return STR("off");
    return s.circuit == JUDGE_CIRCUIT_CLOSED ? STR("on") : STR("circuit_open");
}

static void reply_ready(struct call *c)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "status", STR("ok"));
    jw_member_str(&w, "scanner", scanner_state(c));
    jw_member_str(&w, "ai", ai_state(c));
    jw_object_end(&w);
}

static void handle_ready(struct call *c)
{
    int64_t position;
    if (atomic_load(&c->app->draining))
        call_problem(c, 503, "busy", "The server is stopping.");
    else if (!c->svc.db || store_feed_position(c->svc.db, &position) != STORE_OK)
        call_problem(c, 503, "store_unavailable", "The store does not answer.");
    else if (!c->reader || !publisher_healthy(c->svc.svc->publisher))
        call_problem(c, 503, "store_unavailable", "The snapshot lags behind the store.");
    else
        reply_ready(c);
}

static void handle_metrics(struct call *c)
{
    reply_text(c, "text/plain; version=0.0.4; charset=utf-8", "", 0);
    metrics_render(c->app, &c->reply);
}

static void handle_openapi(struct call *c)
{
    reply_text(c, "application/json", page_openapis[0].text, page_openapis[0].len);
}

/* "errors/not_found.md" to "not_found". */
static struct cardea_str page_code(const struct page *p)
{
    struct cardea_str code = str_of(p->file), folder;
    str_cut(&code, '/', &folder);
    code.len -= strlen(".md");
    return code;
}

static void handle_error_page(struct call *c)
{
    for (size_t i = 0; i < page_error_count; i++) {
        if (!str_eq(page_code(&page_errors[i]), c->captures[0]))
            continue;
        reply_text(c, "text/markdown; charset=utf-8", page_errors[i].text, page_errors[i].len);
        return;
    }
    call_problem(c, 404, "not_found", "No error has this code.");
}

/* https://llmstxt.org: a title, a summary, and lists of links. */
static void handle_llms(struct call *c)
{
    static const char head[] =
        "# Cardea\n\n"
        "> API keys: issue, show once, scope, limit, rotate, expire, revoke, verify, meter. JSON over HTTP under /v1; "
        "callers send `Authorization: Bearer <key>`; errors are RFC 9457 problem documents whose `type` is one of the "
        "pages below.\n\n"
        "## API\n\n"
        "- [OpenAPI description](/openapi.json): every call, its input and its replies; for people at `/docs/`\n\n"
        "## Operations\n\n"
        "- [Readiness](/readyz): whether the server can serve\n"
        "- [Metrics](/metrics): Prometheus text format\n";
    reply_text(c, "text/plain; charset=utf-8", head, sizeof(head) - 1);
    if (page_error_count)
        buf_add_cstr(&c->reply, "\n## Errors\n\n");
    for (size_t i = 0; i < page_error_count; i++) {
        struct cardea_str code = page_code(&page_errors[i]);
        buf_printf(&c->reply, "- [%.*s](/docs/errors/%.*s)\n", STR_ARG(code), STR_ARG(code));
    }
}

static const struct http_route items[] = {
    {.method = CARDEA_GET, .pattern = "/livez", .handle = reply_ok, .operation = "livez"},
    {.method = CARDEA_GET, .pattern = "/readyz", .handle = handle_ready, .operation = "readyz"},
    {.method = CARDEA_GET, .pattern = "/health/", .handle = handle_ready, .operation = "health"},
    {.method = CARDEA_GET, .pattern = "/metrics", .handle = handle_metrics, .operation = "metrics"},
    {.method = CARDEA_GET, .pattern = "/openapi.json", .handle = handle_openapi, .operation = "openapi"},
    {.method = CARDEA_GET, .pattern = "/llms.txt", .handle = handle_llms, .operation = "llms"},
    {.method = CARDEA_GET,
     .pattern = "/docs/errors/{code}",
     .places = PLACE_DOCS,
     .handle = handle_error_page,
     .operation = "error_page"},
};

const struct http_routes routes_ops = {items, sizeof(items) / sizeof(items[0])};
