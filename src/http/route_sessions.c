#include "base/str.h"
#include "http/cookie.h"
#include "http/key_body.h"
#include "http/problem.h"
#include "http/routes.h"
#include "service/external.h"

#define TEXT_MAX 4096

#define FIELDS(table) table, sizeof(table) / sizeof(table[0])

static const char *session_cookie_name(const struct call *c)
{
    int index = c->svc.actor.profile;
    return cookie_name(index < 0 ? NULL : c->svc.profiles->items[index]);
}

static void render_session(struct json_writer *w, const struct session_view *view)
{
    jw_object_begin(w);
    jw_member_id(w, "id", "ses", view->session_id);
    if (view->jwt.len)
        jw_member_str(w, "jwt", view->jwt);
    jw_member_id(w, "user", "usr", view->user_id);
    jw_member_id(w, "account", "acc", view->account_id);
    jw_member_str(w, "role", str_of(cardea_role_name(view->role)));
    jw_member_time(w, "expires_at", view->expires_at);
    jw_object_end(w);
}

/* ---- log in: check on the worker, begin on the writer ---- */

static void start_unit(struct call *c)
{
    const struct session_login *login = c->work;
    int64_t ttl_sec = c->svc.svc->session_ttl_sec;
    struct session_view view;
    struct json_writer w;
    if (service_session_start(&c->svc, login, ttl_sec, &view) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 201, &w);
    render_session(&w, &view);
    cookie_set(c, session_cookie_name(c), view.jwt, ttl_sec);
    call_add_header(c, "Cache-Control", "no-store");
}

/* `"accounts":[…]`: those that the person may choose from. */
static struct cardea_str choices_text(struct call *c, const struct session_login *login)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, SESSION_CHOICES_MAX * 512);
    jw_init(&w, &b);
    jw_array_begin(&w);
    for (size_t i = 0; i < login->choice_count; i++) {
        const struct session_choice *choice = &login->choices[i];
        jw_object_begin(&w);
        jw_member_id(&w, "id", "acc", choice->account.id);
        jw_member_str(&w, "slug", choice->account.slug);
        jw_member_str(&w, "profile", choice->account.profile);
        jw_member_str(&w, "role", str_of(cardea_role_name(choice->role)));
        jw_object_end(&w);
    }
    jw_array_end(&w);
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

static void sessions_create(struct call *c)
{
    struct session_login login;
    struct cardea_str profile = str_of(c->profile ? c->profile->core.name : NULL);
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
    struct store_session row;
    struct json_writer w;
    enum store_err err = STORE_OK;
    row = (struct store_session){.expires_at = actor->expires_at}; /* of a token that is used by itself */
    if (actor->session_id)
        err = store_session_get(c->svc.db, actor->session_id, &row);
    if (err != STORE_OK) {
        service_store_error(&c->svc, err);
        call_refuse(c);
        return;
    }
    struct session_view view = {
        .session_id = row.id,
        .account_id = actor->account_id,
        .user_id = actor->user_id,
        .expires_at = row.expires_at,
        .role = actor->role,
    };
    call_json(c, 200, &w);
    render_session(&w, &view);
}

static void sessions_delete(struct call *c)
{
    if (service_session_end(&c->svc) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    buf_clear(&c->reply);
    c->status = 204;
    cookie_clear(c, session_cookie_name(c));
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
     .access = ACCESS_USER,
     .handle = sessions_delete,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_delete"},
    {.method = CARDEA_GET,
     .pattern = "/v1/sessions/current",
     .lane = LANE_LOOP,
     .access = ACCESS_USER,
     .handle = sessions_current,
     .places = PLACE_DASHBOARD,
     .operation = "sessions_current"},
};

const struct http_routes routes_sessions = {items, sizeof(items) / sizeof(items[0])};
