/* service/reminder_text.h - what a mail about keys and webhooks says. */
#ifndef SERVICE_REMINDER_TEXT_H
#define SERVICE_REMINDER_TEXT_H

#include "base/buf.h"
#include "service/service.h"
#include "store/reminders.h"
#include "store/webhooks.h"

/* One key, or (STORE_REMIND_WEBHOOK) one webhook, that a mail speaks of. */
struct reminder_item {
    struct store_reminder_mail row;
    struct store_key key;
    const char *kind;
    struct store_webhook hook;
    struct cardea_str account; /* its name */
    const char *product;
};

/* `more`: those that it does not name. */
/* "An API key expires in 3 days"; "3 API keys need attention". */
struct cardea_str reminder_subject(struct arena *a, const struct reminder_item *items, size_t count, size_t more);
void reminder_body(struct buf *out, const struct reminder_item *items, size_t count, size_t more);

#endif
