#include "service/delivery.h"

#include <stdio.h>

#include "base/id.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/str.h"
#include "service/message_text.h"
#include "service/messages.h"
#include "service/push_secret.h"

#define PUSH_TIMEOUT_MS 10000
#define REPLY_MAX       (1u << 20) /* nobody reads it */
#define PAYLOAD_MAX     (16u << 20)
#define STOPPED_WAIT_MS 60000 /* until somebody looks again whether a stopped agent may go on */

struct net_options delivery_net_options(const struct deliveries_options *o)
{
    return (struct net_options){.total_timeout_ms = PUSH_TIMEOUT_MS,
                                .body_max = REPLY_MAX,
                                .ca_file = o->push_ca_file,
                                .accept = "*/*",
                                .allow_private = o->push_private,
                                .http_to_loopback = o->push_private};
}

static void end(struct delivery *x, enum delivery_result result, const char *why)
{
    x->result = result;
    x->why = arena_str(x->arena, str_of(why)).ptr;
}

/* Who may not send now does not, though it was taken before. */
static void read_standing(struct delivery *x, struct store_conn *db)
{
    struct store_account account;
    x->result = DELIVERY_DONE;
    if (store_account_get(db, x->arena, x->row.account_id, &account) != STORE_OK ||
        store_agent_get(db, x->arena, x->row.sender_id, &x->sender) != STORE_OK)
        end(x, DELIVERY_LATER, "the store does not answer");
    else if (account.status == STORE_ACCOUNT_DELETED || x->sender.deleted)
        end(x, DELIVERY_NEVER, "the account or the agent is deleted");
    else if (account.status != STORE_ACCOUNT_ACTIVE || x->sender.disabled)
        end(x, DELIVERY_LATER, "the account or the agent is stopped");
}

bool delivery_read(struct delivery *x, struct store_conn *db, int64_t id)
{
    if (store_message_get(db, x->arena, id, &x->row) != STORE_OK || x->row.state != STORE_MESSAGE_QUEUED)
        return false;
    read_standing(x, db);
    if (x->result == DELIVERY_DONE && x->row.channel == STORE_CHANNEL_PUSH &&
        store_push_secret_get(db, x->arena, x->row.sender_id, &x->secret) != STORE_OK)
        end(x, DELIVERY_NEVER, "the agent has no secret to sign with");
    return true;
}

/* ---- pushing ---- */

static struct cardea_str push_body(struct delivery *x)
{
    struct buf b;
    struct json_writer w;
    const struct store_message *m = &x->row;
    buf_init(&b, PAYLOAD_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "type", STR("message"));
    jw_member_time(&w, "timestamp", m->made_at_ms / 1000);
    jw_name(&w, "data");
    jw_object_begin(&w);
    jw_member_id(&w, "id", "msg", m->id);
    jw_member_id(&w, "account", "acc", m->account_id);
    jw_member_id(&w, "from", "agt", m->sender_id);
    jw_member_str(&w, "from_slug", m->sender_slug);
    jw_member_str(&w, "subject", m->subject);
    jw_member_str(&w, "body", m->body);
    jw_name(&w, "attachments");
    jw_raw(&w, m->attachments.len ? m->attachments : STR("[]"));
    jw_object_end(&w);
    jw_object_end(&w);
    struct cardea_str body = b.failed ? (struct cardea_str){0} : arena_str(x->arena, buf_str(&b));
    buf_release(&b);
    return body;
}

static const char *signatures(struct delivery *x, struct cardea_str id, int64_t now, struct cardea_str body)
{
    struct cardea_str secrets[2];
    char signature[WEBHOOK_SIGNATURE_MAX];
    size_t count;
    if (!service_push_secret_open(x->svc, x->arena, &x->secret, now, secrets, &count))
        return NULL;
    const char *line = "webhook-signature:";
    for (size_t i = 0; i < count; i++) {
        webhook_sign(secrets[i], id, now, body, signature);
        line = arena_printf(x->arena, "%s %s", line, signature).ptr;
    }
    return line;
}

static void read_answer(struct delivery *x, enum net_result result, const struct net_reply *reply)
{
    char text[64];
    snprintf(text, sizeof(text), "it answers %ld", reply->status);
    if (result == NET_BAD_URL)
        end(x, DELIVERY_NEVER, reply->why);
    else if (result != NET_OK)
        end(x, DELIVERY_AGAIN, reply->why);
    else if (reply->status >= 200 && reply->status < 300)
        end(x, DELIVERY_DONE, "");
    else /* 410: the receiver wants no more, as the standard says */
        end(x, reply->status == 410 ? DELIVERY_NEVER : DELIVERY_AGAIN, text);
}

static void push(struct delivery *x)
{
    char id_text[ID_TEXT_MAX];
    struct cardea_str id = {id_text, id_format(id_text, "msg", x->row.id)};
    int64_t now = x->svc->now_ms(x->svc->now_arg) / 1000;
    struct cardea_str body = push_body(x);
    const char *signature = body.len ? signatures(x, id, now, body) : NULL;
    if (!signature) {
        end(x, DELIVERY_NEVER, "the agent's secret cannot be opened: make a new one");
        return;
    }
    const char *headers[] = {arena_printf(x->arena, "webhook-id: %s", id_text).ptr,
                             arena_printf(x->arena, "webhook-timestamp: %lld", (long long)now).ptr, signature};
    struct net_request request = {.post = true, .body = body, .headers = headers, .header_count = 3};
    struct net_options options = delivery_net_options(x->options);
    struct net_reply reply;
    enum net_result result = net_send(arena_cstr(x->arena, x->row.address), &request, &options, &reply);
    read_answer(x, result, &reply);
    net_reply_release(&reply);
}

/* ---- mailing ---- */

static size_t mail_parts(struct delivery *x, json_t **list, struct net_part **out)
{
    struct json_problem problem;
    *list = x->row.attachments.len ? json_read(x->arena, x->row.attachments, &problem) : NULL;
    size_t count = json_array_size(*list);
    *out = arena_array(x->arena, count + 1, sizeof(**out));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(*list, i);
        (*out)[i] = (struct net_part){arena_cstr(x->arena, json_get_str(one, "name")),
                                      arena_cstr(x->arena, json_get_str(one, "type")), json_get_str(one, "text")};
    }
    return count;
}

static void mail(struct delivery *x)
{
    char id[ID_TEXT_MAX];
    json_t *list;
    struct net_part *parts;
    struct net_reply reply;
    const struct deliveries_options *o = x->options;
    if (!o->relay.url) {
        end(x, DELIVERY_AGAIN, "no mail is sent from here: there is no relay");
        return;
    }
    id_format(id, "msg", x->row.id);
    struct cardea_str host = message_host(STORE_CHANNEL_SMTP, str_of(o->mail_from));
    struct net_mail m = {.from = o->mail_from,
                         .from_name = arena_cstr(x->arena, x->sender.name),
                         .to = arena_cstr(x->arena, x->row.address),
                         .subject = arena_cstr(x->arena, x->row.subject),
                         .message_id = arena_printf(x->arena, "%s@%.*s", id, STR_ARG(host)).ptr,
                         .date = x->row.made_at_ms / 1000,
                         .body = x->row.body};
    m.part_count = mail_parts(x, &list, &parts);
    m.parts = parts;
    if (net_mail_send(&o->relay, &m, &reply) == NET_OK)
        end(x, DELIVERY_DONE, "");
    else
        end(x, reply.status >= 500 && reply.status < 600 ? DELIVERY_NEVER : DELIVERY_AGAIN, reply.why);
    net_reply_release(&reply);
    json_decref(list);
}

void delivery_try(struct delivery *x)
{
    if (x->result != DELIVERY_DONE)
        return;
    if (x->row.channel == STORE_CHANNEL_SMTP)
        mail(x);
    else
        push(x);
}

/* ---- writing it down ---- */

/* Four times as long each time; a little more for each by its id, so that what failed together does not come back
 * together. */
static int64_t wait_after(const struct delivery *x)
{
    int64_t wait = x->options->retry_ms;
    for (int64_t i = 1; i < x->row.attempts && wait < DELIVERIES_WAIT_MAX; i++)
        wait *= 4;
    wait = wait < DELIVERIES_WAIT_MAX ? wait : DELIVERIES_WAIT_MAX;
    return wait + (int64_t)((uint64_t)x->row.id * UINT64_C(0x9e3779b97f4a7c15) >> 40) % (wait / 10 + 1);
}

static enum service_err record(struct service_call *c, const struct delivery *x, const char *action)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 4096);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_id(&w, "agent", "agt", x->row.sender_id);
    jw_member_str(&w, "channel", str_of(service_message_channel_name(x->row.channel)));
    jw_member_str_or_null(&w, "host", message_host(x->row.channel, x->row.address));
    jw_member_int(&w, "attempts", x->row.attempts);
    jw_member_str_or_null(&w, "error", x->row.error);
    jw_object_end(&w);
    enum service_err err = service_record(c, action, "msg", x->row.id, x->row.account_id, buf_str(&b));
    buf_release(&b);
    return err;
}

static void settle(struct delivery *x, int64_t now)
{
    struct store_message *row = &x->row;
    if (x->result == DELIVERY_LATER) {
        row->next_at_ms = now + STOPPED_WAIT_MS;
        return;
    }
    row->attempts++;
    row->error = str_of(x->why);
    if (x->result == DELIVERY_DONE)
        row->state = STORE_MESSAGE_DELIVERED;
    else if (x->result == DELIVERY_NEVER || row->attempts >= x->options->attempts)
        row->state = STORE_MESSAGE_FAILED;
    if (row->state == STORE_MESSAGE_QUEUED)
        row->next_at_ms = now + wait_after(x);
    else
        row->ended_at_ms = now;
}

enum store_err delivery_settle(struct store_conn *db, void *arg)
{
    struct delivery *x = arg;
    struct service_call c = {
        .svc = x->svc, .db = db, .arena = x->arena, .actor = {.kind = ACTOR_SYSTEM, .profile = -1}};
    c.now_ms = x->svc->now_ms(x->svc->now_arg);
    c.now = c.now_ms / 1000;
    settle(x, c.now_ms);
    enum store_err err = store_message_update(db, &x->row);
    if (err == STORE_OK && x->result == DELIVERY_AGAIN)
        err = store_message_hold(db, x->row.account_id, x->row.address, x->row.next_at_ms);
    if (err != STORE_OK || x->row.state == STORE_MESSAGE_QUEUED)
        return err;
    const char *action = x->row.state == STORE_MESSAGE_FAILED ? "message.failed" : "message.delivered";
    return record(&c, x, action) == SERVICE_OK ? STORE_OK : STORE_UNAVAILABLE;
}
