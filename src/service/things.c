#include "service/things.h"

#include "base/str.h"
#include "service/keys_internal.h"

#define NATIVE_PROFILE "cardea"
#define PLACE(member)  offsetof(struct profile_management, member)

const struct things things_agents = {"agents", CARDEA_ROLE_VIEWER, PLACE(agents)};
const struct things things_policies = {"policies", CARDEA_ROLE_VIEWER, PLACE(policies)};
/* Their URLs may hold secrets, and what was sent tells of all that happened in the account. */
const struct things things_webhooks = {"webhooks", CARDEA_ROLE_ADMIN, PLACE(webhooks)};

const struct things things_billing = {"billing", CARDEA_ROLE_ADMIN, PLACE(billing)};

static enum service_err session_may(struct service_call *c, const struct things *t, bool write)
{
    if (c->actor.role >= (write ? CARDEA_ROLE_ADMIN : t->read_role))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only an owner or admin of the account may %s %s.",
                        write ? "change" : "see", t->name);
}

static enum service_err missing(struct service_call *c, const char *scope)
{
    return service_fail(c, SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", "Missing required scope: %s", scope);
}

static enum service_err native_key_may(struct service_call *c, const struct things *t, const struct profile *profile,
                                       bool write)
{
    const char *name = arena_printf(c->arena, "%s:%s", t->name, write ? "write" : "read").ptr;
    int scope = cardea_profile_scope(&profile->core, str_of(name));
    if (scope >= 0 && cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return service_key_manages(c);
    return missing(c, name);
}

static enum service_err product_key_may(struct service_call *c, const struct things *t, const struct profile *profile,
                                        bool write)
{
    const struct profile_things *m = (const void *)((const char *)&profile->management + t->place);
    int scope = write ? m->write_scope : m->read_scope;
    if (!m->base || !m->by_key)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "%s keys do not manage %s, whatever their scopes.",
                            profile->title ? profile->title : profile->core.name, t->name);
    if (scope >= 0 && !cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return missing(c, profile->core.scopes[scope]);
    return service_key_manages(c);
}

enum service_err service_things_admit(struct service_call *c, const struct things *t, bool write)
{
    int i = c->actor.profile;
    const struct profile *profile = i >= 0 && (size_t)i < c->profiles->count ? c->profiles->items[i] : NULL;
    if (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM)
        return SERVICE_OK;
    if (c->actor.kind == ACTOR_USER)
        return session_may(c, t, write);
    if (c->actor.kind == ACTOR_KEY && profile)
        return strcmp(profile->core.name, NATIVE_PROFILE) == 0 ? native_key_may(c, t, profile, write)
                                                               : product_key_may(c, t, profile, write);
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This credential does not manage %s.", t->name);
}
