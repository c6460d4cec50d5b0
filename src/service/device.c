#include "service/device.h"

#include "base/str.h"
#include "service/device_internal.h"
#include "service/keys_internal.h"
#include "service/seal.h"
#include "service/session.h"
#include "service/throttle.h"

struct cardea_digest device_digest(struct cardea_str code)
{
    struct cardea_digest digest;
    cardea_digest(code, &digest);
    return digest;
}

/* A request has no number of its own, and no record may hold a digest: one that is derived tells requests apart. */
static int64_t request_number(struct service_call *c, const struct store_device_grant *grant)
{
    uint8_t mac[32];
    uint64_t number;
    struct cardea_str code = {(const char *)grant->device_code.bytes, sizeof(grant->device_code.bytes)};
    seal_derive(c->svc->master_key, "device request", code, mac);
    memcpy(&number, mac, sizeof(number));
    return (int64_t)(number >> 1);
}

static enum service_err record(struct service_call *c, const char *action, const struct store_device_grant *grant)
{
    return service_record(c, action, "dev", request_number(c, grant), grant->account_id,
                          arena_printf(c->arena, "{\"profile\":\"%.*s\"}", STR_ARG(grant->profile)));
}

/* ---- finding ---- */

static enum service_err not_there(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found",
                        "This code is not known, was used already, or its time is over. Compare it with the one in "
                        "your terminal, or begin again there.");
}

static bool is_open(const struct service_call *c, const struct store_device_grant *grant)
{
    return grant->status == STORE_DEVICE_PENDING && c->now < grant->expires_at;
}

static enum service_err look_up(struct service_call *c, const struct profile *only, struct device_view *out)
{
    struct cardea_digest digest = device_digest(str_of(out->code.text));
    enum store_err err = store_device_by_user_code(c->db, c->arena, &digest, &out->grant);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    if (err == STORE_NOTFOUND || !is_open(c, &out->grant))
        return not_there(c);
    out->profile = profile_set_find(c->profiles, out->grant.profile);
    if (!out->profile || !out->profile->cli.browser_login || (only && only != out->profile))
        return not_there(c);
    return SERVICE_OK;
}

enum service_err service_device_find(struct service_call *c, const struct profile *only, struct cardea_str typed,
                                     struct device_view *out)
{
    struct cardea_str nothing = {0};
    *out = (struct device_view){.profile = NULL};
    if (!device_user_code_read(typed, &out->code))
        return service_fail(c, SERVICE_INVALID, "invalid_request",
                            "This is no code. A code has eight letters, such as BCDF-GHJK.");
    int wait = throttle_attempt(c->svc->logins, &throttle_user_code, nothing, c->source_ip, c->now);
    if (wait) {
        c->retry_after_sec = wait;
        return service_fail(c, SERVICE_BUSY, "busy",
                            "Too many wrong codes came from your address. Wait, then try again.");
    }
    enum service_err err = look_up(c, only, out);
    if (err == SERVICE_OK) /* not forgotten: everybody can have a right code to try between wrong ones */
        throttle_undo(c->svc->logins, &throttle_user_code, nothing, c->source_ip);
    return err;
}

/* ---- answering ---- */

bool device_asks_scopes(const struct profile *profile)
{
    return profile->kinds[profile->default_kind].scopes_selectable;
}

bool device_asks_scope(const struct profile *profile, unsigned scope)
{
    const struct cardea_scopes *allowed = profile->kinds[profile->default_kind].allowed;
    return device_asks_scopes(profile) && (!allowed || cardea_scopes_has(allowed, scope));
}

void service_device_scopes(const struct profile *profile, struct cardea_scopes *out)
{
    *out = profile->kinds[profile->default_kind].granted;
    for (size_t i = 0; i < profile->core.scope_count; i++)
        if (device_asks_scope(profile, (unsigned)i))
            cardea_scopes_add(out, &profile->core, str_of(profile->core.scopes[i]));
}

/* The request as it is now, in the unit of work: hashing a password took its time. */
static enum service_err reload(struct service_call *c, const struct cardea_digest *device_code,
                               struct store_device_grant *out)
{
    enum store_err err = store_device_by_device_code(c->db, c->arena, device_code, out);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    return err == STORE_OK && is_open(c, out) ? SERVICE_OK : not_there(c);
}

/* That the actor may make a key there, as far as can be told before it is made. */
static enum service_err check_may(struct service_call *c, const struct store_device_grant *grant, int64_t account_id,
                                  bool *full)
{
    struct key_account account;
    int kind;
    enum service_err err = key_account_get(c, account_id, &account);
    if (err != SERVICE_OK)
        return err;
    if (!str_eq(account.row.profile, grant->profile))
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This account is another product's.");
    if ((err = key_check_open(c, &account)) != SERVICE_OK ||
        (err = key_may(c, KEY_MAY_CREATE, &account, NULL)) != SERVICE_OK ||
        (err = key_kind_named(c, &account, (struct cardea_str){0}, "", &kind)) != SERVICE_OK ||
        (err = key_may_make(c, &account, kind)) != SERVICE_OK)
        return err;
    err = key_check_limit(c, &account, kind);
    *full = err == SERVICE_LIMIT;
    if (*full)
        c->err = SERVICE_OK; /* told to the program, with what could go */
    return *full ? SERVICE_OK : err;
}

enum service_err service_device_approve(struct service_call *c, const struct cardea_digest *device_code,
                                        int64_t user_id, int64_t account_id, bool *full)
{
    struct store_device_grant grant;
    *full = false;
    enum service_err err = reload(c, device_code, &grant);
    if (err == SERVICE_OK)
        err = service_session_assume(c, user_id, account_id);
    if (err == SERVICE_OK)
        err = check_may(c, &grant, account_id, full);
    if (err != SERVICE_OK)
        return err;
    grant.status = STORE_DEVICE_APPROVED;
    grant.user_id = user_id;
    grant.account_id = account_id;
    enum store_err stored = store_device_update(c->db, &grant);
    return stored == STORE_OK ? record(c, "device.approved", &grant) : service_store_error(c, stored);
}

enum service_err service_device_deny(struct service_call *c, const struct cardea_digest *device_code)
{
    struct store_device_grant grant;
    enum service_err err = reload(c, device_code, &grant);
    if (err != SERVICE_OK)
        return err;
    grant.status = STORE_DEVICE_DENIED;
    enum store_err stored = store_device_update(c->db, &grant);
    return stored == STORE_OK ? record(c, "device.denied", &grant) : service_store_error(c, stored);
}
