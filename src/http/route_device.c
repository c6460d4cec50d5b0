/* Logging in by the browser (RFC 8628): what a program asks, and the page on which a person answers. */
#include <stdio.h>

#include "base/str.h"
#include "http/device_page.h"
#include "http/form.h"
#include "http/routes.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

/* ---- the program's side: forms in, JSON out, errors as RFC 6749 (5.2) writes them ---- */

static void refuse(struct call *c, int status, const char *error, const char *description, struct json_writer *w)
{
    c->header_count = 0;
    call_json(c, status, w);
    jw_object_begin(w);
    jw_member_str(w, "error", str_of(error));
    jw_member_str(w, "error_description", str_of(description));
}

static void refuse_plainly(struct call *c, const char *error, const char *description)
{
    struct json_writer w;
    refuse(c, 400, error, description, &w);
    jw_object_end(&w);
}

static void retry_after(struct call *c)
{
    char seconds[16];
    snprintf(seconds, sizeof(seconds), "%d", c->svc.retry_after_sec);
    call_add_header(c, "Retry-After", seconds);
}

static void refuse_service(struct call *c, enum service_err err)
{
    struct json_writer w;
    if (err != SERVICE_BUSY) {
        call_refuse(c);
        return;
    }
    refuse(c, 429, "temporarily_unavailable", c->svc.message, &w);
    jw_object_end(&w);
    retry_after(c);
}

static const char *read_form(struct call *c, struct form *f)
{
    f->count = 0;
    if (!form_is_type(call_header(c, "Content-Type", NULL)))
        return "the body is not application/x-www-form-urlencoded";
    return form_read(&c->arena, c->body, f);
}

/* Whose program asks: the one whose host this is, or on the native hosts any that logs in so. NULL: refused. */
static const struct profile *read_client(struct call *c, struct form *f)
{
    const char *wrong = read_form(c, f);
    struct cardea_str id = form_get(f, "client_id");
    if (wrong || !id.len) {
        refuse_plainly(c, "invalid_request",
                       wrong ? arena_printf(&c->arena, "The form cannot be read: %s.", wrong).ptr
                             : "client_id is missing.");
        return NULL;
    }
    const struct profile *p = profile_set_by_cli(c->svc.profiles, id);
    if (p && p->cli.browser_login && (!c->profile || c->profile == p))
        return p;
    refuse_plainly(c, "invalid_client", "No program of this name logs in by the browser here.");
    return NULL;
}

/* We do not speak TLS ourselves: whoever does it before us says so. */
static struct cardea_str page_address(struct call *c)
{
    return arena_printf(&c->arena, "%s://%.*s/device", call_over_tls(c) ? "https" : "http", STR_ARG(c->host));
}

static void device_authorize(struct call *c)
{
    struct form f;
    struct device_codes codes;
    struct json_writer w;
    const struct profile *p = read_client(c, &f);
    if (!p)
        return;
    enum service_err err = service_device_start(&c->svc, p, form_get(&f, "client_name"), &codes);
    if (err != SERVICE_OK) {
        refuse_service(c, err);
        return;
    }
    struct cardea_str page = page_address(c);
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "device_code", codes.device_code);
    jw_member_str(&w, "user_code", str_of(codes.user_code.text));
    jw_member_str(&w, "verification_uri", page);
    jw_member_str(&w, "verification_uri_complete",
                  arena_printf(&c->arena, "%.*s?user_code=%s", STR_ARG(page), codes.user_code.text));
    jw_member_int(&w, "expires_in", DEVICE_TTL_SEC);
    jw_member_int(&w, "interval", DEVICE_INTERVAL_SEC);
    jw_object_end(&w);
}

static void render_new_key(struct call *c, struct device_reply *reply)
{
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "access_token", cardea_secret_reveal(&reply->secret));
    jw_member_str(&w, "token_type", STR("Bearer"));
    jw_member_id(&w, "key_id", "key", reply->key.row.id);
    jw_member_str(&w, "name", reply->key.row.name);
    jw_member_str(&w, "prefix", reply->key.row.prefix);
    jw_member_id(&w, "account", "acc", reply->key.row.account_id);
    jw_object_end(&w);
    cardea_secret_wipe(&reply->secret);
    call_add_header(c, "Cache-Control", "no-store");
}

static void render_unused(struct call *c, const struct device_reply *reply)
{
    struct json_writer w;
    refuse(c, 400, "access_denied", c->svc.message, &w);
    jw_name(&w, "unused");
    jw_array_begin(&w);
    for (size_t i = 0; i < reply->unused_count; i++) {
        const struct store_key *row = &reply->unused[i].row;
        jw_object_begin(&w);
        jw_member_id(&w, "id", "key", row->id);
        jw_member_str(&w, "name", row->name);
        jw_member_str(&w, "prefix", row->prefix);
        jw_member_time(&w, "last_used_at", row->last_used_at);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
}

static void render_reply(struct call *c, struct device_reply *reply)
{
    switch (reply->answer) {
    case DEVICE_KEY:
        render_new_key(c, reply);
        break;
    case DEVICE_PENDING:
        refuse_plainly(c, "authorization_pending", "Nobody has answered yet.");
        break;
    case DEVICE_SLOW_DOWN:
        refuse_plainly(c, "slow_down", "Nobody has answered yet. Wait 5 seconds longer between questions.");
        break;
    case DEVICE_DENIED:
        refuse_plainly(c, "access_denied", "It was denied in the browser.");
        break;
    case DEVICE_EXPIRED:
        refuse_plainly(c, "expired_token", "Nobody answered in time. Begin again.");
        break;
    case DEVICE_UNKNOWN:
        refuse_plainly(c, "invalid_grant", "This device code is unknown, or was used: each is good for one key.");
        break;
    case DEVICE_LIMIT:
        render_unused(c, reply);
        break;
    case DEVICE_REFUSED:
        refuse_plainly(c, "access_denied", c->svc.message);
        break;
    }
}

static void device_token(struct call *c)
{
    struct form f;
    struct device_reply reply;
    const struct profile *p = read_client(c, &f);
    if (!p)
        return;
    struct cardea_str type = form_get(&f, "grant_type"), code = form_get(&f, "device_code");
    if (!type.len || !code.len) {
        refuse_plainly(c, "invalid_request", type.len ? "device_code is missing." : "grant_type is missing.");
        return;
    }
    if (!str_eq(type, STR(GRANT_TYPE))) {
        refuse_plainly(c, "unsupported_grant_type", "The only grant_type known here is " GRANT_TYPE ".");
        return;
    }
    enum service_err err = service_device_redeem(&c->svc, p, code, &reply);
    if (err != SERVICE_OK) {
        cardea_secret_wipe(&reply.secret);
        refuse_service(c, err);
        return;
    }
    render_reply(c, &reply);
    c->stands = true;
}

/* ---- the person's side ---- */

struct answer {
    const struct device_view *view;
    int64_t user_id, account_id;
    bool deny, full;
};

static void answer_unit(struct call *c)
{
    struct answer *a = c->work;
    const struct cardea_digest *code = &a->view->grant.device_code;
    enum service_err err = a->deny ? service_device_deny(&c->svc, code)
                                   : service_device_approve(&c->svc, code, a->user_id, a->account_id, &a->full);
    c->status = err == SERVICE_OK ? 200 : 409;
}

/* The page for what was refused. */
static void show_refusal(struct call *c, const struct device_question *asked)
{
    struct device_question q = *asked;
    struct cardea_str nothing = {0};
    q.error = c->svc.message;
    switch (c->svc.err) {
    case SERVICE_NOTFOUND:
    case SERVICE_INVALID:
        device_page_code(c, 400, nothing, q.error);
        break;
    case SERVICE_BUSY:
        device_page_failed(c, 429, q.error);
        retry_after(c);
        break;
    case SERVICE_UNAUTHENTICATED:
        device_page_ask(c, 401, &q);
        /* RFC 9110 (15.5.2) wants one; a browser asks nobody because of this scheme */
        call_add_header(c, "WWW-Authenticate", "Bearer");
        break;
    case SERVICE_FORBIDDEN:
    case SERVICE_CONFLICT:
    case SERVICE_LIMIT:
        device_page_ask(c, 403, &q);
        break;
    case SERVICE_OK: /* the unit went well, and was not kept */
    case SERVICE_UNAVAILABLE:
        device_page_failed(c, 503, "This cannot be kept at the moment. Nothing was changed. Try again shortly.");
        call_add_header(c, "Retry-After", "1");
        break;
    }
}

static void keep_answer(struct call *c, const struct device_question *q, struct answer *a)
{
    c->work = a;
    call_write(c, answer_unit);
    if (c->status != 200)
        show_refusal(c, q);
    else
        device_page_end(c, q->view, a->deny ? DEVICE_END_DENIED : a->full ? DEVICE_END_FULL : DEVICE_END_ALLOWED);
}

static void allow(struct call *c, const struct form *f, struct device_question *q, struct answer *a)
{
    struct session_login login;
    struct cardea_str password = form_get(f, "password");
    if (!q->email.len || !password.len) {
        q->error = "Fill in your e-mail and your password.";
        device_page_ask(c, 400, q);
        return;
    }
    enum service_err err = service_session_check(&c->svc, q->email, password, form_get(f, "account"),
                                                 str_of(q->view->profile->core.name), &login);
    if (err == SERVICE_CONFLICT) {
        q->login = &login;
        device_page_ask(c, 200, q);
    } else if (err != SERVICE_OK) {
        show_refusal(c, q);
    } else {
        a->user_id = login.user_id;
        a->account_id = login.account_id;
        keep_answer(c, q, a);
    }
}

static void device_answer(struct call *c)
{
    struct form f;
    struct device_view view;
    struct device_question q = {.view = &view};
    struct answer a = {.view = &view};
    const char *wrong = read_form(c, &f);
    /* No cookie is read here, so there is nothing to ride on. Still no other site has anything to post. */
    if (call_sender(c) == SENDER_ANOTHER_SITE) {
        device_page_failed(c, 403, "This was sent from another site, and is not listened to.");
        return;
    }
    if (wrong) {
        device_page_failed(c, 400, arena_printf(&c->arena, "The form cannot be read: %s.", wrong).ptr);
        return;
    }
    if (service_device_find(&c->svc, c->profile, form_get(&f, "user_code"), &view) != SERVICE_OK) {
        show_refusal(c, &q);
        return;
    }
    struct cardea_str answer = form_get(&f, "answer");
    q.email = form_get(&f, "email");
    a.deny = str_eq(answer, STR("deny"));
    if (a.deny)
        keep_answer(c, &q, &a);
    else if (str_eq(answer, STR("allow")))
        allow(c, &f, &q, &a);
    else
        device_page_ask(c, 200, &q);
}

/* Looks nothing up: whoever follows a link that came by mail still has to say yes to a code on a page of ours. */
static void device_page(struct call *c)
{
    struct device_user_code code;
    bool good = device_user_code_read(call_query(c, "user_code"), &code);
    device_page_code(c, 200, good ? str_of(code.text) : (struct cardea_str){0}, NULL);
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/oauth/device_authorization",
     .lane = LANE_WRITER,
     .handle = device_authorize,
     .places = PLACE_LOGIN,
     .body_max = FORM_BODY_MAX,
     .operation = "device_authorize"},
    {.method = CARDEA_POST,
     .pattern = "/oauth/token",
     .lane = LANE_WRITER,
     .handle = device_token,
     .places = PLACE_LOGIN,
     .body_max = FORM_BODY_MAX,
     .operation = "device_token"},
    {.method = CARDEA_GET,
     .pattern = "/device",
     .lane = LANE_LOOP,
     .handle = device_page,
     .places = PLACE_LOGIN,
     .operation = "device_page"},
    {.method = CARDEA_POST,
     .pattern = "/device",
     .lane = LANE_WORKER,
     .handle = device_answer,
     .places = PLACE_LOGIN,
     .body_max = FORM_BODY_MAX,
     .operation = "device_answer"},
    {.method = CARDEA_GET,
     .pattern = "/device.css",
     .lane = LANE_LOOP,
     .handle = device_page_style,
     .places = PLACE_LOGIN,
     .operation = "device_style"},
};

const struct http_routes routes_device = {items, sizeof(items) / sizeof(items[0])};
