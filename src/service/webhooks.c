#include "service/webhooks.h"

#include <cardea/secret.h>

#include "base/id.h"
#include "base/json_write.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/event_types.h"
#include "service/message_text.h"
#include "service/seal.h"
#include "service/things.h"
#include "service/webhook_sender.h"

/* Characters of a description, whatever they take as bytes. */
#define DESCRIPTION_BYTES_MAX (4 * WEBHOOK_DESCRIPTION_MAX)

enum service_err service_webhook_admit(struct service_call *c, bool write)
{
    return service_things_admit(c, &things_webhooks, write);
}

const char *service_webhook_status_name(const struct store_webhook *row)
{
    static const char *const names[] = {[STORE_WEBHOOK_ENABLED] = "enabled",
                                        [STORE_WEBHOOK_DISABLED] = "disabled",
                                        [STORE_WEBHOOK_STOPPED] = "stopped",
                                        [STORE_WEBHOOK_DELETED] = "deleted"};
    return names[row->state];
}

const char *service_webhook_header(struct service_call *c, const struct store_webhook *row)
{
    struct store_account account;
    const struct profile *profile = NULL;
    if (store_account_get(c->db, c->arena, row->account_id, &account) == STORE_OK)
        profile = profile_set_find(c->profiles, account.profile);
    return profile ? profile->webhooks.header : NULL;
}

/* ---- which one ---- */

static enum service_err no_such(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such webhook.");
}

enum service_err service_webhook_get(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                     bool write, struct store_webhook *out)
{
    int64_t number;
    struct store_account owner = {0};
    bool anywhere = !account.len && (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM);
    enum service_err failed = service_webhook_admit(c, write);
    if (failed == SERVICE_OK && !anywhere)
        failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    if (!id_parse(id, "whk", &number))
        return no_such(c);
    enum store_err err = store_webhook_get(c->db, c->arena, number, out);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    bool found = err == STORE_OK && out->state != STORE_WEBHOOK_DELETED && (anywhere || out->account_id == owner.id);
    return found ? SERVICE_OK : no_such(c);
}

enum service_err service_webhook_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                      struct store_webhook *out, size_t *count)
{
    struct store_account owner;
    enum service_err failed = service_webhook_admit(c, false);
    if (failed == SERVICE_OK)
        failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_webhook_list(c->db, c->arena, owner.id, after, limit, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* ---- what is given ---- */

static void check_url(struct service_call *c, struct cardea_str url)
{
    char why[NET_WHY_MAX];
    if (!webhooks_url_check(c->svc->webhooks, arena_cstr(c->arena, url), why))
        service_invalid(c, "/url", arena_printf(c->arena, "Nothing is sent there: %s.", why).ptr,
                        "Send the https:// URL of a public host.");
}

static void check_events(struct service_call *c, struct cardea_str *events)
{
    struct cardea_str rest, pattern;
    size_t count = 0;
    if (!events->len)
        *events = STR("*");
    rest = *events;
    while (str_cut(&rest, ' ', &pattern)) {
        if (++count > WEBHOOK_PATTERNS_MAX) {
            service_invalid(c, "/events", "There are more than 32 types.", "Send `*`, or a pattern such as `key.*`.");
            return;
        }
        if (event_pattern_known(pattern))
            continue;
        const char *near = event_pattern_nearest(pattern);
        service_invalid(c, arena_printf(c->arena, "/events/%zu", count - 1).ptr, "There is no such event.",
                        near ? arena_printf(c->arena, "Did you mean `%s`?", near).ptr
                             : "docs/reference/webhooks.md lists them; `key.*` and `*` stand for several.");
    }
}

static void check_description(struct service_call *c, struct cardea_str text)
{
    bool good = text.len <= DESCRIPTION_BYTES_MAX;
    for (size_t i = 0; good && i < text.len; i++)
        good = (unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
    if (!good)
        service_invalid(c, "/description", "It is too long, or holds control characters.",
                        "Send one line of up to 500 characters.");
}

static enum service_err check(struct service_call *c, struct webhook_input *in)
{
    if (in->has_url)
        check_url(c, in->url);
    if (in->has_events)
        check_events(c, &in->events);
    if (in->has_description)
        check_description(c, in->description);
    return c->problem_count ? SERVICE_INVALID : SERVICE_OK;
}

/* ---- secrets ---- */

/* What is sealed for one endpoint opens for no other. */
static struct cardea_str seal_name(struct arena *a, int64_t id)
{
    return arena_printf(a, "webhook secret of %lld", (long long)id);
}

static enum service_err make_secret(struct service_call *c, struct store_webhook *row, char text[WEBHOOK_SECRET_TEXT])
{
    struct service *svc = c->svc;
    uint8_t secret[WEBHOOK_SECRET_LEN];
    struct cardea_str plain = {(const char *)secret, sizeof(secret)};
    if (!svc->random(svc->random_arg, secret, sizeof(secret)) ||
        !seal(c->arena, svc->master_key, seal_name(c->arena, row->id), plain, svc->random, svc->random_arg,
              &row->sealed))
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                            "There is no randomness. Nothing was changed.");
    row->secret_made_at = c->now;
    webhook_secret_text(secret, sizeof(secret), text);
    cardea_wipe(secret, sizeof(secret));
    return SERVICE_OK;
}

static void forget_previous(struct store_webhook *row)
{
    row->previous = (struct cardea_str){0};
    row->previous_until = 0;
}

bool service_webhook_secrets(struct service *svc, struct arena *a, const struct store_webhook *row, int64_t now,
                             struct cardea_str out[2], size_t *count)
{
    struct cardea_str name = seal_name(a, row->id);
    *count = 0;
    if (!seal_open(a, svc->master_key, name, row->sealed, &out[0]))
        return false;
    *count = 1;
    if (now < row->previous_until && row->previous.len && seal_open(a, svc->master_key, name, row->previous, &out[1]))
        *count = 2;
    return true;
}

/* ---- changes ---- */

static void write_events(struct json_writer *w, struct cardea_str patterns)
{
    struct cardea_str pattern;
    jw_name(w, "events");
    jw_array_begin(w);
    while (str_cut(&patterns, ' ', &pattern))
        jw_str(w, pattern);
    jw_array_end(w);
}

enum { URL = 1u, EVENTS = 2u, DESCRIPTION = 4u, STATUS = 8u };

/* Of its URL only the host: the rest may be a secret. Of a description, which people fill as they like, nothing. */
static void write_members(struct json_writer *w, const struct store_webhook *row, unsigned which)
{
    if (which & URL)
        jw_member_str(w, "host", message_host(STORE_CHANNEL_PUSH, row->url));
    if (which & EVENTS)
        write_events(w, row->events);
    if (which & STATUS)
        jw_member_str(w, "status", str_of(service_webhook_status_name(row)));
}

static void write_change(struct json_writer *w, const struct store_webhook *before, const struct store_webhook *after)
{
    static const char *const names[] = {"url", "events", "description", "status"}; /* as the bits */
    unsigned changed = (str_eq(before->url, after->url) ? 0 : URL) |
                       (str_eq(before->events, after->events) ? 0 : EVENTS) |
                       (str_eq(before->description, after->description) ? 0 : DESCRIPTION) |
                       (before->state == after->state ? 0 : STATUS);
    jw_name(w, "changed");
    jw_array_begin(w);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (changed & 1u << i)
            jw_str(w, str_of(names[i]));
    jw_array_end(w);
    jw_name(w, "before");
    jw_object_begin(w);
    write_members(w, before, changed);
    jw_object_end(w);
    jw_name(w, "after");
    jw_object_begin(w);
    write_members(w, after, changed);
    jw_object_end(w);
}

/* `before` NULL: what there is to say is how it stands now. */
static enum service_err record(struct service_call *c, const char *action, const struct store_webhook *before,
                               const struct store_webhook *row)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 32 << 10);
    jw_init(&w, &b);
    jw_object_begin(&w);
    write_members(&w, row, URL | EVENTS | STATUS);
    jw_member_time(&w, "previous_secret_until", row->previous_until);
    if (before)
        write_change(&w, before, row);
    jw_object_end(&w);
    enum service_err err = service_record(c, action, "whk", row->id, row->account_id, buf_str(&b));
    buf_release(&b);
    return err;
}

/* From now on it is told of what happens. Where no endpoint was enabled nobody has followed the outbox: it is followed
 * from here. */
static enum service_err enable(struct service_call *c, struct store_webhook *row, int64_t since)
{
    bool any;
    enum store_err err = store_webhook_any(c->db, &any);
    if (err == STORE_OK && !any)
        err = webhooks_place_put(c->db, since);
    row->state = STORE_WEBHOOK_ENABLED;
    row->reason = (struct cardea_str){0};
    row->since = since;
    row->failing_since_ms = 0;
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

static enum service_err make_room(struct service_call *c, int64_t account_id)
{
    int64_t count;
    enum store_err err = store_webhook_count(c->db, account_id, &count);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (count < WEBHOOKS_PER_ACCOUNT)
        return SERVICE_OK;
    return service_fail(c, SERVICE_CONFLICT, "webhook_limit_reached",
                        "The account has %d webhooks, the most that it may: delete one that is not needed.",
                        WEBHOOKS_PER_ACCOUNT);
}

enum service_err service_webhook_create(struct service_call *c, struct cardea_str account,
                                        const struct webhook_input *in, struct store_webhook *out,
                                        char secret[WEBHOOK_SECRET_TEXT])
{
    struct store_account owner;
    struct webhook_input given = *in;
    given.has_url = given.has_events = true;
    enum service_err err = service_webhook_admit(c, true);
    if (err == SERVICE_OK)
        err = service_account_of_call(c, account, "/account", &owner);
    if (err == SERVICE_OK)
        err = check(c, &given);
    if (err == SERVICE_OK)
        err = make_room(c, owner.id);
    if (err != SERVICE_OK)
        return err;
    *out = (struct store_webhook){.id = service_new_id(c),
                                  .account_id = owner.id,
                                  .url = given.url,
                                  .events = given.events,
                                  .description = given.description,
                                  .state = STORE_WEBHOOK_DISABLED,
                                  .created_at = c->now,
                                  .updated_at = c->now};
    if (!given.has_enabled || given.enabled)
        err = enable(c, out, out->id);
    if (err == SERVICE_OK)
        err = make_secret(c, out, secret);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_webhook_insert(c->db, out);
    return stored == STORE_OK ? record(c, "webhook.created", NULL, out) : service_store_error(c, stored);
}

static enum service_err save(struct service_call *c, const struct store_webhook *before, struct store_webhook *row,
                             const char *action)
{
    row->updated_at = c->now;
    enum store_err stored = store_webhook_update(c->db, row);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    webhooks_changed(c->svc, row->id);
    return record(c, action, before, row);
}

enum service_err service_webhook_patch(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                       const struct webhook_input *in, struct store_webhook *out)
{
    struct webhook_input given = *in;
    enum service_err err = service_webhook_get(c, account, id, true, out);
    if (err == SERVICE_OK)
        err = check(c, &given);
    if (err != SERVICE_OK)
        return err;
    const struct store_webhook before = *out;
    if (given.has_url)
        out->url = given.url;
    if (given.has_events)
        out->events = given.events;
    if (given.has_description)
        out->description = given.description;
    if (given.has_enabled && given.enabled && out->state != STORE_WEBHOOK_ENABLED)
        err = enable(c, out, service_new_id(c));
    else if (given.has_enabled && !given.enabled)
        out->state = STORE_WEBHOOK_DISABLED;
    return err == SERVICE_OK ? save(c, &before, out, "webhook.updated") : err;
}

enum service_err service_webhook_delete(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        struct store_webhook *out)
{
    enum service_err err = service_webhook_get(c, account, id, true, out);
    if (err != SERVICE_OK)
        return err;
    struct store_webhook gone = {.id = out->id,
                                 .account_id = out->account_id,
                                 .state = STORE_WEBHOOK_DELETED,
                                 .created_at = out->created_at,
                                 .updated_at = c->now};
    enum store_err stored = store_webhook_update(c->db, &gone);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    webhooks_changed(c->svc, out->id);
    return record(c, "webhook.deleted", NULL, out);
}

enum service_err service_webhook_rotate(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        int64_t overlap_sec, struct store_webhook *out,
                                        char secret[WEBHOOK_SECRET_TEXT])
{
    enum service_err err = service_webhook_get(c, account, id, true, out);
    if (err != SERVICE_OK)
        return err;
    if (overlap_sec > 0 && c->now < out->previous_until)
        return service_fail(c, SERVICE_CONFLICT, "rotation_under_way",
                            "The secret was replaced, and the one before signs still: cut over first, or rotate "
                            "without an overlap.");
    if (overlap_sec > 0) {
        out->previous = out->sealed;
        out->previous_until = c->now + overlap_sec;
    } else {
        forget_previous(out);
    }
    err = make_secret(c, out, secret);
    return err == SERVICE_OK ? save(c, NULL, out, "webhook.secret_rotated") : err;
}

enum service_err service_webhook_cut_over(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                          struct store_webhook *out)
{
    enum service_err err = service_webhook_get(c, account, id, true, out);
    if (err != SERVICE_OK || !out->previous.len)
        return err;
    forget_previous(out);
    return save(c, NULL, out, "webhook.secret_cut_over");
}
