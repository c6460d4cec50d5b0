/* store/backend.h - what a backend provides: one small table of functions per aggregate.
 *
 * The functions mean what store.h says of their namesakes. A connection is the backend's own struct that begins with
 * `struct store_conn`. Only connections opened for writing get begin/savepoint/commit and mutators. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/audit.h"
#include "store/messages.h"
#include "store/origins.h"
#include "store/reminders.h"
#include "store/store.h"
#include "store/usage.h"
#include "store/webhooks.h"

struct store_backend;

#define STORE_ERROR_MAX 256 /* as struct cardea_why */

struct store_conn {
    const struct store_backend *backend;
    char error[STORE_ERROR_MAX];
    /* Set by the backend when a statement failed in a way that dooms the whole transaction (disk full, I/O, lock). */
    enum store_err broken;
    struct store_touch *touched; /* of the running transaction; kept between them to be reused */
    size_t touched_count, touched_cap;
};

/* Appends to `touched`: the mutators' last step, once the feed holds the row. */
void store_conn_touch(struct store_conn *c, const struct store_touch *touch);
/* Frees what the fields above hold; the backend frees the holder. */
void store_conn_release(struct store_conn *c);

/* Connections and transactions. `location` is the URL after "scheme:". */
struct store_backend_conn {
    enum store_err (*open)(struct cardea_str location, bool writer, struct store_conn **out, struct cardea_why *why);
    void (*close)(struct store_conn *c);
    /* Inside begin..commit/rollback the feed's position and the next ordinal follow savepoints back. */
    enum store_err (*begin)(struct store_conn *c);
    enum store_err (*savepoint)(struct store_conn *c);
    enum store_err (*release)(struct store_conn *c);
    enum store_err (*rollback_to)(struct store_conn *c);
    int64_t (*change_count)(struct store_conn *c);  /* rows that this connection has ever changed */
    enum store_err (*commit)(struct store_conn *c); /* durable on return */
    void (*rollback)(struct store_conn *c);
    /* Around reads between transactions: one look at the store for all of them, where each would take its own. Without
     * it the reads work as well, only slower. */
    enum store_err (*begin_read)(struct store_conn *c);
    void (*end_read)(struct store_conn *c);
    /* Between groups, after everybody has been answered: housekeeping such as a checkpoint. */
    enum store_err (*maintain)(struct store_conn *c);
};

struct store_backend_meta {
    enum store_err (*get)(struct store_conn *c, struct arena *a, const char *name, struct cardea_str *out);
    enum store_err (*put)(struct store_conn *c, const char *name, struct cardea_str value);
    enum store_err (*feed_position)(struct store_conn *c, int64_t *out);
    enum store_err (*feed_since)(struct store_conn *c, int64_t position, store_touch_fn each, void *arg);
};

struct store_backend_accounts {
    enum store_err (*insert)(struct store_conn *c, const struct store_account *row);
    enum store_err (*update)(struct store_conn *c, const struct store_account *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_account *out);
    enum store_err (*find)(struct store_conn *c, struct arena *a, struct cardea_str profile, struct cardea_str slug,
                           struct store_account *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, struct cardea_str profile, int64_t member,
                           int64_t after, size_t limit, struct store_account *out, size_t *count);
};

struct store_backend_users {
    enum store_err (*insert)(struct store_conn *c, const struct store_user *row);
    enum store_err (*update)(struct store_conn *c, const struct store_user *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_user *out);
    enum store_err (*by_email)(struct store_conn *c, struct arena *a, struct cardea_str email, struct store_user *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, int64_t after, size_t limit, struct store_user *out,
                           size_t *count);
    enum store_err (*erase)(struct store_conn *c, int64_t id);
    enum store_err (*member_put)(struct store_conn *c, const struct store_member *row);
    enum store_err (*member_get)(struct store_conn *c, int64_t account_id, int64_t user_id, struct store_member *out);
    enum store_err (*member_of_account)(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after_user,
                                        size_t limit, struct store_member *out, size_t *count);
    enum store_err (*member_of_user)(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                     struct store_member *out, size_t *count);
};

struct store_backend_identities {
    enum store_err (*insert)(struct store_conn *c, const struct store_identity *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, struct cardea_str issuer, struct cardea_str subject,
                          struct store_identity *out);
    enum store_err (*of_user)(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                              struct store_identity *out, size_t *count);
    enum store_err (*remove)(struct store_conn *c, struct cardea_str issuer, struct cardea_str subject);
};

struct store_backend_agents {
    enum store_err (*insert)(struct store_conn *c, const struct store_agent *row);
    enum store_err (*update)(struct store_conn *c, const struct store_agent *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_agent *out);
    enum store_err (*find)(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str slug,
                           struct store_agent *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                           struct store_agent *out, size_t *count);
};

struct store_backend_keys {
    enum store_err (*insert)(struct store_conn *c, struct store_key *row);
    enum store_err (*update)(struct store_conn *c, const struct store_key *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_key *out);
    enum store_err (*by_digest)(struct store_conn *c, struct arena *a, const struct cardea_digest *d,
                                struct store_key *out);
    enum store_err (*by_ordinal)(struct store_conn *c, struct arena *a, uint32_t ordinal, struct store_key *out);
    enum store_err (*by_prefix)(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str prefix,
                                size_t limit, struct store_key *out, size_t *count);
    enum store_err (*list)(struct store_conn *c, struct arena *a, const struct store_key_filter *f,
                           struct store_key *out, size_t *count);
    enum store_err (*of_agent)(struct store_conn *c, struct arena *a, int64_t agent_id, size_t limit,
                               struct store_key *out, size_t *count);
    enum store_err (*count_active)(struct store_conn *c, int64_t account_id, struct cardea_str kind, int64_t now,
                                   int64_t *out);
    enum store_err (*each)(struct store_conn *c, store_key_fn each, void *arg);
    enum store_err (*add_usage)(struct store_conn *c, const struct store_key_usage *u);
};

struct store_backend_sessions {
    enum store_err (*insert)(struct store_conn *c, const struct store_session *row);
    enum store_err (*get)(struct store_conn *c, int64_t id, struct store_session *out);
    enum store_err (*revoke)(struct store_conn *c, int64_t id, int64_t now);
    enum store_err (*revoke_user)(struct store_conn *c, int64_t user_id, int64_t now);
    enum store_err (*prune)(struct store_conn *c, int64_t expired_before);
    enum store_err (*operator_insert)(struct store_conn *c, const struct store_operator_session *row);
    enum store_err (*operator_get)(struct store_conn *c, int64_t id, struct store_operator_session *out);
    enum store_err (*operator_revoke)(struct store_conn *c, int64_t id, int64_t now);
};

struct store_backend_devices {
    enum store_err (*insert)(struct store_conn *c, const struct store_device_grant *row);
    enum store_err (*by_device_code)(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                     struct store_device_grant *out);
    enum store_err (*by_user_code)(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                   struct store_device_grant *out);
    enum store_err (*update)(struct store_conn *c, const struct store_device_grant *row);
    enum store_err (*remove)(struct store_conn *c, const struct cardea_digest *device_code);
    enum store_err (*count)(struct store_conn *c, int64_t now, int64_t *out);
    enum store_err (*prune)(struct store_conn *c, int64_t expired_before);
};

struct store_backend_idempotency {
    enum store_err (*put)(struct store_conn *c, const struct store_idempotency *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, const struct cardea_digest *slot,
                          struct store_idempotency *out);
    enum store_err (*prune)(struct store_conn *c, int64_t created_before);
};

struct store_backend_log {
    enum store_err (*event_append)(struct store_conn *c, const struct store_event *row);
    enum store_err (*event_list)(struct store_conn *c, struct arena *a, const struct store_event_filter *f,
                                 struct store_event *out, size_t *count, int64_t *next);
    enum store_err (*event_after)(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                                  struct store_event *out, size_t *count);
    enum store_err (*event_get)(struct store_conn *c, struct arena *a, int64_t id, struct store_event *out);
    enum store_err (*event_last)(struct store_conn *c, int64_t *id);
    enum store_err (*event_prune)(struct store_conn *c, int64_t before, size_t limit, size_t *count);
    enum store_err (*event_count)(struct store_conn *c, int64_t *out);
};

struct store_backend_audit {
    enum store_err (*append)(struct store_conn *c, const struct store_audit *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t sequence, struct store_audit *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, const struct store_audit_filter *f,
                           struct store_audit *out, size_t *count, int64_t *next);
    enum store_err (*each)(struct store_conn *c, int64_t first, size_t limit, store_audit_fn each, void *arg);
    enum store_err (*first)(struct store_conn *c, int64_t *sequence);
    enum store_err (*count)(struct store_conn *c, int64_t *out);
    enum store_err (*prune)(struct store_conn *c, int64_t before, size_t limit, int64_t *count);
    enum store_err (*erase_sources)(struct store_conn *c, int64_t before, size_t limit, int64_t *count);
    enum store_err (*erase_actor)(struct store_conn *c, struct cardea_str actor);
    enum store_err (*tile_put)(struct store_conn *c, unsigned level, uint64_t number, struct cardea_str hashes);
    enum store_err (*tile_get)(struct store_conn *c, struct arena *a, unsigned level, uint64_t number,
                               struct cardea_str *out);
    enum store_err (*sealed)(struct store_conn *c, unsigned width, uint64_t *size);
    enum store_err (*span_put)(struct store_conn *c, int64_t number, int64_t first_ms, int64_t last_ms);
    enum store_err (*checkpoint_put)(struct store_conn *c, const struct store_checkpoint *row);
    enum store_err (*checkpoint_from)(struct store_conn *c, struct arena *a, int64_t size,
                                      struct store_checkpoint *out);
    enum store_err (*checkpoint_last)(struct store_conn *c, struct arena *a, struct store_checkpoint *out);
    enum store_err (*checkpoint_before)(struct store_conn *c, struct arena *a, int64_t at_ms,
                                        struct store_checkpoint *out);
};

struct store_backend_policies {
    enum store_err (*insert)(struct store_conn *c, const struct store_policy *row);
    enum store_err (*update)(struct store_conn *c, const struct store_policy *row);
    enum store_err (*remove)(struct store_conn *c, int64_t id);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_policy *out);
    enum store_err (*find)(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str name,
                           struct store_policy *out);
    enum store_err (*get_default)(struct store_conn *c, struct arena *a, int64_t account_id, struct store_policy *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                           struct store_policy *out, size_t *count);
    enum store_err (*draft)(struct store_conn *c, struct arena *a, int64_t id, struct cardea_str *out);
    enum store_err (*version_insert)(struct store_conn *c, const struct store_policy_version *row);
    enum store_err (*version_get)(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t version,
                                  struct store_policy_version *out);
    enum store_err (*version_list)(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t before,
                                   size_t limit, struct store_policy_version *out, size_t *count);
    enum store_err (*erase_account)(struct store_conn *c, int64_t account_id);
    enum store_err (*content_insert)(struct store_conn *c, const struct store_kept_content *row);
    enum store_err (*content_get)(struct store_conn *c, struct arena *a, int64_t scan_id,
                                  struct store_kept_content *out);
    enum store_err (*content_prune)(struct store_conn *c, int64_t made_before, size_t limit, int64_t *count);
};

struct store_backend_messages {
    enum store_err (*room)(struct store_conn *c, int64_t account_id, int64_t recipient_id,
                           struct store_message_room *out);
    enum store_err (*insert)(struct store_conn *c, struct store_message *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_message *out);
    enum store_err (*by_client)(struct store_conn *c, struct arena *a, int64_t sender_id, struct cardea_str client_id,
                                struct store_message *out);
    enum store_err (*place)(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t *sequence);
    enum store_err (*inbox)(struct store_conn *c, struct arena *a, int64_t recipient_id, int64_t after, size_t limit,
                            size_t bytes_max, struct store_message *out, size_t *count);
    enum store_err (*acknowledge)(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t now_ms);
    enum store_err (*acknowledge_all)(struct store_conn *c, int64_t recipient_id, int64_t sequence, int64_t now_ms,
                                      int64_t *count);
    enum store_err (*list)(struct store_conn *c, struct arena *a, const struct store_message_filter *f,
                           struct store_message *out, size_t *count);
    enum store_err (*due)(struct store_conn *c, int64_t now_ms, size_t each, size_t limit,
                          struct store_message_due *out, size_t *count);
    enum store_err (*next_due)(struct store_conn *c, int64_t *at_ms);
    enum store_err (*update)(struct store_conn *c, const struct store_message *row);
    enum store_err (*hold)(struct store_conn *c, int64_t account_id, struct cardea_str address, int64_t until_ms);
    enum store_err (*prune)(struct store_conn *c, int64_t ended_before_ms, size_t limit, size_t *count);
    enum store_err (*secret_put)(struct store_conn *c, const struct store_push_secret *row);
    enum store_err (*secret_get)(struct store_conn *c, struct arena *a, int64_t agent_id,
                                 struct store_push_secret *out);
};

struct store_backend_webhooks {
    enum store_err (*insert)(struct store_conn *c, const struct store_webhook *row);
    enum store_err (*update)(struct store_conn *c, const struct store_webhook *row);
    enum store_err (*get)(struct store_conn *c, struct arena *a, int64_t id, struct store_webhook *out);
    enum store_err (*list)(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                           struct store_webhook *out, size_t *count);
    enum store_err (*listening)(struct store_conn *c, struct arena *a, int64_t account_id, size_t limit,
                                struct store_webhook *out, size_t *count);
    enum store_err (*any)(struct store_conn *c, bool *out);
    enum store_err (*count)(struct store_conn *c, int64_t account_id, int64_t *out);
    enum store_err (*erase_account)(struct store_conn *c, int64_t account_id);
    enum store_err (*delivery_insert)(struct store_conn *c, const struct store_webhook_delivery *row);
    enum store_err (*delivery_update)(struct store_conn *c, const struct store_webhook_delivery *row);
    enum store_err (*delivery_get)(struct store_conn *c, struct arena *a, int64_t id,
                                   struct store_webhook_delivery *out);
    enum store_err (*delivery_list)(struct store_conn *c, struct arena *a, const struct store_webhook_filter *f,
                                    struct store_webhook_delivery *out, size_t *count, int64_t *next);
    enum store_err (*due)(struct store_conn *c, struct arena *a, int64_t webhook_id, int64_t now_ms, size_t limit,
                          struct store_webhook_delivery *out, size_t *count);
    enum store_err (*next_due)(struct store_conn *c, int64_t webhook_id, int64_t *at_ms);
    enum store_err (*next_waiting)(struct store_conn *c, int64_t after, int64_t *id);
    enum store_err (*replay)(struct store_conn *c, int64_t webhook_id, int64_t since_ms, int64_t until_ms,
                             int64_t now_ms, size_t limit, size_t *count);
    enum store_err (*prune)(struct store_conn *c, int64_t before, size_t limit, size_t *count);
    enum store_err (*first_event)(struct store_conn *c, struct cardea_str apart, int64_t *id);
};

struct store_backend_reminders {
    enum store_err (*put)(struct store_conn *c, const struct store_reminder *row);
    enum store_err (*get)(struct store_conn *c, int64_t key_id, struct store_reminder *out);
    enum store_err (*due)(struct store_conn *c, int64_t now, size_t limit, struct store_reminder *out, size_t *count);
    enum store_err (*remove)(struct store_conn *c, int64_t key_id);
    enum store_err (*mail_insert)(struct store_conn *c, const struct store_reminder_mail *row);
    enum store_err (*mail_due)(struct store_conn *c, int64_t now_ms, size_t limit, struct store_reminder_mail *out,
                               size_t *count);
    enum store_err (*mail_next_due)(struct store_conn *c, int64_t *at_ms);
    enum store_err (*mail_retry)(struct store_conn *c, int64_t id, int64_t next_at_ms);
    enum store_err (*mail_remove)(struct store_conn *c, int64_t id);
    enum store_err (*told_get)(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t *at);
    enum store_err (*told_put)(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t at);
    enum store_err (*told_prune)(struct store_conn *c, int64_t before, size_t limit);
};

struct store_backend_usage {
    enum store_err (*add)(struct store_conn *c, const struct store_usage_hour *row);
    enum store_err (*refused)(struct store_conn *c, int64_t account_id, int64_t key_id, int64_t from, int64_t to,
                              int64_t *out);
    enum store_err (*prune)(struct store_conn *c, int64_t before, size_t limit, size_t *count);
    enum store_err (*seen_get)(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_REFUSALS]);
    enum store_err (*seen_put)(struct store_conn *c, uint32_t ordinal, const uint32_t counts[CARDEA_ACTIVITY_REFUSALS]);
    enum store_err (*groups_seen_get)(struct store_conn *c, uint32_t ordinal, uint32_t out[CARDEA_ACTIVITY_GROUPS]);
    enum store_err (*groups_seen_put)(struct store_conn *c, uint32_t ordinal,
                                      const uint32_t counts[CARDEA_ACTIVITY_GROUPS]);
    enum store_err (*seen_reset)(struct store_conn *c, uint32_t ordinal);
    enum store_err (*group_list)(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                 struct store_route_group *out, size_t *count);
    enum store_err (*group_put)(struct store_conn *c, struct cardea_str profile, struct cardea_str name, int number);
    enum store_err (*group_id)(struct store_conn *c, int64_t account_id, int number, int64_t *out);
    enum store_err (*sums)(struct store_conn *c, struct arena *a, const struct store_usage_filter *f,
                           struct store_usage_sum *out, size_t *count);
    enum store_err (*refill_put)(struct store_conn *c, const struct store_refill *row);
    enum store_err (*refill_get)(struct store_conn *c, int64_t key_id, struct store_refill *out);
    enum store_err (*refill_remove)(struct store_conn *c, int64_t key_id);
    enum store_err (*refill_due)(struct store_conn *c, int64_t now, size_t limit, struct store_refill *out,
                                 size_t *count);
};

struct store_backend_origins {
    enum store_err (*get)(struct store_conn *c, int64_t key_id, const uint8_t network[16], struct store_origin *out);
    enum store_err (*put)(struct store_conn *c, const struct store_origin *row);
    enum store_err (*count)(struct store_conn *c, int64_t key_id, int64_t *out);
    enum store_err (*trim)(struct store_conn *c, int64_t key_id, int64_t keep);
    enum store_err (*prune)(struct store_conn *c, int64_t before, size_t *count);
};

struct store_backend {
    const char *scheme; /* what the URL begins with, without the colon */
    const struct store_backend_conn *conn;
    const struct store_backend_meta *meta;
    const struct store_backend_accounts *accounts;
    const struct store_backend_users *users;
    const struct store_backend_identities *identities;
    const struct store_backend_agents *agents;
    const struct store_backend_keys *keys;
    const struct store_backend_sessions *sessions;
    const struct store_backend_devices *devices;
    const struct store_backend_idempotency *idempotency;
    const struct store_backend_log *log;
    const struct store_backend_audit *audit;
    const struct store_backend_policies *policies;
    const struct store_backend_messages *messages;
    const struct store_backend_webhooks *webhooks;
    const struct store_backend_reminders *reminders;
    const struct store_backend_usage *usage;
    const struct store_backend_origins *origins;
};

extern const struct store_backend store_sqlite;

#endif
