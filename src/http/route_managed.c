#include "http/route_managed.h"

#include "base/str.h"
#include "http/app.h"
#include "http/route_agents.h"
#include "http/route_audit.h"
#include "http/route_billing.h"
#include "http/route_keys.h"
#include "http/route_messages.h"
#include "http/route_policies.h"
#include "http/route_webhooks.h"
#include "http/routes.h"
#include "service/agents.h"
#include "service/billing.h"
#include "service/keys.h"
#include "service/messages.h"
#include "service/policies.h"
#include "service/webhooks.h"

#define CALLERS (ACCESS_USER | ACCESS_KEY)

/* Which of the two is accepted is the profile's to say: route_keys_admit() tells the other one why it is not. */
static const struct http_route of_list[] = {
    {.method = CARDEA_GET, .lane = LANE_LOOP, .access = CALLERS, .handle = keys_list, .operation = "managed_list"},
    {.method = CARDEA_POST,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .takes_json = true,
     .creates = true,
     .checks_first = true,
     .handle = keys_create,
     .operation = "managed_create"},
};

static const struct http_route of_key[] = {
    {.method = CARDEA_GET, .lane = LANE_LOOP, .access = CALLERS, .handle = keys_get, .operation = "managed_get"},
    {.method = CARDEA_PATCH,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .takes_json = true,
     .handle = keys_update,
     .operation = "managed_update"},
    {.method = CARDEA_DELETE,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .takes_json = true,
     .handle = keys_revoke,
     .operation = "managed_revoke"},
};

/* Their scopes only tell them from the keys' routes: a profile's own ones are asked for. */
static const struct http_route of_agents[] = {
    {.method = CARDEA_GET,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "agents:read",
     .handle = agents_list,
     .operation = "managed_agents_list"},
    {.method = CARDEA_POST,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "agents:write",
     .takes_json = true,
     .creates = true,
     .handle = agents_create,
     .operation = "managed_agents_create"},
};

static const struct http_route of_agent[] = {
    {.method = CARDEA_GET,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "agents:read",
     .handle = agents_get,
     .operation = "managed_agents_get"},
    {.method = CARDEA_PATCH,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "agents:write",
     .takes_json = true,
     .handle = agents_update,
     .operation = "managed_agents_update"},
    {.method = CARDEA_DELETE,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "agents:write",
     .handle = agents_delete,
     .operation = "managed_agents_delete"},
};

static const struct http_route of_inbox[] = {
    {.method = CARDEA_GET,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_receive,
     .operation = "managed_messages_receive"},
    {.method = CARDEA_POST,
     .lane = LANE_SCAN,
     .access = CALLERS,
     .scope = "messages:send",
     .as_agent = true,
     .takes_json = true,
     .parses_late = true,
     .body_max = MESSAGES_BODY_MAX,
     .handle = messages_send,
     .operation = "managed_messages_send"},
};

static const struct http_route of_message[] = {
    {.method = CARDEA_GET,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_get,
     .operation = "managed_messages_get"},
};

static const struct http_route of_up_to[] = {
    {.method = CARDEA_POST,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .takes_json = true,
     .handle = messages_acknowledge_up_to,
     .operation = "managed_messages_ack_up_to"},
};

static const struct http_route of_acknowledgement[] = {
    {.method = CARDEA_POST,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "messages:receive",
     .as_agent = true,
     .handle = messages_acknowledge,
     .operation = "managed_messages_ack"},
};

static const struct http_route of_push_secret[] = {
    {.method = CARDEA_POST,
     .lane = LANE_WRITER,
     .access = CALLERS,
     .scope = "agents:write",
     .handle = messages_push_secret,
     .operation = "managed_messages_push_secret"},
};

static const struct http_route of_messages[] = {
    {.method = CARDEA_GET,
     .lane = LANE_LOOP,
     .access = CALLERS,
     .scope = "messages:read",
     .handle = messages_list,
     .operation = "managed_messages_list"},
};

/* Where a profile allows all three, nobody is told of methods that do not exist. */
static bool allows(const struct profile_management *m, const struct http_route *route)
{
    if (route->handle == keys_create)
        return m->can_create;
    if (route->handle == keys_get)
        return m->can_show;
    if (route->handle == keys_update)
        return m->can_update;
    if (route->handle == keys_revoke)
        return m->can_revoke;
    return true;
}

/* One segment of a path; false where none is left. Empty and encoded ones match nothing: ids, prefixes and slugs need
 * no encoding. */
static bool cut_segment(struct cardea_str *rest, struct cardea_str *segment)
{
    if (rest->len < 2 || rest->ptr[0] != '/')
        return false;
    struct cardea_str tail = {rest->ptr + 1, rest->len - 1};
    const char *slash = memchr(tail.ptr, '/', tail.len);
    *segment = (struct cardea_str){tail.ptr, slash ? (size_t)(slash - tail.ptr) : tail.len};
    *rest = (struct cardea_str){tail.ptr + segment->len, tail.len - segment->len};
    return segment->len > 0 && !memchr(segment->ptr, '%', segment->len);
}

/* Whether `path` begins with `base`, whose `{tenant}` goes to its capture; *rest is what follows. */
static bool match_base(struct call *c, const char *base, struct cardea_str *rest)
{
    struct cardea_str wanted = str_of(base), piece, segment;
    *rest = c->path;
    c->captures[CALL_TENANT] = (struct cardea_str){0};
    while (cut_segment(&wanted, &piece)) {
        if (!cut_segment(rest, &segment))
            return false;
        if (str_eq(piece, STR("{tenant}")))
            c->captures[CALL_TENANT] = segment;
        else if (!str_eq(piece, segment))
            return false;
    }
    return true;
}

/* The route of this method among those that the profile allows, else the 405 is rendered. */
static const struct http_route *of_method(struct call *c, const struct http_route *routes, size_t count)
{
    uint32_t allowed = 0;
    for (size_t i = 0; i < count; i++) {
        if (!allows(&c->profile->management, &routes[i]))
            continue;
        if (routes[i].method & c->method)
            return &routes[i];
        allowed |= routes[i].method;
    }
    if (!allowed) {
        call_problem(c, 404, "not_found", "Nothing answers at this path.");
        return NULL;
    }
    router_refuse_method(c, allowed);
    return NULL;
}

#define ROUTES(table) table, sizeof(table) / sizeof((table)[0])

/* Whether the path is `base` or one step below it; then *rest is that step, or empty. */
static bool match_below(struct call *c, const char *base, struct cardea_str *step)
{
    struct cardea_str rest;
    *step = (struct cardea_str){0};
    if (!base || !match_base(c, base, &rest))
        return false;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    return rest.len == 0 || (cut_segment(&rest, step) && rest.len == 0);
}

/* Beneath an agent's path: `messages`, `messages/ID`, `messages/ID/ack`, `messages/ack`, `push-secret`. */
static bool match_beneath_agent(struct call *c, const struct http_route **route)
{
    struct cardea_str rest, pieces[4] = {{0}};
    const char *base = c->profile->management.agents.base;
    size_t count = 0;
    if (!c->profile->management.messages.base || !base || !match_base(c, base, &rest))
        return false;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    for (; rest.len; count++)
        if (count == 4 || !cut_segment(&rest, &pieces[count]))
            return false;
    bool ack = count == 4 && str_eq(pieces[3], STR("ack")), messages = str_eq(pieces[1], STR("messages"));
    bool secret = count == 2 && str_eq(pieces[1], STR("push-secret"));
    if (!secret && (!messages || (count == 4 && !ack)))
        return false;
    c->captures[0] = pieces[0];
    c->captures[1] = pieces[2];
    *route = secret                          ? of_method(c, ROUTES(of_push_secret))
             : ack                           ? of_method(c, ROUTES(of_acknowledgement))
             : count == 2                    ? of_method(c, ROUTES(of_inbox))
             : str_eq(pieces[2], STR("ack")) ? of_method(c, ROUTES(of_up_to))
                                             : of_method(c, ROUTES(of_message));
    return true;
}

/* Whether `path` is of this pattern: literals, and captures that go to c->captures in their order. */
static bool match_pattern(struct call *c, struct cardea_str pattern, struct cardea_str path)
{
    struct cardea_str piece, segment;
    unsigned captures = 0;
    while (cut_segment(&pattern, &piece)) {
        if (!cut_segment(&path, &segment))
            return false;
        if (piece.ptr[0] == '{')
            c->captures[captures++] = segment;
        else if (!str_eq(piece, segment))
            return false;
    }
    return path.len == 0;
}

/* Policies and webhooks have many paths beneath theirs: the native ones, which are beneath `native`, in another place.
 * True when it is one of them, with *route NULL when the method is not. */
static bool match_native(struct call *c, const char *base, const struct http_routes *routes, const char *native,
                         const struct http_route **route)
{
    struct cardea_str rest;
    uint32_t allowed = 0;
    if (!base || !match_base(c, base, &rest))
        return false;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    for (size_t i = 0; i < routes->count; i++) {
        const struct http_route *r = &routes->items[i];
        if (!match_pattern(c, str_of(r->pattern + strlen(native)), rest))
            continue;
        allowed |= r->method;
        if (r->method & c->method) {
            *route = r;
            return true;
        }
    }
    if (allowed)
        router_refuse_method(c, allowed);
    return allowed != 0;
}

bool route_managed_match(struct call *c, const struct http_route **route)
{
    const struct profile_management *m = c->profile ? &c->profile->management : NULL;
    struct cardea_str step;
    *route = NULL;
    if (m && match_below(c, m->base, &step))
        *route = step.len ? of_method(c, ROUTES(of_key)) : of_method(c, ROUTES(of_list));
    else if (m && match_below(c, m->agents.base, &step))
        *route = step.len ? of_method(c, ROUTES(of_agent)) : of_method(c, ROUTES(of_agents));
    else if (m && match_below(c, m->messages.base, &step) && !step.len)
        *route = of_method(c, ROUTES(of_messages));
    else if (m && match_beneath_agent(c, route))
        return true;
    else
        return m && (match_native(c, m->policies.base, &routes_policies, POLICIES_BASE, route) ||
                     match_native(c, m->webhooks.base, &routes_webhooks, WEBHOOKS_BASE, route) ||
                     match_native(c, m->logs.base, &routes_audit, AUDIT_BASE, route) ||
                     match_native(c, m->billing.base, &routes_billing, BILLING_BASE, route));
    if (step.len)
        c->captures[0] = step;
    return true;
}

/* ---- who may ask ---- */

static enum key_right right_of(const struct http_route *route)
{
    if (route->method == CARDEA_GET)
        return KEY_MAY_READ;
    if (route->method == CARDEA_PATCH)
        return KEY_MAY_UPDATE;
    if (route->method == CARDEA_DELETE)
        return KEY_MAY_REVOKE;
    const char *last = route->pattern ? strrchr(route->pattern, '/') : NULL;
    if (last && strcmp(last, "/rotate") == 0)
        return KEY_MAY_ROTATE;
    return last && strcmp(last, "/import") == 0 ? KEY_MAY_IMPORT : KEY_MAY_CREATE;
}

static bool forbid(struct call *c, const char *detail)
{
    call_problem(c, 403, "forbidden", "%s", detail);
    return false;
}

/* What the profile says of the thing that the route manages. */
struct managed {
    const char *things;
    bool by_session, by_key;
    int scope; /* asked of a key; -1: none */
};

static bool is_of(const struct http_route *route, const char *scopes)
{
    return route->scope && str_starts(str_of(route->scope), str_of(scopes));
}

/* By their scopes, "policies:write" and the like. */
static bool writes(const struct http_route *route)
{
    return strcmp(strchr(route->scope, ':'), ":write") == 0;
}

static enum message_right message_right_of(const struct http_route *route)
{
    struct cardea_str scope = str_of(route->scope);
    return str_eq(scope, STR("messages:send"))      ? MESSAGE_MAY_SEND
           : str_eq(scope, STR("messages:receive")) ? MESSAGE_MAY_RECEIVE
                                                    : MESSAGE_MAY_READ;
}

static struct managed managed_by(const struct profile_management *m, const struct http_route *route)
{
    enum key_right right = right_of(route);
    if (is_of(route, "agents:"))
        return (struct managed){"agents", m->agents.by_session, m->agents.by_key,
                                right == KEY_MAY_READ ? m->agents.read_scope : m->agents.write_scope};
    if (is_of(route, "messages:")) {
        enum message_right what = message_right_of(route);
        return (struct managed){"messages", m->messages.by_session, m->messages.by_key,
                                what == MESSAGE_MAY_SEND      ? m->messages.send_scope
                                : what == MESSAGE_MAY_RECEIVE ? m->messages.receive_scope
                                                              : m->messages.read_scope};
    }
    if (is_of(route, "policies:"))
        return (struct managed){"policies", m->policies.by_session, m->policies.by_key,
                                writes(route) ? m->policies.write_scope : m->policies.read_scope};
    if (is_of(route, "webhooks:"))
        return (struct managed){"webhooks", m->webhooks.by_session, m->webhooks.by_key,
                                writes(route) ? m->webhooks.write_scope : m->webhooks.read_scope};
    if (is_of(route, "audit:"))
        return (struct managed){"logs", m->logs.by_session, m->logs.by_key, m->logs.read_scope};
    if (is_of(route, "billing:"))
        return (struct managed){"billing", m->billing.by_session, m->billing.by_key,
                                writes(route) ? m->billing.write_scope : m->billing.read_scope};
    return (struct managed){"keys", m->by_session, m->by_key,
                            right == KEY_MAY_READ     ? m->list_scope
                            : right == KEY_MAY_CREATE ? m->create_scope
                            : right == KEY_MAY_UPDATE ? m->update_scope
                                                      : m->revoke_scope};
}

static bool admit_credential(struct call *c, const struct managed *m)
{
    const char *title = c->profile->title ? c->profile->title : c->profile->core.name;
    if (c->svc.actor.kind == ACTOR_USER)
        return m->by_session || forbid(c, arena_printf(&c->arena, "%s manages %s with a key, not with a session token.",
                                                       title, m->things)
                                              .ptr);
    if (!m->by_key)
        return forbid(c, arena_printf(&c->arena,
                                      "%s keys do not manage %s, whatever their scopes. Send a session token (JWT): "
                                      "log in first.",
                                      title, m->things)
                             .ptr);
    if (m->scope < 0 || cardea_scopes_has(&c->svc.actor.scopes, (unsigned)m->scope))
        return true;
    struct cardea_decision d = {.code = CARDEA_INSUFFICIENT_SCOPE,
                                .profile = c->profile_index,
                                .missing_scope = m->scope,
                                .credits_remaining = -1};
    call_denial(c, &d, &c->profile->core);
    return false;
}

/* The tenant in the path must be the caller's own account. `-`, which is no slug, says just that: a program that has
 * only a key need not know whose it is. */
static bool admit_tenant(struct call *c)
{
    struct store_account account;
    if (!c->captures[CALL_TENANT].len || str_eq(c->captures[CALL_TENANT], STR("-")))
        return true;
    enum store_err err = store_account_get(c->svc.db, &c->arena, c->svc.actor.account_id, &account);
    if (err != STORE_OK) {
        service_store_error(&c->svc, err);
        call_refuse(c);
        return false;
    }
    if (str_eq(account.slug, c->captures[CALL_TENANT]))
        return true;
    struct cardea_decision d = {
        .code = CARDEA_WRONG_ACCOUNT, .profile = c->profile_index, .missing_scope = -1, .credits_remaining = -1};
    call_denial(c, &d, &c->profile->core);
    return false;
}

bool route_keys_admit(struct call *c, const struct http_route *route)
{
    bool managed = c->profile && !c->place;
    if (managed) {
        struct managed m = managed_by(&c->profile->management, route);
        if (!admit_credential(c, &m) || !admit_tenant(c))
            return false;
    }
    enum service_err err = SERVICE_OK;
    if (is_of(route, "agents:"))
        err = service_agent_admit(&c->svc, route->method != CARDEA_GET);
    else if (is_of(route, "messages:"))
        err = service_message_admit(&c->svc, message_right_of(route));
    else if (is_of(route, "policies:"))
        err = service_policy_admit(&c->svc, writes(route));
    else if (is_of(route, "webhooks:"))
        err = service_webhook_admit(&c->svc, writes(route));
    else if (is_of(route, "audit:"))
        err = SERVICE_OK; /* its use cases ask themselves */
    else if (is_of(route, "billing:"))
        err = service_billing_admit(&c->svc, writes(route));
    else if (managed || is_of(route, "keys:"))
        err = service_key_admit(&c->svc, right_of(route));
    if (err != SERVICE_OK)
        call_refuse(c);
    return err == SERVICE_OK;
}
