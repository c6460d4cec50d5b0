/* service/webhooks.h - the endpoints that an account has told of its events, their secrets, and what was sent to them.
 *
 * Who may: service/things.h; seeing takes an owner or admin, too. Each endpoint has a secret of its own, made here and
 * shown once. A new one takes its place; for the overlap both sign, as Standard Webhooks has it, and what has room for
 * one signature goes on with the old one. */
#ifndef SERVICE_WEBHOOKS_H
#define SERVICE_WEBHOOKS_H

#include "core/webhook.h"
#include "service/service.h"
#include "store/webhooks.h"

#define WEBHOOKS_PER_ACCOUNT    100
#define WEBHOOK_SECRET_LEN      24 /* bytes */
#define WEBHOOK_OVERLAP_SEC     86400
#define WEBHOOK_OVERLAP_MAX_SEC (30 * 86400)
#define WEBHOOK_DESCRIPTION_MAX 500
#define WEBHOOK_PATTERNS_MAX    32
#define WEBHOOK_REPLAY_MAX      1000 /* deliveries a call */

enum service_err service_webhook_admit(struct service_call *c, bool write);

/* "enabled", "disabled" or "stopped". Static storage. */
const char *service_webhook_status_name(const struct store_webhook *row);
/* "queued", "delivered" or "failed", and back: -1 is no state. Static storage. */
const char *service_webhook_delivery_name(enum store_webhook_delivery_state state);
int service_webhook_delivery_state(struct cardea_str name);

/* The profile's header of the endpoint's account, e.g. "X-Anima-Signature"; NULL: it has none. */
const char *service_webhook_header(struct service_call *c, const struct store_webhook *row);

/* What may be said of an endpoint. `events`: patterns, space-separated; empty stands for all. */
struct webhook_input {
    bool has_url, has_events, has_description, has_enabled;
    struct cardea_str url, events, description;
    bool enabled;
};
/* In a unit of work. `secret` is to be shown once, and wiped. */
enum service_err service_webhook_create(struct service_call *c, struct cardea_str account,
                                        const struct webhook_input *in, struct store_webhook *out,
                                        char secret[WEBHOOK_SECRET_TEXT]);
enum service_err service_webhook_patch(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                       const struct webhook_input *in, struct store_webhook *out);
/* Its secrets go at once, what was sent in time. */
enum service_err service_webhook_delete(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        struct store_webhook *out);

enum service_err service_webhook_get(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                     bool write, struct store_webhook *out);
/* Ascending by id after `after`. */
enum service_err service_webhook_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                      struct store_webhook *out, size_t *count);

/* CONFLICT "rotation_under_way" while the overlap of the last one lasts, unless this one has none: a third secret would
 * end what somebody still checks with. */
enum service_err service_webhook_rotate(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        int64_t overlap_sec, struct store_webhook *out,
                                        char secret[WEBHOOK_SECRET_TEXT]);
/* Ends the overlap now. Without one it changes nothing. */
enum service_err service_webhook_cut_over(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                          struct store_webhook *out);
/* One or two secrets' bytes in the arena, the current one first, as they are at `now`. False: there is none that can be
 * opened. */
bool service_webhook_secrets(struct service *svc, struct arena *a, const struct store_webhook *row, int64_t now,
                             struct cardea_str out[2], size_t *count);

/* ---- webhook_log.c: deliveries ---- */

/* Queues a webhook.test for it, whatever it asked for. CONFLICT unless it is enabled. */
enum service_err service_webhook_test(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                      struct store_webhook_delivery *out);

struct webhook_log {
    struct cardea_str account, id;
    int state; /* of enum store_webhook_delivery_state; -1: any */
    int64_t before;
    size_t limit;
};
enum service_err service_webhook_deliveries(struct service_call *c, const struct webhook_log *in,
                                            struct store_webhook_delivery *out, size_t *count, int64_t *next);
/* With the event's payload; empty once that is gone. */
enum service_err service_webhook_delivery(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                          struct cardea_str delivery, struct store_webhook_delivery *out,
                                          struct cardea_str *payload);

/* One that has ended, or (`delivery` empty) what failed of events from since on to before until: at most
 * WEBHOOK_REPLAY_MAX, the oldest first. */
struct webhook_replay {
    struct cardea_str delivery;
    int64_t since, until; /* unix seconds; until 0: now */
};
enum service_err service_webhook_replay(struct service_call *c, struct cardea_str account, struct cardea_str id,
                                        const struct webhook_replay *in, size_t *count);

#endif
