/* core/profile_codec.h - profiles as they stand in a snapshot: counted, little-endian, nothing but offsets to trust. */
#ifndef CORE_PROFILE_CODEC_H
#define CORE_PROFILE_CODEC_H

#include <cardea/profile.h>

#include "core/block.h"
#include "core/route_table.h"

/* Most profiles of a snapshot, and bytes of them. */
#define PROFILES_MAX     1024
#define PROFILES_LEN_MAX (64u << 20)

/* Profiles in this process's memory, with their routes compiled. */
struct profile_list {
    size_t count;
    struct cardea_profile *items;
    struct route_table **tables;
    struct block *memory;
};

/* Checks and encodes. `*out` is the caller's to free(). CARDEA_E_FORMAT with the mistake in `why`. */
enum cardea_err profile_encode(const struct cardea_profile *const *profiles, size_t count, uint8_t **out, size_t *len,
                               struct cardea_why *why);

/* Reads any bytes safely. CARDEA_E_FORMAT when they are not what profile_encode makes. */
enum cardea_err profile_decode(struct profile_list *out, const uint8_t *bytes, size_t len, struct cardea_why *why);
void profile_list_release(struct profile_list *list);

#endif
