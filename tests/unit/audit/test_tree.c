/* The tree against the vectors of the Certificate Transparency reference implementation, and against the definitions of
 * RFC 6962 written down as they stand there. */
#include "audit_test.h"

#include "audit/tiles.h"

/* github.com/google/certificate-transparency: merkletree/merkle_tree_test.cc. */
static const char *const vector_leaves[8] = {"\0",
                                             "\0\x00",
                                             "\0\x10",
                                             "\0\x20\x21",
                                             "\0\x30\x31",
                                             "\0\x40\x41\x42\x43",
                                             "\0\x50\x51\x52\x53\x54\x55\x56\x57",
                                             "\0\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
static const size_t vector_lens[8] = {0, 1, 1, 2, 2, 4, 8, 16};
static const char *const vector_roots[9] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void assert_hash(const struct cardea_digest *hash, const char *wanted)
{
    char text[65];
    hex_of(hash->bytes, sizeof(hash->bytes), text);
    assert_string_equal(text, wanted);
}

static void test_published_vectors(void **state)
{
    struct tree_range range = {0};
    struct cardea_digest hash;
    tree_range_root(&range, &hash);
    assert_hash(&hash, vector_roots[0]);
    for (size_t i = 0; i < 8; i++) {
        tree_hash_leaf(vector_leaves[i], 1 + vector_lens[i], &hash);
        tree_range_add(&range, &hash);
        tree_range_root(&range, &hash);
        assert_hash(&hash, vector_roots[i + 1]);
    }
}

/* ---- the definitions: sections 2.1, 2.1.1 and 2.1.2 over a list of leaves ---- */

#define LEAVES 300
static struct cardea_digest leaves[LEAVES];

static void make_leaves(void)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        char text[16] = "";
        int len = snprintf(text + 1, sizeof(text) - 1, "leaf %u", i);
        tree_hash_leaf(text, 1 + (size_t)len, &leaves[i]);
    }
}

static size_t below(size_t n)
{
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

static struct cardea_digest mth(const struct cardea_digest *d, size_t n)
{
    struct cardea_digest left = d[0], right;
    if (n > 1) {
        size_t k = below(n);
        left = mth(d, k);
        right = mth(d + k, n - k);
        tree_hash_node(&left, &right, &left);
    }
    return left;
}

static void path(size_t m, const struct cardea_digest *d, size_t n, struct tree_proof *out)
{
    if (n == 1)
        return;
    size_t k = below(n);
    if (m < k) {
        path(m, d, k, out);
        out->hashes[out->count++] = mth(d + k, n - k);
    } else {
        path(m - k, d + k, n - k, out);
        out->hashes[out->count++] = mth(d, k);
    }
}

static void subproof(size_t m, const struct cardea_digest *d, size_t n, bool b, struct tree_proof *out)
{
    if (m == n) {
        if (!b)
            out->hashes[out->count++] = mth(d, n);
        return;
    }
    size_t k = below(n);
    if (m <= k) {
        subproof(m, d, k, b, out);
        out->hashes[out->count++] = mth(d + k, n - k);
    } else {
        subproof(m - k, d + k, n - k, false, out);
        out->hashes[out->count++] = mth(d, k);
    }
}

/* ---- a store of tiles ---- */

struct kept {
    struct tile tiles[2][LEAVES / TILE_WIDTH + 1];
    unsigned stores;
};

static bool load(void *arg, struct tile *tile)
{
    struct kept *k = arg;
    const struct tile *found = &k->tiles[tile->level][tile->number];
    assert_true(tile->level < 2 && found->count >= tile->count);
    unsigned count = tile->count;
    *tile = *found;
    tile->count = count; /* as a tree that was shorter left it */
    return true;
}

static bool store(void *arg, const struct tile *tile)
{
    struct kept *k = arg;
    assert_true(tile->level < 2);
    k->tiles[tile->level][tile->number] = *tile;
    k->stores++;
    return true;
}

/* In runs of changing length, each with what the one before left in the store. */
static struct kept *grow(size_t size)
{
    struct kept *k = calloc(1, sizeof(*k));
    struct tiles *t = calloc(1, sizeof(*t));
    size_t at = 0;
    for (size_t run = 1; at < size; run = run * 3 % 71 + 1) {
        assert_true(tiles_open(t, at, load, k));
        for (size_t i = 0; i < run && at < size; i++)
            assert_true(tiles_add(t, &leaves[at++], store, k));
        assert_true(tiles_flush(t, store, k));
        assert_true(tiles_flush(t, store, k)); /* nothing is left */
    }
    free(t);
    return k;
}

static void assert_proof(const struct tree_proof *a, const struct tree_proof *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hashes, b->hashes, a->count * sizeof(a->hashes[0]));
}

static void test_proofs_are_those_of_the_definition(void **state)
{
    make_leaves();
    struct kept *k = grow(LEAVES);
    struct tile_reader reader = {.load = load, .arg = k};
    for (size_t size = 1; size <= LEAVES; size += size < 70 ? 1 : 23) {
        struct cardea_digest root = mth(leaves, size), got;
        struct tree_range range;
        assert_true(tree_range_load(size, tile_reader_node, &reader, &range));
        assert_int_equal(range.count, tree_range_peaks(size));
        tree_range_root(&range, &got);
        assert_memory_equal(&got, &root, sizeof(root));
        for (size_t i = 0; i < size; i += 1 + i / 12) {
            struct tree_proof wanted = {0}, proof;
            path(i, leaves, size, &wanted);
            assert_true(tree_prove_inclusion(i, size, tile_reader_node, &reader, &proof));
            assert_proof(&proof, &wanted);
            assert_true(tree_check_inclusion(i, size, &leaves[i], &proof, &root));
            wanted.count = 0;
            subproof(i + 1, leaves, size, true, &wanted);
            assert_true(tree_prove_consistency(i + 1, size, tile_reader_node, &reader, &proof));
            assert_proof(&proof, &wanted);
            struct cardea_digest before = mth(leaves, i + 1);
            assert_true(tree_check_consistency(i + 1, size, &before, &root, &proof));
        }
    }
    free(k);
}

/* Whatever is changed of a proof, or of what it is about, is refused. */
static void test_wrong_proofs_are_refused(void **state)
{
    make_leaves();
    struct kept *k = grow(100);
    struct tile_reader reader = {.load = load, .arg = k};
    for (size_t size = 2; size <= 100; size += 7) {
        struct cardea_digest root = mth(leaves, size), before;
        struct tree_proof proof, wrong;
        size_t i = size * 2 / 3;
        assert_true(tree_prove_inclusion(i, size, tile_reader_node, &reader, &proof));
        assert_false(tree_check_inclusion(i, size, &leaves[i ? i - 1 : i + 1], &proof, &root));
        assert_false(tree_check_inclusion(i ? i - 1 : i + 1, size, &leaves[i], &proof, &root));
        assert_false(tree_check_inclusion(size, size, &leaves[i], &proof, &root));
        assert_false(tree_check_inclusion(i, size, &leaves[i], &proof, &leaves[0]));
        for (size_t h = 0; h < proof.count; h++) {
            wrong = proof;
            wrong.hashes[h].bytes[h % 32] ^= 1;
            assert_false(tree_check_inclusion(i, size, &leaves[i], &wrong, &root));
        }
        wrong = proof;
        wrong.count--;
        assert_false(tree_check_inclusion(i, size, &leaves[i], &wrong, &root));
        wrong = proof;
        wrong.hashes[wrong.count++] = root;
        assert_false(tree_check_inclusion(i, size, &leaves[i], &wrong, &root));

        before = mth(leaves, i);
        assert_true(tree_prove_consistency(i, size, tile_reader_node, &reader, &proof));
        assert_false(tree_check_consistency(i, size, &root, &root, &proof));
        assert_false(tree_check_consistency(i, size, &before, &before, &proof));
        assert_false(tree_check_consistency(0, size, &before, &root, &proof));
        assert_false(tree_check_consistency(size, i, &root, &before, &proof));
        assert_false(tree_check_consistency(size, size, &root, &root, &proof));
        for (size_t h = 0; h < proof.count; h++) {
            wrong = proof;
            wrong.hashes[h].bytes[h % 32] ^= 1;
            assert_false(tree_check_consistency(i, size, &before, &root, &wrong));
        }
        wrong = proof;
        wrong.count--;
        assert_false(tree_check_consistency(i, size, &before, &root, &wrong));
    }
    free(k);
}

static bool load_nothing(void *arg, struct tile *tile)
{
    return false;
}

static void test_missing_tiles_make_no_proof(void **state)
{
    struct tile_reader reader = {.load = load_nothing};
    struct tiles *t = calloc(1, sizeof(*t));
    struct tree_proof proof;
    assert_false(tree_prove_inclusion(3, 10, tile_reader_node, &reader, &proof));
    assert_false(tree_prove_consistency(3, 10, tile_reader_node, &reader, &proof));
    assert_false(tiles_open(t, 10, load_nothing, NULL));
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_proofs_are_those_of_the_definition),
        cmocka_unit_test(test_wrong_proofs_are_refused),
        cmocka_unit_test(test_missing_tiles_make_no_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
