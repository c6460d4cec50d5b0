/* service/push_secret.h - what signs the messages that an agent pushes to addresses outside: one secret an agent, shown
 * once, sealed at rest. A new one takes the old one's place; for a day both sign, so that a receiver can change over.
 */
#ifndef SERVICE_PUSH_SECRET_H
#define SERVICE_PUSH_SECRET_H

#include "core/webhook.h"
#include "service/service.h"
#include "store/messages.h"

#define PUSH_SECRET_LEN         32 /* bytes; the standard wants 24 to 64 */
#define PUSH_SECRET_OVERLAP_SEC 86400

/* In a unit of work. Who may: whoever may change the agent (service/agents.h). `out` is to be shown once, and wiped. */
enum service_err service_push_secret_make(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                          struct store_agent *of, char out[WEBHOOK_SECRET_TEXT]);

/* One or two secrets in the arena, the current one first, as they are at `now`. False: there is none that can be
 * opened. */
bool service_push_secret_open(struct service *svc, struct arena *a, const struct store_push_secret *row, int64_t now,
                              struct cardea_str out[2], size_t *count);

#endif
