/* Who may send, receive and look. */
#include "base/id.h"
#include "base/str.h"
#include "service/agents.h"
#include "service/messages.h"

#define NATIVE_PROFILE "cardea"

static const char *const native_scopes[] = {[MESSAGE_MAY_SEND] = "messages:send",
                                            [MESSAGE_MAY_RECEIVE] = "messages:receive",
                                            [MESSAGE_MAY_READ] = "messages:read"};

static enum service_err lacks_scope(struct service_call *c, const char *name)
{
    return service_fail(c, SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", "Missing required scope: %s", name);
}

static enum service_err session_may(struct service_call *c, enum message_right right)
{
    if (c->actor.role >= (right == MESSAGE_MAY_READ ? CARDEA_ROLE_ADMIN : CARDEA_ROLE_MEMBER))
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                        right == MESSAGE_MAY_READ ? "All messages are seen by an owner or admin of the account."
                                                  : "A viewer neither sends nor receives as an agent.");
}

static enum service_err native_key_may(struct service_call *c, const struct profile *profile, enum message_right right)
{
    int scope = cardea_profile_scope(&profile->core, str_of(native_scopes[right]));
    if (scope >= 0 && cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return SERVICE_OK;
    return lacks_scope(c, native_scopes[right]);
}

static enum service_err product_key_may(struct service_call *c, const struct profile *profile, enum message_right right)
{
    const struct profile_messages *m = &profile->management.messages;
    int scope = right == MESSAGE_MAY_SEND      ? m->send_scope
                : right == MESSAGE_MAY_RECEIVE ? m->receive_scope
                                               : m->read_scope;
    if (!m->base || !m->by_key)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "%s keys neither send nor receive messages.",
                            profile->title ? profile->title : profile->core.name);
    if (scope >= 0 && !cardea_scopes_has(&c->actor.scopes, (unsigned)scope))
        return lacks_scope(c, profile->core.scopes[scope]);
    if (right == MESSAGE_MAY_READ && c->actor.agent_id)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden",
                            "A key that is bound to an agent sees that agent's alone.");
    return SERVICE_OK;
}

enum service_err service_message_admit(struct service_call *c, enum message_right right)
{
    int i = c->actor.profile;
    const struct profile *profile = i >= 0 && (size_t)i < c->profiles->count ? c->profiles->items[i] : NULL;
    if (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM)
        return SERVICE_OK;
    if (c->actor.kind == ACTOR_USER)
        return session_may(c, right);
    if (c->actor.kind == ACTOR_KEY && profile)
        return strcmp(profile->core.name, NATIVE_PROFILE) == 0 ? native_key_may(c, profile, right)
                                                               : product_key_may(c, profile, right);
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "This credential neither sends nor receives messages.");
}

static enum service_err wrong_agent(struct service_call *c)
{
    return service_fail(c, SERVICE_FORBIDDEN, "WRONG_AGENT", "The key belongs to another agent.");
}

enum service_err service_message_agent(struct service_call *c, enum message_right right, struct cardea_str account,
                                       struct cardea_str text, struct store_agent *out)
{
    enum service_err err = service_message_admit(c, right);
    if (err == SERVICE_OK)
        err = service_agent_find(c, account, text, out);
    if (c->actor.agent_id && (err == SERVICE_OK ? out->id != c->actor.agent_id : err == SERVICE_NOTFOUND))
        return wrong_agent(c);
    return err;
}
