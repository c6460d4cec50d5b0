/* Sending: what is asked is checked, scanned by the caller, and stored. */
#include "service/messages.h"

#include <stdatomic.h>

#include "base/id.h"
#include "base/json_write.h"
#include "base/str.h"
#include "service/agents.h"
#include "service/deliveries.h"
#include "service/message_text.h"

static const char *const channels[] = {
    [STORE_CHANNEL_INBOX] = "inbox", [STORE_CHANNEL_PUSH] = "push", [STORE_CHANNEL_SMTP] = "smtp"};
static const char *const states[] = {[STORE_MESSAGE_QUEUED] = "queued",
                                     [STORE_MESSAGE_DELIVERED] = "delivered",
                                     [STORE_MESSAGE_ACKNOWLEDGED] = "acknowledged",
                                     [STORE_MESSAGE_FAILED] = "failed"};

const char *service_message_channel_name(enum store_channel channel)
{
    return channels[channel];
}

const char *service_message_state_name(enum store_message_state state)
{
    return states[state];
}

bool service_message_state_parse(struct cardea_str name, enum store_message_state *out)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (!str_eq(name, str_of(states[i])))
            continue;
        *out = (enum store_message_state)i;
        return true;
    }
    return false;
}

/* ---- what is asked ---- */

/* Nobody could tell an unsigned message from a stranger's. */
static enum service_err check_secret(struct service_call *c, const struct message_send *in)
{
    struct store_push_secret secret;
    enum store_err err = store_push_secret_get(c->db, c->arena, in->sender.id, &secret);
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_CONFLICT, "push_secret_missing",
                            "The agent has no secret that signs what it pushes. Have one made first.");
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

static enum service_err check_recipient(struct service_call *c, struct message_send *in)
{
    struct store_message *row = &in->row;
    in->recipient = (struct store_agent){0};
    if (!message_is_agent(in->to)) {
        enum service_err bad = message_address(c, in->to, &row->channel, &row->address);
        if (bad == SERVICE_OK)
            bad = deliveries_check(c, row->channel, row->address);
        return bad == SERVICE_OK && row->channel == STORE_CHANNEL_PUSH ? check_secret(c, in) : bad;
    }
    row->channel = STORE_CHANNEL_INBOX;
    char account[ID_TEXT_MAX];
    struct cardea_str of = {account, id_format(account, "acc", in->sender.account_id)};
    enum service_err err = service_agent_find(c, of, in->to, &in->recipient);
    if (err == SERVICE_FORBIDDEN || err == SERVICE_NOTFOUND || (err == SERVICE_OK && in->recipient.deleted))
        return service_invalid(c, "/to", "The account has no such agent.",
                               "Send an agent's slug or id, an e-mail address, or a URL that starts with https://.");
    row->recipient_id = in->recipient.id;
    row->recipient_slug = in->recipient.slug;
    return err;
}

static enum service_err check_sender(struct service_call *c, const struct message_send *in)
{
    if (in->sender.deleted || in->sender.disabled)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The agent is %s: nothing is sent in its name.",
                            in->sender.deleted ? "deleted" : "disabled");
    return SERVICE_OK;
}

/* The same client_id for the same message, however often it is sent. */
static enum service_err find_known(struct service_call *c, struct message_send *in)
{
    struct store_message row;
    in->known = false;
    if (!in->client_id.len)
        return SERVICE_OK;
    enum store_err err = store_message_by_client(c->db, c->arena, in->sender.id, in->client_id, &row);
    if (err == STORE_NOTFOUND)
        return SERVICE_OK;
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (!cardea_digest_equal(&row.request, &in->row.request))
        return service_fail(c, SERVICE_CONFLICT, "client_id_taken",
                            "This client_id names a message of another content. Use a new one for each message.");
    in->row = row;
    in->known = true;
    return SERVICE_OK;
}

enum service_err service_message_begin(struct service_call *c, struct message_send *in)
{
    enum service_err err = service_message_agent(c, MESSAGE_MAY_SEND, in->account, in->agent, &in->sender);
    if (err == SERVICE_OK)
        err = check_sender(c, in);
    if (err != SERVICE_OK)
        return err;
    in->row = (struct store_message){.account_id = in->sender.account_id,
                                     .sender_id = in->sender.id,
                                     .sender_slug = in->sender.slug,
                                     .client_id = in->client_id,
                                     .subject = in->subject,
                                     .body = in->body};
    err = check_recipient(c, in);
    if (err == SERVICE_OK || err == SERVICE_INVALID)
        err = message_check(c, in);
    if (err != SERVICE_OK)
        return err;
    message_digest(c->arena, in, &in->row.request);
    err = find_known(c, in);
    if (err == SERVICE_OK && !in->known)
        message_join(c->arena, in);
    return err;
}

bool service_message_redact(struct service_call *c, struct message_send *in, struct cardea_str redacted)
{
    in->row.redacted = message_split(c->arena, in, redacted);
    return in->row.redacted;
}

/* ---- storing ---- */

static enum service_err check_room(struct service_call *c, const struct message_send *in)
{
    struct store_message_room room;
    enum store_err err = store_message_room(c->db, in->row.account_id, in->row.recipient_id, &room);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (in->row.recipient_id && room.waiting >= MESSAGE_INBOX_MAX)
        return service_fail(c, SERVICE_LIMIT, "inbox_full",
                            "%d messages wait in this inbox. They must be acknowledged first.", MESSAGE_INBOX_MAX);
    if (room.messages >= MESSAGE_ACCOUNT_MAX || room.bytes >= MESSAGE_ACCOUNT_BYTES)
        return service_fail(c, SERVICE_LIMIT, "inbox_full",
                            "The account keeps as many messages as it may. Room comes when some are acknowledged or "
                            "delivered, and some days have passed.");
    return SERVICE_OK;
}

/* Of an address outside only the host: who is written to is personal data. */
static enum service_err record(struct service_call *c, const struct message_send *in)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 4096);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_id(&w, "agent", "agt", in->row.sender_id);
    jw_member_str(&w, "channel", str_of(channels[in->row.channel]));
    jw_member_id(&w, "recipient", "agt", in->row.recipient_id);
    jw_member_str_or_null(&w, "host", message_host(in->row.channel, in->row.address));
    jw_member_int(&w, "bytes", (int64_t)(in->row.subject.len + in->row.body.len + in->row.attachments.len));
    jw_member_int(&w, "attachments", (int64_t)in->attachment_count);
    jw_member_id(&w, "scan", "scn", in->row.scan_id);
    jw_member_bool(&w, "flagged", in->row.flagged);
    jw_member_bool(&w, "redacted", in->row.redacted);
    jw_object_end(&w);
    enum service_err err = b.failed
                               ? service_store_error(c, STORE_UNAVAILABLE)
                               : service_record(c, "message.sent", "msg", in->row.id, in->row.account_id, buf_str(&b));
    buf_release(&b);
    return err;
}

/* An inbox has it as soon as it is committed. Nobody did more than send it: there is no audit record. */
static enum service_err notify_received(struct service_call *c, const struct store_message *row)
{
    char to[ID_TEXT_MAX], from[ID_TEXT_MAX];
    id_format(to, "agt", row->recipient_id);
    id_format(from, "agt", row->sender_id);
    return service_notify(c, "message.received", "msg", row->id, row->account_id,
                          arena_printf(c->arena, "{\"agent\":\"%s\",\"from\":\"%s\"}", to, from));
}

/* The agents as they are now: a scan took its time. */
static enum service_err check_again(struct service_call *c, struct message_send *in)
{
    struct store_agent now;
    enum store_err err = store_agent_get(c->db, c->arena, in->sender.id, &now);
    if (err != STORE_OK)
        return service_store_error(c, err);
    in->sender = now;
    enum service_err failed = check_sender(c, in);
    if (failed != SERVICE_OK || !in->row.recipient_id)
        return failed;
    err = store_agent_get(c->db, c->arena, in->row.recipient_id, &now);
    if (err != STORE_OK)
        return service_store_error(c, err);
    return now.deleted ? service_fail(c, SERVICE_CONFLICT, "conflict", "The recipient was deleted meanwhile.")
                       : SERVICE_OK;
}

enum service_err service_message_keep(struct service_call *c, struct message_send *in)
{
    struct store_message *row = &in->row;
    enum service_err err = check_again(c, in);
    if (err == SERVICE_OK)
        err = find_known(c, in); /* the same may have come twice at once */
    if (err != SERVICE_OK || in->known)
        return err;
    err = check_room(c, in);
    if (err != SERVICE_OK)
        return err;
    bool inbox = row->channel == STORE_CHANNEL_INBOX;
    row->id = service_new_id(c);
    row->made_at_ms = c->now_ms;
    row->next_at_ms = inbox ? 0 : c->now_ms;
    row->state = inbox ? STORE_MESSAGE_DELIVERED : STORE_MESSAGE_QUEUED;
    enum store_err stored = store_message_insert(c->db, row);
    err = stored == STORE_OK ? record(c, in) : service_store_error(c, stored);
    return err == SERVICE_OK && inbox ? notify_received(c, row) : err;
}

void service_message_tell(struct service *svc, const struct message_send *in)
{
    void *arg = atomic_load(&svc->news_arg);
    if (in->row.channel != STORE_CHANNEL_INBOX)
        deliveries_wake(svc->deliveries);
    else if (arg)
        svc->inbox_news(arg, in->row.recipient_id);
}
