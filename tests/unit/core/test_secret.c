/* test_secret.c - keys in clear and their digests. */
#include "rig.h"

#include <pthread.h>

/* FIPS 180-4 example "abc". */
static const uint8_t abc_digest[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                     0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                     0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static void digest_is_sha256(void **state)
{
    struct cardea_digest d;
    cardea_digest(S("abc"), &d);
    assert_memory_equal(d.bytes, abc_digest, sizeof abc_digest);
    cardea_digest((struct cardea_str){NULL, 0}, &d);
    assert_int_equal(d.bytes[0], 0xe3); /* of nothing */
}

static void *digest_many(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        struct cardea_digest d;
        cardea_digest(S("abc"), &d);
        if (memcmp(d.bytes, abc_digest, sizeof abc_digest) != 0)
            return arg;
    }
    return NULL;
}

static void threads_have_contexts_of_their_own(void **state)
{
    pthread_t threads[4];
    int wrong;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, digest_many, &wrong), 0);
    for (int i = 0; i < 4; i++) {
        void *result = &wrong;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
}

static void equality_looks_at_every_byte(void **state)
{
    struct cardea_digest a = {{0}};
    for (unsigned i = 0; i < CARDEA_DIGEST_LEN; i++) {
        struct cardea_digest b = a;
        assert_true(cardea_digest_equal(&a, &b));
        b.bytes[i] ^= 0x80;
        assert_false(cardea_digest_equal(&a, &b));
    }
}

static void secrets_have_bounds_and_are_wiped(void **state)
{
    struct cardea_secret s;
    char text[CARDEA_KEY_MAX + 1];
    memset(text, 'x', sizeof text);
    assert_int_equal(cardea_secret_set(&s, (struct cardea_str){text, 0}), CARDEA_E_INVALID);
    assert_int_equal(cardea_secret_set(&s, (struct cardea_str){text, sizeof text}), CARDEA_E_INVALID);
    assert_int_equal(cardea_secret_set(&s, (struct cardea_str){text, CARDEA_KEY_MAX}), CARDEA_OK);
    assert_int_equal(cardea_secret_reveal(&s).len, CARDEA_KEY_MAX);
    cardea_secret_wipe(&s);
    static const struct cardea_secret zero;
    assert_memory_equal(&s, &zero, sizeof s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_is_sha256),
        cmocka_unit_test(threads_have_contexts_of_their_own),
        cmocka_unit_test(equality_looks_at_every_byte),
        cmocka_unit_test(secrets_have_bounds_and_are_wiped),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
