/* bench/world.h - the case that the benchmark is fixed to: 100,000 accounts, 1,000 grants, a route with a tenant. */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <cardea/cardea.h>

#define WORLD_ACCOUNTS 100000u
#define WORLD_GRANTS   1000u
#define WORLD_DIR      "/dev/shm/cardea-bench"
#define WORLD_KEY_LEN  42

/* A request's two texts that differ from key to key. */
struct world_request {
    char authorization[56]; /* "Bearer anm_..." */
    char target[32];
};

struct world {
    struct cardea_writer *writer;
    uint64_t keys;
    struct cardea_profile profile;
};

/* Makes WORLD_DIR/snapshot with `keys` keys, filled to its capacity, and activity files for them when `activity`.
 * `routes`: how many the profile has, at least 1. */
void world_make(struct world *w, uint64_t keys, unsigned routes, bool activity);
void world_release(struct world *w);

/* Key number `i` of the world; from `keys` on: well-formed, but unknown. */
void world_request(struct world_request *out, uint64_t i);
struct cardea_str world_key(const struct world_request *r);
void world_key_entry(uint64_t i, struct cardea_key_entry *out);
struct cardea_reader *world_reader(bool activity);

#endif
