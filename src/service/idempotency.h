/* service/idempotency.h - the same creation asked twice makes one thing and gives one answer.
 *
 * The reply is kept IDEMPOTENCY_TTL_SEC, sealed (AES-256-GCM) under a key derived from the client's header value and
 * from a key that lives in memory only: the store alone can never open it, and after a restart a retry is told what it
 * made instead. */
#ifndef SERVICE_IDEMPOTENCY_H
#define SERVICE_IDEMPOTENCY_H

#include "service/service.h"

#define IDEMPOTENCY_TTL_SEC 900
#define IDEMPOTENCY_KEY_MAX 255

struct idempotency {
    struct cardea_digest slot, request;
    uint8_t seal_key[32];
};

enum idempotency_state {
    IDEMPOTENCY_NEW,      /* go on, then service_idempotency_keep() */
    IDEMPOTENCY_REPLAY,   /* answer with status and reply */
    IDEMPOTENCY_MISMATCH, /* the same key with another request: 422 idempotency_mismatch */
    IDEMPOTENCY_LOST,     /* made before a restart: 409 idempotency_lost, with subject_id */
    IDEMPOTENCY_FAILED,   /* the store: c holds the refusal */
};

/* `scope` says who asks and what (actor, method, path); `client_key` is the header's value. Runs in the unit of work.
 */
enum idempotency_state service_idempotency_begin(struct service_call *c, struct idempotency *i, struct cardea_str scope,
                                                 struct cardea_str client_key, struct cardea_str body, int *status,
                                                 struct cardea_str *reply, int64_t *subject_id);
enum service_err service_idempotency_keep(struct service_call *c, const struct idempotency *i, int status,
                                          struct cardea_str reply, int64_t subject_id);
/* Wipes the derived key. */
void service_idempotency_release(struct idempotency *i);

#endif
