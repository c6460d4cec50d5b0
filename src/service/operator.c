#include "service/operator.h"

#include "base/id.h"
#include "base/str.h"
#include "service/audit_denied.h"
#include "service/signer.h"
#include "service/standing.h"
#include "service/throttle.h"

#define NATIVE_PROFILE "cardea"
#define ROOT_KIND      "root"
#define HEAD           "opr"
#define TOKEN_MAX      512

/* All who try are counted by their address: there is but one name to guess at. */
static const struct cardea_str who = {"root key", sizeof("root key") - 1};

/* ---- logging in ---- */

static enum service_err tell_refused(struct service_call *c, const char *reason, enum service_err err)
{
    struct denial d = {.action = "session.refused",
                       .actor = {.kind = ACTOR_NOBODY},
                       .subject = STR("operator"),
                       .source = c->source_ip,
                       .members = arena_printf(c->arena, "\"reason\":\"%s\"", reason)};
    service_denied(c->svc, &d);
    return err;
}

static enum service_err refuse(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated", "This is not the root key, or not any more.");
}

/* In force itself, not only until its successor is in place. */
static enum service_err check_root(struct service_call *c, int64_t key_id, const uint8_t *ip)
{
    struct store_key key;
    struct store_account account;
    enum service_err err = service_standing(c, &(struct standing){.key_id = key_id, .ip = ip}, &key, &account);
    if (err == SERVICE_UNAVAILABLE)
        return err;
    if (err != SERVICE_OK || key.rotated_to || !str_eq(key.kind, STR(ROOT_KIND)) ||
        !str_eq(account.profile, STR(NATIVE_PROFILE)))
        return refuse(c);
    return SERVICE_OK;
}

enum service_err service_operator_check(struct service_call *c, struct cardea_str key, const uint8_t *ip,
                                        int64_t *key_id)
{
    struct cardea_digest digest;
    struct store_key row;
    int wait = throttle_attempt(c->svc->logins, &throttle_login, who, c->source_ip, c->now);
    if (wait) {
        c->retry_after_sec = wait;
        return tell_refused(c, "too_many",
                            service_fail(c, SERVICE_BUSY, "busy", "Too many wrong root keys. Wait, then try again."));
    }
    if (key.len == 0 || key.len > CARDEA_KEY_MAX)
        return tell_refused(c, "root_key", refuse(c));
    cardea_digest(key, &digest);
    enum store_err stored = store_key_by_digest(c->db, c->arena, &digest, &row);
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    enum service_err err = stored == STORE_OK ? check_root(c, row.id, ip) : refuse(c);
    if (err == SERVICE_UNAUTHENTICATED)
        return tell_refused(c, "root_key", err);
    if (err == SERVICE_OK) {
        throttle_passed(c->svc->logins, &throttle_login, who, c->source_ip);
        *key_id = row.id;
    }
    return err;
}

/* ---- sessions ---- */

static void act(struct service_call *c, int64_t key_id, int64_t session_id, int64_t expires_at)
{
    c->actor = (struct actor){
        .kind = ACTOR_ROOT, .key_id = key_id, .session_id = session_id, .expires_at = expires_at, .profile = -1};
}

enum service_err service_operator_start(struct service_call *c, int64_t key_id, const uint8_t *ip,
                                        struct operator_session *out)
{
    char id[ID_TEXT_MAX];
    enum service_err err = check_root(c, key_id, ip); /* once more, in the unit of work */
    if (err != SERVICE_OK)
        return err;
    struct store_operator_session row = {
        .id = service_new_id(c), .key_id = key_id, .created_at = c->now, .expires_at = c->now + OPERATOR_TTL_SEC};
    enum store_err stored = store_operator_insert(c->db, &row);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    id_format(id, "ses", row.id);
    *out = (struct operator_session){.session_id = row.id,
                                     .key_id = key_id,
                                     .expires_at = row.expires_at,
                                     .token = session_signer_seal(c->arena, c->svc->signer, STR(HEAD), '_',
                                                                  arena_printf(c->arena, "{\"sid\":\"%s\"}", id))};
    act(c, key_id, row.id, row.expires_at);
    return service_audit_only(c, "operator.session_started", str_of(id), 0, STR("{}"));
}

static bool read_token(struct service_call *c, struct cardea_str token, int64_t *session_id)
{
    struct cardea_str head = STR(HEAD "_");
    if (token.len > TOKEN_MAX || !str_starts(token, head))
        return false;
    json_t *object = session_signer_open(c->arena, c->svc->signer, token, head.len);
    bool ok = object && json_object_size(object) == 1 && id_parse(json_get_str(object, "sid"), "ses", session_id);
    json_decref(object);
    return ok;
}

enum service_err service_operator_authenticate(struct service_call *c, struct cardea_str token, const uint8_t *ip)
{
    struct store_operator_session row;
    int64_t session_id;
    enum store_err stored = STORE_NOTFOUND;
    if (read_token(c, token, &session_id))
        stored = store_operator_get(c->db, session_id, &row);
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    if (stored == STORE_NOTFOUND || row.revoked_at || c->now >= row.expires_at)
        return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated",
                            "The session is not valid, or not any more: log in again.");
    enum service_err err = check_root(c, row.key_id, ip);
    if (err == SERVICE_OK)
        act(c, row.key_id, row.id, row.expires_at);
    return err;
}

enum service_err service_operator_end(struct service_call *c)
{
    char id[ID_TEXT_MAX];
    enum store_err err = store_operator_revoke(c->db, c->actor.session_id, c->now);
    if (err != STORE_OK)
        return service_store_error(c, err);
    id_format(id, "ses", c->actor.session_id);
    return service_audit_only(c, "operator.session_ended", str_of(id), 0, STR("{}"));
}
