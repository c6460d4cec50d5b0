/* test_key_format.c - templates: what compiles, what is minted, what is recognised. */
#include "rig.h"

#include "core/crc32_table.h"

static enum cardea_err compile(struct cardea_key_format *f, const char *tmpl, enum cardea_alphabet a)
{
    struct cardea_why why = {""};
    enum cardea_err err = cardea_key_format_compile(f, S(tmpl), a, &why);
    assert_true(err == CARDEA_OK || why.text[0] != '\0');
    return err;
}

static void good_templates(void **state)
{
    static const struct {
        const char *tmpl;
        enum cardea_alphabet alphabet;
        unsigned key_len, visible_len;
    } good[] = {
        {"anim_{id:8}_{secret:24}", CARDEA_BASE36, 38, 13},
        {"anm_{secret:32}{check:6}", CARDEA_BASE62, 42, 8},
        {"crdr_{secret:43}{check:6}", CARDEA_BASE62, 54, 9},
        {"a{secret:23}", CARDEA_BASE62, 24, 5}, /* 19 hidden characters: 113 bits */
        {"x.y~z-{id:1}{secret:19}", CARDEA_BASE62, 26, 7},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct cardea_key_format f;
        assert_int_equal(compile(&f, good[i].tmpl, good[i].alphabet), CARDEA_OK);
        assert_int_equal(f.key_len, good[i].key_len);
        assert_int_equal(f.visible_len, good[i].visible_len);
    }
}

static void bad_templates(void **state)
{
    static const char *const bad[] = {
        "",
        "anm_",
        "{secret:32}",
        "{id:8}_{secret:32}",
        "anm_{secret:22}", /* 18 hidden characters: 107 bits */
        "anm_{id:8}_{secret:18}",
        "anm_{secret:0}",
        "anm_{secret:}",
        "anm_{secret:99999}",
        "anm_{secret:300}",
        "anm_{secret:-32}",
        "anm_{secret:32",
        "anm_{secret:32}}x{",
        "anm_{secret}",
        "anm_{secrets:32}",
        "anm_{secret:32}{secret:32}",
        "anm_{secret:32}{id:8}",
        "anm_{id:8}{id:8}{secret:32}",
        "anm_{check:6}{secret:32}",
        "anm_{secret:32}{check:5}",
        "anm_{secret:32}{check:6}x",
        "anm {secret:32}",
        "anm/{secret:32}",
        "an\"m_{secret:32}",
        "averyveryverylongliteralthatgoeson_{secret:32}",
        "a{id:1}b{secret:32}c{check:6}d{check:6}e",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cardea_key_format f;
        if (compile(&f, bad[i], CARDEA_BASE62) != CARDEA_E_FORMAT)
            fail_msg("accepted: %s", bad[i]);
    }
    struct cardea_key_format f;
    assert_int_equal(compile(&f, "anm_{secret:25}", CARDEA_BASE36), CARDEA_E_FORMAT); /* 21 of base36: 108 bits */
    assert_int_equal(compile(&f, "anm_{secret:26}", CARDEA_BASE36), CARDEA_OK);
    assert_int_equal(compile(&f, "anm_{secret:32}", (enum cardea_alphabet)7), CARDEA_E_FORMAT);
}

static void minted_keys_match_and_nothing_else_does(void **state)
{
    struct cardea_key_format f;
    struct cardea_secret key;
    uint64_t seed = 1;
    assert_int_equal(compile(&f, "anm_{id:4}_{secret:32}{check:6}", CARDEA_BASE36), CARDEA_OK);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(cardea_key_format_mint(&f, rig_random, &seed, &key), CARDEA_OK);
        assert_int_equal(key.len, f.key_len);
        assert_true(cardea_key_format_match(&f, cardea_secret_reveal(&key)));
        assert_true(cardea_key_format_claims(&f, cardea_secret_reveal(&key)));
        for (size_t at = 0; at < key.len; at++) {
            char was = key.bytes[at];
            key.bytes[at] = was == 'q' ? 'w' : 'q';
            assert_false(cardea_key_format_match(&f, cardea_secret_reveal(&key)));
            key.bytes[at] = was;
        }
        assert_false(cardea_key_format_match(&f, (struct cardea_str){key.bytes, key.len - 1}));
        assert_false(cardea_key_format_match(&f, (struct cardea_str){key.bytes, key.len + 1}));
    }
    assert_false(cardea_key_format_claims(&f, S("anm")));
    assert_true(cardea_key_format_claims(&f, S("anm_")));
    assert_false(cardea_key_format_match(&f, (struct cardea_str){NULL, 0}));
}

static void alphabets_are_kept(void **state)
{
    struct cardea_key_format f;
    struct cardea_secret key;
    uint64_t seed = 1;
    assert_int_equal(compile(&f, "k_{secret:40}", CARDEA_BASE36), CARDEA_OK);
    assert_int_equal(cardea_key_format_mint(&f, rig_random, &seed, &key), CARDEA_OK);
    key.bytes[10] = 'A';
    assert_false(cardea_key_format_match(&f, cardea_secret_reveal(&key)));
    key.bytes[10] = '_';
    assert_false(cardea_key_format_match(&f, cardea_secret_reveal(&key)));
    key.bytes[10] = '\0';
    assert_false(cardea_key_format_match(&f, cardea_secret_reveal(&key)));
}

/* Chi-squared over 62 digits; 120 is far beyond the 99.99 % quantile of 61 degrees of freedom. */
static void characters_are_unbiased(void **state)
{
    struct cardea_key_format f;
    struct cardea_secret key;
    unsigned seen[256] = {0};
    unsigned total = 0;
    assert_int_equal(compile(&f, "k{secret:200}", CARDEA_BASE62), CARDEA_OK);
    for (int i = 0; i < 500; i++) {
        uint64_t seed = (uint64_t)i + 77;
        assert_int_equal(cardea_key_format_mint(&f, rig_random, &seed, &key), CARDEA_OK);
        for (size_t at = 1; at < key.len; at++, total++)
            seen[(uint8_t)key.bytes[at]]++;
    }
    double expected = total / 62.0;
    double chi = 0;
    unsigned used = 0;
    for (int c = 0; c < 256; c++) {
        if (seen[c] == 0)
            continue;
        used++;
        chi += ((double)seen[c] - expected) * ((double)seen[c] - expected) / expected;
    }
    assert_int_equal(used, 62);
    assert_true(chi < 120);
}

static bool no_random(void *arg, void *buf, size_t len)
{
    return false;
}

static void without_randomness_there_is_no_key(void **state)
{
    struct cardea_key_format f;
    struct cardea_secret key = {.len = 9};
    assert_int_equal(compile(&f, "k_{secret:40}", CARDEA_BASE62), CARDEA_OK);
    assert_int_equal(cardea_key_format_mint(&f, no_random, NULL, &key), CARDEA_E_IO);
    assert_int_equal(key.len, 0);
}

static uint32_t bitwise_crc(const uint8_t *at, size_t len)
{
    uint32_t crc = 0xffffffffu;
    while (len-- > 0) {
        crc ^= *at++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void checksum_is_crc32(void **state)
{
    char out[6];
    uint8_t text[64];
    uint64_t seed = 3;
    /* the check value of CRC-32/ISO-HDLC */
    cardea_key_checksum(S("123456789"), out);
    uint64_t value = 0;
    for (int i = 0; i < 6; i++) {
        char c = out[i];
        value = value * 62 + (uint64_t)(c <= '9' ? c - '0' : c <= 'Z' ? c - 'A' + 10 : c - 'a' + 36);
    }
    assert_int_equal(value, 0xcbf43926u);
    for (size_t len = 0; len < sizeof text; len++) {
        rig_random(&seed, text, len);
        cardea_key_checksum((struct cardea_str){(const char *)text, len}, out);
        value = 0;
        for (int i = 0; i < 6; i++)
            value = value * 62 + (uint64_t)(out[i] <= '9'   ? out[i] - '0'
                                            : out[i] <= 'Z' ? out[i] - 'A' + 10
                                                            : out[i] - 'a' + 36);
        assert_int_equal(value, bitwise_crc(text, len));
    }
    assert_int_equal(crc32_table[0][1], 0x77073096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_templates),
        cmocka_unit_test(bad_templates),
        cmocka_unit_test(minted_keys_match_and_nothing_else_does),
        cmocka_unit_test(alphabets_are_kept),
        cmocka_unit_test(characters_are_unbiased),
        cmocka_unit_test(without_randomness_there_is_no_key),
        cmocka_unit_test(checksum_is_crc32),
    };
    return cmocka_run_group_tests_name("key_format", tests, NULL, NULL);
}
