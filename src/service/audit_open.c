/* What the log is called, and the key that signs for it: made at the first start, kept in the store for good. */
#include "service/audit_log.h"

#include "base/str.h"
#include "service/seal.h"

#include <stdio.h>

#define META_ORIGIN "audit_origin"
#define META_SIGNER "audit_signer" /* sealed */

struct opening {
    struct service *svc;
    const uint8_t *deployment_id;
    const char *wanted;
    struct cardea_why *why;
    struct arena arena;
    struct cardea_str origin;
    uint8_t seed[NOTE_SEED_LEN];
};

static enum store_err say(struct opening *o, struct store_conn *c, enum store_err err)
{
    snprintf(o->why->text, sizeof(o->why->text), "the store cannot keep the audit log's key: %s", store_error_text(c));
    return err;
}

/* Unlike any other log's, without anybody having to choose. */
static struct cardea_str default_origin(struct opening *o)
{
    char id[33];
    for (size_t i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", o->deployment_id[i]);
    return arena_printf(&o->arena, "cardea/%s", id);
}

static enum store_err find_origin(struct opening *o, struct store_conn *c)
{
    enum store_err err = store_meta_get(c, &o->arena, META_ORIGIN, &o->origin);
    if (err == STORE_NOTFOUND) {
        o->origin = o->wanted ? arena_str(&o->arena, str_of(o->wanted)) : default_origin(o);
        err = store_meta_put(c, META_ORIGIN, o->origin);
        return err == STORE_OK ? STORE_OK : say(o, c, err);
    }
    if (err != STORE_OK)
        return say(o, c, err);
    if (!o->wanted || str_eq(o->origin, str_of(o->wanted)))
        return STORE_OK;
    snprintf(o->why->text, sizeof(o->why->text),
             "the audit log is called %.*s, and what was signed under that name stays so: leave audit_origin out, or "
             "write that",
             STR_ARG(o->origin));
    return STORE_CONFLICT;
}

static enum store_err make_seed(struct opening *o, struct store_conn *c)
{
    struct service *svc = o->svc;
    struct cardea_str sealed, plain = {(const char *)o->seed, sizeof(o->seed)};
    if (!svc->random(svc->random_arg, o->seed, sizeof(o->seed)) ||
        !seal(&o->arena, svc->master_key, STR(META_SIGNER), plain, svc->random, svc->random_arg, &sealed)) {
        snprintf(o->why->text, sizeof(o->why->text), "no random numbers for the audit log's key");
        return STORE_UNAVAILABLE;
    }
    enum store_err err = store_meta_put(c, META_SIGNER, sealed);
    return err == STORE_OK ? STORE_OK : say(o, c, err);
}

static enum store_err find_seed(struct opening *o, struct store_conn *c)
{
    struct cardea_str sealed, plain;
    enum store_err err = store_meta_get(c, &o->arena, META_SIGNER, &sealed);
    if (err == STORE_NOTFOUND)
        return make_seed(o, c);
    if (err != STORE_OK)
        return say(o, c, err);
    if (!seal_open(&o->arena, o->svc->master_key, STR(META_SIGNER), sealed, &plain) || plain.len != sizeof(o->seed)) {
        snprintf(o->why->text, sizeof(o->why->text),
                 "the store's secrets are sealed under another master key: put back the one that it was made with");
        return STORE_UNAVAILABLE;
    }
    memcpy(o->seed, plain.ptr, sizeof(o->seed));
    return STORE_OK;
}

static enum store_err open_unit(struct store_conn *c, void *arg)
{
    struct opening *o = arg;
    enum store_err err = find_origin(o, c);
    return err == STORE_OK ? find_seed(o, c) : err;
}

bool audit_log_start(struct service *svc, const uint8_t deployment_id[16], const char *origin, struct cardea_why *why)
{
    struct opening o = {.svc = svc, .deployment_id = deployment_id, .wanted = origin, .why = why};
    why->text[0] = '\0';
    if (origin && !note_name_valid(str_of(origin))) {
        snprintf(why->text, sizeof(why->text),
                 "audit_origin is no name of a log: write up to %d characters without blanks and +, such as "
                 "keys.example.com/audit",
                 NOTE_NAME_MAX);
        return false;
    }
    enum store_err err = store_run(svc->store, open_unit, &o);
    bool ok = err == STORE_OK && audit_log_open(svc, arena_cstr(&o.arena, o.origin), o.seed);
    if (!ok && !why->text[0])
        snprintf(why->text, sizeof(why->text), "%s",
                 err == STORE_OK ? "libcrypto offers no Ed25519" : "the store cannot be written");
    cardea_wipe(o.seed, sizeof(o.seed));
    arena_release(&o.arena);
    return ok;
}
