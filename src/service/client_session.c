#include "service/client_session.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/client_token.h"
#include "service/keys.h"
#include "service/session.h"
#include "service/standing.h"

#define NATIVE_PROFILE "cardea"

static const char *const names[] = {"keys:read", "keys:write", "usage:read"};
#define NAMES (sizeof(names) / sizeof(names[0]))

unsigned client_capability(struct cardea_str name)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (str_eq(name, str_of(names[i])))
            return 1u << i;
    return 0;
}

const char *client_capability_name(unsigned bit)
{
    return bit < NAMES ? names[bit] : NULL;
}

/* ---- what keys may hand on ---- */

static bool is_native(const struct profile *p)
{
    return strcmp(p->core.name, NATIVE_PROFILE) == 0;
}

/* The calling key itself: may it do what the capability is for? A product's own key does as its profile says of the
 * management of keys, and reads no usage. */
static enum service_err key_may(struct service_call *c, unsigned capability)
{
    const struct profile *profile = c->profiles->items[c->actor.profile];
    if (capability == CLIENT_KEYS_READ)
        return service_key_admit(c, KEY_MAY_READ);
    if (capability == CLIENT_KEYS_WRITE)
        return service_key_admit(c, KEY_MAY_CREATE);
    int scope = is_native(profile) ? cardea_profile_scope(&profile->core, STR("usage:read")) : -1;
    if (scope >= 0 && cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", "Missing required scope: usage:read");
}

/* Who is bound to an agent, or has its maker's role, must not come to act as somebody else. */
static enum service_err check_kind(struct service_call *c, const struct profile *p, int kind)
{
    if (kind >= 0 && !(p->core.kinds[kind].flags & (CARDEA_KIND_AGENT | CARDEA_KIND_FOLLOWS_ROLE)))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                        "This key makes no sessions: use the root key, a management key or the person's own session.");
}

static enum service_err over(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated",
                        "The client session is over: have the backend make another.");
}

/* ---- minting ---- */

static enum service_err read_capabilities(struct service_call *c, const struct client_session_request *in,
                                          struct client_session *out)
{
    for (size_t i = 0; i < in->capability_count; i++) {
        unsigned one = client_capability(in->capabilities[i]);
        if (!one)
            return service_invalid(c, arena_printf(c->arena, "/capabilities/%zu", i).ptr,
                                   "There is no such capability.", "Send keys:read, keys:write or usage:read.");
        out->capabilities |= one;
    }
    return out->capabilities ? SERVICE_OK
                             : service_invalid(c, "/capabilities", "There is none.", "Send one at least: keys:read.");
}

static enum service_err read_origins(struct service_call *c, const struct client_session_request *in,
                                     struct client_session *out)
{
    if (in->origin_count < 1 || in->origin_count > CLIENT_SESSION_ORIGINS_MAX)
        return service_invalid(c, "/allowed_origins", "There must be 1 to 10 of them.",
                               "Name the origin of each page that the component stands in.");
    for (size_t i = 0; i < in->origin_count; i++) {
        const char *wrong = client_origin_mistake(in->origins[i]);
        if (wrong)
            return service_invalid(c, arena_printf(c->arena, "/allowed_origins/%zu", i).ptr, wrong,
                                   "Send one such as https://app.example.com, as browsers write it.");
        out->origins[out->origin_count++] = in->origins[i];
    }
    return SERVICE_OK;
}

/* On whose behalf. Persons speak for themselves. */
static enum service_err read_user(struct service_call *c, const struct client_session_request *in,
                                  struct client_session *out)
{
    struct actor caller = c->actor;
    if (caller.kind == ACTOR_USER)
        out->user_id = caller.user_id;
    if (!in->user.len)
        return SERVICE_OK;
    int64_t id = 0;
    if (!id_parse(in->user, "usr", &id) || (out->user_id && out->user_id != id))
        return service_invalid(c, "/user", out->user_id ? "This is not you." : "This is no id of a user.",
                               out->user_id ? "Leave it out." : "Send usr_…, or leave it out.");
    enum service_err err = service_session_assume(c, id, out->account_id);
    c->actor = caller;
    if (err == SERVICE_UNAUTHENTICATED)
        return service_invalid(c, "/user", "There is no such member of the account.", "Send the id of one.");
    out->user_id = id;
    return err;
}

static enum service_err check_minter(struct service_call *c, const struct client_session *s)
{
    if (c->actor.kind != ACTOR_KEY)
        return SERVICE_OK;
    struct store_key key;
    struct store_account account;
    if (c->actor.profile < 0)
        return over(c);
    enum service_err err = service_standing(c, &(struct standing){.key_id = c->actor.key_id, .anywhere = true}, &key,
                                            &account);
    const struct profile *profile = c->profiles->items[c->actor.profile];
    if (err == SERVICE_OK)
        err = check_kind(c, profile, cardea_profile_kind(&profile->core, key.kind));
    for (unsigned i = 0; err == SERVICE_OK && i < NAMES; i++)
        if (s->capabilities >> i & 1)
            err = key_may(c, 1u << i);
    return err;
}

static enum service_err record(struct service_call *c, const struct client_session *s)
{
    char id[ID_TEXT_MAX];
    struct buf b;
    struct json_writer w;
    buf_init(&b, 8192);
    jw_init(&w, &b);
    client_token_claims(&w, s);
    id_format(id, "csn", s->id);
    enum service_err err = service_audit_only(c, "client_session.created", str_of(id), s->account_id,
                                              b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b)));
    buf_release(&b);
    return err;
}

enum service_err service_client_session_mint(struct service_call *c, const struct client_session_request *in,
                                             struct client_session *out, struct cardea_str *token)
{
    struct store_account account;
    *out = (struct client_session){.key_id = c->actor.kind == ACTOR_USER ? 0 : c->actor.key_id,
                                   .session_id = c->actor.kind == ACTOR_USER ? c->actor.session_id : 0};
    enum service_err err = service_account_of_call(c, in->account, "/account", &account);
    out->account_id = account.id;
    if (err == SERVICE_OK)
        err = read_capabilities(c, in, out);
    if (err == SERVICE_OK)
        err = read_origins(c, in, out);
    if (err == SERVICE_OK)
        err = read_user(c, in, out);
    if (err == SERVICE_OK)
        err = check_minter(c, out);
    if (err != SERVICE_OK)
        return err;
    out->id = service_new_id(c);
    out->issued_at = c->now;
    out->expires_at = c->now + CLIENT_SESSION_TTL_SEC;
    if (c->actor.kind == ACTOR_USER && c->actor.expires_at && c->actor.expires_at < out->expires_at)
        out->expires_at = c->actor.expires_at; /* a token of another issuer: nothing else ends it */
    *token = client_token_seal(c, out);
    return record(c, out);
}

/* ---- use ---- */

/* The key that minted it, as it is now. Its networks are its own: who uses the session sits elsewhere. */
static enum service_err act_as_key(struct service_call *c, const struct client_session *s, unsigned capability)
{
    struct store_key key;
    struct store_account account;
    enum service_err err = service_standing(c, &(struct standing){.key_id = s->key_id, .anywhere = true}, &key,
                                            &account);
    if (err != SERVICE_OK)
        return err;
    int index = profile_set_index(c->profiles, account.profile);
    const struct profile *profile = index < 0 ? NULL : c->profiles->items[index];
    int kind = profile ? cardea_profile_kind(&profile->core, key.kind) : -1;
    if (kind < 0)
        return over(c);
    if (is_native(profile) && str_eq(key.kind, STR("root"))) {
        /* Nobody in particular, with an admin's rights in this one account. */
        c->actor = (struct actor){.kind = ACTOR_USER, .key_id = key.id, .role = CARDEA_ROLE_ADMIN};
        return SERVICE_OK;
    }
    if (key.account_id != s->account_id || check_kind(c, profile, kind) != SERVICE_OK)
        return over(c);
    c->actor = (struct actor){.kind = ACTOR_KEY,
                              .account_id = key.account_id,
                              .key_id = key.id,
                              .role = CARDEA_ROLE_OWNER,
                              .scopes = profile->kinds[kind].granted,
                              .profile = index};
    struct cardea_str rest = key.scopes, one;
    while (str_cut(&rest, ' ', &one))
        if (one.len)
            cardea_scopes_add(&c->actor.scopes, &profile->core, one); /* what the profile has no more grants nothing */
    return capability ? key_may(c, capability) : SERVICE_OK;
}

static enum service_err check_session(struct service_call *c, const struct client_session *s)
{
    struct store_session row;
    if (!s->session_id)
        return SERVICE_OK;
    enum store_err err = store_session_get(c->db, s->session_id, &row);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    return err == STORE_OK && !row.revoked_at && c->now < row.expires_at && row.user_id == s->user_id ? SERVICE_OK
                                                                                                      : over(c);
}

static enum service_err check_account(struct service_call *c, int64_t account_id, struct store_account *account)
{
    enum store_err err = store_account_get(c->db, c->arena, account_id, account);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    if (err == STORE_NOTFOUND || account->status == STORE_ACCOUNT_DELETED)
        return over(c);
    if (account->status == STORE_ACCOUNT_SUSPENDED)
        return service_fail(c, SERVICE_FORBIDDEN, "ACCOUNT_SUSPENDED", "The account is suspended.");
    return SERVICE_OK;
}

enum service_err service_client_session_act(struct service_call *c, const struct client_session *s, unsigned capability)
{
    struct store_account account;
    if (c->now >= s->expires_at)
        return over(c);
    if (capability && !(s->capabilities & capability))
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This client session may not do that: it has not `%s`.",
                            client_capability_name((unsigned)__builtin_ctz(capability)));
    enum service_err err = check_account(c, s->account_id, &account);
    if (err == SERVICE_OK)
        err = check_session(c, s);
    if (err == SERVICE_OK && s->key_id)
        err = act_as_key(c, s, capability);
    if (err != SERVICE_OK)
        return err;
    if (s->user_id)
        return service_session_assume(c, s->user_id, s->account_id);
    c->actor.account_id = s->account_id;
    c->actor.profile = profile_set_index(c->profiles, account.profile);
    return s->key_id ? SERVICE_OK : over(c);
}
