#include "http/lane.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/str.h"
#include "http/app.h"
#include "http/authenticate.h"
#include "http/client.h"
#include "http/dashboard.h"
#include "http/host.h"
#include "http/problem.h"
#include "http/product.h"
#include "http/route_managed.h"
#include "http/server.h"
#include "http/server_loop.h"
#include "http/workers.h"
#include "service/idempotency.h"
#include "service/issuers.h"
#include "service/publisher.h"

/* ---- one handler in a unit of work ---- */

static void clear_reply(struct call *c)
{
    buf_clear(&c->reply);
    c->status = 0;
    c->refused = NULL;
    c->header_count = 0;
    c->content_type = NULL;
    c->stands = false;
    c->svc.stands = false;
    c->svc.err = SERVICE_OK;
    c->svc.code = c->svc.message = NULL;
    c->svc.problem_count = 0;
}

static void replay(struct call *c, int status, struct cardea_str reply)
{
    struct json_writer w;
    call_json(c, status, &w);
    buf_add_str(&c->reply, reply);
    call_add_header(c, "Idempotent-Replayed", "true");
}

static bool is_of(const struct call *c, const char *scopes)
{
    return c->route->scope && str_starts(str_of(c->route->scope), str_of(scopes));
}

static void say_lost(struct call *c, int64_t subject_id)
{
    const char *prefix = "key";
    struct cardea_str path = c->path;
    if (str_starts(path, STR("/v1/accounts")))
        prefix = "acc";
    else if (str_starts(path, STR("/v1/users")))
        prefix = "usr";
    else if (is_of(c, "agents:"))
        prefix = "agt";
    else if (is_of(c, "policies:"))
        prefix = "pol";
    else if (is_of(c, "webhooks:"))
        prefix = "whk";
    char id[ID_TEXT_MAX];
    id_format(id, prefix, subject_id);
    problem_render(c,
                   &(struct problem){
                       .status = 409,
                       .code = "idempotency_lost",
                       .detail = "This request was carried out before the server restarted: what it made exists, but "
                                 "the reply cannot be shown again.",
                       .extra = arena_printf(&c->arena, "\"id\":\"%s\"", id)});
}

static void run_idempotent(struct call *c, call_fn handle, struct cardea_str client_key)
{
    const struct actor *a = &c->svc.actor;
    struct cardea_str scope = arena_printf(&c->arena, "%d:%lld:%lld:%lld %.*s %.*s %.*s", (int)a->kind,
                                           (long long)a->account_id, (long long)a->user_id, (long long)a->key_id,
                                           STR_ARG(c->method_name), STR_ARG(c->host), STR_ARG(c->target));
    struct idempotency i;
    struct cardea_str reply = {0};
    int status = 0;
    int64_t subject_id = 0;
    switch (service_idempotency_begin(&c->svc, &i, scope, client_key, c->body, &status, &reply, &subject_id)) {
    case IDEMPOTENCY_NEW:
        handle(c);
        if (c->status >= 200 && c->status < 300 &&
            service_idempotency_keep(&c->svc, &i, c->status, buf_str(&c->reply), c->created_id) != SERVICE_OK)
            call_refuse(c);
        break;
    case IDEMPOTENCY_REPLAY:
        replay(c, status, reply);
        break;
    case IDEMPOTENCY_MISMATCH:
        call_problem(c, 422, "idempotency_mismatch",
                     "This Idempotency-Key was used for another request. Use a new one for each.");
        break;
    case IDEMPOTENCY_LOST:
        say_lost(c, subject_id);
        break;
    case IDEMPOTENCY_FAILED:
        call_refuse(c);
        break;
    }
    service_idempotency_release(&i);
}

static enum store_err run_unit(struct store_conn *db, struct call *c, call_fn handle)
{
    clear_reply(c);
    c->svc.db = db;
    c->svc.now_ms = c->svc.svc->now_ms(c->svc.svc->now_arg); /* it may have waited */
    c->svc.now = c->svc.now_ms / 1000;
    unsigned count = 0;
    struct cardea_str client_key = {0};
    if (c->route->creates)
        client_key = call_header(c, "Idempotency-Key", &count);
    if (count > 1 || (count && !client_key.len) || client_key.len > IDEMPOTENCY_KEY_MAX) {
        service_invalid(&c->svc, "header/Idempotency-Key", "It is not one value of 1 to 255 bytes.", "Send a UUID.");
        call_refuse(c);
    } else if (count) {
        run_idempotent(c, handle, client_key);
    } else {
        handle(c);
    }
    if ((c->status < 400 || c->stands || c->svc.stands) && !c->reply.failed)
        return STORE_OK;
    return c->svc.err == SERVICE_UNAVAILABLE ? STORE_UNAVAILABLE : STORE_CONFLICT;
}

/* The unit has ended. A refusal stands as rendered; what was changed counts only once it is durable and in force. */
static void settle_unit(struct call *c, enum store_err err)
{
    if (c->status >= 400 && !c->stands && !c->svc.stands)
        return;
    if (err == STORE_FULL)
        call_problem(c, 503, "store_unavailable", "The disk is full. Nothing was changed.");
    else if (err != STORE_OK)
        call_problem(c, 503, "store_unavailable", "The store could not keep this. Nothing was changed.");
    else if (!publisher_healthy(c->svc.svc->publisher))
        call_problem(c, 503, "store_unavailable", "This is kept, but not in force yet. Try again shortly.");
    else
        return;
    call_add_header(c, "Retry-After", "1");
}

static enum store_err writer_work(struct store_conn *db, void *arg)
{
    struct call *c = arg;
    return run_unit(db, c, c->route->handle);
}

static void writer_done(void *arg, enum store_err err)
{
    struct call *c = arg;
    settle_unit(c, err);
    atomic_fetch_sub_explicit(&c->app->writer_calls, 1, memory_order_relaxed);
    server_finish(c);
}

struct inner_unit {
    struct call *call;
    call_fn handle;
};

static enum store_err inner_work(struct store_conn *db, void *arg)
{
    struct inner_unit *u = arg;
    return run_unit(db, u->call, u->handle);
}

void call_write(struct call *c, call_fn unit)
{
    struct inner_unit u = {c, unit};
    struct store_conn *own = c->svc.db;
    settle_unit(c, store_run(c->svc.svc->store, inner_work, &u));
    c->svc.db = own;
}

/* ---- the body ---- */

static bool read_json(struct call *c)
{
    struct json_problem problem;
    c->json = c->body.len ? json_read(&c->arena, c->body, &problem) : json_object();
    if (!c->json) {
        struct service_problem p = {problem.location, problem.message, problem.fix};
        problem_render(c, &(struct problem){.status = 400,
                                            .code = problem.duplicate ? "duplicate_member" : "invalid_json",
                                            .detail = "The body is not the JSON that is wanted here.",
                                            .errors = &p,
                                            .error_count = 1});
        return false;
    }
    if (json_is_object(c->json))
        return true;
    service_invalid(&c->svc, "", "The body is not a JSON object.", "Send an object: { … }.");
    call_refuse(c);
    return false;
}

/* ---- on a worker ---- */

/* Those who came together wait together, not one after the other. */
void lane_wait_for_keys(struct call *c)
{
    if (loop_now_ns() - c->began_ns < ISSUERS_WAIT_MS * INT64_C(1000000))
        issuers_wait(c->svc.svc->issuers, c->keys_wanted);
    server_again(c);
}

void lane_work(struct call *c, struct store_conn *db)
{
    c->svc.db = db;
    if (!c->route->parses_late || read_json(c))
        c->route->handle(c);
    if (!c->keys_wanted || !workers_give(c->app->workers, WORKERS_KEYS, c))
        server_finish(c);
}

/* ---- the way to the handler ---- */

static bool is_json_type(struct cardea_str value)
{
    struct cardea_str rest = value, type;
    if (!str_cut(&rest, ';', &type))
        return false;
    type = str_trim(type);
    struct cardea_str suffix = STR("+json");
    if (str_eq_nocase(type, STR("application/json")))
        return true;
    return type.len > suffix.len &&
           str_eq_nocase((struct cardea_str){type.ptr + type.len - suffix.len, suffix.len}, suffix);
}

static bool read_body(struct call *c)
{
    size_t max = c->route->body_max ? c->route->body_max : CALL_BODY_MAX;
    if (c->route->takes_json && c->body.len && !is_json_type(call_header(c, "Content-Type", NULL))) {
        call_problem(c, 415, "unsupported_media_type", "Send the body as `Content-Type: application/json`.");
        return false;
    }
    if (c->body.len > max) {
        call_problem(c, 413, "body_too_large", "The body has %zu bytes; at most %zu are taken here.", c->body.len, max);
        return false;
    }
    return !c->route->takes_json || c->route->parses_late || read_json(c);
}

static void name_source(struct call *c)
{
    char text[PEER_TEXT_MAX];
    if (!c->has_ip)
        return;
    peer_format(c->ip, text);
    c->svc.source_ip = arena_str(&c->arena, str_of(text));
}

static void refuse_busy(struct call *c)
{
    call_problem(c, 503, "busy", "Too much is waiting already. Try again shortly.");
    call_add_header(c, "Retry-After", "1");
    server_finish(c);
}

static enum workers_pool pool_of(const struct call *c)
{
    if (c->route->lane == LANE_WORKER)
        return WORKERS_PASSWORD;
    if (c->route->lane == LANE_POLICY)
        return WORKERS_POLICY;
    return c->body.len > WORKERS_LONG ? WORKERS_SCAN_LONG : WORKERS_SCAN;
}

static void enter_lane(struct call *c)
{
    if (c->route->lane == LANE_LOOP) {
        c->route->handle(c);
        if (!c->parked)
            server_finish(c);
        return;
    }
    name_source(c);
    c->reader = NULL;
    c->svc.db = NULL;
    if (c->route->lane != LANE_WRITER) {
        if (!workers_give(c->app->workers, pool_of(c), c))
            refuse_busy(c);
        return;
    }
    atomic_fetch_add_explicit(&c->app->writer_calls, 1, memory_order_relaxed);
    struct store *store = c->svc.svc->store;
    if (c->route->checks_first ? store_submit_checked(store, writer_work, writer_done, c)
                               : store_submit(store, writer_work, writer_done, c))
        return;
    atomic_fetch_sub_explicit(&c->app->writer_calls, 1, memory_order_relaxed);
    refuse_busy(c);
}

/* The dashboard's API is the native one, beneath its path. */
static bool native_find(struct call *c)
{
    uint32_t allowed;
    enum dashboard_result dashboard = dashboard_find(c);
    if (dashboard == DASHBOARD_FOUND || dashboard == DASHBOARD_REFUSED)
        return dashboard == DASHBOARD_FOUND;
    switch (router_find(&c->app->router, c, &allowed)) {
    case ROUTER_FOUND:
        return true;
    case ROUTER_NO_PATH:
        call_problem(c, 404, "not_found", "Nothing answers at this path. /openapi.json lists what does.");
        break;
    case ROUTER_NO_METHOD:
        if (!client_preflight(c))
            router_refuse_method(c, allowed);
        break;
    }
    return false;
}

void http_dispatch(struct call *c)
{
    if (!host_resolve(c)) {
        call_problem(c, 421, "misdirected_request", "No product answers under this host name here.");
        server_finish(c);
        return;
    }
    if (!(c->profile ? product_find(c) : native_find(c))) {
        server_finish(c);
        return;
    }
    bool authentic = authenticate(c);
    if (!authentic && c->keys_wanted && workers_give(c->app->workers, WORKERS_KEYS, c))
        return;
    if (!authentic || !route_keys_admit(c, c->route) || !read_body(c)) {
        server_finish(c);
        return;
    }
    enter_lane(c);
}
