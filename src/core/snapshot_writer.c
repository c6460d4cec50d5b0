/* core/snapshot_writer.c - opening: adopt what is there, or begin anew; and what a writer knows of itself. */
#include <cardea/snapshot_writer.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/why.h"
#include "core/writer.h"

static char *with_suffix(const char *path, const char *suffix)
{
    size_t len = strlen(path) + strlen(suffix) + 1;
    char *text = malloc(len);
    if (text != NULL)
        snprintf(text, len, "%s%s", path, suffix);
    return text;
}

static bool add_all(struct index *x, uint64_t count, uint64_t (*hash)(const struct snapshot *, uint32_t),
                    const struct snapshot *s)
{
    for (uint32_t i = 0; i < count; i++) {
        if (index_reserve(x) != CARDEA_OK)
            return false;
        index_add(x, hash(s, i), i);
    }
    return true;
}

static uint64_t account_hash(const struct snapshot *s, uint32_t i)
{
    return writer_id_hash(s->accounts[i].id, 0);
}

static uint64_t member_hash(const struct snapshot *s, uint32_t i)
{
    return writer_id_hash(s->members[i].user_id, s->members[i].account + UINT64_C(1));
}

static uint64_t agent_hash(const struct snapshot *s, uint32_t i)
{
    return writer_id_hash(s->agents[i].id, 0);
}

/* What the process must remember of a file that it takes over. */
static enum cardea_err index_contents(struct cardea_writer *w)
{
    for (int i = LAYOUT_ACCOUNTS; i < LAYOUT_KEYS; i++) {
        if (writer_count(&w->s, (enum layout_region_id)i) > w->s.capacity[i])
            return CARDEA_E_FORMAT;
    }
    if (!add_all(&w->accounts, writer_count(&w->s, LAYOUT_ACCOUNTS), account_hash, &w->s) ||
        !add_all(&w->members, writer_count(&w->s, LAYOUT_MEMBERS), member_hash, &w->s) ||
        !add_all(&w->agents, writer_count(&w->s, LAYOUT_AGENTS), agent_hash, &w->s))
        return CARDEA_E_NOMEM;
    return writer_index_grants(&w->s, &w->grants);
}

static void forget_contents(struct cardea_writer *w)
{
    index_release(&w->accounts);
    index_release(&w->members);
    index_release(&w->agents);
    index_release(&w->grants);
    snapshot_close(&w->s);
}

/* True when the file at the path is intact and this writer's own. Anything else is replaced, not an error. */
static enum cardea_err adopt(struct cardea_writer *w, const struct cardea_writer_options *o, bool *adopted)
{
    struct cardea_why reason;
    *adopted = false;
    if (snapshot_open(&w->s, w->path, true, w->boot_id, &reason) != CARDEA_OK)
        return CARDEA_OK;
    const struct layout_fixed *f = &w->s.header->fixed;
    bool ours = memcmp(f->deployment_id, w->deployment_id, sizeof f->deployment_id) == 0 &&
                memcmp(f->profiles_sha256, w->profile_sha256, sizeof f->profiles_sha256) == 0 &&
                atomic_load(&w->s.header->superseded) == 0;
    enum cardea_err err = ours ? index_contents(w) : CARDEA_E_FORMAT;
    if (err != CARDEA_OK) {
        forget_contents(w);
        return err == CARDEA_E_NOMEM ? err : CARDEA_OK;
    }
    atomic_store(&w->s.header->max_staleness_ms, o->max_staleness_ms);
    *adopted = true;
    return sys_set_mode(&w->s.map, o->mode);
}

static void plan_first(const struct cardea_writer *w, const struct cardea_writer_options *o, uint64_t generation,
                       struct writer_plan *plan)
{
    uint64_t keys = o->key_capacity < 1024 ? 1024 : o->key_capacity;
    /* One account in 64 keys to begin with: 1 byte a key. All regions grow by themselves. */
    uint64_t others = keys / 64 < 256 ? 256 : keys / 64;
    uint64_t few = others > 65536 ? 65536 : others;
    *plan = (struct writer_plan){.seed = {o->seed[0], o->seed[1]},
                                 .generation = generation,
                                 .max_staleness_ms = o->max_staleness_ms,
                                 .capacity = {[LAYOUT_PROFILES] = w->profile_len,
                                              [LAYOUT_ACCOUNTS] = others,
                                              [LAYOUT_MEMBERS] = others,
                                              [LAYOUT_AGENTS] = few,
                                              [LAYOUT_GRANTS] = few,
                                              [LAYOUT_NETWORKS] = 2 * CARDEA_NETWORKS_MAX,
                                              [LAYOUT_KEYS] = keys / LAYOUT_LOAD_PERCENT * 100 + 150}};
}

/* The header of the file that readers have, if it is a snapshot at all. */
static struct layout_header *old_header(const struct cardea_writer *w)
{
    struct layout_header *header = w->old.len >= LAYOUT_HEADER_LEN ? w->old.base : NULL;
    bool ours = header != NULL && memcmp(header->fixed.magic, LAYOUT_MAGIC, sizeof header->fixed.magic) == 0;
    return ours ? header : NULL;
}

/* A new, empty file in place of whatever is there, whose readers, if it is a snapshot at all, are sent on: now, or when
 * it is shown. */
static enum cardea_err begin(struct cardea_writer *w, const struct cardea_writer_options *o, struct cardea_why *why)
{
    enum cardea_err err = sys_map_open(&w->old, w->path, true);
    if (err == CARDEA_E_IO && errno != ENOENT)
        return why_fail(why, err, "cannot replace the snapshot: it cannot be opened for writing");
    const struct layout_header *header = old_header(w);
    struct writer_plan plan;
    plan_first(w, o, header != NULL ? header->fixed.generation + 1 : 1, &plan);
    w->aside = true;
    err = writer_make_file(w, &plan, &w->s);
    if (err == CARDEA_OK && !o->aside)
        err = cardea_writer_show(w);
    return err == CARDEA_OK ? err : why_fail(why, err, "cannot write the snapshot");
}

enum cardea_err cardea_writer_show(struct cardea_writer *w)
{
    if (!w->aside)
        return CARDEA_OK;
    w->aside = false;
    enum cardea_err err = writer_publish(w, &w->s, old_header(w));
    int saved = errno;
    sys_map_close(&w->old);
    errno = saved;
    return err;
}

static enum cardea_err prepare(struct cardea_writer *w, const struct cardea_writer_options *o, struct cardea_why *why)
{
    char *lock_path = with_suffix(o->path, ".lock");
    w->path = with_suffix(o->path, "");
    w->tmp_path = with_suffix(o->path, ".tmp");
    enum cardea_err err = lock_path != NULL && w->path != NULL && w->tmp_path != NULL ? CARDEA_OK : CARDEA_E_NOMEM;
    if (err != CARDEA_OK)
        why_fail(why, err, "out of memory");
    if (err == CARDEA_OK)
        err = profile_encode(o->profiles, o->profile_count, &w->profile_bytes, &w->profile_len, why);
    /* Decoded again: what readers will read is what is checked. */
    if (err == CARDEA_OK)
        err = profile_decode(&w->profiles, w->profile_bytes, w->profile_len, why);
    if (err == CARDEA_OK) {
        struct cardea_digest sum;
        cardea_digest((struct cardea_str){(const char *)w->profile_bytes, w->profile_len}, &sum);
        memcpy(w->profile_sha256, sum.bytes, sizeof sum.bytes);
        err = sys_lock(&w->lock_fd, lock_path);
        if (err != CARDEA_OK)
            why_fail(why, err,
                     errno == EWOULDBLOCK ? "another process writes this snapshot" : "cannot lock the snapshot");
    }
    free(lock_path);
    return err;
}

enum cardea_err cardea_writer_open(struct cardea_writer **out, const struct cardea_writer_options *options,
                                   bool *adopted, struct cardea_why *why)
{
    struct cardea_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return why_fail(why, CARDEA_E_NOMEM, "out of memory");
    w->lock_fd = -1;
    w->mode = options->mode;
    memcpy(w->deployment_id, options->deployment_id, sizeof w->deployment_id);
    sys_boot_id(w->boot_id);
    *adopted = false;
    enum cardea_err err = prepare(w, options, why);
    if (err == CARDEA_OK) {
        err = options->fresh ? CARDEA_OK : adopt(w, options, adopted);
        if (err != CARDEA_OK)
            why_fail(why, err, "cannot take over the snapshot");
    }
    if (err == CARDEA_OK && !*adopted)
        err = begin(w, options, why);
    if (err != CARDEA_OK) {
        int saved = errno;
        cardea_writer_free(w);
        errno = saved;
        return err;
    }
    *out = w;
    return CARDEA_OK;
}

void cardea_writer_free(struct cardea_writer *w)
{
    if (w == NULL)
        return;
    forget_contents(w);
    if (w->aside)
        sys_unlink(w->tmp_path);
    sys_map_close(&w->old);
    profile_list_release(&w->profiles);
    free(w->profile_bytes);
    if (w->lock_fd >= 0)
        sys_close(w->lock_fd);
    free(w->path);
    free(w->tmp_path);
    free(w);
}

void cardea_writer_set_position(struct cardea_writer *w, uint64_t position)
{
    atomic_store(&w->s.header->position, position);
}

uint64_t cardea_writer_position(const struct cardea_writer *w)
{
    return atomic_load(&w->s.header->position);
}

int64_t cardea_writer_heartbeat(struct cardea_writer *w, struct cardea_time now)
{
    struct layout_header *h = w->s.header;
    int64_t floor = atomic_load(&h->time_floor);
    if (now.unix_sec > floor)
        atomic_store(&h->time_floor, now.unix_sec);
    atomic_store(&h->heartbeat_ns, now.boot_ns);
    return now.unix_sec < floor ? floor - now.unix_sec : 0;
}

void cardea_writer_stats(const struct cardea_writer *w, struct cardea_writer_stats *out)
{
    *out = (struct cardea_writer_stats){.keys = writer_count(&w->s, LAYOUT_KEYS),
                                        .key_capacity = writer_key_limit(w->s.slots),
                                        .accounts = writer_count(&w->s, LAYOUT_ACCOUNTS),
                                        .grants = writer_count(&w->s, LAYOUT_GRANTS),
                                        .file_bytes = w->s.map.len,
                                        .generation = w->s.header->fixed.generation};
}
