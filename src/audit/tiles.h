/* audit/tiles.h - the tree as rows: each tile holds up to 128 hashes of one level, of the levels 0, 7, 14, ….
 *
 * A leaf costs 32 bytes and some 4 more: in SQLite's pages of 4 KiB half as many hashes would waste half of each page.
 * Whatever lies between two levels is hashed anew when a proof asks for it, from one tile. Tiles only ever grow at
 * their end, so a tile that was stored by half is stored again, longer. */
#ifndef AUDIT_TILES_H
#define AUDIT_TILES_H

#include "audit/tree.h"

#define TILE_HEIGHT 7
#define TILE_WIDTH  (1u << TILE_HEIGHT)
#define TILE_LEVELS (TREE_LEVELS_MAX / TILE_HEIGHT + 1)

struct tile {
    unsigned level;  /* 0: of leaves; n: of roots of 128^n leaves */
    uint64_t number; /* from the left, of this level */
    unsigned count;
    bool changed;
    struct cardea_digest hashes[TILE_WIDTH];
};

/* Reads the tile (level and number are set) with at least its first `count` hashes; false stops. */
typedef bool (*tile_load_fn)(void *arg, struct tile *tile);
/* Stores it in place of what there was. */
typedef bool (*tile_store_fn)(void *arg, const struct tile *tile);

/* ---- growing: the last tile of each level ---- */

struct tiles {
    uint64_t size;
    struct tile last[TILE_LEVELS];
};
bool tiles_open(struct tiles *t, uint64_t size, tile_load_fn load, void *arg);
bool tiles_add(struct tiles *t, const struct cardea_digest *leaf, tile_store_fn store, void *arg);
/* Stores what is not full but has changed. */
bool tiles_flush(struct tiles *t, tile_store_fn store, void *arg);

/* ---- reading: tile_reader_node() is a tree_node_fn ---- */

struct tile_reader {
    tile_load_fn load;
    void *arg;
    bool loaded;
    struct tile kept; /* neighbours are asked for one after the other */
};
bool tile_reader_node(void *reader, unsigned level, uint64_t index, struct cardea_digest *out);

#endif
