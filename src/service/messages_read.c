/* Receiving, acknowledging, and the list of all. */
#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/agents.h"
#include "service/messages.h"

static enum service_err no_such_message(struct service_call *c)
{
    return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such message.");
}

enum service_err service_message_receive(struct service_call *c, const struct message_page *in,
                                         struct store_agent *agent, struct store_message *out, size_t *count)
{
    int64_t after = 0;
    enum service_err failed = service_message_agent(c, MESSAGE_MAY_RECEIVE, in->account, in->agent, agent);
    *count = 0;
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = in->has_after ? store_message_place(c->db, agent->id, in->after, &after) : STORE_OK;
    if (err == STORE_OK)
        err = store_message_inbox(c->db, c->arena, agent->id, after, in->limit, MESSAGE_PAGE_BYTES, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

static enum service_err find(struct service_call *c, const struct store_agent *agent, struct cardea_str text,
                             bool received, struct store_message *out)
{
    int64_t id;
    if (!id_parse(text, "msg", &id))
        return no_such_message(c);
    enum store_err err = store_message_get(c->db, c->arena, id, out);
    if (err == STORE_NOTFOUND)
        return no_such_message(c);
    if (err != STORE_OK)
        return service_store_error(c, err);
    return out->recipient_id == agent->id || (!received && out->sender_id == agent->id) ? SERVICE_OK
                                                                                        : no_such_message(c);
}

enum service_err service_message_get(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                     struct cardea_str id, struct store_message *out)
{
    struct store_agent owner;
    enum service_err err = service_message_agent(c, MESSAGE_MAY_RECEIVE, account, agent, &owner);
    return err == SERVICE_OK ? find(c, &owner, id, false, out) : err;
}

enum service_err service_message_acknowledge(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                             struct cardea_str id, struct store_message *out)
{
    struct store_agent owner;
    enum service_err failed = service_message_agent(c, MESSAGE_MAY_RECEIVE, account, agent, &owner);
    if (failed == SERVICE_OK)
        failed = find(c, &owner, id, true, out);
    if (failed != SERVICE_OK || out->state == STORE_MESSAGE_ACKNOWLEDGED)
        return failed;
    out->state = STORE_MESSAGE_ACKNOWLEDGED;
    out->ended_at_ms = c->now_ms;
    enum store_err err = store_message_acknowledge(c->db, owner.id, out->id, c->now_ms);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_message_acknowledge_up_to(struct service_call *c, struct cardea_str account,
                                                   struct cardea_str agent, struct cardea_str id, int64_t *count)
{
    struct store_agent owner;
    struct store_message last;
    *count = 0;
    enum service_err failed = service_message_agent(c, MESSAGE_MAY_RECEIVE, account, agent, &owner);
    if (failed == SERVICE_OK)
        failed = find(c, &owner, id, true, &last);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_message_acknowledge_all(c->db, owner.id, last.sequence, c->now_ms, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_message_list(struct service_call *c, const struct message_list *in, struct store_message *out,
                                      size_t *count)
{
    struct store_message_filter f = {.state = -1, .before = in->before, .limit = in->limit};
    enum store_message_state state;
    struct store_account account;
    struct store_agent agent = {0};
    *count = 0;
    enum service_err failed = service_message_admit(c, MESSAGE_MAY_READ);
    if (failed == SERVICE_OK)
        failed = service_account_of_call(c, in->account, "query/account", &account);
    if (failed == SERVICE_OK && in->agent.len)
        failed = service_agent_find(c, in->account, in->agent, &agent);
    if (failed != SERVICE_OK)
        return failed;
    if (in->state.len && !service_message_state_parse(in->state, &state))
        return service_invalid(c, "query/state", "There is no such state.",
                               "Send queued, delivered, acknowledged or failed.");
    if (in->state.len)
        f.state = (int)state;
    f.account_id = account.id;
    f.agent_id = agent.id;
    enum store_err err = store_message_list(c->db, c->arena, &f, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}
