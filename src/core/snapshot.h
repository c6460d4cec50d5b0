/* core/snapshot.h - a snapshot file as mapped: what the writer and the readers share. */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <string.h>

#include "core/layout.h"
#include "core/mix.h"
#include "core/sys.h"

/* Where everything stands, checked once against the length of the file. */
struct snapshot {
    struct sys_map map;
    struct layout_header *header;
    struct layout_account *accounts;
    struct layout_member *members;
    struct layout_agent *agents;
    struct layout_grant *grants;
    struct layout_network *networks;
    struct layout_key *keys;
    uint64_t seed[2];
    uint64_t slots;                    /* of the key table */
    uint32_t capacity[LAYOUT_REGIONS]; /* of the regions with 32-bit indexes */
};

/* Maps and checks the file: header, regions, profiles, and that it was written in this boot. Time and memory do not
 * depend on the number of keys. CARDEA_E_IO (errno), CARDEA_E_FORMAT with the reason in `why`. */
enum cardea_err snapshot_open(struct snapshot *s, const char *path, bool writable, const uint8_t boot_id[16],
                              struct cardea_why *why);
void snapshot_close(struct snapshot *s);

static inline const uint8_t *snapshot_profiles(const struct snapshot *s, size_t *len)
{
    const struct layout_region *r = &s->header->fixed.regions[LAYOUT_PROFILES];
    *len = r->capacity;
    return (const uint8_t *)s->map.base + r->offset;
}

/* Points the members of `s` into its mapping, after s->header->fixed was checked or made. */
void snapshot_bind(struct snapshot *s);

/* Eight bytes of a digest, one load. */
static inline uint64_t snapshot_word(const struct cardea_digest *d, unsigned at)
{
    uint64_t word;
    memcpy(&word, d->bytes + at, sizeof word);
    return word;
}

/* Slot where the search for a digest starts. Both halves of the digest count, so that whoever chooses digests, as an
 * importer can, but does not know the seed, cannot choose slots. */
static inline uint64_t snapshot_home(const struct snapshot *s, const struct cardea_digest *d)
{
    uint64_t h = mix_pair(snapshot_word(d, 0) ^ s->seed[0], snapshot_word(d, 8) ^ s->seed[1]);
    uint64_t g = mix_pair(snapshot_word(d, 16) ^ s->seed[1] ^ UINT64_C(0xa0761d6478bd642f),
                          snapshot_word(d, 24) ^ s->seed[0] ^ UINT64_C(0x9e3779b97f4a7c15));
    return mix_scale(h ^ g, s->slots);
}

/* Size of an entry of a region. */
size_t snapshot_entry_len(enum layout_region_id id);

#endif
