/* store/messages.h - what agents send to each other and to the outside: stored before anybody is told that it was
 * taken, and until it has arrived. The rest of the store's interface, and its rules, stand in store/store.h.
 *
 * A message to an inbox waits there until it is acknowledged; one to an address outside is an order to the delivery
 * thread until it is delivered or given up. What has ended stays for a while, so that its client_id is known again and
 * people can look it up. */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "store/store.h"

enum store_channel { STORE_CHANNEL_INBOX = 0, STORE_CHANNEL_PUSH = 1, STORE_CHANNEL_SMTP = 2 };
enum store_message_state {
    STORE_MESSAGE_QUEUED = 0,       /* on its way to an address outside */
    STORE_MESSAGE_DELIVERED = 1,    /* in the inbox, or taken by whoever has the address */
    STORE_MESSAGE_ACKNOWLEDGED = 2, /* by the inbox's agent */
    STORE_MESSAGE_FAILED = 3        /* given up: a dead letter */
};

struct store_message {
    int64_t id, account_id;
    int64_t sender_id;                             /* the agent that it is from */
    int64_t recipient_id;                          /* the agent whose inbox it is in; 0: outside */
    struct cardea_str sender_slug, recipient_slug; /* of those, as read */
    enum store_channel channel;
    struct cardea_str address;    /* URL or e-mail address; empty: an inbox */
    struct cardea_str client_id;  /* the sender's own name for it; empty: none. Once a sender */
    struct cardea_digest request; /* of what was asked, as it was asked */
    struct cardea_str subject, body;
    struct cardea_str attachments; /* a JSON array's text; empty: none */
    int64_t scan_id;
    bool flagged, redacted;
    int64_t made_at_ms;
    int64_t sequence; /* in its inbox, from 1 on, dense; given by store_message_insert() */
    enum store_message_state state;
    int64_t attempts, next_at_ms; /* of its delivery outside */
    int64_t ended_at_ms;          /* acknowledged, delivered outside or given up; 0: not yet */
    struct cardea_str error;      /* of the last attempt; no secrets */
};

/* What one account and one inbox hold: inserting keeps count, whoever inserts keeps the limits. */
struct store_message_room {
    int64_t messages, bytes; /* of the account, those that have ended too */
    int64_t waiting;         /* in the inbox, not acknowledged */
};
enum store_err store_message_room(struct store_conn *c, int64_t account_id, int64_t recipient_id,
                                  struct store_message_room *out);

/* STORE_CONFLICT: the sender has a message with this client_id. Sets row->sequence. */
enum store_err store_message_insert(struct store_conn *c, struct store_message *row);
enum store_err store_message_get(struct store_conn *c, struct arena *a, int64_t id, struct store_message *out);
enum store_err store_message_by_client(struct store_conn *c, struct arena *a, int64_t sender_id,
                                       struct cardea_str client_id, struct store_message *out);
/* The place in the inbox of the last message up to this id; 0: none. An id of what is gone keeps its place. */
enum store_err store_message_place(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t *sequence);
/* Not acknowledged, by sequence after `after` (exclusive); at most `limit`, and no more once their bytes reach
 * `bytes_max`. */
enum store_err store_message_inbox(struct store_conn *c, struct arena *a, int64_t recipient_id, int64_t after,
                                   size_t limit, size_t bytes_max, struct store_message *out, size_t *count);
/* STORE_NOTFOUND: not in this inbox, or acknowledged already. */
enum store_err store_message_acknowledge(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t now_ms);
/* All up to this place; how many were not acknowledged before. */
enum store_err store_message_acknowledge_all(struct store_conn *c, int64_t recipient_id, int64_t sequence,
                                             int64_t now_ms, int64_t *count);

/* Newest first, without body and attachments. */
struct store_message_filter {
    int64_t account_id;
    int64_t agent_id; /* sender or recipient; 0: any */
    int state;        /* of enum store_message_state; -1: any */
    int64_t before;   /* an id, exclusive; 0: from the newest */
    size_t limit;
};
enum store_err store_message_list(struct store_conn *c, struct arena *a, const struct store_message_filter *f,
                                  struct store_message *out, size_t *count);

/* Queued and due at `now_ms`, at most `each` of one address, so that nobody's slow endpoint is everybody's. Whole rows
 * are store_message_get()'s. */
struct store_message_due {
    int64_t id;
    enum store_channel channel;
};
enum store_err store_message_due(struct store_conn *c, int64_t now_ms, size_t each, size_t limit,
                                 struct store_message_due *out, size_t *count);
/* When the next one is due; 0: nothing is queued. */
enum store_err store_message_next_due(struct store_conn *c, int64_t *at_ms);
/* State, attempts, next_at_ms, ended_at_ms and error of a message outside. */
enum store_err store_message_update(struct store_conn *c, const struct store_message *row);
/* What else is queued for this address of this account is not tried before then. */
enum store_err store_message_hold(struct store_conn *c, int64_t account_id, struct cardea_str address,
                                  int64_t until_ms);

/* Forgets what ended before, and all of accounts that are deleted; at most `limit` a call, and how many. */
#define STORE_MESSAGE_PRUNE_MAX 256
enum store_err store_message_prune(struct store_conn *c, int64_t ended_before_ms, size_t limit, size_t *count);

/* What signs the messages that an agent pushes: its secret, sealed, and the one before for some time. */
struct store_push_secret {
    int64_t agent_id;
    struct cardea_str sealed, previous; /* empty: none */
    int64_t made_at, previous_until;
};
enum store_err store_push_secret_put(struct store_conn *c, const struct store_push_secret *row);
enum store_err store_push_secret_get(struct store_conn *c, struct arena *a, int64_t agent_id,
                                     struct store_push_secret *out);

#endif
