#include <stdlib.h>

#include "base/base64.h"
#include "base/str.h"
#include "service/device_internal.h"
#include "service/keys_internal.h"
#include "service/session.h"
#include "service/throttle.h"

#define CODE_BYTES 32
/* Two requests a moment: a timer that rings a little early is not too soon. */
#define LEEWAY_MS 500
/* 34 bits among a thousand: a code that is taken is a wonder, and a second one a defect. */
#define TRIES 3
/* Where a profile sets no small limit, this many of the newest keys are looked through for unused ones. */
#define LOOK_MAX 1000

/* ---- the request ---- */

static enum service_err check_room(struct service_call *c)
{
    int64_t waiting = 0;
    int wait = throttle_attempt(c->svc->logins, &throttle_device_code, (struct cardea_str){0}, c->source_ip, c->now);
    if (wait) {
        c->retry_after_sec = wait;
        return service_fail(c, SERVICE_BUSY, "busy",
                            "Too many log-ins by the browser were begun from your address. Wait, then try again.");
    }
    enum store_err err = store_device_count(c->db, c->now, &waiting);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (waiting < DEVICE_PENDING_MAX)
        return SERVICE_OK;
    c->retry_after_sec = 60;
    return service_fail(c, SERVICE_BUSY, "busy",
                        "Too many log-ins by the browser wait for an answer. Try again later.");
}

static enum service_err no_randomness(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAVAILABLE, "internal", "There is no randomness to make codes from.");
}

enum service_err service_device_start(struct service_call *c, const struct profile *profile, struct cardea_str client,
                                      struct device_codes *out)
{
    uint8_t bytes[CODE_BYTES];
    char *text = arena_alloc(c->arena, BASE64URL_TEXT_LEN(CODE_BYTES));
    enum service_err failed = check_room(c);
    if (failed != SERVICE_OK)
        return failed;
    if (!c->svc->random(c->svc->random_arg, bytes, sizeof(bytes)))
        return no_randomness(c);
    out->device_code = (struct cardea_str){text, base64url_encode(bytes, sizeof(bytes), text)};
    cardea_wipe(bytes, sizeof(bytes));
    struct store_device_grant row = {
        .device_code = device_digest(out->device_code),
        .profile = str_of(profile->core.name),
        .client = device_client_text(c->arena, client, str_of(profile->cli.name)),
        .source = c->source_ip,
        .created_at = c->now,
        .expires_at = c->now + DEVICE_TTL_SEC,
        .interval_sec = DEVICE_INTERVAL_SEC,
    };
    enum store_err err = STORE_CONFLICT;
    for (int i = 0; i < TRIES && err == STORE_CONFLICT; i++) {
        if (!device_user_code_make(c->svc->random, c->svc->random_arg, &out->user_code))
            return no_randomness(c);
        row.user_code = device_digest(str_of(out->user_code.text));
        err = store_device_insert(c->db, &row);
    }
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* ---- what could go ---- */

static int by_use(const void *a, const void *b)
{
    const struct key_view *x = a, *y = b;
    if (x->row.last_used_at != y->row.last_used_at)
        return x->row.last_used_at < y->row.last_used_at ? -1 : 1;
    return x->row.id < y->row.id ? -1 : x->row.id > y->row.id;
}

static enum service_err find_unused(struct service_call *c, struct device_reply *out)
{
    struct key_account account;
    struct store_key *rows = arena_array(c->arena, LOOK_MAX, sizeof(*rows));
    size_t found = 0, count = 0;
    enum service_err err = key_account_get(c, c->actor.account_id, &account);
    if (err != SERVICE_OK)
        return err;
    const struct profile *profile = account.profile;
    struct store_key_filter filter = {.account_id = account.row.id,
                                      .kind = str_of(profile->core.kinds[profile->default_kind].name),
                                      .status = STORE_KEYS_ACTIVE,
                                      .now = c->now,
                                      .limit = LOOK_MAX};
    enum store_err stored = store_key_list(c->db, c->arena, &filter, rows, &found);
    if (stored != STORE_OK && stored != STORE_NOTFOUND)
        return service_store_error(c, stored);
    out->unused = arena_array(c->arena, found + 1, sizeof(*out->unused));
    for (size_t i = 0; i < found; i++)
        if (key_counts(&rows[i], c->now))
            key_view_fill(c, &account, &rows[i], &out->unused[count++]);
    qsort(out->unused, count, sizeof(*out->unused), by_use);
    out->unused_count = count < DEVICE_UNUSED_MAX ? count : DEVICE_UNUSED_MAX;
    return SERVICE_OK;
}

/* ---- the key ---- */

static enum service_err make_key(struct service_call *c, const struct profile *profile,
                                 const struct store_device_grant *grant, struct device_reply *out)
{
    struct cardea_str *scopes = arena_array(c->arena, profile->core.scope_count + 1, sizeof(*scopes));
    struct key_create in = {.input = {.given = KEY_NAME, .name = grant->client, .scopes = scopes}};
    for (size_t i = 0; i < profile->core.scope_count; i++)
        if (device_asks_scope(profile, (unsigned)i))
            scopes[in.input.scope_count++] = str_of(profile->core.scopes[i]);
    if (in.input.scope_count)
        in.input.given |= KEY_SCOPES;
    return service_key_create(c, &in, &out->key, &out->secret);
}

/* Nobody has to ask once more: whatever comes of it, the request is over. */
static enum service_err redeem(struct service_call *c, const struct profile *profile,
                               const struct store_device_grant *grant, struct device_reply *out)
{
    enum service_err err = service_session_assume(c, grant->user_id, grant->account_id);
    if (err == SERVICE_UNAUTHENTICATED)
        service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Who allowed this does not belong to the account any more.");
    if (err == SERVICE_OK)
        err = make_key(c, profile, grant, out);
    if (err == SERVICE_UNAVAILABLE)
        return err;
    out->answer = err == SERVICE_OK ? DEVICE_KEY : err == SERVICE_LIMIT ? DEVICE_LIMIT : DEVICE_REFUSED;
    c->err = SERVICE_OK; /* that is an answer, and the rest is to be kept */
    err = out->answer == DEVICE_LIMIT ? find_unused(c, out) : SERVICE_OK;
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_device_delete(c->db, &grant->device_code);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}

/* Still nobody has answered: how long ago did it ask? */
static enum service_err wait_on(struct service_call *c, struct store_device_grant *grant, struct device_reply *out)
{
    bool soon = grant->polled_at_ms && c->now_ms < grant->polled_at_ms + grant->interval_sec * 1000 - LEEWAY_MS;
    out->answer = soon ? DEVICE_SLOW_DOWN : DEVICE_PENDING;
    if (soon && grant->interval_sec >= DEVICE_INTERVAL_MAX_SEC)
        return SERVICE_OK;
    grant->polled_at_ms = c->now_ms;
    if (soon)
        grant->interval_sec += DEVICE_INTERVAL_SEC;
    enum store_err err = store_device_update(c->db, grant);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_device_redeem(struct service_call *c, const struct profile *profile,
                                       struct cardea_str device_code, struct device_reply *out)
{
    struct store_device_grant grant;
    struct cardea_digest digest = device_digest(device_code);
    *out = (struct device_reply){.answer = DEVICE_UNKNOWN};
    enum store_err err = store_device_by_device_code(c->db, c->arena, &digest, &grant);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    if (err == STORE_NOTFOUND || !str_eq(grant.profile, str_of(profile->core.name)))
        return SERVICE_OK;
    if (c->now >= grant.expires_at) {
        out->answer = DEVICE_EXPIRED;
        return SERVICE_OK;
    }
    switch (grant.status) {
    case STORE_DEVICE_DENIED:
        out->answer = DEVICE_DENIED;
        return SERVICE_OK;
    case STORE_DEVICE_APPROVED:
        return redeem(c, profile, &grant, out);
    case STORE_DEVICE_PENDING:
        return wait_on(c, &grant, out);
    }
    return SERVICE_OK;
}
