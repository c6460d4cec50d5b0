/* store/reminders.h - when keys are next to be spoken of, mails about it (and about webhooks) on their way, and what
 * was told of when. As store.h says of all of it. */
#ifndef STORE_REMINDERS_H
#define STORE_REMINDERS_H

#include "store/store.h"

/* Of a key that expires, or whose rotation comes due. Steps are counted in their order, service/reminder_plan.h. */
struct store_reminder {
    int64_t key_id;
    int64_t next_at;    /* 0: nothing more to say, or not now */
    int64_t expires_at; /* that expiry_told counts for; 0: it does not expire */
    int64_t expiry_told;
    int64_t rotate_at; /* the same of its rotation */
    int64_t rotation_told;
};
/* Inserts or replaces. */
enum store_err store_reminder_put(struct store_conn *c, const struct store_reminder *row);
enum store_err store_reminder_get(struct store_conn *c, int64_t key_id, struct store_reminder *out);
/* Those whose time has come, the longest waiting first. */
enum store_err store_reminder_due(struct store_conn *c, int64_t now, size_t limit, struct store_reminder *out,
                                  size_t *count);
/* No error when it is not there. */
enum store_err store_reminder_remove(struct store_conn *c, int64_t key_id);

/* Of a key, the last one of a webhook that was disabled. */
enum store_reminder_purpose {
    STORE_REMIND_EXPIRING = 0,
    STORE_REMIND_EXPIRED = 1,
    STORE_REMIND_ROTATION = 2,
    STORE_REMIND_WEBHOOK = 3
};
struct store_reminder_mail {
    int64_t id; /* given by the insert, ascending */
    int64_t user_id;
    int64_t subject_id; /* the key, or the webhook */
    enum store_reminder_purpose purpose;
    int64_t days; /* that are left, by the step */
    int64_t at;   /* the end that it is about; when the webhook was disabled */
    int64_t attempts, next_at_ms;
};
enum store_err store_reminder_mail_insert(struct store_conn *c, const struct store_reminder_mail *row);
/* All of one user, the one whose mail waits longest, whenever the others of theirs were due: they go in one mail. */
enum store_err store_reminder_mail_due(struct store_conn *c, int64_t now_ms, size_t limit,
                                       struct store_reminder_mail *out, size_t *count);
/* 0: there is none. */
enum store_err store_reminder_mail_next_due(struct store_conn *c, int64_t *at_ms);
/* One attempt more, and the next not before. */
enum store_err store_reminder_mail_retry(struct store_conn *c, int64_t id, int64_t next_at_ms);
enum store_err store_reminder_mail_remove(struct store_conn *c, int64_t id);

/* What is told of a subject (a key, an account) once in a while only: when it last was. */
enum store_err store_told_get(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t *at);
enum store_err store_told_put(struct store_conn *c, int64_t subject_id, struct cardea_str what, int64_t at);
/* At most `limit` of those told before. */
enum store_err store_told_prune(struct store_conn *c, int64_t before, size_t limit);

#endif
