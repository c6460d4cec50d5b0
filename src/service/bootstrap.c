#include "service/bootstrap.h"

#include "base/file.h"
#include "base/str.h"
#include "service/jwt.h"
#include "service/seal.h"
#include "service/throttle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MASTER_KEY_FILE "master.key"
#define HEX_LEN         (2 * SEAL_KEY_LEN)
#define ROOT_KIND       "root"

/* ---- the master key ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 64 hexadecimal digits with or without a newline, or 32 raw bytes. */
static bool master_key_parse(struct cardea_str text, uint8_t out[SEAL_KEY_LEN])
{
    if (text.len == SEAL_KEY_LEN) {
        memcpy(out, text.ptr, SEAL_KEY_LEN);
        return true;
    }
    if (text.len == HEX_LEN + 1 && text.ptr[HEX_LEN] == '\n')
        text.len--;
    if (text.len != HEX_LEN)
        return false;
    for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* CARDEA_E_NOTFOUND: no such file; else every failure has its line in `why`. */
static enum cardea_err master_key_load(const char *path, uint8_t out[SEAL_KEY_LEN], struct cardea_why *why)
{
    char text[HEX_LEN + 2];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        snprintf(why->text, sizeof(why->text), "the master key %s cannot be read: %s", path, strerror(errno));
        return errno == ENOENT ? CARDEA_E_NOTFOUND : CARDEA_E_IO;
    }
    enum cardea_err err = CARDEA_E_INVALID;
    ssize_t len = -1;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        snprintf(why->text, sizeof(why->text), "the master key %s is not a regular file", path);
    else if (st.st_mode & 077)
        snprintf(
            why->text, sizeof(why->text),
            "the master key %s is open to others (mode %03o): chmod 600 it, and make a new one if others had a chance",
            path, (unsigned)(st.st_mode & 0777));
    else if ((len = read(fd, text, sizeof(text))) < 0)
        snprintf(why->text, sizeof(why->text), "the master key %s cannot be read: %s", path, strerror(errno));
    else if (!master_key_parse((struct cardea_str){text, (size_t)len}, out))
        snprintf(why->text, sizeof(why->text),
                 "the master key %s is neither 32 raw bytes nor 64 hexadecimal digits (openssl rand -hex 32)", path);
    else
        err = CARDEA_OK;
    cardea_wipe(text, sizeof(text));
    close(fd);
    return err;
}

static bool master_key_make(struct service *svc, const char *path, struct cardea_why *why)
{
    char text[HEX_LEN + 2];
    if (!svc->random(svc->random_arg, svc->master_key, sizeof(svc->master_key))) {
        snprintf(why->text, sizeof(why->text), "no random numbers for the master key");
        return false;
    }
    for (size_t i = 0; i < SEAL_KEY_LEN; i++)
        snprintf(text + 2 * i, 3, "%02x", svc->master_key[i]);
    text[HEX_LEN] = '\n';
    bool ok = file_write_atomic(path, 0600, (struct cardea_str){text, HEX_LEN + 1});
    if (!ok)
        snprintf(why->text, sizeof(why->text), "the master key %s cannot be written: %s", path, strerror(errno));
    cardea_wipe(text, sizeof(text));
    return ok;
}

bool bootstrap_master_key(struct service *svc, const char *data_dir, const char *master_key_file,
                          struct cardea_why *why)
{
    struct arena arena = {0};
    const char *path = master_key_file ? master_key_file : arena_printf(&arena, "%s/" MASTER_KEY_FILE, data_dir).ptr;
    enum cardea_err err = master_key_load(path, svc->master_key, why);
    bool ok = err == CARDEA_OK;
    /* One that is named is never made: a mistyped path would lock the store's secrets under a key nobody meant. */
    if (err == CARDEA_E_NOTFOUND && !master_key_file)
        ok = master_key_make(svc, path, why);
    arena_release(&arena);
    return ok;
}

/* ---- who we are ---- */

struct identity_work {
    struct service *svc;
    struct arena arena;
    uint8_t *deployment_id;
    struct cardea_why *why;
};

/* Says it here, where the store's own words are at hand. */
static enum store_err identity_failed(struct identity_work *w, struct store_conn *c, enum store_err err)
{
    snprintf(w->why->text, sizeof(w->why->text), "the store cannot keep this deployment's identity: %s",
             store_error_text(c));
    return err;
}

static enum store_err no_random(struct identity_work *w)
{
    snprintf(w->why->text, sizeof(w->why->text), "no random numbers for this deployment's identity");
    return STORE_UNAVAILABLE;
}

static enum store_err deployment_work(struct store_conn *c, struct identity_work *w)
{
    struct cardea_str value;
    enum store_err err = store_meta_get(c, &w->arena, BOOTSTRAP_META_DEPLOYMENT, &value);
    if (err == STORE_OK && value.len == 16) {
        memcpy(w->deployment_id, value.ptr, 16);
        return STORE_OK;
    }
    if (err != STORE_NOTFOUND)
        return identity_failed(w, c, err == STORE_OK ? STORE_UNAVAILABLE : err);
    if (!w->svc->random(w->svc->random_arg, w->deployment_id, 16))
        return no_random(w);
    err = store_meta_put(c, BOOTSTRAP_META_DEPLOYMENT, (struct cardea_str){(const char *)w->deployment_id, 16});
    return err == STORE_OK ? STORE_OK : identity_failed(w, c, err);
}

static enum store_err signer_make(struct store_conn *c, struct identity_work *w, uint8_t seed[JWT_SEED_LEN])
{
    struct service *svc = w->svc;
    struct cardea_str sealed, plain = {(const char *)seed, JWT_SEED_LEN};
    if (!svc->random(svc->random_arg, seed, JWT_SEED_LEN) ||
        !seal(&w->arena, svc->master_key, STR(BOOTSTRAP_META_SIGNER), plain, svc->random, svc->random_arg, &sealed))
        return no_random(w);
    enum store_err err = store_meta_put(c, BOOTSTRAP_META_SIGNER, sealed);
    return err == STORE_OK ? STORE_OK : identity_failed(w, c, err);
}

static enum store_err signer_work(struct store_conn *c, struct identity_work *w)
{
    uint8_t seed[JWT_SEED_LEN];
    struct cardea_str sealed, plain;
    enum store_err err = store_meta_get(c, &w->arena, BOOTSTRAP_META_SIGNER, &sealed);
    if (err == STORE_NOTFOUND) {
        err = signer_make(c, w, seed);
    } else if (err != STORE_OK) {
        err = identity_failed(w, c, err);
    } else if (!seal_open(&w->arena, w->svc->master_key, STR(BOOTSTRAP_META_SIGNER), sealed, &plain) ||
               plain.len != JWT_SEED_LEN) {
        snprintf(w->why->text, sizeof(w->why->text),
                 "the store's secrets are sealed under another master key: put back the one that it was made with");
        err = STORE_UNAVAILABLE;
    } else {
        memcpy(seed, plain.ptr, sizeof(seed));
    }
    if (err == STORE_OK && !(w->svc->signer = session_signer_new(seed))) {
        snprintf(w->why->text, sizeof(w->why->text), "libcrypto offers no Ed25519");
        err = STORE_UNAVAILABLE;
    }
    cardea_wipe(seed, sizeof(seed));
    return err;
}

/* Ids of events go on rising, though the clock may have been put back since the last process. By how much they begin
 * above the last one is random, because ids that are no event's may stand right behind it. */
static enum store_err last_id_work(struct store_conn *c, struct identity_work *w)
{
    int64_t last;
    uint32_t by;
    enum store_err err = store_event_last(c, &last);
    if (err != STORE_OK)
        return identity_failed(w, c, err);
    if (!w->svc->random(w->svc->random_arg, &by, sizeof(by)))
        return no_random(w);
    if (w->svc->last_id < last)
        w->svc->last_id = last + by % (1u << 22);
    return STORE_OK;
}

static enum store_err identity_work(struct store_conn *c, void *arg)
{
    struct identity_work *w = arg;
    enum store_err err = last_id_work(c, w);
    if (err == STORE_OK)
        err = deployment_work(c, w);
    return err == STORE_OK ? signer_work(c, w) : err;
}

bool bootstrap_identity(struct service *svc, uint8_t deployment_id[16], struct cardea_why *why)
{
    struct identity_work w = {.svc = svc, .deployment_id = deployment_id, .why = why};
    why->text[0] = 0;
    if (!svc->random(svc->random_arg, svc->idempotency_key, sizeof(svc->idempotency_key))) {
        no_random(&w);
        return false;
    }
    svc->logins = throttle_new(svc->random, svc->random_arg);
    if (!svc->logins) {
        snprintf(why->text, sizeof(why->text), "out of memory");
        return false;
    }
    enum store_err err = store_run(svc->store, identity_work, &w);
    arena_release(&w.arena);
    if (err != STORE_OK && why->text[0] == 0)
        snprintf(why->text, sizeof(why->text), "the store cannot be written");
    return err == STORE_OK;
}

/* ---- the first key ---- */

struct root_work {
    struct service_call call;
    struct arena arena;
    bootstrap_hand_over_fn hand_over;
    void *hand_over_arg;
    struct cardea_secret *root;
    bool made;
    struct cardea_why *why;
};

static enum store_err root_failed(struct root_work *w, enum store_err err)
{
    snprintf(w->why->text, sizeof(w->why->text), "the root key cannot be made: %s", store_error_text(w->call.db));
    return err;
}

static enum store_err root_account(struct root_work *w, struct store_account *account)
{
    struct service_call *c = &w->call;
    enum store_err err = store_account_find(c->db, c->arena, STR(BOOTSTRAP_ACCOUNT_PROFILE),
                                            STR(BOOTSTRAP_ACCOUNT_SLUG), account);
    if (err != STORE_NOTFOUND)
        return err == STORE_OK ? STORE_OK : root_failed(w, err);
    *account = (struct store_account){
        .id = service_new_id(c),
        .profile = STR(BOOTSTRAP_ACCOUNT_PROFILE),
        .slug = STR(BOOTSTRAP_ACCOUNT_SLUG),
        .name = STR("System"),
        .status = STORE_ACCOUNT_ACTIVE,
        .created_at = c->now,
    };
    err = store_account_insert(c->db, account);
    if (err != STORE_OK)
        return root_failed(w, err);
    return service_record(c, "account.created", "acc", account->id, account->id, STR("{\"slug\":\"system\"}")) ==
                   SERVICE_OK
               ? STORE_OK
               : root_failed(w, STORE_UNAVAILABLE);
}

static enum store_err root_key(struct root_work *w, const struct store_account *account, const struct cardea_kind *kind)
{
    struct service_call *c = &w->call;
    if (cardea_key_format_mint(&kind->format, c->svc->random, c->svc->random_arg, w->root) != CARDEA_OK) {
        snprintf(w->why->text, sizeof(w->why->text), "no random numbers for the root key");
        return STORE_UNAVAILABLE;
    }
    struct cardea_str clear = cardea_secret_reveal(w->root);
    struct store_key row = {
        .id = service_new_id(c),
        .account_id = account->id,
        .kind = STR(ROOT_KIND),
        .name = STR("root"),
        .prefix = {clear.ptr, kind->format.visible_len},
        .state = CARDEA_KEY_ACTIVE,
        .created_at = c->now,
        .credits = -1,
    };
    cardea_digest(clear, &row.digest);
    enum store_err err = store_key_insert(c->db, &row);
    if (err != STORE_OK)
        return root_failed(w, err);
    w->made = true;
    if (service_record(c, "key.created", "key", row.id, account->id,
                       arena_printf(c->arena, "{\"prefix\":\"%.*s\",\"kind\":\"root\"}", STR_ARG(row.prefix))) !=
        SERVICE_OK)
        return root_failed(w, STORE_UNAVAILABLE);
    return w->hand_over(w->hand_over_arg, w->root, w->why) ? STORE_OK : STORE_UNAVAILABLE;
}

/* A root key that was revoked is there: revoking the last one is not undone by a restart. */
static enum store_err root_work(struct store_conn *db, void *arg)
{
    struct root_work *w = arg;
    struct service_call *c = &w->call;
    c->db = db;
    const struct profile *profile = profile_set_find(c->profiles, STR(BOOTSTRAP_ACCOUNT_PROFILE));
    int kind = profile ? cardea_profile_kind(&profile->core, STR(ROOT_KIND)) : -1;
    if (kind < 0) {
        snprintf(w->why->text, sizeof(w->why->text),
                 "the profile `" BOOTSTRAP_ACCOUNT_PROFILE "` must be loaded and have a kind `" ROOT_KIND "`");
        return STORE_UNAVAILABLE;
    }
    struct store_account account;
    enum store_err err = root_account(w, &account);
    if (err != STORE_OK)
        return err;
    struct store_key found;
    size_t count = 0;
    struct store_key_filter filter = {.account_id = account.id, .kind = STR(ROOT_KIND), .now = c->now, .limit = 1};
    err = store_key_list(db, c->arena, &filter, &found, &count);
    if (err != STORE_OK)
        return root_failed(w, err);
    return count ? STORE_OK : root_key(w, &account, &profile->core.kinds[kind]);
}

bool bootstrap_root(struct service *svc, bootstrap_hand_over_fn hand_over, void *arg, struct cardea_secret *root,
                    bool *made, struct cardea_why *why)
{
    struct root_work w = {.hand_over = hand_over, .hand_over_arg = arg, .root = root, .why = why};
    int64_t now_ms = svc->now_ms(svc->now_arg);
    w.call = (struct service_call){
        .svc = svc,
        .profiles = atomic_load(&svc->profiles),
        .arena = &w.arena,
        .actor = {.kind = ACTOR_SYSTEM, .profile = -1},
        .now = now_ms / 1000,
        .now_ms = now_ms,
    };
    why->text[0] = 0;
    enum store_err err = store_run(svc->store, root_work, &w);
    arena_release(&w.arena);
    *made = err == STORE_OK && w.made;
    if (!*made)
        cardea_secret_wipe(root);
    if (err != STORE_OK && why->text[0] == 0)
        snprintf(why->text, sizeof(why->text), "the store cannot be written");
    return err == STORE_OK;
}

void bootstrap_release(struct service *svc)
{
    session_signer_free(svc->signer);
    svc->signer = NULL;
    throttle_free(svc->logins);
    svc->logins = NULL;
    cardea_wipe(svc->master_key, sizeof(svc->master_key));
    cardea_wipe(svc->idempotency_key, sizeof(svc->idempotency_key));
}
