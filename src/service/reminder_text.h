/* service/reminder_text.h - what a mail about keys says. */
#ifndef SERVICE_REMINDER_TEXT_H
#define SERVICE_REMINDER_TEXT_H

#include "base/buf.h"
#include "service/service.h"
#include "store/reminders.h"

/* One key that a mail speaks of. */
struct reminder_item {
    struct store_reminder_mail row;
    struct store_key key;
    struct cardea_str account; /* its name */
    const char *product, *kind;
};

/* "An API key expires in 3 days"; "3 API keys need attention". */
struct cardea_str reminder_subject(struct arena *a, const struct reminder_item *items, size_t count);
/* `more`: keys that it does not name. */
void reminder_body(struct buf *out, const struct reminder_item *items, size_t count, size_t more);

#endif
