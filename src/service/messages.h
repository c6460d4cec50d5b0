/* service/messages.h - what agents send and receive.
 *
 * Sending takes three steps, since scanning between them may take seconds: service_message_begin() checks everything
 * that can be known without the text's verdict, the caller has `text` scanned (service/content.h), and
 * service_message_keep() stores what may be delivered, in one unit of work with its event. Nothing is stored of a
 * message that was blocked.
 *
 * Who may: the root key for any account; an owner, admin or member as any agent of the account; a key of the profile
 * `cardea` by messages:send and messages:receive; a key of another profile where that profile's management says so, and
 * one that is bound to an agent as that agent alone. The list of all messages is an owner's, admin's, or a key's by
 * messages:read or the profile's own scope. */
#ifndef SERVICE_MESSAGES_H
#define SERVICE_MESSAGES_H

#include "service/service.h"
#include "store/messages.h"

#define MESSAGE_SUBJECT_MAX     998               /* bytes: RFC 5322, 2.1.1 */
#define MESSAGE_TEXT_MAX        ((size_t)1 << 20) /* bytes of subject, body and attachments together */
#define MESSAGE_CLIENT_ID_MAX   128
#define MESSAGE_ADDRESS_MAX     2048
#define MESSAGE_ATTACHMENTS_MAX 16
#define MESSAGE_NAME_MAX        200    /* bytes of an attachment's name */
#define MESSAGE_INBOX_MAX       10000  /* not acknowledged, in one inbox */
#define MESSAGE_ACCOUNT_MAX     100000 /* kept for one account, whatever their state */
#define MESSAGE_ACCOUNT_BYTES   ((int64_t)1 << 30)
#define MESSAGE_PAGE_BYTES      ((size_t)4 << 20) /* of one page of an inbox: one message more may come with it */

/* "inbox", "push", "smtp"; "queued", "delivered", "acknowledged", "failed". Static storage. */
const char *service_message_channel_name(enum store_channel channel);
const char *service_message_state_name(enum store_message_state state);
/* False: there is no such state. */
bool service_message_state_parse(struct cardea_str name, enum store_message_state *out);

/* ---- who may ---- */

enum message_right { MESSAGE_MAY_SEND, MESSAGE_MAY_RECEIVE, MESSAGE_MAY_READ };
/* Whether this caller may at all; as which agent comes later. */
enum service_err service_message_admit(struct service_call *c, enum message_right right);
/* The agent in the path, as whom this caller may send or receive: FORBIDDEN "WRONG_AGENT" for a key that is bound to
 * another one, whether that is there or not. */
enum service_err service_message_agent(struct service_call *c, enum message_right right, struct cardea_str account,
                                       struct cardea_str text, struct store_agent *out);

/* ---- sending ---- */

/* Text alone: what cannot be read cannot be scanned, and what was not scanned is not delivered. */
struct message_attachment {
    struct cardea_str name, type, text;
};

struct message_send {
    /* asked */
    struct cardea_str account, agent; /* the query's; the path's */
    struct cardea_str to, subject, body, client_id;
    const struct message_attachment *attachments;
    size_t attachment_count;
    /* found */
    struct store_agent sender, recipient; /* recipient.id 0: outside */
    struct store_message row;
    bool known;             /* sent before under this client_id: `row` is that one, and nothing is left to do */
    struct cardea_str text; /* to be scanned: all that would leave */
};

/* With a reader's connection. CONFLICT "client_id_taken" where the client_id names a message of another content. */
enum service_err service_message_begin(struct service_call *c, struct message_send *in);
/* What is delivered instead of the text, after a redaction. False: it cannot be told apart which part was meant; such a
 * message must not be delivered. */
bool service_message_redact(struct service_call *c, struct message_send *in, struct cardea_str redacted);
/* In a unit of work: stores and records. Everything that may have changed since is asked again. */
enum service_err service_message_keep(struct service_call *c, struct message_send *in);

/* After the commit: whoever waits for it is told. */
void service_message_tell(struct service *svc, const struct message_send *in);

/* ---- receiving ---- */

struct message_page {
    struct cardea_str account, agent;
    bool has_after;
    int64_t after; /* an id, exclusive; has_after false: from the oldest that is not acknowledged */
    size_t limit;
};
/* Not acknowledged, in the order of the inbox. `out` has room for `limit`. */
enum service_err service_message_receive(struct service_call *c, const struct message_page *in,
                                         struct store_agent *agent, struct store_message *out, size_t *count);
/* One that this agent sent or received. */
enum service_err service_message_get(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                     struct cardea_str id, struct store_message *out);
/* In a unit of work. Once more is no error and changes nothing. */
enum service_err service_message_acknowledge(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                             struct cardea_str id, struct store_message *out);
/* The same of all in the inbox up to this one. */
enum service_err service_message_acknowledge_up_to(struct service_call *c, struct cardea_str account,
                                                   struct cardea_str agent, struct cardea_str id, int64_t *count);

/* ---- the list ---- */

struct message_list {
    struct cardea_str account, agent; /* agent empty: any */
    struct cardea_str state;          /* empty: any */
    int64_t before;
    size_t limit;
};
enum service_err service_message_list(struct service_call *c, const struct message_list *in, struct store_message *out,
                                      size_t *count);

#endif
