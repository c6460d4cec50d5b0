#include "http/problem.h"

#include <stdio.h>

#include "base/str.h"
#include "http/app.h"

#define DETAIL_MAX      512
#define DENIAL_BODY_MAX 8192

static const struct {
    int status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
};

const char *problem_title(int status)
{
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

void problem_render(struct call *c, const struct problem *p)
{
    struct json_writer w;
    c->header_count = 0;
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

struct explanation {
    const char *detail, *fix;
};

static struct explanation explain(enum cardea_code code)
{
    switch (code) {
    case CARDEA_MISSING:
        return (struct explanation){"This needs a credential, and none was sent.",
                                    "Send the header `Authorization: Bearer <key>`."};
    case CARDEA_EXPIRED:
        return (struct explanation){"The credential has expired.", "Make a new key, or rotate this one."};
    case CARDEA_REVOKED:
        return (struct explanation){"The key was revoked.", "Make a new key."};
    case CARDEA_DISABLED:
        return (struct explanation){"The key is disabled.", "Have it enabled by whoever manages it."};
    case CARDEA_WRONG_ACCOUNT:
        return (struct explanation){"The key belongs to another account.", "Use a key of the account that is asked."};
    case CARDEA_WRONG_AGENT:
        return (struct explanation){"The key belongs to another agent.", "Use a key of the agent that is asked."};
    case CARDEA_INSUFFICIENT_SCOPE:
        return (struct explanation){"The key lacks the scope that this needs.", "Give the key that scope."};
    case CARDEA_INSUFFICIENT_ROLE:
        return (struct explanation){"The caller's role in the account does not allow this.",
                                    "Ask an owner or admin of the account."};
    case CARDEA_IP_DENIED:
        return (struct explanation){"The key may not be used from this address.",
                                    "Add the address to the key's `ip_allow`."};
    case CARDEA_ACCOUNT_SUSPENDED:
        return (struct explanation){"The account is suspended.", "Ask the operator of this service."};
    case CARDEA_CLIENT_SIDE:
        return (struct explanation){"This key is for servers only, and came from a browser page.",
                                    "Send it from a server; revoke it if it was published."};
    case CARDEA_NO_ROUTE:
        return (struct explanation){"No route of this product answers to this.", "Check method and path."};
    case CARDEA_AMBIGUOUS:
        return (struct explanation){"More than one credential was sent.", "Send one."};
    case CARDEA_RATE_LIMITED:
        return (struct explanation){"The key's rate limit is reached.", "Wait as long as Retry-After says."};
    case CARDEA_CREDITS_EXHAUSTED:
        return (struct explanation){"The key's credits are used up.", "Have credits added to the key."};
    case CARDEA_STALE:
        return (struct explanation){"Key data is older than allowed here.", "Try again shortly."};
    case CARDEA_VALID:
    case CARDEA_MALFORMED:
    case CARDEA_NOT_FOUND:
    case CARDEA_CODE_COUNT:
        break;
    }
    return (struct explanation){"The credential is not valid here.",
                                "Check that the whole key was sent, to the right server."};
}

/* Said even where a profile's own body says less: whoever does this publishes the key in logs and histories. */
static const struct explanation key_in_query = {"A key stood in the URL, where logs keep it.",
                                                "Send it in the header `Authorization: Bearer <key>`, and replace it."};

static bool names_code(const struct cardea_profile *p, enum cardea_code code)
{
    for (size_t i = 0; i < p->denial_count; i++)
        if (p->denials[i].code == code)
            return true;
    return false;
}

/* Which of the four ways in which a key can be no key it was stays inside, unless the profile has words for it. */
static enum cardea_code shown_code(const struct cardea_profile *p, enum cardea_code code)
{
    if (code != CARDEA_REVOKED && code != CARDEA_DISABLED && code != CARDEA_MALFORMED)
        return code;
    return p && names_code(p, code) ? code : CARDEA_NOT_FOUND;
}

static void denial_headers(struct call *c, const struct cardea_decision *d, enum cardea_code code, unsigned status,
                           const struct cardea_profile *profile, struct cardea_str scope)
{
    const char *realm = realm_of(c, profile);
    if (code == CARDEA_MISSING)
        challenge(c, realm, NULL, scope);
    else if (code == CARDEA_INSUFFICIENT_SCOPE)
        challenge(c, realm, "insufficient_scope", scope);
    else if (code == CARDEA_AMBIGUOUS)
        challenge(c, realm, "invalid_request", (struct cardea_str){0});
    else if (d->key_in_query)
        call_add_header(c, "WWW-Authenticate",
                        arena_printf(&c->arena,
                                     "Bearer realm=\"%s\", error=\"invalid_token\", error_description=\"%s\"", realm,
                                     key_in_query.detail)
                            .ptr);
    else if (status == 401 || status == 403)
        /* By what is wrong and not by the status, which a profile may have changed. */
        challenge(c, realm, cardea_code_status(code) == 401 ? "invalid_token" : "insufficient_scope",
                  (struct cardea_str){0});
    if (code == CARDEA_RATE_LIMITED)
        call_add_header(c, "Retry-After", arena_printf(&c->arena, "%u", (d->retry_after_ms + 999) / 1000).ptr);
    else if (code == CARDEA_STALE)
        call_add_header(c, "Retry-After", "1");
    call_rate_headers(c, d);
}

void call_rate_headers(struct call *c, const struct cardea_decision *d)
{
    if (!d->limited)
        return;
    call_add_header(c, "RateLimit-Limit", arena_printf(&c->arena, "%u", d->rate.limit).ptr);
    call_add_header(c, "RateLimit-Remaining", arena_printf(&c->arena, "%u", d->rate_remaining).ptr);
    call_add_header(c, "RateLimit-Reset", arena_printf(&c->arena, "%u", (d->rate_reset_ms + 999) / 1000).ptr);
}

void call_denial(struct call *c, const struct cardea_decision *d, const struct cardea_profile *profile)
{
    const struct cardea_profile *p = profile ? profile : native_profile(c);
    enum cardea_code code = shown_code(p, d->code);
    struct cardea_str scope = {0};
    if (p && d->missing_scope >= 0 && (size_t)d->missing_scope < p->scope_count)
        scope = str_of(p->scopes[d->missing_scope]);

    unsigned status = cardea_code_status(code);
    const char *type = NULL;
    char body[DENIAL_BODY_MAX];
    size_t len = 0;
    bool own = p && names_code(p, code) &&
               cardea_profile_denial(p, code, scope, &status, &type, body, sizeof(body), &len) == CARDEA_OK;
    struct explanation why = d->key_in_query ? key_in_query : explain(code);
    struct service_problem hint = {"header/Authorization", why.detail, why.fix};
    if (scope.len)
        hint.fix = arena_printf(&c->arena, "Give the key the scope `%.*s`.", STR_ARG(scope)).ptr;
    problem_render(c, &(struct problem){.status = (int)status,
                                        .code = cardea_code_name(code),
                                        .detail = why.detail,
                                        .errors = &hint,
                                        .error_count = 1});
    if (own && len) {
        buf_clear(&c->reply);
        buf_add(&c->reply, body, len);
        c->content_type = type ? arena_cstr(&c->arena, str_of(type)) : NULL;
    }
    denial_headers(c, d, code, status, p, scope);
}
