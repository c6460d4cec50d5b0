#include "service/audit_log.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "service/audit_denied.h"
#include "service/bootstrap.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Sealed at once when so many wait, else with the next checkpoint: each sealing is a transaction of its own. */
#define SEAL_WAITING 1024
/* As service.c allows a record's detail, and what stands around it. */
#define RECORD_TEXT_MAX (80 * 1024)

struct audit_log {
    struct note_signer *signer;
    atomic_bool busy;         /* a unit of work is on its way */
    _Atomic uint64_t waiting; /* records since the last sealing; too many, where units rolled back */
    _Atomic uint64_t sealed, checkpoint_size;
    _Atomic int64_t checkpoint_at_ms;
    atomic_bool broken, more;
};

bool audit_log_open(struct service *svc, const char *origin, const uint8_t seed[NOTE_SEED_LEN])
{
    struct audit_log *log = calloc(1, sizeof(*log));
    if (!log)
        abort();
    log->signer = note_signer_new(origin, seed);
    if (!log->signer) {
        free(log);
        return false;
    }
    svc->denied = audit_denied_new(svc);
    if (!svc->denied) {
        note_signer_free(log->signer);
        free(log);
        return false;
    }
    atomic_store(&log->waiting, 1); /* what an earlier process left: look */
    svc->audit = log;
    return true;
}

void audit_log_free(struct service *svc)
{
    if (!svc->audit)
        return;
    audit_denied_free(svc->denied);
    svc->denied = NULL;
    note_signer_free(svc->audit->signer);
    free(svc->audit);
    svc->audit = NULL;
}

const struct note_key *audit_log_key(const struct service *svc)
{
    return note_signer_key(svc->audit->signer);
}

void audit_log_appended(struct service *svc)
{
    if (svc->audit)
        atomic_fetch_add_explicit(&svc->audit->waiting, 1, memory_order_relaxed);
}

struct audit_record audit_record_of(const struct store_audit *row)
{
    return (struct audit_record){.index = (uint64_t)row->sequence - 1,
                                 .at_ms = row->at_ms,
                                 .action = row->action,
                                 .actor = row->actor,
                                 .subject = row->subject,
                                 .actor_key = row->actor_key,
                                 .account_id = row->account_id,
                                 .has_source = row->has_source_hash,
                                 .source = row->source_hash,
                                 .detail = row->detail};
}

/* ---- tiles in the store ---- */

bool audit_tiles_load(void *arg, struct tile *tile)
{
    struct audit_tiles *s = arg;
    struct cardea_str hashes;
    if (store_audit_tile_get(s->db, s->arena, tile->level, tile->number, &hashes) != STORE_OK)
        return false;
    unsigned count = (unsigned)(hashes.len / CARDEA_DIGEST_LEN);
    if (hashes.len % CARDEA_DIGEST_LEN || count < tile->count || count > TILE_WIDTH)
        return false;
    memcpy(tile->hashes, hashes.ptr, hashes.len);
    tile->count = count;
    return true;
}

/* A tile that is to be added to holds just what the tree does. */
static bool load_last(void *arg, struct tile *tile)
{
    unsigned count = tile->count;
    return audit_tiles_load(arg, tile) && tile->count == count;
}

static bool store_tile(void *arg, const struct tile *tile)
{
    struct audit_tiles *s = arg;
    struct cardea_str hashes = {(const char *)tile->hashes, tile->count * sizeof(tile->hashes[0])};
    return store_audit_tile_put(s->db, tile->level, tile->number, hashes) == STORE_OK;
}

/* ---- sealing ---- */

struct sealing {
    struct audit_log *log;
    struct audit_tiles source;
    struct tiles tiles;
    struct buf line;
    int64_t span, first_ms, last_ms; /* of the span that is being filled; -1: none */
    bool gap;
};

static enum store_err end_span(struct sealing *s)
{
    return s->span < 0 ? STORE_OK : store_audit_span_put(s->source.db, s->span, s->first_ms, s->last_ms);
}

static enum store_err widen_span(struct sealing *s, const struct store_audit *row)
{
    int64_t span = (row->sequence - 1) / STORE_AUDIT_SPAN;
    enum store_err err = STORE_OK;
    if (span != s->span) {
        err = end_span(s);
        s->span = span;
        s->first_ms = s->last_ms = row->at_ms;
    }
    s->first_ms = row->at_ms < s->first_ms ? row->at_ms : s->first_ms;
    s->last_ms = row->at_ms > s->last_ms ? row->at_ms : s->last_ms;
    return err;
}

static enum store_err seal_one(void *arg, const struct store_audit *row)
{
    struct sealing *s = arg;
    struct audit_record record = audit_record_of(row);
    struct cardea_digest leaf;
    if (record.index != s->tiles.size) {
        s->gap = true;
        return STORE_CONFLICT;
    }
    if (!record_hash(&s->line, note_signer_key(s->log->signer)->id, &record, &leaf))
        return STORE_UNAVAILABLE;
    if (!tiles_add(&s->tiles, &leaf, store_tile, &s->source))
        return STORE_UNAVAILABLE;
    return widen_span(s, row);
}

static void declare_broken(struct audit_log *log, const char *what, uint64_t index)
{
    if (!atomic_exchange(&log->broken, true))
        log_error("the audit log is not what it was: %s %llu. Nothing more is signed; look with `cardea audit verify`, "
                  "and restore a backup",
                  what, (unsigned long long)index);
}

/* STORE_OK with *done below the limit: all is sealed. */
static enum store_err seal_slice(struct audit_log *log, struct store_conn *db, struct arena *arena, size_t limit,
                                 uint64_t *done)
{
    struct sealing s = {.log = log, .source = {db, arena}, .span = -1};
    uint64_t before = 0;
    *done = 0;
    enum store_err err = store_audit_sealed(db, TILE_WIDTH, &before);
    if (err != STORE_OK)
        return err;
    if (!tiles_open(&s.tiles, before, load_last, &s.source)) {
        declare_broken(log, "the tree lacks hashes of its first", before);
        return STORE_CONFLICT;
    }
    buf_init(&s.line, RECORD_TEXT_MAX);
    err = store_audit_each(db, (int64_t)before + 1, limit, seal_one, &s);
    buf_release(&s.line);
    if (s.gap)
        declare_broken(log, "there is no record", s.tiles.size);
    if (err == STORE_OK)
        err = end_span(&s);
    if (err == STORE_OK && !tiles_flush(&s.tiles, store_tile, &s.source))
        err = STORE_UNAVAILABLE;
    *done = s.tiles.size - before;
    if (err == STORE_OK)
        atomic_store(&log->sealed, s.tiles.size);
    return err;
}

/* ---- signing ---- */

static bool root_of(struct store_conn *db, struct arena *arena, uint64_t size, struct cardea_digest *out)
{
    struct audit_tiles source = {db, arena};
    struct tile_reader reader = {.load = audit_tiles_load, .arg = &source};
    struct tree_range range;
    if (!tree_range_load(size, tile_reader_node, &reader, &range))
        return false;
    tree_range_root(&range, out);
    return true;
}

/* No checkpoint is signed that contradicts an earlier one: the hashes must still give the root that was signed last. */
static bool still_holds(struct audit_log *log, struct store_conn *db, struct arena *arena,
                        const struct store_checkpoint *last)
{
    struct checkpoint signed_last;
    struct cardea_digest root;
    return checkpoint_open(last->note, note_signer_key(log->signer), &signed_last, NULL) == CHECKPOINT_OK &&
           signed_last.size == (uint64_t)last->size && root_of(db, arena, signed_last.size, &root) &&
           cardea_digest_equal(&root, &signed_last.root);
}

/* The log belongs to the operator: the event goes to the system account. It makes no record, or each checkpoint would
 * ask for the next. */
static enum service_err tell(struct service_call *c, uint64_t size, const struct cardea_digest *root,
                             struct cardea_str note)
{
    struct store_account system = {0};
    enum store_err found = store_account_find(c->db, c->arena, STR(BOOTSTRAP_ACCOUNT_PROFILE),
                                              STR(BOOTSTRAP_ACCOUNT_SLUG), &system);
    if (found != STORE_OK && found != STORE_NOTFOUND)
        return service_store_error(c, found);
    const struct note_key *key = audit_log_key(c->svc);
    char root_text[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)], key_text[NOTE_KEY_MAX];
    struct buf b;
    struct json_writer w;
    buf_init(&b, 4 * CHECKPOINT_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "origin", str_of(key->name));
    jw_member_int(&w, "size", (int64_t)size);
    jw_member_str(&w, "root_hash",
                  (struct cardea_str){root_text, base64_encode(root->bytes, CARDEA_DIGEST_LEN, root_text)});
    jw_member_str(&w, "checkpoint", note);
    jw_member_str(&w, "key", (struct cardea_str){key_text, note_key_write(key, key_text)});
    jw_object_end(&w);
    enum service_err err = service_notify(c, "audit.checkpoint", "log", (int64_t)size, system.id, buf_str(&b));
    buf_release(&b);
    return err;
}

static enum store_err sign(struct service_call *c)
{
    struct audit_log *log = c->svc->audit;
    struct store_checkpoint last = {0};
    struct cardea_digest root;
    uint64_t size = 0;
    char note[CHECKPOINT_MAX];
    size_t len;
    enum store_err err = store_checkpoint_last(c->db, c->arena, &last);
    if (err == STORE_OK && !still_holds(log, c->db, c->arena, &last)) {
        declare_broken(log, "its hashes do not give the root of the last checkpoint, of the first",
                       (uint64_t)last.size);
        return STORE_CONFLICT;
    }
    if (err == STORE_OK || err == STORE_NOTFOUND)
        err = store_audit_sealed(c->db, TILE_WIDTH, &size);
    if (err != STORE_OK || size <= (uint64_t)last.size) {
        atomic_store(&log->checkpoint_size, (uint64_t)last.size);
        return err;
    }
    if (!root_of(c->db, c->arena, size, &root))
        return STORE_UNAVAILABLE;
    checkpoint_sign(log->signer, size, &root, note, &len);
    struct store_checkpoint row = {(int64_t)size, c->now_ms, {note, len}};
    err = store_checkpoint_put(c->db, &row);
    if (err == STORE_OK && tell(c, size, &root, row.note) != SERVICE_OK)
        err = STORE_UNAVAILABLE;
    if (err == STORE_OK)
        atomic_store(&log->checkpoint_size, size);
    return err;
}

/* ---- units of work ---- */

static struct service_call call_of(struct service *svc, struct store_conn *db, struct arena *arena)
{
    struct service_call c = {.svc = svc, .db = db, .arena = arena, .actor = {.kind = ACTOR_SYSTEM, .profile = -1}};
    c.now_ms = svc->now_ms(svc->now_arg);
    c.now = c.now_ms / 1000;
    return c;
}

static bool sign_due(const struct audit_log *log, int64_t now_ms)
{
    int64_t since = now_ms - atomic_load(&log->checkpoint_at_ms);
    return since >= AUDIT_CHECKPOINT_SEC * 1000 || since < 0;
}

static enum store_err seal_unit(struct store_conn *db, void *arg)
{
    struct service *svc = arg;
    struct audit_log *log = svc->audit;
    struct arena arena = {0};
    struct service_call c = call_of(svc, db, &arena);
    uint64_t done = 0;
    atomic_store(&log->waiting, 0); /* on the thread that counts them: none is missed */
    enum store_err err = seal_slice(log, db, &arena, AUDIT_SLICE, &done);
    bool more = err == STORE_OK && done == AUDIT_SLICE;
    if (err == STORE_OK && !more && sign_due(log, c.now_ms)) {
        err = sign(&c);
        if (err == STORE_OK)
            atomic_store(&log->checkpoint_at_ms, c.now_ms);
    }
    atomic_store(&log->more, more);
    arena_release(&arena);
    return err;
}

static void seal_done(void *arg, enum store_err err)
{
    struct service *svc = arg;
    struct audit_log *log = svc->audit;
    bool more = err != STORE_OK || atomic_load(&log->more);
    if (err == STORE_OK && more && store_submit(svc->store, seal_unit, seal_done, svc))
        return;
    if (more)
        atomic_fetch_add(&log->waiting, 1); /* again, with a later second */
    if (err != STORE_OK)
        counter_add(&svc->counters.chores_failed[CHORE_AUDIT], 1);
    atomic_store(&log->busy, false);
}

void audit_log_tick(struct service *svc)
{
    struct audit_log *log = svc->audit;
    uint64_t waiting = log ? atomic_load(&log->waiting) : 0;
    if (!waiting || atomic_load(&log->broken) ||
        !(waiting >= SEAL_WAITING || sign_due(log, svc->now_ms(svc->now_arg))) || atomic_exchange(&log->busy, true))
        return;
    if (!store_submit(svc->store, seal_unit, seal_done, svc))
        atomic_store(&log->busy, false);
}

enum service_err audit_log_checkpoint_now(struct service_call *c)
{
    struct audit_log *log = c->svc->audit;
    uint64_t done = 0;
    enum store_err err = atomic_load(&log->broken) ? STORE_CONFLICT
                                                   : seal_slice(log, c->db, c->arena, AUDIT_NOW_MAX, &done);
    if (err == STORE_OK && done == AUDIT_NOW_MAX) {
        c->retry_after_sec = 1;
        return service_fail(c, SERVICE_BUSY, "busy", "Too many records wait to be sealed. Try again shortly.");
    }
    if (err == STORE_OK)
        err = sign(c);
    if (err == STORE_CONFLICT)
        return service_fail(c, SERVICE_CONFLICT, "audit_broken",
                            "The audit log was changed behind the daemon's back: nothing more is signed.");
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

static enum store_err last_unit(struct store_conn *db, void *arg)
{
    struct service *svc = arg;
    struct audit_log *log = svc->audit;
    struct arena arena = {0};
    struct service_call c = call_of(svc, db, &arena);
    uint64_t done;
    enum store_err err = seal_slice(log, db, &arena, AUDIT_SLICE, &done);
    atomic_store(&log->more, err == STORE_OK && done == AUDIT_SLICE);
    if (err == STORE_OK && !atomic_load(&log->more))
        err = sign(&c);
    arena_release(&arena);
    return err;
}

void audit_log_close(struct service *svc)
{
    struct audit_log *log = svc->audit;
    enum store_err err = STORE_OK;
    if (!log || atomic_load(&log->broken))
        return;
    do
        err = store_run(svc->store, last_unit, svc);
    while (err == STORE_OK && atomic_load(&log->more));
    if (err != STORE_OK)
        log_warn("the last checkpoint of the audit log was not signed; the next start signs it");
}

void audit_log_stats(const struct service *svc, struct audit_stats *out)
{
    const struct audit_log *log = svc->audit;
    *out = (struct audit_stats){0};
    if (!log)
        return;
    out->sealed = atomic_load(&log->sealed);
    out->waiting = atomic_load(&log->waiting);
    out->checkpoint_size = atomic_load(&log->checkpoint_size);
    out->broken = atomic_load(&log->broken);
}
