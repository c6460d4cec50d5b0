#include "service/external.h"

#include "base/log.h"
#include "base/str.h"

static enum service_err refuse(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated", "The token is not valid here.");
}

static enum service_err check_token(struct service_call *c, struct external *x)
{
    enum issuers_verdict verdict = ISSUERS_BAD;
    x->wait = false;
    if (c->svc->issuers)
        verdict = issuers_check(c->svc->issuers, c->arena, x->token, c->now, x->waited, &x->claims);
    switch (verdict) {
    case ISSUERS_GOOD:
        return SERVICE_OK;
    case ISSUERS_KEYS_COMING:
        x->wait = true;
        break;
    case ISSUERS_NO_KEYS:
        c->retry_after_sec = 5;
        return service_fail(c, SERVICE_UNAVAILABLE, "issuer_unavailable",
                            "The issuer of this token has not been reached yet, so nothing can be said about the "
                            "token. Try again shortly.");
    case ISSUERS_BAD:
        break;
    }
    return refuse(c);
}

static enum service_err not_linked(struct service_call *c, const struct external *x)
{
    log_debug("a token of issuer %s is good, but its subject is linked to nobody", x->claims.from->name);
    return service_fail(c, SERVICE_UNAUTHENTICATED, "identity_unknown",
                        "The token is good, but its subject is nobody here. An operator links the two with "
                        "`cardea users link USER --issuer URL --subject SUB`.");
}

/* The person, as linked now and not disabled. */
static enum service_err identify(struct service_call *c, struct external *x, int64_t *user_id)
{
    struct store_identity link;
    struct store_user user;
    enum service_err err = check_token(c, x);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_identity_get(c->db, c->arena, x->claims.from->issuer, x->claims.subject, &link);
    if (stored == STORE_NOTFOUND)
        return not_linked(c, x);
    if (stored == STORE_OK)
        stored = store_user_get(c->db, c->arena, link.user_id, &user);
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    if (stored == STORE_NOTFOUND || user.disabled) {
        log_debug("a token of issuer %s is refused: its user is disabled", x->claims.from->name);
        return refuse(c);
    }
    *user_id = user.id;
    return SERVICE_OK;
}

enum service_err service_external_check(struct service_call *c, struct external *x, struct cardea_str account,
                                        struct cardea_str profile, struct session_login *out)
{
    *out = (struct session_login){.bound = true};
    enum service_err err = identify(c, x, &out->user_id);
    if (err != SERVICE_OK)
        return err;
    /* What the issuer made for one account is not exchanged for another. */
    struct session_filter filter = {.profile = profile, .names = {account, x->claims.account}};
    return service_session_choose(c, &filter, out);
}

enum service_err service_external_authenticate(struct service_call *c, struct external *x, struct cardea_str profile,
                                               struct cardea_str tenant)
{
    struct session_login login = {0};
    enum service_err err = identify(c, x, &login.user_id);
    if (err != SERVICE_OK)
        return err;
    struct session_filter filter = {.profile = profile, .names = {tenant, x->claims.account}};
    err = service_session_choose(c, &filter, &login);
    if (err == SERVICE_CONFLICT)
        return service_fail(c, SERVICE_FORBIDDEN, "account_required",
                            "You belong to several accounts: exchange the token for a session of one at "
                            "POST /v1/sessions, with `account`.");
    if (err == SERVICE_OK)
        err = service_session_assume(c, login.user_id, login.account_id);
    c->actor.expires_at = x->claims.expires_at;
    return err;
}
