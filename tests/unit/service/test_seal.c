#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/seal.h"

static struct arena arena;
static uint8_t key[SEAL_KEY_LEN] = {1, 2, 3};

static struct cardea_str sealed(struct cardea_str plain)
{
    struct cardea_str out;
    assert_true(seal(&arena, key, STR("name"), plain, cardea_random_system, NULL, &out));
    assert_int_equal(out.len, plain.len + SEAL_OVERHEAD);
    return out;
}

static bool opens(const uint8_t with[SEAL_KEY_LEN], const char *name, struct cardea_str text)
{
    struct cardea_str out = STR("untouched");
    bool ok = seal_open(&arena, with, str_of(name), text, &out);
    if (!ok)
        assert_int_equal(out.len, 0);
    return ok;
}

static void what_was_sealed_opens(void **state)
{
    char large[70000];
    memset(large, 'x', sizeof(large));
    const struct cardea_str rows[] = {STR(""), STR("x"), STR("a secret"), {large, sizeof(large)}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cardea_str out;
        assert_true(seal_open(&arena, key, STR("name"), sealed(rows[i]), &out));
        assert_true(str_eq(out, rows[i]));
    }
    /* Never the same twice. */
    assert_false(str_eq(sealed(STR("a secret")), sealed(STR("a secret"))));
}

static void nothing_else_opens(void **state)
{
    struct cardea_str text = sealed(STR("a secret"));
    uint8_t other[SEAL_KEY_LEN] = {1, 2, 4};
    assert_true(opens(key, "name", text));
    assert_false(opens(other, "name", text));
    assert_false(opens(key, "nam", text));
    assert_false(opens(key, "", text));
    char *copy = arena_alloc(&arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        assert_false(opens(key, "name", (struct cardea_str){copy, text.len}));
        copy[bit / 8] = text.ptr[bit / 8];
    }
    for (size_t len = 0; len < text.len; len++)
        assert_false(opens(key, "name", (struct cardea_str){text.ptr, len}));
    assert_false(opens(key, "name", (struct cardea_str){copy, text.len + 1}));
}

static bool no_random(void *arg, void *buf, size_t len)
{
    return false;
}

static void without_randomness_nothing_is_sealed(void **state)
{
    struct cardea_str out = STR("untouched");
    assert_false(seal(&arena, key, STR("name"), STR("x"), no_random, NULL, &out));
    assert_int_equal(out.len, 0);
}

/* HMAC-SHA256 of "what\0data" under 01 02 03 00…, by Python's hmac. */
static void derived_keys_are_hmac(void **state)
{
    static const uint8_t expected[32] = {0x5d, 0x18, 0xed, 0x64, 0x76, 0x69, 0xd4, 0x2f, 0x49, 0x5b, 0x2d,
                                         0x3d, 0xe1, 0xe5, 0x8f, 0x68, 0x26, 0x38, 0xa1, 0x54, 0x5d, 0x81,
                                         0xf3, 0x44, 0x7c, 0x24, 0x8b, 0x13, 0x0c, 0x0b, 0x59, 0x99};
    uint8_t out[32], other[32];
    seal_derive(key, "what", STR("data"), out);
    assert_memory_equal(out, expected, sizeof(out));
    /* A label and a text cannot be cut in another place. */
    seal_derive(key, "wha", STR("tdata"), other);
    assert_memory_not_equal(out, other, sizeof(out));
}

static int release(void **state)
{
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(nothing_else_opens),
        cmocka_unit_test(without_randomness_nothing_is_sealed),
        cmocka_unit_test(derived_keys_are_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
