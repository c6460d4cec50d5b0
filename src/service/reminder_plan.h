/* service/reminder_plan.h - which reminder of a key comes when: arithmetic alone, without store or clock.
 *
 * Two ends are told of: that a key expires, and that its rotation is due. Each in four steps, 14, 3 and 1 days before
 * and on the day. A step is told once: what was told is a number of steps, and never goes back while the end stays
 * where it is, whatever the clock does. Who comes late (a daemon that was down) tells the last step that has passed,
 * not those before it: that a key has 14 days left is no news when it has one. */
#ifndef SERVICE_REMINDER_PLAN_H
#define SERVICE_REMINDER_PLAN_H

#include "store/reminders.h"

#define REMINDER_STEPS     4
#define REMINDER_EARLY_SEC (14 * 86400) /* the first step */
extern const int reminder_days[REMINDER_STEPS];

/* The ends as they are now, 0 for none. Where one differs from what `r` counts for, the steps up to `from` are passed
 * by in silence: nobody is told a second after making a key that it has not long to live. Sets next_at. */
void reminder_plan(struct store_reminder *r, int64_t expires_at, int64_t expiry_from, int64_t rotate_at,
                   int64_t rotation_from);

/* Whether a step has come, of those that came after `from`. */
bool reminder_is_near(int64_t end, int64_t from, int64_t now);

struct reminder_due {
    bool expiry, rotation;          /* to be told now */
    int expiry_days, rotation_days; /* that are left, by the step; 0: it is now */
};
/* What is due at `now`; it counts as told. Sets next_at. A key that has expired is due for nothing else. */
void reminder_take(struct store_reminder *r, int64_t now, struct reminder_due *out);

#endif
