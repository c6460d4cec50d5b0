#include "http/authenticate.h"

#include "base/str.h"
#include "core/request.h"
#include "http/app.h"
#include "http/client.h"
#include "http/cookie.h"
#include "service/client_session.h"
#include "service/external.h"
#include "service/jwt.h"
#include "service/operator.h"

static bool deny(struct call *c, enum cardea_code code, int missing_scope, const struct cardea_profile *profile)
{
    struct cardea_decision d = {.code = code, .missing_scope = missing_scope};
    call_denial(c, &d, profile ? profile : c->profile ? &c->profile->core : NULL);
    return false;
}

static bool forbid(struct call *c, const char *detail)
{
    call_problem(c, 403, "forbidden", "%s", detail);
    return false;
}

static bool is_session_token(struct cardea_str token)
{
    size_t dots = 0;
    for (size_t i = 0; i < token.len; i++)
        dots += token.ptr[i] == '.';
    return dots == 2;
}

/* A person's token, whoever signed it, now that the actor is known. */
static bool admit_person(struct call *c)
{
    if (!(c->route->access & ACCESS_USER))
        return forbid(c, "This is not for a person's session: it needs a key.");
    /* Its index is the set's, that of the host is the snapshot's: after a reload they may differ for a moment. */
    int index = c->svc.actor.profile;
    if (c->profile && (index < 0 || c->svc.profiles->items[index] != c->profile))
        return deny(c, CARDEA_WRONG_ACCOUNT, -1, NULL);
    return true;
}

static bool has_store(struct call *c)
{
    if (!c->svc.db)
        call_problem(c, 503, "store_unavailable", "Sessions cannot be checked now. Try again shortly.");
    return c->svc.db != NULL;
}

static bool authenticate_session(struct call *c, struct cardea_str jwt)
{
    if (!has_store(c))
        return false;
    if (service_session_authenticate(&c->svc, jwt) != SERVICE_OK) {
        if (c->svc.err == SERVICE_UNAUTHENTICATED)
            return deny(c, CARDEA_NOT_FOUND, -1, NULL);
        call_refuse(c);
        return false;
    }
    return admit_person(c);
}

/* What is wrong with a token stays inside; that nobody is linked, or which account is meant, must be told to be mended.
 */
static bool refuse_external(struct call *c)
{
    if (strcmp(c->svc.code, "unauthenticated") == 0)
        return deny(c, CARDEA_NOT_FOUND, -1, NULL);
    if (c->profile && strcmp(c->svc.code, "forbidden") == 0)
        return deny(c, CARDEA_WRONG_ACCOUNT, -1, NULL);
    call_refuse(c);
    return false;
}

/* A token that another issuer signed. */
static bool authenticate_external(struct call *c, struct cardea_str token)
{
    struct external *x = arena_alloc(&c->arena, sizeof(*x));
    struct cardea_str tenant = {0}, profile = {0};
    *x = (struct external){.token = token, .waited = c->waited};
    if (!has_store(c))
        return false;
    if (c->profile) {
        profile = str_of(c->profile->core.name);
        if (!c->place &&
            !str_eq(c->captures[CALL_TENANT], STR("-"))) /* the product's own management: `-` is the own account */
            tenant = c->captures[CALL_TENANT];
    }
    if (service_external_authenticate(&c->svc, x, profile, tenant) == SERVICE_OK)
        return admit_person(c);
    if (x->wait)
        c->keys_wanted = &x->claims;
    return refuse_external(c);
}

static bool check_key(struct call *c, const struct cardea_decision *d)
{
    const struct cardea_profile *core = cardea_reader_profile(c->reader, (size_t)d->profile);
    struct actor *actor = &c->svc.actor;
    bool native = strcmp(core->name, APP_NATIVE_PROFILE) == 0;
    const char *kind = core->kinds[d->kind].name;
    *actor = (struct actor){.kind = ACTOR_KEY,
                            .account_id = (int64_t)d->account_id,
                            .key_id = (int64_t)d->key_id,
                            .agent_id = (int64_t)d->agent_id,
                            .role = d->role,
                            .scopes = d->scopes,
                            .profile = profile_set_index(c->svc.profiles, str_of(core->name))};
    unsigned needed = ACCESS_KEY;
    if (native && strcmp(kind, "root") == 0) {
        actor->kind = ACTOR_ROOT;
        actor->account_id = 0;
        actor->profile = -1;
        needed = ACCESS_ROOT;
    } else if (native && strcmp(kind, "verifier") == 0) {
        actor->kind = ACTOR_VERIFIER;
        needed = ACCESS_VERIFIER;
    } else if (native && strcmp(kind, "scanner") == 0) {
        actor->kind = ACTOR_SCANNER;
        needed = ACCESS_SCANNER;
    }
    if (c->route->access & ACCESS_SELF)
        return true;
    if (!(c->route->access & needed))
        return forbid(c, "This key may not do that.");
    /* What a product's own key may do with keys, agents and policies is what its profile says of its management:
     * route_keys_admit() asks. */
    if (needed != ACCESS_KEY || c->profile || !c->route->scope)
        return true;
    struct cardea_str asked = str_of(c->route->scope);
    if (!native)
        return str_starts(asked, STR("keys:")) || str_starts(asked, STR("agents:")) ||
               str_starts(asked, STR("messages:")) || str_starts(asked, STR("policies:")) ||
               forbid(c, "A key of this product may not do that.");
    int scope = cardea_profile_scope(core, asked);
    if (scope < 0)
        return forbid(c, "This key may not do that.");
    return cardea_scopes_has(&d->scopes, (unsigned)scope) || deny(c, CARDEA_INSUFFICIENT_SCOPE, scope, core);
}

static bool authenticate_key(struct call *c, struct cardea_str token, bool legacy)
{
    struct cardea_check check = {
        .key = token,
        .profile = c->profile_index,
        .ip = c->has_ip ? c->ip : NULL,
        .cost = c->again ? 0 : 1,
        .from_browser = call_header(c, "Origin", NULL).len || call_header(c, "Sec-Fetch-Mode", NULL).len,
        .legacy = legacy,
        .now = cardea_time_now(),
    };
    struct cardea_decision d;
    int64_t agent_id;
    if (c->route->as_agent && id_parse(c->captures[0], "agt", &agent_id))
        check.agent_id = (uint64_t)agent_id;
    else if (c->route->as_agent)
        check.agent = c->captures[0];
    cardea_verify(c->reader, &check, &d);
    if (d.code == CARDEA_VALID)
        return check_key(c, &d);
    call_decided(c, d.code);
    const struct cardea_profile *p = d.profile >= 0 ? cardea_reader_profile(c->reader, (size_t)d.profile) : NULL;
    call_denial(c, &d, c->profile ? &c->profile->core : p);
    return false;
}

/* What the request brings: on a product's host in that product's legacy header, too. */
static enum cardea_code read_credential(const struct call *c, struct cardea_str *token, bool *legacy)
{
    const struct cardea_profile *p = c->profile ? &c->profile->core : NULL;
    struct cardea_request r = {0};
    r.authorization = call_header(c, "Authorization", &r.authorization_count);
    if (p && p->legacy_header)
        r.legacy = call_header(c, p->legacy_header, &r.legacy_count);
    return request_credential(&r, token, legacy);
}

/* Whoever logged in with the root key may do what it may. */
static bool authenticate_operator(struct call *c, struct cardea_str token)
{
    if (!has_store(c))
        return false;
    if (service_operator_authenticate(&c->svc, token, c->has_ip ? c->ip : NULL) == SERVICE_OK)
        return c->route->access & (ACCESS_ROOT | ACCESS_OPERATOR) ||
               forbid(c, "This is not for the operator: it needs a person's session, or a key.");
    if (c->svc.err == SERVICE_UNAUTHENTICATED)
        return deny(c, CARDEA_NOT_FOUND, -1, NULL);
    call_refuse(c);
    return false;
}

/* Our pages send a cookie. A session of one product is none under the name of another's. */
static bool authenticate_cookie(struct call *c, struct cardea_str value, const char *name)
{
    if (!authenticate_session(c, value))
        return false;
    int index = c->svc.actor.profile;
    const char *wanted = cookie_name(index < 0 ? NULL : c->svc.profiles->items[index]);
    return strcmp(name, wanted) == 0 || deny(c, CARDEA_NOT_FOUND, -1, NULL);
}

bool authenticate(struct call *c)
{
    struct cardea_str token;
    bool legacy;
    c->svc.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    bool open = !(c->route->access & ~(unsigned)ACCESS_CLIENT);
    if (c->route->access == ACCESS_PUBLIC)
        return true;
    if (c->profile && request_query_has_key(&c->profile->core, c->query)) {
        struct cardea_decision d = {.code = CARDEA_MALFORMED, .missing_scope = -1, .key_in_query = true};
        call_denial(c, &d, &c->profile->core);
        return false;
    }
    enum cardea_code code = read_credential(c, &token, &legacy);
    if (code == CARDEA_VALID && !legacy && service_client_session_is(token))
        return client_authenticate(c, token);
    if (open)
        return true;
    if (code == CARDEA_MISSING) {
        const char *name;
        struct cardea_str cookie = cookie_read(c, &name);
        if (cookie.len && strcmp(name, COOKIE_OPERATOR) == 0)
            return authenticate_operator(c, cookie);
        if (cookie.len && c->route->access & ACCESS_USER)
            return authenticate_cookie(c, cookie, name);
    }
    if (code != CARDEA_VALID)
        return deny(c, code, -1, NULL);
    if (!legacy && is_session_token(token))
        return jwt_is_own(c->svc.svc->signer, token) ? authenticate_session(c, token) : authenticate_external(c, token);
    if (c->place == PLACE_DASHBOARD)
        return forbid(c, "The dashboard is for people: log in there. Keys have the API.");
    return authenticate_key(c, token, legacy);
}
