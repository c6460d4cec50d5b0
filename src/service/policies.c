#include "service/policies.h"

#include "base/id.h"
#include "base/json_write.h"
#include "base/str.h"
#include "policy/policy.h"
#include "service/accounts.h"
#include "service/things.h"

enum service_err service_policy_admit(struct service_call *c, bool write)
{
    return service_things_admit(c, &things_policies, write);
}

/* ---- which policy ---- */

static enum service_err found(struct service_call *c, enum store_err err)
{
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such policy.");
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* By id from the account that it is in: the caller's own or, for root, any that is not deleted. */
static enum service_err find_by_id(struct service_call *c, struct cardea_str account, int64_t id,
                                   struct store_policy *out)
{
    bool anywhere = !account.len && (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM);
    struct store_account owner;
    enum service_err failed = anywhere ? SERVICE_OK : service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_policy_get(c->db, c->arena, id, out);
    if (err == STORE_OK && !anywhere && out->account_id != owner.id)
        err = STORE_NOTFOUND;
    return found(c, err); /* a deleted account's are erased */
}

enum service_err service_policy_get(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                    bool write, struct store_policy *out)
{
    int64_t id;
    struct store_account owner;
    enum service_err failed = service_policy_admit(c, write);
    if (failed != SERVICE_OK)
        return failed;
    if (str_eq(text, STR(POLICY_BUILTIN_NAME)) && write)
        return service_fail(c, SERVICE_CONFLICT, "conflict",
                            "The built-in policy stays what it is: make a policy of the account's own.");
    if (id_parse(text, "pol", &id))
        return find_by_id(c, account, id, out);
    failed = service_account_of_call(c, account, "query/account", &owner);
    return failed == SERVICE_OK ? found(c, store_policy_find(c->db, c->arena, owner.id, text, out)) : failed;
}

enum service_err service_policy_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                     struct store_policy *out, size_t *count)
{
    struct store_account owner;
    enum service_err failed = service_policy_admit(c, false);
    if (failed == SERVICE_OK)
        failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_policy_list(c->db, c->arena, owner.id, after, limit, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* ---- documents ---- */

static enum service_err refuse(struct service_call *c, enum cardea_err err, const struct policy_mistakes *mistakes)
{
    if (err != CARDEA_E_FORMAT)
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "There is no memory to compile this policy.");
    for (size_t i = 0; i < mistakes->count; i++)
        service_invalid(c, mistakes->items[i].location, mistakes->items[i].message, mistakes->items[i].fix);
    return service_fail(c, SERVICE_INVALID, "policy_invalid", "The policy has mistakes.");
}

enum service_err service_policy_check(struct service_call *c, const json_t *document, const char *at,
                                      struct cardea_str *out)
{
    struct policy *policy;
    struct policy_mistakes mistakes = {0};
    size_t len = json_dumpb(document, NULL, 0, JSON_COMPACT);
    if (len > POLICY_DOCUMENT_MAX) {
        service_invalid(c, at, "The policy is longer than 256 KiB.", "Leave out rules, or split long lists.");
        return SERVICE_INVALID;
    }
    enum cardea_err err = policy_open(&policy, c->arena, document, at, &mistakes);
    if (err != CARDEA_OK)
        return refuse(c, err, &mistakes);
    policy_free(policy);
    char *text = arena_alloc(c->arena, len + 1);
    *out = (struct cardea_str){text, json_dumpb(document, text, len, JSON_COMPACT)};
    return SERVICE_OK;
}

enum service_err service_policy_check_text(struct service_call *c, struct cardea_str document)
{
    struct policy *policy;
    struct policy_mistakes mistakes = {0};
    enum cardea_err err = policy_open_text(&policy, c->arena, document, "", &mistakes);
    if (err != CARDEA_OK)
        return refuse(c, err, &mistakes);
    policy_free(policy);
    return SERVICE_OK;
}

/* ---- changes ---- */

/* A name can be written as it is: it has no letter that JSON escapes. */
enum service_err policy_record(struct service_call *c, const struct store_policy *row, const char *action,
                               struct cardea_str more)
{
    return service_record(c, action, "pol", row->id, row->account_id,
                          arena_printf(c->arena, "{\"name\":\"%.*s\"%.*s}", STR_ARG(row->name), STR_ARG(more)));
}

enum service_err policy_changed(struct service_call *c, const struct store_policy *row)
{
    return service_fail(c, SERVICE_CONFLICT, "policy_changed",
                        "The draft was changed meanwhile: it has revision %lld now. Look at it, then try again.",
                        (long long)row->revision);
}

static enum service_err name_taken(struct service_call *c, struct cardea_str name)
{
    return service_fail(c, SERVICE_CONFLICT, "name_taken", "Another policy of this account has the name \"%.*s\".",
                        STR_ARG(name));
}

static bool name_char(char ch, bool first)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || (!first && (ch == '-' || ch == '_' || ch == '.'));
}

static enum service_err check_name(struct service_call *c, struct cardea_str name)
{
    int64_t id;
    bool good = name.len > 0 && name.len <= POLICY_NAME_MAX;
    for (size_t i = 0; good && i < name.len; i++)
        good = name_char(name.ptr[i], i == 0);
    if (!good)
        return service_invalid(c, "/name", "It is no name of a policy.",
                               "Send up to 64 lower-case letters, digits, `-`, `_` and `.`, a letter or digit first.");
    if (str_eq(name, STR(POLICY_BUILTIN_NAME)) || id_parse(name, "pol", &id))
        return service_invalid(c, "/name", "The name means something else already.", "Send another one.");
    return SERVICE_OK;
}

enum service_err service_policy_create(struct service_call *c, struct cardea_str account, struct cardea_str name,
                                       struct cardea_str document, struct store_policy *out)
{
    struct store_account owner;
    struct store_policy *rows = arena_array(c->arena, POLICY_PER_ACCOUNT, sizeof(*rows));
    size_t count = 0;
    enum service_err err = service_policy_admit(c, true);
    if (err == SERVICE_OK)
        err = service_account_of_call(c, account, "/account", &owner);
    if (err == SERVICE_OK)
        err = check_name(c, name);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_policy_list(c->db, c->arena, owner.id, 0, POLICY_PER_ACCOUNT, rows, &count);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    if (count == POLICY_PER_ACCOUNT)
        return service_fail(c, SERVICE_CONFLICT, "policy_limit_reached",
                            "The account has %d policies, the most that it may: delete one that is not needed.",
                            POLICY_PER_ACCOUNT);
    *out = (struct store_policy){.id = service_new_id(c),
                                 .account_id = owner.id,
                                 .name = name,
                                 .is_default = count == 0,
                                 .revision = 1,
                                 .created_at = c->now,
                                 .updated_at = c->now,
                                 .draft = document};
    stored = store_policy_insert(c->db, out);
    if (stored == STORE_CONFLICT)
        return name_taken(c, name);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return policy_record(c, out, "policy.created",
                         arena_printf(c->arena, ",\"default\":%s", out->is_default ? "true" : "false"));
}

/* The one before steps down first: the account has one at any time. */
static enum service_err make_default(struct service_call *c, struct store_policy *row)
{
    struct store_policy before;
    if (!row->version)
        return service_fail(c, SERVICE_CONFLICT, "policy_unpublished",
                            "The policy has no published version, so it cannot be the default: publish it first.");
    enum store_err err = store_policy_default(c->db, c->arena, row->account_id, &before);
    if (err == STORE_OK) {
        before.is_default = false;
        before.updated_at = c->now;
        err = store_policy_update(c->db, &before);
    }
    row->is_default = true;
    return err == STORE_OK || err == STORE_NOTFOUND ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_policy_patch(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                      const struct policy_patch *patch, struct store_policy *out)
{
    enum service_err err = service_policy_get(c, account, text, true, out);
    if (err == SERVICE_OK && patch->has_name)
        err = check_name(c, patch->name);
    if (err != SERVICE_OK)
        return err;
    bool renamed = patch->has_name && !str_eq(patch->name, out->name);
    bool switched = patch->make_default && !out->is_default;
    if (!renamed && !switched)
        return SERVICE_OK;
    struct store_policy before = *out;
    if (renamed)
        out->name = patch->name;
    if (switched && make_default(c, out) != SERVICE_OK)
        return c->err;
    out->updated_at = c->now;
    enum store_err stored = store_policy_update(c->db, out);
    if (stored == STORE_CONFLICT)
        return name_taken(c, out->name);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return policy_record(c, out, "policy.updated",
                         arena_printf(c->arena,
                                      ",\"before\":{\"name\":\"%.*s\",\"default\":%s},"
                                      "\"after\":{\"name\":\"%.*s\",\"default\":%s}",
                                      STR_ARG(before.name), before.is_default ? "true" : "false", STR_ARG(out->name),
                                      out->is_default ? "true" : "false"));
}

enum service_err service_policy_delete(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                       struct store_policy *out)
{
    struct store_policy two[2];
    size_t count = 0;
    enum service_err err = service_policy_get(c, account, text, true, out);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_policy_list(c->db, c->arena, out->account_id, 0, 2, two, &count);
    if (stored == STORE_OK && out->is_default && count > 1)
        return service_fail(c, SERVICE_CONFLICT, "policy_is_default",
                            "The policy is the account's default: make another one the default, then delete it.");
    if (stored == STORE_OK)
        stored = store_policy_delete(c->db, out->id);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return policy_record(c, out, "policy.deleted",
                         arena_printf(c->arena, ",\"version\":%lld", (long long)out->version));
}

enum service_err service_policy_save(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                     struct cardea_str document, int64_t revision, struct store_policy *out)
{
    struct cardea_str before;
    enum service_err err = service_policy_get(c, account, text, true, out);
    if (err != SERVICE_OK)
        return err;
    if (revision && revision != out->revision)
        return policy_changed(c, out);
    enum store_err stored = store_policy_draft(c->db, c->arena, out->id, &before);
    if (stored == STORE_OK && str_eq(before, document))
        return SERVICE_OK;
    out->draft = document;
    out->revision++;
    out->updated_at = c->now;
    if (stored == STORE_OK)
        stored = store_policy_update(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return policy_record(
        c, out, "policy.draft_saved",
        arena_printf(c->arena, ",\"revision\":%lld,\"before\":{\"revision\":%lld},\"after\":{\"revision\":%lld}",
                     (long long)out->revision, (long long)out->revision - 1, (long long)out->revision));
}
