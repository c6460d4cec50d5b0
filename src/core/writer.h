/* core/writer.h - what the writer's files share. */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include "core/index.h"
#include "core/profile_codec.h"
#include "core/snapshot.h"

struct cardea_writer {
    struct snapshot s;
    char *path, *tmp_path;
    int lock_fd;        /* -1: none */
    bool aside;         /* the file stands at tmp_path, not yet at path */
    struct sys_map old; /* what stands at path meanwhile; base NULL: nothing */
    struct profile_list profiles;
    uint8_t *profile_bytes;
    size_t profile_len;
    uint8_t profile_sha256[CARDEA_DIGEST_LEN];
    uint8_t deployment_id[16];
    uint8_t boot_id[SYS_BOOT_ID_LEN];
    unsigned mode;
    /* by account id; by (account, user); by agent id; by content */
    struct index accounts, members, agents, grants;
};

/* Room a region gets in a new file. */
struct writer_plan {
    uint64_t capacity[LAYOUT_REGIONS];
    uint64_t seed[2];
    uint64_t generation;
    uint32_t max_staleness_ms;
};

/* Makes the file at tmp_path: header and profiles, all else zero. */
enum cardea_err writer_make_file(const struct cardea_writer *w, const struct writer_plan *plan, struct snapshot *out);
/* Renames tmp_path to path; then readers of `old` (may be NULL) are sent on. On failure tmp_path is gone. A file that
 * is still aside stays where it is. */
enum cardea_err writer_publish(const struct cardea_writer *w, struct snapshot *made, struct layout_header *old);

/* Moves to a new file with more room in region `id`; grants that no key uses stay behind. */
enum cardea_err writer_grow(struct cardea_writer *w, enum layout_region_id id);

/* Finds or adds a grant; grows when there is no room. `g->network` is ignored. */
enum cardea_err writer_intern(struct cardea_writer *w, struct layout_grant g, const struct cardea_network *networks,
                              uint32_t *out);
/* Enters every grant of `s` into an empty index. */
enum cardea_err writer_index_grants(const struct snapshot *s, struct index *out);

/* Where a digest stands or would stand. */
struct writer_spot {
    uint64_t home, slot;
    unsigned distance; /* LAYOUT_PROBE_MAX: neither found nor room */
    bool found;
};
struct writer_spot writer_seek(const struct snapshot *s, const struct cardea_digest *d);
/* Raises the reach of the spot's home after a key was put there. */
void writer_reach(const struct snapshot *s, const struct writer_spot *spot);

static inline uint64_t writer_count(const struct snapshot *s, enum layout_region_id id)
{
    return atomic_load_explicit(&s->header->counts[id], memory_order_relaxed);
}

/* `scope` tells apart what has ids of its own in each account; 0 where ids are everyone's. */
static inline uint64_t writer_id_hash(uint64_t id, uint64_t scope)
{
    return mix_pair(id ^ UINT64_C(0xa0761d6478bd642f), scope ^ UINT64_C(0xe7037ed1a0b428db));
}

static inline uint64_t writer_key_limit(uint64_t slots)
{
    return slots / 100 * LAYOUT_LOAD_PERCENT + slots % 100 * LAYOUT_LOAD_PERCENT / 100;
}

#endif
