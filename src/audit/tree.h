/* audit/tree.h - the Merkle tree of RFC 6962, section 2: hashes, roots, and proofs with their checks. Pure.
 *
 * A node is the root of a perfect subtree: of level 0 it is a leaf's hash; the one of level l and index i stands for
 * the leaves i·2^l … (i+1)·2^l - 1. Every root and proof is made of such nodes. */
#ifndef AUDIT_TREE_H
#define AUDIT_TREE_H

#include <cardea/secret.h>

#define TREE_LEVELS_MAX 63
/* Of any proof: two hashes a level at most. */
#define TREE_PROOF_MAX (2 * TREE_LEVELS_MAX)

/* SHA-256 of a zero byte and the record. `prefixed` is those, so that nothing is copied. */
void tree_hash_leaf(const void *prefixed, size_t len, struct cardea_digest *out);
/* SHA-256 of a byte 1 and both. `out` may be one of them. */
void tree_hash_node(const struct cardea_digest *left, const struct cardea_digest *right, struct cardea_digest *out);

/* A hash as files and answers have it: 44 characters of base64. */
bool tree_hash_read(struct cardea_str text, struct cardea_digest *out);

/* The perfect subtrees that `size` leaves consist of, from left to right: enough to add leaves and to know the root. */
struct tree_range {
    uint64_t size;
    unsigned count;
    struct cardea_digest peaks[TREE_LEVELS_MAX + 1]; /* and one that is being added */
};
void tree_range_add(struct tree_range *r, const struct cardea_digest *leaf);
void tree_range_root(const struct tree_range *r, struct cardea_digest *out); /* of no leaves: SHA-256 of nothing */
/* How many peaks `size` leaves have. */
unsigned tree_range_peaks(uint64_t size);

/* Where nodes come from. False stops what asked, which returns false as well. */
typedef bool (*tree_node_fn)(void *arg, unsigned level, uint64_t index, struct cardea_digest *out);

struct tree_proof {
    size_t count;
    struct cardea_digest hashes[TREE_PROOF_MAX];
};
bool tree_range_load(uint64_t size, tree_node_fn node, void *arg, struct tree_range *out);
/* That leaf `index` is in the tree of `size` leaves; index < size. */
bool tree_prove_inclusion(uint64_t index, uint64_t size, tree_node_fn node, void *arg, struct tree_proof *out);
/* That the tree of `from` leaves is how the one of `to` leaves begins; 0 < from <= to. */
bool tree_prove_consistency(uint64_t from, uint64_t to, tree_node_fn node, void *arg, struct tree_proof *out);

bool tree_check_inclusion(uint64_t index, uint64_t size, const struct cardea_digest *leaf,
                          const struct tree_proof *proof, const struct cardea_digest *root);
bool tree_check_consistency(uint64_t from, uint64_t to, const struct cardea_digest *from_root,
                            const struct cardea_digest *to_root, const struct tree_proof *proof);

#endif
