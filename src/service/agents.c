#include "service/agents.h"

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/keys_internal.h"
#include "service/things.h"

const char *service_agent_status_name(const struct store_agent *row)
{
    return row->deleted ? "deleted" : row->disabled ? "disabled" : "active";
}

enum service_err service_agent_admit(struct service_call *c, bool write)
{
    return service_things_admit(c, &things_agents, write);
}

/* ---- which agent ---- */

static enum service_err no_such_agent(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such agent.");
}

/* By id from the account that it is in: the caller's own or, for root, any that is not deleted. */
static enum service_err find_by_id(struct service_call *c, struct cardea_str account, int64_t id,
                                   struct store_agent *out)
{
    bool anywhere = c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM;
    struct store_account owner;
    enum service_err failed = SERVICE_OK;
    if (account.len || !anywhere)
        failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_agent_get(c->db, c->arena, id, out);
    if (err == STORE_OK && (account.len || !anywhere))
        return out->account_id == owner.id ? SERVICE_OK : no_such_agent(c);
    if (err == STORE_OK)
        err = store_account_get(c->db, c->arena, out->account_id, &owner);
    if (err == STORE_NOTFOUND || (err == STORE_OK && owner.status == STORE_ACCOUNT_DELETED))
        return no_such_agent(c);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_agent_find(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                    struct store_agent *out)
{
    int64_t id;
    struct store_account owner;
    if (id_parse(text, "agt", &id))
        return find_by_id(c, account, id, out);
    enum service_err failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_agent_find(c->db, c->arena, owner.id, text, out);
    if (err == STORE_NOTFOUND)
        return no_such_agent(c);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_agent_get(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                   struct store_agent *out)
{
    enum service_err err = service_agent_admit(c, false);
    return err == SERVICE_OK ? service_agent_find(c, account, text, out) : err;
}

enum service_err service_agent_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                    struct store_agent *out, size_t *count)
{
    struct store_account owner;
    enum service_err failed = service_agent_admit(c, false);
    if (failed == SERVICE_OK)
        failed = service_account_of_call(c, account, "query/account", &owner);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_agent_list(c->db, c->arena, owner.id, after, limit, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* ---- changes ---- */

/* A slug can be written as it is: it has no letter that JSON escapes. */
static enum service_err record(struct service_call *c, const struct store_agent *row, const char *action,
                               struct cardea_str more)
{
    return service_record(c, action, "agt", row->id, row->account_id,
                          arena_printf(c->arena, "{\"slug\":\"%.*s\"%.*s}", STR_ARG(row->slug), STR_ARG(more)));
}

enum service_err service_agent_create(struct service_call *c, struct cardea_str account, struct cardea_str slug,
                                      struct cardea_str name, struct store_agent *out)
{
    struct store_account owner;
    enum service_err err = service_agent_admit(c, true);
    if (err == SERVICE_OK)
        err = service_account_of_call(c, account, "/account", &owner);
    if (err != SERVICE_OK)
        return err;
    err = service_check_slug(c, slug);
    if (service_check_name(c, name) != SERVICE_OK || err != SERVICE_OK)
        return SERVICE_INVALID;
    *out = (struct store_agent){
        .id = service_new_id(c), .account_id = owner.id, .slug = slug, .name = name, .created_at = c->now};
    enum store_err stored = store_agent_insert(c->db, out);
    if (stored == STORE_CONFLICT)
        return service_fail(c, SERVICE_CONFLICT, "slug_taken",
                            "Another agent of this account has, or had, the slug \"%.*s\".", STR_ARG(slug));
    return stored == STORE_OK ? record(c, out, "agent.created", STR("")) : service_store_error(c, stored);
}

/* Of the name only that it changed. */
static struct cardea_str change_detail(struct service_call *c, bool renamed, const struct store_agent *before,
                                       const struct store_agent *after)
{
    if (before->disabled == after->disabled)
        return STR(",\"changed\":[\"name\"],\"before\":{},\"after\":{}");
    return arena_printf(c->arena, ",\"changed\":[%s\"enabled\"],\"before\":{\"enabled\":%s},\"after\":{\"enabled\":%s}",
                        renamed ? "\"name\"," : "", before->disabled ? "false" : "true",
                        after->disabled ? "false" : "true");
}

enum service_err service_agent_patch(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                     const struct agent_patch *patch, struct store_agent *out)
{
    enum service_err err = service_agent_admit(c, true);
    if (err == SERVICE_OK)
        err = service_agent_find(c, account, text, out);
    if (err == SERVICE_OK && patch->has_name)
        err = service_check_name(c, patch->name);
    if (err == SERVICE_OK && out->deleted)
        err = service_fail(c, SERVICE_CONFLICT, "conflict", "The agent is deleted: make another one.");
    if (err != SERVICE_OK)
        return err;
    struct store_agent before = *out;
    if (patch->has_name)
        out->name = patch->name;
    if (patch->has_enabled)
        out->disabled = !patch->enabled;
    bool renamed = !str_eq(before.name, out->name);
    if (!renamed && before.disabled == out->disabled)
        return SERVICE_OK;
    enum store_err stored = store_agent_update(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return record(c, out, "agent.updated", change_detail(c, renamed, &before, out));
}

#define REVOKE_SLICE 64

/* In slices, each with memory of its own: an agent may have had any number of keys. */
static enum service_err revoke_keys(struct service_call *c, const struct store_agent *agent)
{
    struct arena arena = {0};
    struct service_call slice = *c;
    size_t count = 0;
    enum store_err err;
    bool recorded = true;
    slice.arena = &arena;
    do {
        struct store_key *rows = arena_array(&arena, REVOKE_SLICE, sizeof(*rows));
        err = store_key_of_agent(c->db, &arena, agent->id, REVOKE_SLICE, rows, &count);
        for (size_t i = 0; i < count && err == STORE_OK && recorded; i++)
            recorded = key_revoke_row(&slice, &rows[i], STR("agent deleted")) == SERVICE_OK;
        arena_clear(&arena);
    } while (err == STORE_OK && recorded && count == REVOKE_SLICE);
    arena_release(&arena);
    return service_store_error(c, err == STORE_OK && !recorded ? STORE_UNAVAILABLE : err);
}

enum service_err service_agent_delete(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                      struct store_agent *out)
{
    enum service_err err = service_agent_admit(c, true);
    if (err == SERVICE_OK)
        err = service_agent_find(c, account, text, out);
    if (err != SERVICE_OK || out->deleted)
        return err;
    out->disabled = out->deleted = true;
    enum store_err stored = store_agent_update(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    err = record(c, out, "agent.deleted", STR(""));
    return err == SERVICE_OK ? revoke_keys(c, out) : err;
}
