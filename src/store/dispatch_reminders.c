/* The way from store/reminders.h to the backend. */
#include "store/backend.h"

enum store_err store_reminder_put(struct store_conn *c, const struct store_reminder *row)
{
    return c->backend->reminders->put(c, row);
}

enum store_err store_reminder_get(struct store_conn *c, int64_t key_id, struct store_reminder *out)
{
    return c->backend->reminders->get(c, key_id, out);
}

enum store_err store_reminder_due(struct store_conn *c, int64_t now, size_t limit, struct store_reminder *out,
                                  size_t *count)
{
    return c->backend->reminders->due(c, now, limit, out, count);
}

enum store_err store_reminder_remove(struct store_conn *c, int64_t key_id)
{
    return c->backend->reminders->remove(c, key_id);
}

enum store_err store_reminder_mail_insert(struct store_conn *c, const struct store_reminder_mail *row)
{
    return c->backend->reminders->mail_insert(c, row);
}

enum store_err store_reminder_mail_due(struct store_conn *c, int64_t now_ms, size_t limit,
                                       struct store_reminder_mail *out, size_t *count)
{
    return c->backend->reminders->mail_due(c, now_ms, limit, out, count);
}

enum store_err store_reminder_mail_next_due(struct store_conn *c, int64_t *at_ms)
{
    return c->backend->reminders->mail_next_due(c, at_ms);
}

enum store_err store_reminder_mail_retry(struct store_conn *c, int64_t id, int64_t next_at_ms)
{
    return c->backend->reminders->mail_retry(c, id, next_at_ms);
}

enum store_err store_reminder_mail_remove(struct store_conn *c, int64_t id)
{
    return c->backend->reminders->mail_remove(c, id);
}

enum store_err store_told_get(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t *at)
{
    return c->backend->reminders->told_get(c, subject_id, what, at);
}

enum store_err store_told_put(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t at)
{
    return c->backend->reminders->told_put(c, subject_id, what, at);
}

enum store_err store_told_prune(struct store_conn *c, int64_t before, size_t limit)
{
    return c->backend->reminders->told_prune(c, before, limit);
}
