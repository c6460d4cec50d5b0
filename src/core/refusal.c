/* core/refusal.c - the reply to a denial. */
#include <cardea/refusal.h>

#include <stdio.h>
#include <string.h>

#include "core/append.h"
#include "core/text.h"

#define BODY_MAX 8192 /* of a profile's own; one that would be longer gives way to the default */

static const struct {
    unsigned status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {304, "Not Modified"},
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

const char *cardea_status_title(unsigned status)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return "Error";
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
    case CARDEA_CONTENT_BLOCKED:
        return (struct explanation){"What the request would send on is not let out.",
                                    "Take out secrets, hidden text and orders to a model, and send it again."};
    case CARDEA_SCANNER_UNAVAILABLE:
        return (struct explanation){"The request's content could not be scanned, so it did not go on.",
                                    "Try again shortly."};
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

/* Which part of the request `why` speaks of. */
static const char *location_of(enum cardea_code code, const struct explanation *why)
{
    if (why->detail == key_in_query.detail)
        return "query";
    if (code == CARDEA_CONTENT_BLOCKED || code == CARDEA_SCANNER_UNAVAILABLE)
        return "body";
    return code == CARDEA_NO_ROUTE ? "path" : "header/Authorization";
}

static bool names_code(const struct cardea_profile *p, enum cardea_code code)
{
    for (size_t i = 0; i < p->denial_count; i++) {
        if (p->denials[i].code == code)
            return true;
    }
    return false;
}

/* Which of the four ways in which a key can be no key it was stays inside, unless the profile has words for it. */
static enum cardea_code shown_code(const struct cardea_profile *p, enum cardea_code code)
{
    if (code != CARDEA_REVOKED && code != CARDEA_DISABLED && code != CARDEA_MALFORMED)
        return code;
    return p != NULL && names_code(p, code) ? code : CARDEA_NOT_FOUND;
}

static void add_member(struct append *w, const char *before, struct cardea_str value)
{
    append_cstr(w, before);
    append_quoted(w, value);
    append_cstr(w, "\"");
}

/* What goes in is bounded by rules for profiles and realms, far below CARDEA_REFUSAL_MAX; what would not fit all the
 * same is left out as a whole. */
static struct cardea_str since(const struct append *w, size_t start)
{
    static const struct cardea_str none;
    return w->len <= w->cap ? (struct cardea_str){.ptr = w->buf + start, .len = w->len - start} : none;
}

/* RFC 9457, in the shape of all other problems of the API. */
static struct cardea_str write_problem(struct append *w, unsigned status, enum cardea_code code,
                                       const struct explanation *why, struct cardea_str scope,
                                       struct cardea_str request_id)
{
    size_t start = w->len;
    char number[16];
    snprintf(number, sizeof number, "%u", status);
    add_member(w, "{\"type\":\"/docs/errors/", text_of(cardea_code_name(code)));
    add_member(w, ",\"title\":\"", text_of(cardea_status_title(status)));
    append_cstr(w, ",\"status\":");
    append_cstr(w, number);
    add_member(w, ",\"detail\":\"", text_of(why->detail));
    add_member(w, ",\"code\":\"", text_of(cardea_code_name(code)));
    add_member(w, ",\"request_id\":\"", request_id);
    add_member(w, ",\"errors\":[{\"location\":\"", text_of(location_of(code, why)));
    add_member(w, ",\"message\":\"", text_of(why->detail));
    if (scope.len > 0) {
        append_cstr(w, ",\"fix\":\"Give the key the scope `");
        append_quoted(w, scope);
        append_cstr(w, "`.\"");
    } else {
        add_member(w, ",\"fix\":\"", text_of(why->fix));
    }
    append_cstr(w, "}]}");
    return since(w, start);
}

/* RFC 6750, 3: a caller who sent nothing is told no error. */
static struct cardea_str write_challenge(struct append *w, const char *realm, const char *error, const char *more,
                                         struct cardea_str value)
{
    size_t start = w->len;
    append_cstr(w, "Bearer realm=\"");
    append_cstr(w, realm);
    append_cstr(w, "\"");
    if (error != NULL) {
        append_cstr(w, ", error=\"");
        append_cstr(w, error);
        append_cstr(w, "\"");
        if (value.len > 0) {
            append_cstr(w, more);
            append_text(w, value);
            append_cstr(w, "\"");
        }
    }
    return since(w, start);
}

static struct cardea_str challenge(struct append *w, const char *realm, const struct cardea_decision *d,
                                   const struct cardea_refusal *r, struct cardea_str scope)
{
    static const struct cardea_str none;
    if (r->code == CARDEA_MISSING)
        return write_challenge(w, realm, NULL, "", none);
    if (r->code == CARDEA_INSUFFICIENT_SCOPE)
        return write_challenge(w, realm, "insufficient_scope", ", scope=\"", scope);
    if (r->code == CARDEA_AMBIGUOUS)
        return write_challenge(w, realm, "invalid_request", "", none);
    if (r->code == CARDEA_CONTENT_BLOCKED)
        return none; /* no other credential would help */
    if (d->key_in_query)
        return write_challenge(w, realm, "invalid_token", ", error_description=\"", text_of(key_in_query.detail));
    if (r->status != 401 && r->status != 403)
        return none;
    /* By what is wrong and not by the status, which a profile may have changed. */
    return write_challenge(w, realm, cardea_code_status(r->code) == 401 ? "invalid_token" : "insufficient_scope", "",
                           none);
}

void cardea_refuse(const struct cardea_profile *p, const struct cardea_decision *d,
                   const struct cardea_refusal_options *options, char buf[CARDEA_REFUSAL_MAX],
                   struct cardea_refusal *out)
{
    struct append w = {.buf = buf, .cap = CARDEA_REFUSAL_MAX};
    struct cardea_str scope = {.ptr = NULL};
    const char *realm = p != NULL && p->realm != NULL ? p->realm : "cardea";
    if (options->realm != NULL)
        realm = options->realm;
    if (p != NULL && d->missing_scope >= 0 && (size_t)d->missing_scope < p->scope_count)
        scope = text_of(p->scopes[d->missing_scope]);
    out->code = shown_code(p, d->code);
    out->status = cardea_code_status(out->code);
    out->retry_after_sec = 0;

    const char *type = NULL;
    size_t len = 0;
    bool own = p != NULL && names_code(p, out->code) &&
               cardea_profile_denial(p, out->code, scope, &out->status, &type, buf, BODY_MAX, &len) == CARDEA_OK;
    if (own && len > 0) {
        out->body = (struct cardea_str){.ptr = buf, .len = len};
        out->media_type = text_of(type != NULL ? type : "application/json");
        w.len = len;
    } else {
        struct explanation why = d->key_in_query ? key_in_query : explain(out->code);
        out->body = write_problem(&w, out->status, out->code, &why, scope, options->request_id);
        out->media_type = text_of("application/problem+json");
    }
    out->challenge = challenge(&w, realm, d, out, scope);
    if (out->code == CARDEA_RATE_LIMITED)
        out->retry_after_sec = d->retry_after_ms / 1000 + (d->retry_after_ms % 1000 != 0);
    else if (out->code == CARDEA_STALE || out->code == CARDEA_SCANNER_UNAVAILABLE)
        out->retry_after_sec = 1;
}
