#include "service/idempotency.h"

#include "base/str.h"
#include "service/seal.h"

/* What stands before the sealed reply: which process's memory held the key. */
#define BOOT_TAG_LEN 8

static struct cardea_str bytes_of(const struct cardea_digest *d)
{
    return (struct cardea_str){(const char *)d->bytes, sizeof(d->bytes)};
}

static void boot_tag(const struct service *svc, uint8_t tag[BOOT_TAG_LEN])
{
    uint8_t mac[32];
    seal_derive(svc->idempotency_key, "boot", STR(""), mac);
    memcpy(tag, mac, BOOT_TAG_LEN);
}

/* The client's key is in the slot only as part of a hash, so the row alone does not give it away; what seals the reply
 * needs it and the key in memory. */
static void derive(const struct service *svc, struct arena *a, struct cardea_str scope, struct cardea_str client_key,
                   struct idempotency *i)
{
    size_t len = scope.len + 1 + client_key.len;
    char *text = arena_alloc(a, len);
    memcpy(text, scope.ptr, scope.len);
    memcpy(text + scope.len + 1, client_key.ptr, client_key.len);
    cardea_digest((struct cardea_str){text, len}, &i->slot);
    seal_derive(svc->idempotency_key, "reply", (struct cardea_str){text, len}, i->seal_key);
    cardea_wipe(text, len);
}

static enum idempotency_state reopen(struct service_call *c, const struct idempotency *i,
                                     const struct store_idempotency *row, int *status, struct cardea_str *reply,
                                     int64_t *subject_id)
{
    uint8_t tag[BOOT_TAG_LEN];
    struct cardea_str sealed = row->sealed;
    *subject_id = row->subject_id;
    *status = row->status;
    boot_tag(c->svc, tag);
    if (sealed.len < BOOT_TAG_LEN || memcmp(sealed.ptr, tag, BOOT_TAG_LEN) != 0)
        return IDEMPOTENCY_LOST;
    sealed.ptr += BOOT_TAG_LEN;
    sealed.len -= BOOT_TAG_LEN;
    /* A row that was tampered with is as good as lost: what it made is there all the same. */
    return seal_open(c->arena, i->seal_key, bytes_of(&i->slot), sealed, reply) ? IDEMPOTENCY_REPLAY : IDEMPOTENCY_LOST;
}

enum idempotency_state service_idempotency_begin(struct service_call *c, struct idempotency *i, struct cardea_str scope,
                                                 struct cardea_str client_key, struct cardea_str body, int *status,
                                                 struct cardea_str *reply, int64_t *subject_id)
{
    struct store_idempotency row;
    derive(c->svc, c->arena, scope, client_key, i);
    cardea_digest(body, &i->request);
    enum store_err err = store_idempotency_get(c->db, c->arena, &i->slot, &row);
    if (err != STORE_OK && err != STORE_NOTFOUND) {
        service_store_error(c, err);
        return IDEMPOTENCY_FAILED;
    }
    if (err == STORE_NOTFOUND || c->now - row.created_at >= IDEMPOTENCY_TTL_SEC)
        return IDEMPOTENCY_NEW;
    if (!cardea_digest_equal(&i->request, &row.request))
        return IDEMPOTENCY_MISMATCH;
    return reopen(c, i, &row, status, reply, subject_id);
}

enum service_err service_idempotency_keep(struct service_call *c, const struct idempotency *i, int status,
                                          struct cardea_str reply, int64_t subject_id)
{
    const struct service *svc = c->svc;
    struct cardea_str sealed;
    if (!seal(c->arena, i->seal_key, bytes_of(&i->slot), reply, svc->random, svc->random_arg, &sealed))
        return service_fail(c, SERVICE_UNAVAILABLE, "internal", "There are no random numbers.");
    char *tagged = arena_alloc(c->arena, BOOT_TAG_LEN + sealed.len);
    boot_tag(svc, (uint8_t *)tagged);
    memcpy(tagged + BOOT_TAG_LEN, sealed.ptr, sealed.len);
    struct store_idempotency row = {
        .slot = i->slot,
        .request = i->request,
        .created_at = c->now,
        .subject_id = subject_id,
        .status = status,
        .sealed = {tagged, BOOT_TAG_LEN + sealed.len},
    };
    enum store_err err = store_idempotency_put(c->db, &row);
    /* As many go as come: the table holds what the last quarter of an hour made. */
    if (err == STORE_OK)
        err = store_idempotency_prune(c->db, c->now - IDEMPOTENCY_TTL_SEC);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

void service_idempotency_release(struct idempotency *i)
{
    cardea_wipe(i->seal_key, sizeof(i->seal_key));
}
