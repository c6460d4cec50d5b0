/* From store.h to the connection's backend, one line each. */
#include "store/backend.h"

enum store_err store_meta_get(struct store_conn *c, struct arena *a, const char *name, struct cardea_str *out)
{
    return c->backend->meta->get(c, a, name, out);
}

enum store_err store_meta_put(struct store_conn *c, const char *name, struct cardea_str value)
{
    return c->backend->meta->put(c, name, value);
}

enum store_err store_feed_position(struct store_conn *c, int64_t *out)
{
    return c->backend->meta->feed_position(c, out);
}

enum store_err store_feed_since(struct store_conn *c, int64_t position, store_touch_fn each, void *arg)
{
    return c->backend->meta->feed_since(c, position, each, arg);
}

enum store_err store_account_insert(struct store_conn *c, const struct store_account *row)
{
    return c->backend->accounts->insert(c, row);
}

enum store_err store_account_update(struct store_conn *c, const struct store_account *row)
{
    return c->backend->accounts->update(c, row);
}

enum store_err store_account_get(struct store_conn *c, struct arena *a, int64_t id, struct store_account *out)
{
    return c->backend->accounts->get(c, a, id, out);
}

enum store_err store_account_find(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                  struct cardea_str slug, struct store_account *out)
{
    return c->backend->accounts->find(c, a, profile, slug, out);
}

enum store_err store_account_list(struct store_conn *c, struct arena *a, struct cardea_str profile, int64_t member,
                                  int64_t after, size_t limit, struct store_account *out, size_t *count)
{
    return c->backend->accounts->list(c, a, profile, member, after, limit, out, count);
}

enum store_err store_user_insert(struct store_conn *c, const struct store_user *row)
{
    return c->backend->users->insert(c, row);
}

enum store_err store_user_update(struct store_conn *c, const struct store_user *row)
{
    return c->backend->users->update(c, row);
}

enum store_err store_user_get(struct store_conn *c, struct arena *a, int64_t id, struct store_user *out)
{
    return c->backend->users->get(c, a, id, out);
}

enum store_err store_user_by_email(struct store_conn *c, struct arena *a, struct cardea_str email,
                                   struct store_user *out)
{
    return c->backend->users->by_email(c, a, email, out);
}

enum store_err store_user_list(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                               struct store_user *out, size_t *count)
{
    return c->backend->users->list(c, a, after, limit, out, count);
}

enum store_err store_user_erase(struct store_conn *c, int64_t id)
{
    return c->backend->users->erase(c, id);
}

enum store_err store_member_put(struct store_conn *c, const struct store_member *row)
{
    return c->backend->users->member_put(c, row);
}

enum store_err store_member_get(struct store_conn *c, int64_t account_id, int64_t user_id, struct store_member *out)
{
    return c->backend->users->member_get(c, account_id, user_id, out);
}

enum store_err store_member_of_account(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after_user,
                                       size_t limit, struct store_member *out, size_t *count)
{
    return c->backend->users->member_of_account(c, a, account_id, after_user, limit, out, count);
}

enum store_err store_member_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                    struct store_member *out, size_t *count)
{
    return c->backend->users->member_of_user(c, a, user_id, limit, out, count);
}

enum store_err store_identity_insert(struct store_conn *c, const struct store_identity *row)
{
    return c->backend->identities->insert(c, row);
}

enum store_err store_identity_get(struct store_conn *c, struct arena *a, struct cardea_str issuer,
                                  struct cardea_str subject, struct store_identity *out)
{
    return c->backend->identities->get(c, a, issuer, subject, out);
}

enum store_err store_identity_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                      struct store_identity *out, size_t *count)
{
    return c->backend->identities->of_user(c, a, user_id, limit, out, count);
}

enum store_err store_identity_delete(struct store_conn *c, struct cardea_str issuer, struct cardea_str subject)
{
    return c->backend->identities->remove(c, issuer, subject);
}

enum store_err store_agent_insert(struct store_conn *c, const struct store_agent *row)
{
    return c->backend->agents->insert(c, row);
}

enum store_err store_agent_update(struct store_conn *c, const struct store_agent *row)
{
    return c->backend->agents->update(c, row);
}

enum store_err store_agent_get(struct store_conn *c, struct arena *a, int64_t id, struct store_agent *out)
{
    return c->backend->agents->get(c, a, id, out);
}

enum store_err store_agent_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str slug,
                                struct store_agent *out)
{
    return c->backend->agents->find(c, a, account_id, slug, out);
}

enum store_err store_agent_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                                struct store_agent *out, size_t *count)
{
    return c->backend->agents->list(c, a, account_id, after, limit, out, count);
}

enum store_err store_key_insert(struct store_conn *c, struct store_key *row)
{
    return c->backend->keys->insert(c, row);
}

enum store_err store_key_update(struct store_conn *c, const struct store_key *row)
{
    return c->backend->keys->update(c, row);
}

enum store_err store_key_get(struct store_conn *c, struct arena *a, int64_t id, struct store_key *out)
{
    return c->backend->keys->get(c, a, id, out);
}

enum store_err store_key_by_digest(struct store_conn *c, struct arena *a, const struct cardea_digest *d,
                                   struct store_key *out)
{
    return c->backend->keys->by_digest(c, a, d, out);
}

enum store_err store_key_by_prefix(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str prefix,
                                   size_t limit, struct store_key *out, size_t *count)
{
    return c->backend->keys->by_prefix(c, a, account_id, prefix, limit, out, count);
}

enum store_err store_key_list(struct store_conn *c, struct arena *a, const struct store_key_filter *f,
                              struct store_key *out, size_t *count)
{
    return c->backend->keys->list(c, a, f, out, count);
}

enum store_err store_key_of_agent(struct store_conn *c, struct arena *a, int64_t agent_id, size_t limit,
                                  struct store_key *out, size_t *count)
{
    return c->backend->keys->of_agent(c, a, agent_id, limit, out, count);
}

enum store_err store_key_count_active(struct store_conn *c, int64_t account_id, struct cardea_str kind, int64_t now,
                                      int64_t *out)
{
    return c->backend->keys->count_active(c, account_id, kind, now, out);
}

enum store_err store_key_each(struct store_conn *c, store_key_fn each, void *arg)
{
    return c->backend->keys->each(c, each, arg);
}

enum store_err store_key_add_usage(struct store_conn *c, const struct store_key_usage *u)
{
    return c->backend->keys->add_usage(c, u);
}

enum store_err store_key_by_ordinal(struct store_conn *c, struct arena *a, uint32_t ordinal, struct store_key *out)
{
    return c->backend->keys->by_ordinal(c, a, ordinal, out);
}

enum store_err store_session_insert(struct store_conn *c, const struct store_session *row)
{
    return c->backend->sessions->insert(c, row);
}

enum store_err store_session_get(struct store_conn *c, int64_t id, struct store_session *out)
{
    return c->backend->sessions->get(c, id, out);
}

enum store_err store_session_revoke(struct store_conn *c, int64_t id, int64_t now)
{
    return c->backend->sessions->revoke(c, id, now);
}

enum store_err store_session_revoke_user(struct store_conn *c, int64_t user_id, int64_t now)
{
    return c->backend->sessions->revoke_user(c, user_id, now);
}

enum store_err store_session_prune(struct store_conn *c, int64_t expired_before)
{
    return c->backend->sessions->prune(c, expired_before);
}

enum store_err store_operator_insert(struct store_conn *c, const struct store_operator_session *row)
{
    return c->backend->sessions->operator_insert(c, row);
}

enum store_err store_operator_get(struct store_conn *c, int64_t id, struct store_operator_session *out)
{
    return c->backend->sessions->operator_get(c, id, out);
}

enum store_err store_operator_revoke(struct store_conn *c, int64_t id, int64_t now)
{
    return c->backend->sessions->operator_revoke(c, id, now);
}

enum store_err store_device_insert(struct store_conn *c, const struct store_device_grant *row)
{
    return c->backend->devices->insert(c, row);
}

enum store_err store_device_by_device_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                           struct store_device_grant *out)
{
    return c->backend->devices->by_device_code(c, a, code, out);
}

enum store_err store_device_by_user_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                         struct store_device_grant *out)
{
    return c->backend->devices->by_user_code(c, a, code, out);
}

enum store_err store_device_update(struct store_conn *c, const struct store_device_grant *row)
{
    return c->backend->devices->update(c, row);
}

enum store_err store_device_delete(struct store_conn *c, const struct cardea_digest *device_code)
{
    return c->backend->devices->remove(c, device_code);
}

enum store_err store_device_count(struct store_conn *c, int64_t now, int64_t *out)
{
    return c->backend->devices->count(c, now, out);
}

enum store_err store_device_prune(struct store_conn *c, int64_t expired_before)
{
    return c->backend->devices->prune(c, expired_before);
}

enum store_err store_idempotency_put(struct store_conn *c, const struct store_idempotency *row)
{
    return c->backend->idempotency->put(c, row);
}

enum store_err store_idempotency_get(struct store_conn *c, struct arena *a, const struct cardea_digest *slot,
                                     struct store_idempotency *out)
{
    return c->backend->idempotency->get(c, a, slot, out);
}

enum store_err store_idempotency_prune(struct store_conn *c, int64_t created_before)
{
    return c->backend->idempotency->prune(c, created_before);
}

enum store_err store_event_append(struct store_conn *c, const struct store_event *row)
{
    return c->backend->log->event_append(c, row);
}

enum store_err store_event_list(struct store_conn *c, struct arena *a, const struct store_event_filter *f,
                                struct store_event *out, size_t *count, int64_t *next)
{
    return c->backend->log->event_list(c, a, f, out, count, next);
}

enum store_err store_event_after(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                                 struct store_event *out, size_t *count)
{
    return c->backend->log->event_after(c, a, after, limit, out, count);
}

enum store_err store_event_get(struct store_conn *c, struct arena *a, int64_t id, struct store_event *out)
{
    return c->backend->log->event_get(c, a, id, out);
}

enum store_err store_event_last(struct store_conn *c, int64_t *id)
{
    return c->backend->log->event_last(c, id);
}

enum store_err store_event_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count)
{
    return c->backend->log->event_prune(c, before, limit, count);
}

enum store_err store_event_count(struct store_conn *c, int64_t *out)
{
    return c->backend->log->event_count(c, out);
}

/* ---- policies ---- */

enum store_err store_policy_insert(struct store_conn *c, const struct store_policy *row)
{
    return c->backend->policies->insert(c, row);
}

enum store_err store_policy_update(struct store_conn *c, const struct store_policy *row)
{
    return c->backend->policies->update(c, row);
}

enum store_err store_policy_delete(struct store_conn *c, int64_t id)
{
    return c->backend->policies->remove(c, id);
}

enum store_err store_policy_get(struct store_conn *c, struct arena *a, int64_t id, struct store_policy *out)
{
    return c->backend->policies->get(c, a, id, out);
}

enum store_err store_policy_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str name,
                                 struct store_policy *out)
{
    return c->backend->policies->find(c, a, account_id, name, out);
}

enum store_err store_policy_default(struct store_conn *c, struct arena *a, int64_t account_id, struct store_policy *out)
{
    return c->backend->policies->get_default(c, a, account_id, out);
}

enum store_err store_policy_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                                 struct store_policy *out, size_t *count)
{
    return c->backend->policies->list(c, a, account_id, after, limit, out, count);
}

enum store_err store_policy_draft(struct store_conn *c, struct arena *a, int64_t id, struct cardea_str *out)
{
    return c->backend->policies->draft(c, a, id, out);
}

enum store_err store_policy_version_insert(struct store_conn *c, const struct store_policy_version *row)
{
    return c->backend->policies->version_insert(c, row);
}

enum store_err store_policy_version_get(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t version,
                                        struct store_policy_version *out)
{
    return c->backend->policies->version_get(c, a, policy_id, version, out);
}

enum store_err store_policy_version_list(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t before,
                                         size_t limit, struct store_policy_version *out, size_t *count)
{
    return c->backend->policies->version_list(c, a, policy_id, before, limit, out, count);
}

enum store_err store_policy_erase_account(struct store_conn *c, int64_t account_id)
{
    return c->backend->policies->erase_account(c, account_id);
}

enum store_err store_content_insert(struct store_conn *c, const struct store_kept_content *row)
{
    return c->backend->policies->content_insert(c, row);
}

enum store_err store_content_get(struct store_conn *c, struct arena *a, int64_t scan_id, struct store_kept_content *out)
{
    return c->backend->policies->content_get(c, a, scan_id, out);
}

enum store_err store_content_prune(struct store_conn *c, int64_t made_before, size_t limit, int64_t *count)
{
    return c->backend->policies->content_prune(c, made_before, limit, count);
}

/* ---- messages ---- */

enum store_err store_message_room(struct store_conn *c, int64_t account_id, int64_t recipient_id,
                                  struct store_message_room *out)
{
    return c->backend->messages->room(c, account_id, recipient_id, out);
}

enum store_err store_message_insert(struct store_conn *c, struct store_message *row)
{
    return c->backend->messages->insert(c, row);
}

enum store_err store_message_get(struct store_conn *c, struct arena *a, int64_t id, struct store_message *out)
{
    return c->backend->messages->get(c, a, id, out);
}

enum store_err store_message_by_client(struct store_conn *c, struct arena *a, int64_t sender_id,
                                       struct cardea_str client_id, struct store_message *out)
{
    return c->backend->messages->by_client(c, a, sender_id, client_id, out);
}

enum store_err store_message_place(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t *sequence)
{
    return c->backend->messages->place(c, recipient_id, id, sequence);
}

enum store_err store_message_inbox(struct store_conn *c, struct arena *a, int64_t recipient_id, int64_t after,
                                   size_t limit, size_t bytes_max, struct store_message *out, size_t *count)
{
    return c->backend->messages->inbox(c, a, recipient_id, after, limit, bytes_max, out, count);
}

enum store_err store_message_acknowledge(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t now_ms)
{
    return c->backend->messages->acknowledge(c, recipient_id, id, now_ms);
}

enum store_err store_message_acknowledge_all(struct store_conn *c, int64_t recipient_id, int64_t sequence,
                                             int64_t now_ms, int64_t *count)
{
    return c->backend->messages->acknowledge_all(c, recipient_id, sequence, now_ms, count);
}

enum store_err store_message_list(struct store_conn *c, struct arena *a, const struct store_message_filter *f,
                                  struct store_message *out, size_t *count)
{
    return c->backend->messages->list(c, a, f, out, count);
}

enum store_err store_message_due(struct store_conn *c, int64_t now_ms, size_t each, size_t limit,
                                 struct store_message_due *out, size_t *count)
{
    return c->backend->messages->due(c, now_ms, each, limit, out, count);
}

enum store_err store_message_next_due(struct store_conn *c, int64_t *at_ms)
{
    return c->backend->messages->next_due(c, at_ms);
}

enum store_err store_message_update(struct store_conn *c, const struct store_message *row)
{
    return c->backend->messages->update(c, row);
}

enum store_err store_message_hold(struct store_conn *c, int64_t account_id, struct cardea_str address, int64_t until_ms)
{
    return c->backend->messages->hold(c, account_id, address, until_ms);
}

enum store_err store_message_prune(struct store_conn *c, int64_t ended_before_ms, size_t limit, size_t *count)
{
    return c->backend->messages->prune(c, ended_before_ms, limit, count);
}

enum store_err store_push_secret_put(struct store_conn *c, const struct store_push_secret *row)
{
    return c->backend->messages->secret_put(c, row);
}

enum store_err store_push_secret_get(struct store_conn *c, struct arena *a, int64_t agent_id,
                                     struct store_push_secret *out)
{
    return c->backend->messages->secret_get(c, a, agent_id, out);
}
