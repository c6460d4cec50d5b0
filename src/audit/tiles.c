#include "audit/tiles.h"

/* The root of 2^height hashes that stand side by side. */
static void fold(const struct cardea_digest *hashes, unsigned height, struct cardea_digest *out)
{
    struct cardea_digest row[TILE_WIDTH / 2];
    if (height == 0) {
        *out = hashes[0];
        return;
    }
    for (unsigned n = 1u << (height - 1), first = 1; n; n /= 2, first = 0)
        for (unsigned i = 0; i < n; i++)
            tree_hash_node(first ? &hashes[2 * i] : &row[2 * i], first ? &hashes[2 * i + 1] : &row[2 * i + 1], &row[i]);
    *out = row[0];
}

bool tiles_open(struct tiles *t, uint64_t size, tile_load_fn load, void *arg)
{
    t->size = size;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t entries = size >> (TILE_HEIGHT * level);
        struct tile *tile = &t->last[level];
        *tile = (struct tile){.level = level, .number = entries / TILE_WIDTH, .count = entries % TILE_WIDTH};
        if (tile->count && !load(arg, tile))
            return false;
    }
    return true;
}

bool tiles_add(struct tiles *t, const struct cardea_digest *leaf, tile_store_fn store, void *arg)
{
    struct cardea_digest hash = *leaf;
    t->size++;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct tile *tile = &t->last[level];
        tile->hashes[tile->count++] = hash;
        tile->changed = true;
        if (tile->count < TILE_WIDTH)
            return true;
        if (!store(arg, tile))
            return false;
        fold(tile->hashes, TILE_HEIGHT, &hash);
        tile->number++;
        tile->count = 0;
        tile->changed = false;
    }
    return true;
}

bool tiles_flush(struct tiles *t, tile_store_fn store, void *arg)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        if (t->last[level].changed && !store(arg, &t->last[level]))
            return false;
        t->last[level].changed = false;
    }
    return true;
}

bool tile_reader_node(void *reader, unsigned level, uint64_t index, struct cardea_digest *out)
{
    struct tile_reader *r = reader;
    unsigned above = level % TILE_HEIGHT;
    uint64_t first = index << above;
    unsigned needed = (unsigned)(first % TILE_WIDTH) + (1u << above);
    struct tile want = {.level = level / TILE_HEIGHT, .number = first / TILE_WIDTH, .count = needed};
    if (!r->loaded || r->kept.level != want.level || r->kept.number != want.number || r->kept.count < needed) {
        r->kept = want;
        r->loaded = r->load(r->arg, &r->kept);
    }
    if (r->loaded)
        fold(r->kept.hashes + first % TILE_WIDTH, above, out);
    return r->loaded;
}
