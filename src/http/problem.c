#include "http/problem.h"

#include <cardea/refusal.h>
#include <stdio.h>

#include "base/str.h"
#include "http/app.h"

#define DETAIL_MAX 512

const char *problem_title(int status)
{
    return cardea_status_title((unsigned)status);
}

void problem_render(struct call *c, const struct problem *p)
{
    struct json_writer w;
    c->header_count = 0;
    c->refused = p->code;
    call_json(c, p->status, &w);
    c->content_type = "application/problem+json";
    jw_object_begin(&w);
    jw_member_str(&w, "type", arena_printf(&c->arena, "/docs/errors/%s", p->code));
    jw_member_str(&w, "title", str_of(problem_title(p->status)));
    jw_member_int(&w, "status", p->status);
    jw_member_str(&w, "detail", str_of(p->detail));
    jw_member_str(&w, "code", str_of(p->code));
    jw_member_str(&w, "request_id", str_of(c->request_id));
    jw_name(&w, "errors");
    jw_array_begin(&w);
    for (size_t i = 0; i < p->error_count; i++) {
        jw_object_begin(&w);
        jw_member_str(&w, "location", str_of(p->errors[i].location));
        jw_member_str(&w, "message", str_of(p->errors[i].message));
        jw_member_str_or_null(&w, "fix", str_of(p->errors[i].fix));
        jw_object_end(&w);
    }
    jw_array_end(&w);
    if (p->extra.len) {
        buf_add_char(&c->reply, ',');
        buf_add_str(&c->reply, p->extra);
    }
    jw_object_end(&w);
}

/* RFC 6750, 3: a caller who sent nothing is told no error. `scope` may be empty. */
static void challenge(struct call *c, const char *realm, const char *error, struct cardea_str scope)
{
    struct cardea_str value;
    if (!error)
        value = arena_printf(&c->arena, "Bearer realm=\"%s\"", realm);
    else if (!scope.len)
        value = arena_printf(&c->arena, "Bearer realm=\"%s\", error=\"%s\"", realm, error);
    else
        value = arena_printf(&c->arena, "Bearer realm=\"%s\", error=\"%s\", scope=\"%.*s\"", realm, error,
                             STR_ARG(scope));
    call_add_header(c, "WWW-Authenticate", value.ptr);
}

static const struct cardea_profile *native_profile(const struct call *c)
{
    const struct profile *p = profile_set_find(c->svc.profiles, STR(APP_NATIVE_PROFILE));
    return p ? &p->core : NULL;
}

static const char *realm_of(const struct call *c, const struct cardea_profile *profile)
{
    if (!profile)
        profile = c->profile ? &c->profile->core : native_profile(c);
    return profile && profile->realm ? profile->realm : APP_NATIVE_PROFILE;
}

static void challenge_status(struct call *c, int status)
{
    if (status == 401)
        challenge(c, realm_of(c, NULL), call_header(c, "Authorization", NULL).len ? "invalid_token" : NULL,
                  (struct cardea_str){0});
    else if (status == 403)
        challenge(c, realm_of(c, NULL), "insufficient_scope", (struct cardea_str){0});
}

void call_problem(struct call *c, int status, const char *code, const char *fmt, ...)
{
    char detail[DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);
    problem_render(c, &(struct problem){.status = status, .code = code, .detail = detail});
    challenge_status(c, status);
}

static int status_of(enum service_err err)
{
    switch (err) {
    case SERVICE_INVALID:
        return 422;
    case SERVICE_NOTFOUND:
        return 404;
    case SERVICE_FORBIDDEN:
        return 403;
    case SERVICE_UNAUTHENTICATED:
        return 401;
    case SERVICE_CONFLICT:
    case SERVICE_LIMIT:
        return 409;
    case SERVICE_UNAVAILABLE:
        return 503;
    case SERVICE_BUSY:
        return 429;
    case SERVICE_OK:
        break;
    }
    return 500;
}

void call_refuse(struct call *c)
{
    const struct service_call *s = &c->svc;
    struct problem p = {.status = status_of(s->err),
                        .code = s->code ? s->code : "internal",
                        .detail = s->message ? s->message : "The request could not be answered.",
                        .errors = s->problems,
                        .error_count = s->problem_count};
    problem_render(c, &p);
    challenge_status(c, p.status);
    if (s->retry_after_sec > 0)
        call_add_header(c, "Retry-After", arena_printf(&c->arena, "%d", s->retry_after_sec).ptr);
}

void call_rate_headers(struct call *c, const struct cardea_decision *d)
{
    struct cardea_field fields[CARDEA_RATE_FIELDS];
    size_t count = cardea_rate_fields(d, fields);
    for (size_t i = 0; i < count; i++)
        call_add_header(c, fields[i].name, fields[i].value);
}

void call_denial(struct call *c, const struct cardea_decision *d, const struct cardea_profile *profile)
{
    char buf[CARDEA_REFUSAL_MAX];
    struct cardea_refusal r;
    cardea_refuse(profile ? profile : native_profile(c), d,
                  &(struct cardea_refusal_options){.request_id = str_of(c->request_id)}, buf, &r);
    c->status = (int)r.status;
    c->refused = cardea_code_name(d->code);
    c->content_type = arena_cstr(&c->arena, r.media_type);
    c->header_count = 0;
    buf_clear(&c->reply);
    buf_add_str(&c->reply, r.body);
    if (r.challenge.len)
        call_add_header(c, "WWW-Authenticate", arena_cstr(&c->arena, r.challenge));
    if (r.retry_after_sec)
        call_add_header(c, "Retry-After", arena_printf(&c->arena, "%u", r.retry_after_sec).ptr);
    call_rate_headers(c, d);
}
