#include "audit/tree.h"

#include <string.h>

#include "base/base64.h"

#define HASH_TEXT_LEN BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)

void tree_hash_leaf(const void *prefixed, size_t len, struct cardea_digest *out)
{
    cardea_digest((struct cardea_str){prefixed, len}, out);
}

void tree_hash_node(const struct cardea_digest *left, const struct cardea_digest *right, struct cardea_digest *out)
{
    uint8_t bytes[1 + 2 * CARDEA_DIGEST_LEN] = {1};
    memcpy(bytes + 1, left->bytes, CARDEA_DIGEST_LEN);
    memcpy(bytes + 1 + CARDEA_DIGEST_LEN, right->bytes, CARDEA_DIGEST_LEN);
    cardea_digest((struct cardea_str){(const char *)bytes, sizeof(bytes)}, out);
}

bool tree_hash_read(struct cardea_str text, struct cardea_digest *out)
{
    uint8_t bytes[BASE64_DATA_MAX(HASH_TEXT_LEN)];
    size_t len;
    if (text.len != HASH_TEXT_LEN || !base64_decode(text, bytes, &len) || len != CARDEA_DIGEST_LEN)
        return false;
    memcpy(out->bytes, bytes, CARDEA_DIGEST_LEN);
    return true;
}

/* ---- growing ---- */

void tree_range_add(struct tree_range *r, const struct cardea_digest *leaf)
{
    r->peaks[r->count++] = *leaf;
    r->size++;
    for (uint64_t n = r->size; !(n & 1); n >>= 1) {
        tree_hash_node(&r->peaks[r->count - 2], &r->peaks[r->count - 1], &r->peaks[r->count - 2]);
        r->count--;
    }
}

void tree_range_root(const struct tree_range *r, struct cardea_digest *out)
{
    if (!r->count) {
        cardea_digest((struct cardea_str){"", 0}, out);
        return;
    }
    *out = r->peaks[r->count - 1];
    for (unsigned i = r->count - 1; i-- > 0;)
        tree_hash_node(&r->peaks[i], out, out);
}

unsigned tree_range_peaks(uint64_t size)
{
    return (unsigned)__builtin_popcountll(size);
}

bool tree_range_load(uint64_t size, tree_node_fn node, void *arg, struct tree_range *out)
{
    uint64_t at = 0;
    *out = (struct tree_range){.size = size};
    for (unsigned level = TREE_LEVELS_MAX; level-- > 0;) {
        if (!(size >> level & 1))
            continue;
        if (!node(arg, level, at >> level, &out->peaks[out->count++]))
            return false;
        at += UINT64_C(1) << level;
    }
    return true;
}

/* ---- proving ---- */

struct prover {
    tree_node_fn node;
    void *arg;
    struct tree_proof *out;
};

/* The largest power of two below n, which is at least 2. */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* MTH of the leaves first … first + n - 1; `first` is a multiple of the power of two that holds n. */
static bool hash_of(const struct prover *p, uint64_t first, uint64_t n, struct cardea_digest *out)
{
    struct cardea_digest right;
    if (!(n & (n - 1))) {
        unsigned level = (unsigned)__builtin_ctzll(n);
        return p->node(p->arg, level, first >> level, out);
    }
    uint64_t k = split(n);
    if (!hash_of(p, first, k, out) || !hash_of(p, first + k, n - k, &right))
        return false;
    tree_hash_node(out, &right, out);
    return true;
}

static bool append(const struct prover *p, uint64_t first, uint64_t n)
{
    return hash_of(p, first, n, &p->out->hashes[p->out->count++]);
}

/* PATH(m, D[n]) of RFC 6962, 2.1.1. */
static bool path(const struct prover *p, uint64_t m, uint64_t first, uint64_t n)
{
    if (n == 1)
        return true;
    uint64_t k = split(n);
    return m < k ? path(p, m, first, k) && append(p, first + k, n - k)
                 : path(p, m - k, first + k, n - k) && append(p, first, k);
}

/* SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2. */
static bool subproof(const struct prover *p, uint64_t m, uint64_t first, uint64_t n, bool whole)
{
    if (m == n)
        return whole || append(p, first, n);
    uint64_t k = split(n);
    return m <= k ? subproof(p, m, first, k, whole) && append(p, first + k, n - k)
                  : subproof(p, m - k, first + k, n - k, false) && append(p, first, k);
}

bool tree_prove_inclusion(uint64_t index, uint64_t size, tree_node_fn node, void *arg, struct tree_proof *out)
{
    out->count = 0;
    return path(&(struct prover){node, arg, out}, index, 0, size);
}

bool tree_prove_consistency(uint64_t from, uint64_t to, tree_node_fn node, void *arg, struct tree_proof *out)
{
    out->count = 0;
    return subproof(&(struct prover){node, arg, out}, from, 0, to, true);
}

/* ---- checking: RFC 9162, 2.1.3.2 and 2.1.4.2, whose proofs are those of RFC 6962 ---- */

bool tree_check_inclusion(uint64_t index, uint64_t size, const struct cardea_digest *leaf,
                          const struct tree_proof *proof, const struct cardea_digest *root)
{
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct cardea_digest r = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (!sn)
            return false;
        if (fn & 1 || fn == sn) {
            tree_hash_node(&proof->hashes[i], &r, &r);
            while (!(fn & 1) && fn)
                fn >>= 1, sn >>= 1;
        } else {
            tree_hash_node(&r, &proof->hashes[i], &r);
        }
        fn >>= 1, sn >>= 1;
    }
    return !sn && cardea_digest_equal(&r, root);
}

bool tree_check_consistency(uint64_t from, uint64_t to, const struct cardea_digest *from_root,
                            const struct cardea_digest *to_root, const struct tree_proof *proof)
{
    if (!from || from > to)
        return false;
    if (from == to)
        return !proof->count && cardea_digest_equal(from_root, to_root);
    uint64_t fn = from - 1, sn = to - 1;
    bool power = !(from & (from - 1));
    if (!proof->count)
        return false;
    while (fn & 1)
        fn >>= 1, sn >>= 1;
    struct cardea_digest fr = power ? *from_root : proof->hashes[0], sr = fr;
    for (size_t i = !power; i < proof->count; i++) {
        if (!sn)
            return false;
        if (fn & 1 || fn == sn) {
            tree_hash_node(&proof->hashes[i], &fr, &fr);
            tree_hash_node(&proof->hashes[i], &sr, &sr);
            while (!(fn & 1) && fn)
                fn >>= 1, sn >>= 1;
        } else {
            tree_hash_node(&sr, &proof->hashes[i], &sr);
        }
        fn >>= 1, sn >>= 1;
    }
    return !sn && cardea_digest_equal(&fr, from_root) && cardea_digest_equal(&sr, to_root);
}
