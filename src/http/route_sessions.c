#include "base/str.h"
#include "http/cookie.h"
#include "http/key_body.h"
#include "http/problem.h"
#include "http/render_session.h"
#include "http/routes.h"
#include "service/external.h"

#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

static const char *session_cookie_name(const struct call *c)
{
    int index = c->svc.actor.profile;
    return cookie_name(index < 0 ? NULL : c->svc.profiles->items[index]);
}

/* Whose accounts people have here; empty: any product's. */
static struct cardea_str product_of(const struct call *c)
{
    return str_of(c->profile ? c->profile->core.name : NULL);
}

/* ---- log in: check on the worker, begin on the writer ---- */

static void reply_started(struct call *c, const struct session_view *view)
{
    if (!render_session(c, 201, view))
        return;
    cookie_set(c, session_cookie_name(c), view->jwt, view->expires_at - c->svc.now);
    call_add_header(c, "Cache-Control", "no-store");
}

static void start_unit(struct call *c)
{
    const struct session_login *login = c->work;
    int64_t ttl_sec = c->svc.svc->session_ttl_sec;
    struct session_view view;
    if (service_session_start(&c->svc, login, ttl_sec, &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_started(c, &view);
}

/* `"accounts":[…]`: those that the person may choose from. */
static struct cardea_str choices_text(struct call *c, const struct session_login *login)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, SESSION_CHOICES_MAX * 2048);
    jw_init(&w, &b);
    render_choices(&w, login);
    struct cardea_str text = arena_printf(&c->arena, "\"accounts\":%.*s", STR_ARG(buf_str(&b)));
    buf_release(&b);
    return text;
}

static enum service_err check_password(struct call *c, struct cardea_str profile, struct session_login *login)
{
    static const struct json_field fields[] = {
        {"email", JSON_WANT_STRING, .required = true, .min = 1, .max = TEXT_MAX},
        {"password", JSON_WANT_STRING, .required = true, .min = 1, .max = TEXT_MAX},
        {"account", JSON_WANT_STRING, .max = TEXT_MAX},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields)))
        return SERVICE_INVALID;
    return service_session_check(&c->svc, json_get_str(c->json, "email"), json_get_str(c->json, "password"),
                                 json_get_str(c->json, "account"), profile, login);
}

/* A token of another issuer in place of e-mail and password. */
static enum service_err check_token(struct call *c, struct cardea_str profile, struct session_login *login)
{
    static const struct json_field fields[] = {
        {"token", JSON_WANT_STRING, .required = true, .min = 1, .max = JWS_TEXT_MAX},
        {"account", JSON_WANT_STRING, .max = TEXT_MAX},
    };
    if (!key_body_check(c, c->json, "", FIELDS(fields)))
        return SERVICE_INVALID;
    struct external *x = arena_alloc(&c->arena, sizeof(*x));
    *x = (struct external){.token = json_get_str(c->json, "token"), .waited = c->waited};
    enum service_err err = service_external_check(&c->svc, x, json_get_str(c->json, "account"), profile, login);
    if (x->wait)
        c->keys_wanted = &x->claims;
    return x->wait ? err : service_session_refused(&c->svc, err);
}

/* ---- the operator, with the root key ---- */

static void operator_unit(struct call *c)
{
    struct operator_session session;
    const int64_t *key_id = c->work;
    if (service_operator_start(&c->svc, *key_id, c->has_ip ? c->ip : NULL, &session) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    render_operator(c, 201, session.session_id, session.expires_at);
    cookie_set(c, COOKIE_OPERATOR, session.token, OPERATOR_TTL_SEC);
    call_add_header(c, "Cache-Control", "no-store");
}

static void operator_create(struct call *c)
{
    static const struct json_field fields[] = {
        {"root_key", JSON_WANT_STRING, .required = true, .min = 1, .max = TEXT_MAX},
    };
    int64_t key_id;
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_operator_check(&c->svc, json_get_str(c->json, "root_key"), c->has_ip ? c->ip : NULL, &key_id) !=
            SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->work = &key_id;
    call_write(c, operator_unit);
}

/* ---- people ---- */

static void sessions_create(struct call *c)
{
    struct session_login login;
    /* A product's own host has no operator: there the member is one that nobody knows. */
    if (!c->profile && json_object_get(c->json, "root_key")) {
        operator_create(c);
        return;
    }
    struct cardea_str profile = product_of(c);
    enum service_err err = json_object_get(c->json, "token") ? check_token(c, profile, &login)
                                                             : check_password(c, profile, &login);
    if (err == SERVICE_CONFLICT) {
        problem_render(
            c, &(struct problem){
                   .status = 409, .code = c->svc.code, .detail = c->svc.message, .extra = choices_text(c, &login)});
    } else if (err != SERVICE_OK) {
        call_refuse(c);
    } else {
        c->work = &login;
        call_write(c, start_unit);
    }
}

/* ---- the session that calls ---- */

static void sessions_current(struct call *c)
{
    const struct actor *actor = &c->svc.actor;
    struct store_session row = {.expires_at = actor->expires_at}; /* of a token that is used by itself */
    enum store_err err = STORE_OK;
    if (actor->kind == ACTOR_ROOT) {
        render_operator(c, 200, actor->session_id, actor->expires_at);
        return;
    }
    if (actor->session_id)
        err = store_session_get(c->svc.db, actor->session_id, &row);
    if (err != STORE_OK) {
        service_store_error(&c->svc, err);
        call_refuse(c);
        return;
    }
    render_session(c, 200,
                   &(struct session_view){.session_id = row.id,
                                          .account_id = actor->account_id,
                                          .user_id = actor->user_id,
                                          .expires_at = row.expires_at,
                                          .role = actor->role});
}

static void sessions_delete(struct call *c)
{
    bool operators = c->svc.actor.kind == ACTOR_ROOT;
    if ((operators ? service_operator_end(&c->svc) : service_session_end(&c->svc)) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    buf_clear(&c->reply);
    c->status = 204;
    cookie_clear(c, operators ? COOKIE_OPERATOR : session_cookie_name(c));
}

/* ---- from one account to another ---- */

static void sessions_accounts(struct call *c)
{
    struct session_login *login = arena_alloc(&c->arena, sizeof(*login));
    struct json_writer w;
    if (service_session_accounts(&c->svc, product_of(c), login) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_name(&w, "data");
    render_choices(&w, login);
    jw_object_end(&w);
}

static void sessions_switch(struct call *c)
{
    static const struct json_field fields[] = {
        {"account", JSON_WANT_STRING, .required = true, .min = 1, .max = TEXT_MAX},
    };
    struct session_view view;
    if (!key_body_check(c, c->json, "", FIELDS(fields)) ||
        service_session_switch(&c->svc, product_of(c), json_get_str(c->json, "account"), &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_started(c, &view);
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/sessions",
     .lane = LANE_WORKER,
     .access = ACCESS_PUBLIC,
     .takes_json = true,
     .handle = sessions_create,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_create"},
    {.method = CARDEA_DELETE,
     .pattern = "/v1/sessions",
     .lane = LANE_WRITER,
     .access = ACCESS_USER | ACCESS_OPERATOR,
     .handle = sessions_delete,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_delete"},
    {.method = CARDEA_GET,
     .pattern = "/v1/sessions/current",
     .lane = LANE_LOOP,
     .access = ACCESS_USER | ACCESS_OPERATOR,
     .handle = sessions_current,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_current"},
    {.method = CARDEA_GET,
     .pattern = "/v1/sessions/accounts",
     .lane = LANE_LOOP,
     .access = ACCESS_USER,
     .handle = sessions_accounts,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_accounts"},
    {.method = CARDEA_POST,
     .pattern = "/v1/sessions/switch",
     .lane = LANE_WRITER,
     .access = ACCESS_USER,
     .takes_json = true,
     .handle = sessions_switch,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_switch"},
};

const struct http_routes routes_sessions = {items, sizeof(items) / sizeof(items[0])};
