/* The audit log, for audit.py.
 *
 *     audit_log share FOLDER           what recording, and sealing what was recorded, takes of making a key
 *     audit_log proofs FOLDER COUNT    what proofs about a tree of so many records take
 *     audit_log export FOLDER COUNT    writes FOLDER/log.jsonl and FOLDER/key, for `cardea audit verify`
 *
 * `share` prints for each round the microseconds of a key without it and with it, `proofs` those of each proof.
 *
 * The tree's tiles are written by the daemon's own code, from hashes that are made up: rows of records would only make
 * the file larger, and no proof reads them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/note.h"
#include "audit/tiles.h"
#include "base/base64.h"
#include "base/json_write.h"
#include "base/str.h"
#include "core/mix.h"
#include "store/audit.h"

#define ACCOUNT  INT64_C(911873319964345119)
#define FIRST_ID INT64_C(911873320442900448)
#define BATCH    64
#define ROUND    (BATCH * 100)
#define ROUNDS   9
#define PROOFS   10000
#define SIGNED   60000 /* records of a minute: a checkpoint each */
#define DETAIL   STR("{\"prefix\":\"crd_Ta3R\",\"kind\":\"key\",\"scopes\":[\"keys:read\"],\"expires_at\":null}")

static void die(const char *what)
{
    fprintf(stderr, "bench/audit_log: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct store *open_store(const char *folder, const char *name)
{
    char url[512];
    struct cardea_why why;
    struct store *s = NULL;
    snprintf(url, sizeof url, "sqlite:%s/%s", folder, name);
    if (store_open(&s, &(struct store_options){.url = url}, &why) != STORE_OK)
        die(why.text);
    return s;
}

/* ---- tiles, as service/audit_log.c keeps them ---- */

static struct arena arena;

static bool load_tile(void *arg, struct tile *tile)
{
    struct cardea_str hashes;
    if (store_audit_tile_get(arg, &arena, tile->level, tile->number, &hashes) != STORE_OK)
        return false;
    memcpy(tile->hashes, hashes.ptr, hashes.len);
    tile->count = (unsigned)(hashes.len / CARDEA_DIGEST_LEN);
    return true;
}

static bool store_tile(void *arg, const struct tile *tile)
{
    struct cardea_str hashes = {(const char *)tile->hashes, tile->count * sizeof(tile->hashes[0])};
    return store_audit_tile_put(arg, tile->level, tile->number, hashes) == STORE_OK;
}

/* ---- share ---- */

struct making {
    int64_t id;
    bool audited;
    struct tiles tiles;
    struct buf line;
};

static enum store_err add_account(struct store_conn *c, void *arg)
{
    struct store_account row = {.id = ACCOUNT, .profile = STR("cardea"), .slug = STR("acme"), .name = STR("Acme")};
    return store_account_insert(c, &row);
}

static enum store_err add_record(struct store_conn *c)
{
    struct store_audit row = {.at_ms = 1700000000000,
                              .action = STR("key.created"),
                              .actor = STR("root"),
                              .actor_key = FIRST_ID,
                              .subject = STR("key_0s9wzyggjfbz0"),
                              .account_id = ACCOUNT,
                              .detail = DETAIL,
                              .source = STR("203.0.113.77"),
                              .has_source_hash = true};
    if (!cardea_random_system(NULL, row.salt, sizeof row.salt))
        return STORE_UNAVAILABLE;
    record_source(row.salt, row.source, &row.source_hash);
    return store_audit_append(c, &row);
}

/* A key and its event, as the service writes them. */
static enum store_err add_keys(struct store_conn *c, void *arg)
{
    struct making *m = arg;
    enum store_err err = STORE_OK;
    for (int i = 0; i < BATCH && err == STORE_OK; i++) {
        int64_t id = m->id++;
        struct store_key key = {.id = id,
                                .account_id = ACCOUNT,
                                .kind = STR("key"),
                                .name = STR("ci"),
                                .prefix = STR("crd_Ta3R"),
                                .scopes = STR("keys:read"),
                                .state = CARDEA_KEY_ACTIVE,
                                .created_at = 1700000000,
                                .credits = -1};
        for (size_t at = 0; at < sizeof key.digest.bytes; at += 8) {
            uint64_t r = mix_pair((uint64_t)id + at, UINT64_C(0x9e3779b97f4a7c15));
            memcpy(key.digest.bytes + at, &r, 8);
        }
        struct store_event event = {.id = id,
                                    .at_ms = 1700000000000,
                                    .account_id = ACCOUNT,
                                    .type = STR("key.created"),
                                    .key_id = id,
                                    .payload = STR("{\"id\":\"evt_0s9wzyggjfbz1\",\"type\":\"key.created\",\"account\":"
                                                   "\"acc_0s9wzyg2a30rz\",\"actor\":\"root\",\"subject\":"
                                                   "\"key_0s9wzyggjfbz0\",\"data\":{\"prefix\":\"crd_Ta3R\",\"kind\":"
                                                   "\"key\",\"scopes\":[\"keys:read\"],\"expires_at\":null}}")};
        err = store_key_insert(c, &key);
        if (err == STORE_OK)
            err = store_event_append(c, &event);
        if (err == STORE_OK && m->audited)
            err = add_record(c);
    }
    return err;
}

struct sealing {
    struct making *m;
    struct store_conn *db;
};

static enum store_err seal_one(void *arg, const struct store_audit *row)
{
    struct sealing *s = arg;
    struct audit_record record = {.index = (uint64_t)row->sequence - 1,
                                  .at_ms = row->at_ms,
                                  .action = row->action,
                                  .actor = row->actor,
                                  .subject = row->subject,
                                  .actor_key = row->actor_key,
                                  .account_id = row->account_id,
                                  .has_source = row->has_source_hash,
                                  .source = row->source_hash,
                                  .detail = row->detail};
    struct cardea_digest leaf;
    return record_hash(&s->m->line, "0a1b2c3d", &record, &leaf) && tiles_add(&s->m->tiles, &leaf, store_tile, s->db)
               ? STORE_OK
               : STORE_UNAVAILABLE;
}

static enum store_err seal(struct store_conn *c, void *arg)
{
    struct making *m = arg;
    struct sealing s = {m, c};
    uint64_t size;
    enum store_err err = store_audit_sealed(c, TILE_WIDTH, &size);
    if (err == STORE_OK && !tiles_open(&m->tiles, size, load_tile, c))
        err = STORE_UNAVAILABLE;
    if (err == STORE_OK)
        err = store_audit_each(c, (int64_t)size + 1, 2048, seal_one, &s);
    if (err == STORE_OK && !tiles_flush(&m->tiles, store_tile, c))
        err = STORE_UNAVAILABLE;
    arena_clear(&arena);
    return err;
}

static double round_us(struct store *s, struct making *m, bool audited)
{
    double start = now_us();
    m->audited = audited;
    for (int i = 0; i < ROUND; i += BATCH)
        if (store_run(s, add_keys, m) != STORE_OK)
            die("a key was refused");
    for (int i = 0; audited && i < ROUND; i += 2048)
        if (store_run(s, seal, m) != STORE_OK)
            die("a record was not sealed");
    return (now_us() - start) / ROUND;
}

static void share(const char *folder)
{
    static struct making m = {.id = FIRST_ID};
    struct store *s = open_store(folder, "share.db");
    buf_init(&m.line, 1 << 16);
    if (store_run(s, add_account, NULL) != STORE_OK)
        die("no account");
    for (int i = 0; i <= ROUNDS; i++) {
        double without = round_us(s, &m, false), with = round_us(s, &m, true);
        if (i) /* the first warms up */
            printf("%.3f %.3f\n", without, with);
    }
    buf_release(&m.line);
    store_free(s);
}

/* ---- proofs ---- */

static struct cardea_digest leaf_of(uint64_t i)
{
    struct cardea_digest leaf;
    for (size_t at = 0; at < sizeof leaf.bytes; at += 8) {
        uint64_t r = mix_pair(i + 1, at + 1);
        memcpy(leaf.bytes + at, &r, 8);
    }
    return leaf;
}

static enum store_err fill(struct store_conn *c, void *arg)
{
    static struct tiles t;
    uint64_t count = *(uint64_t *)arg;
    bool ok = tiles_open(&t, 0, load_tile, c);
    for (uint64_t i = 0; ok && i < count; i++) {
        struct cardea_digest leaf = leaf_of(i);
        ok = tiles_add(&t, &leaf, store_tile, c);
    }
    return ok && tiles_flush(&t, store_tile, c) ? STORE_OK : STORE_UNAVAILABLE;
}

static void proofs(const char *folder, uint64_t count)
{
    static struct tree_proof proof;
    struct store_conn *c = NULL;
    struct cardea_why why;
    struct cardea_digest root;
    struct tree_range range;
    struct store *s = open_store(folder, "proofs.db");
    if (store_run(s, fill, &count) != STORE_OK || store_reader_open(s, &c, &why) != STORE_OK)
        die("the tree was not made");
    struct tile_reader reader = {.load = load_tile, .arg = c};
    if (!tree_range_load(count, tile_reader_node, &reader, &range))
        die("no root");
    tree_range_root(&range, &root);
    for (uint64_t i = 0; i < PROOFS; i++) {
        uint64_t index = mix_pair(i + 1, 7) % count;
        struct cardea_digest leaf = leaf_of(index);
        double start = now_us();
        reader.loaded = false;
        bool ok = tree_prove_inclusion(index, count, tile_reader_node, &reader, &proof);
        printf("%.1f\n", now_us() - start);
        if (!ok || !tree_check_inclusion(index, count, &leaf, &proof, &root))
            die("a proof does not hold");
        arena_clear(&arena);
    }
    store_reader_free(c);
    store_free(s);
}

/* ---- export ---- */

static void write_leaves(struct buf *b, uint64_t from, const struct cardea_digest *hashes, size_t count)
{
    char text[BASE64_TEXT_LEN(TILE_WIDTH * CARDEA_DIGEST_LEN)];
    size_t len = base64_encode(hashes, count * sizeof(*hashes), text);
    buf_printf(b, "{\"leaves_from\":%llu,\"leaves\":\"%.*s\"}\n", (unsigned long long)from, (int)len, text);
}

static void write_checkpoint(struct buf *b, const struct note_signer *signer, const struct tree_range *range)
{
    struct cardea_digest root;
    struct json_writer w;
    char note[CHECKPOINT_MAX];
    size_t len;
    tree_range_root(range, &root);
    checkpoint_sign(signer, range->size, &root, note, &len);
    jw_init(&w, b);
    jw_object_begin(&w);
    jw_member_int(&w, "size", (int64_t)range->size);
    jw_member_str(&w, "checkpoint", (struct cardea_str){note, len});
    jw_object_end(&w);
    buf_add_char(b, '\n');
}

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        die("a file cannot be written");
    return f;
}

static void write_log(FILE *out, const struct note_signer *signer, uint64_t count)
{
    const struct note_key *key = note_signer_key(signer);
    struct tree_range range = {0};
    struct cardea_digest hashes[TILE_WIDTH];
    struct buf b, scratch;
    size_t run = 0;
    buf_init(&b, 1 << 20);
    buf_init(&scratch, 1 << 16);
    buf_printf(&b, "{\"origin\":\"%s\",\"from\":0,\"to\":%llu,\"subtrees\":[]}\n", key->name,
               (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++) {
        struct audit_record r = {.index = i,
                                 .at_ms = 1700000000000 + (int64_t)i,
                                 .action = STR("key.created"),
                                 .actor = STR("root"),
                                 .actor_key = FIRST_ID,
                                 .subject = STR("key_0s9wzyggjfbz0"),
                                 .account_id = ACCOUNT,
                                 .has_source = true,
                                 .source = leaf_of(i),
                                 .detail = DETAIL};
        record_write(&b, key->id, &r);
        buf_add_char(&b, '\n');
        if (!record_hash(&scratch, key->id, &r, &hashes[run]))
            die("a record is too large");
        tree_range_add(&range, &hashes[run++]);
        bool sign = range.size % SIGNED == 0 || range.size == count;
        if (sign || range.size % TILE_WIDTH == 0) {
            write_leaves(&b, range.size - run, hashes, run);
            run = 0;
        }
        if (sign)
            write_checkpoint(&b, signer, &range);
        if (fwrite(b.ptr, 1, b.len, out) != b.len)
            die("the log cannot be written");
        buf_clear(&b);
    }
    buf_release(&b);
    buf_release(&scratch);
}

static void export(const char *folder, uint64_t count)
{
    static const uint8_t seed[NOTE_SEED_LEN] = {1};
    struct note_signer *signer = note_signer_new("bench.example/log", seed);
    char text[NOTE_KEY_MAX];
    if (!signer)
        die("no Ed25519");
    FILE *key = create(folder, "key"), *log = create(folder, "log.jsonl");
    note_key_write(note_signer_key(signer), text);
    fprintf(key, "%s\n", text);
    write_log(log, signer, count);
    if (fclose(key) != 0 || fclose(log) != 0)
        die("a file cannot be written");
    note_signer_free(signer);
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (argc == 3 && strcmp(argv[1], "share") == 0)
        share(argv[2]);
    else if (count && strcmp(argv[1], "proofs") == 0)
        proofs(argv[2], count);
    else if (count && strcmp(argv[1], "export") == 0)
        export(argv[2], count);
    else
        die("share FOLDER | proofs FOLDER COUNT | export FOLDER COUNT");
    arena_release(&arena);
    return 0;
}
