#include "service/accounts.h"

#include "base/id.h"
#include "base/str.h"
#include "service/bootstrap.h"
#include "service/key_input.h"
#include "service/webhook_sender.h"
#include "store/webhooks.h"

const char *service_account_status_name(enum store_account_status status)
{
    switch (status) {
    case STORE_ACCOUNT_ACTIVE:
        return "active";
    case STORE_ACCOUNT_SUSPENDED:
        return "suspended";
    case STORE_ACCOUNT_DELETED:
        return "deleted";
    }
    return "deleted";
}

static bool is_root(const struct service_call *c)
{
    return c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM;
}

/* ---- which account ---- */

static enum service_err no_such_account(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such account.");
}

static enum service_err found(struct service_call *c, enum store_err err, const struct store_account *out)
{
    if (err == STORE_NOTFOUND || (err == STORE_OK && out->status == STORE_ACCOUNT_DELETED))
        return no_such_account(c);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_account_resolve(struct service_call *c, struct cardea_str text, struct store_account *out)
{
    int64_t id;
    struct cardea_str slug = text, profile;
    if (id_parse(text, "acc", &id))
        return found(c, store_account_get(c->db, c->arena, id, out), out);
    if (text.len == 0 || !str_cut(&slug, '/', &profile) || profile.len == 0)
        return no_such_account(c);
    if (slug.ptr)
        return found(c, store_account_find(c->db, c->arena, profile, slug, out), out);
    enum store_err err = store_account_find(c->db, c->arena, (struct cardea_str){NULL, 0}, text, out);
    if (err == STORE_CONFLICT)
        return service_invalid(c, "account", "Several accounts have this slug.",
                               "Write profile/slug, or the account's id.");
    return found(c, err, out);
}

static enum service_err own_account(struct service_call *c, struct store_account *out)
{
    return found(c, store_account_get(c->db, c->arena, c->actor.account_id, out), out);
}

bool service_account_is(const struct store_account *account, struct cardea_str text)
{
    int64_t id;
    struct cardea_str slug = text, profile;
    if (id_parse(text, "acc", &id))
        return id == account->id;
    if (!str_cut(&slug, '/', &profile))
        return false;
    return slug.ptr ? str_eq(profile, account->profile) && str_eq(slug, account->slug) : str_eq(text, account->slug);
}

enum service_err service_account_of_call(struct service_call *c, struct cardea_str text, const char *location,
                                         struct store_account *out)
{
    if (is_root(c) || c->actor.kind == ACTOR_SCANNER) {
        if (text.len == 0)
            return service_invalid(c, location, "It is not said which account is meant.",
                                   "Send the account's id, its slug, or profile/slug.");
        return service_account_resolve(c, text, out);
    }
    enum service_err err = own_account(c, out);
    if (err == SERVICE_OK && text.len && !service_account_is(out, text))
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This credential is bound to another account.");
    return err;
}

enum service_err service_account_filter(struct service_call *c, struct cardea_str text, int64_t *id)
{
    struct store_account account;
    *id = 0;
    if (!text.len && is_root(c))
        return SERVICE_OK;
    enum service_err err = service_account_of_call(c, text, "query/account", &account);
    if (err == SERVICE_OK)
        *id = account.id;
    return err;
}

enum service_err service_account_get(struct service_call *c, struct cardea_str text, struct store_account *out)
{
    if (is_root(c))
        return service_account_resolve(c, text, out);
    enum service_err err = own_account(c, out);
    return err == SERVICE_OK && !service_account_is(out, text) ? no_such_account(c) : err;
}

/* ---- create, list, change ---- */

static bool slug_valid(struct cardea_str s)
{
    if (s.len == 0 || s.len > CARDEA_SLUG_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '-'))
            return false;
    return true;
}

enum service_err service_check_slug(struct service_call *c, struct cardea_str slug)
{
    if (slug_valid(slug))
        return SERVICE_OK;
    return service_invalid(c, "/slug", "A slug has 1 to 40 of a-z, 0-9 and -, and no - at either end.",
                           "Send one such as acme-2.");
}

enum service_err service_check_name(struct service_call *c, struct cardea_str name)
{
    const char *problem = key_text_problem(name, ACCOUNT_NAME_MAX);
    return problem ? service_invalid(c, "/name", problem, "Send 1 to 100 characters: a name that people know.")
                   : SERVICE_OK;
}

static enum service_err root_only(struct service_call *c)
{
    if (is_root(c))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key may do this.");
}

static const char *loaded_profiles(struct service_call *c)
{
    struct cardea_str list = STR("Send one of");
    for (size_t i = 0; i < c->profiles->count; i++)
        list = arena_printf(c->arena, "%.*s%s %s", STR_ARG(list), i ? "," : "", c->profiles->items[i]->core.name);
    return arena_printf(c->arena, "%.*s.", STR_ARG(list)).ptr;
}

enum service_err service_account_create(struct service_call *c, struct cardea_str profile, struct cardea_str slug,
                                        struct cardea_str name, struct store_account *out)
{
    enum service_err err = root_only(c);
    if (err != SERVICE_OK)
        return err;
    if (!profile_set_find(c->profiles, profile))
        err = service_invalid(c, "/profile", "No such profile is loaded.", loaded_profiles(c));
    if (service_check_slug(c, slug) != SERVICE_OK)
        err = SERVICE_INVALID;
    if (service_check_name(c, name) != SERVICE_OK)
        err = SERVICE_INVALID;
    if (err != SERVICE_OK)
        return err;
    *out = (struct store_account){
        .id = service_new_id(c),
        .profile = profile,
        .slug = slug,
        .name = name,
        .status = STORE_ACCOUNT_ACTIVE,
        .created_at = c->now,
    };
    enum store_err stored = store_account_insert(c->db, out);
    if (stored == STORE_CONFLICT)
        return service_fail(c, SERVICE_CONFLICT, "slug_taken", "Another account of this profile has the slug \"%.*s\".",
                            STR_ARG(slug));
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    struct cardea_str detail = arena_printf(c->arena, "{\"profile\":\"%.*s\",\"slug\":\"%.*s\"}", STR_ARG(profile),
                                            STR_ARG(slug)); /* both of plain letters by now */
    return service_record(c, "account.created", "acc", out->id, out->id, detail);
}

enum service_err service_account_list(struct service_call *c, struct cardea_str profile, int64_t after, size_t limit,
                                      struct store_account *out, size_t *count)
{
    *count = 0;
    if (is_root(c)) {
        enum store_err err = store_account_list(c->db, c->arena, profile, 0, after, limit, out, count);
        return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
    }
    if (limit == 0 || after >= c->actor.account_id)
        return SERVICE_OK;
    enum service_err err = own_account(c, out);
    if (err == SERVICE_OK && (profile.len == 0 || str_eq(profile, out->profile)))
        *count = 1;
    return err;
}

/* What this caller may change of an account that it may see. */
static enum service_err may_patch(struct service_call *c, const struct account_patch *patch)
{
    if (is_root(c))
        return SERVICE_OK;
    if (c->actor.kind == ACTOR_USER && c->actor.role == CARDEA_ROLE_OWNER && !patch->has_status)
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "%s",
                        patch->has_status ? "Only the root key may suspend or resume an account."
                                          : "Only an owner or the root key may rename an account.");
}

static bool is_system(const struct store_account *account)
{
    return str_eq(account->profile, STR(BOOTSTRAP_ACCOUNT_PROFILE)) &&
           str_eq(account->slug, STR(BOOTSTRAP_ACCOUNT_SLUG));
}

/* Stopping the system account would stop the root key, and with it whoever could undo that. */
static enum service_err not_the_system(struct service_call *c, const struct store_account *account)
{
    if (!is_system(account))
        return SERVICE_OK;
    return service_fail(c, SERVICE_CONFLICT, "conflict", "The system account holds the root key: it stays as it is.");
}

static enum service_err save(struct service_call *c, const struct store_account *row, const char *action,
                             struct cardea_str detail)
{
    enum store_err err = store_account_update(c->db, row);
    if (err != STORE_OK)
        return service_store_error(c, err);
    return service_record(c, action, "acc", row->id, row->id, detail);
}

/* Of a name, which people fill as they like, only that it changed. */
static struct cardea_str change_detail(struct service_call *c, const struct store_account *before,
                                       const struct store_account *after)
{
    bool renamed = !str_eq(before->name, after->name);
    if (before->status == after->status)
        return STR("{\"changed\":[\"name\"],\"before\":{},\"after\":{}}");
    return arena_printf(c->arena,
                        "{\"changed\":[%s\"status\"],\"before\":{\"status\":\"%s\"},\"after\":{\"status\":\"%s\"}}",
                        renamed ? "\"name\"," : "", service_account_status_name(before->status),
                        service_account_status_name(after->status));
}

enum service_err service_account_patch(struct service_call *c, struct cardea_str text,
                                       const struct account_patch *patch, struct store_account *out)
{
    enum service_err err = service_account_get(c, text, out);
    if (err == SERVICE_OK)
        err = may_patch(c, patch);
    if (err == SERVICE_OK && patch->has_name)
        err = service_check_name(c, patch->name);
    if (err == SERVICE_OK && patch->has_status)
        err = not_the_system(c, out);
    if (err != SERVICE_OK)
        return err;
    struct store_account before = *out;
    if (patch->has_name)
        out->name = patch->name;
    if (patch->has_status)
        out->status = patch->status;
    bool renamed = !str_eq(before.name, out->name), switched = before.status != out->status;
    if (!renamed && !switched)
        return SERVICE_OK;
    const char *action = !switched                                ? "account.updated"
                         : out->status == STORE_ACCOUNT_SUSPENDED ? "account.suspended"
                                                                  : "account.resumed";
    return save(c, out, action, change_detail(c, &before, out));
}

enum service_err service_account_delete(struct service_call *c, struct cardea_str text, struct store_account *out)
{
    enum service_err err = root_only(c);
    if (err == SERVICE_OK)
        err = service_account_get(c, text, out);
    if (err == SERVICE_OK)
        err = not_the_system(c, out);
    if (err != SERVICE_OK)
        return err;
    struct store_account before = *out;
    out->status = STORE_ACCOUNT_DELETED;
    enum store_err erased = store_policy_erase_account(c->db, out->id);
    if (erased == STORE_OK)
        erased = store_webhook_erase_account(c->db, out->id);
    if (erased != STORE_OK)
        return service_store_error(c, erased);
    webhooks_all_changed(c->svc);
    return save(c, out, "account.deleted", change_detail(c, &before, out));
}
