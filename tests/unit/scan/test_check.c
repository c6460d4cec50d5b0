#include "kit.h"

#include "scan/check.h"

static void entropy_is_shannons(void **state)
{
    assert_int_equal(check_entropy(STR("")), 0);
    assert_int_equal(check_entropy(STR("aaaa")), 0);
    assert_int_equal(check_entropy(STR("abab")), 1000);
    assert_int_equal(check_entropy(STR("abcd")), 2000);
    assert_int_equal(check_entropy(STR("aab")), 918);
}

static void sums_are_checked(void **state)
{
    const struct {
        enum fields_checksum kind;
        const char *right, *wrong;
    } cases[] = {
        {FIELDS_CHECK_LUHN, "4111 1111 1111 1111", "4111 1111 1111 1112"},
        {FIELDS_CHECK_LUHN, "378282246310005", "378282246310006"},
        {FIELDS_CHECK_LUHN, "5555-5555-5555-4444", "0000-0000-0000-0000"},
        {FIELDS_CHECK_LUHN, "4111111111111111", "41111111111"},
        {FIELDS_CHECK_IBAN, "DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"},
        {FIELDS_CHECK_IBAN, "GB29NWBK60161331926819", "GB29NWBK6016133192681?"},
        {FIELDS_CHECK_ABA, "021000021", "021000022"},
        {FIELDS_CHECK_ABA, "011401533", "000000000"},
        {FIELDS_CHECK_JWT, "eyJhbGciOiJIUzI1NiJ9.e30.x", "aGVsbG8gd29ybGQ.e30.x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!check_sum(cases[i].kind, str_of(cases[i].right)))
            fail_msg("%s should be right", cases[i].right);
        if (check_sum(cases[i].kind, str_of(cases[i].wrong)))
            fail_msg("%s should be wrong", cases[i].wrong);
    }
}

static void our_own_checksum_and_that_of_tokens(void **state)
{
    char key[] = "anm_aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cF______", token[] = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0______";
    size_t key_body = sizeof(key) - 7, token_body = sizeof(token) - 7;
    cardea_key_checksum((struct cardea_str){key, key_body}, key + key_body);
    cardea_key_checksum((struct cardea_str){token + 4, token_body - 4}, token + token_body);
    assert_true(check_sum(FIELDS_CHECK_KEY, str_of(key)));
    assert_false(check_sum(FIELDS_CHECK_TOKEN, str_of(key)));
    assert_true(check_sum(FIELDS_CHECK_TOKEN, str_of(token)));
    key[5] ^= 1;
    assert_false(check_sum(FIELDS_CHECK_KEY, str_of(key)));
    assert_false(check_sum(FIELDS_CHECK_KEY, STR("abcdef")));
    assert_false(check_sum(FIELDS_CHECK_TOKEN, STR("_")));
}

static void words_are_found_in_any_case(void **state)
{
    assert_true(check_contains(STR("an EXAMPLE of it"), STR("example")));
    assert_false(check_contains(STR("exampl"), STR("example")));
    assert_false(check_contains(STR(""), STR("x")));
    assert_false(check_contains(STR("x"), STR("")));
}

static void a_rule_asks_all_its_questions(void **state)
{
    struct kit k;
    kit_open(&k,
             "- {id: a, title: A, category: secret, severity: high, pattern: 'k=(\\w+)', entropy: 2.0, needs: [digit, "
             "upper],\n"
             "   stop_words: [Sample], allow: ['ZZ$'], context: {within: 10, require: [card], forbid: [test]},\n"
             "   examples: {match: ['card k=aBc1']}}\n",
             false);
    kit_finds(&k, "a", "Card: k=aBc1", CARDEA_SCAN_RAW, "k=aBc1");
    kit_finds(&k, "a", "k=aBc1 of a card", CARDEA_SCAN_RAW, "k=aBc1");
    kit_leaves(&k, "a", "card: k=aBcd");           /* no digit */
    kit_leaves(&k, "a", "card: k=abc1");           /* no capital */
    kit_leaves(&k, "a", "card: k=A1A1");           /* too little entropy */
    kit_leaves(&k, "a", "card: k=aBc1sample");     /* a stop word */
    kit_leaves(&k, "a", "card: k=aBc1ZZ");         /* allowed */
    kit_leaves(&k, "a", "test: k=aBc1 card");      /* a word that must not stand there */
    kit_leaves(&k, "a", "card, far away: k=aBc1"); /* too far */
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entropy_is_shannons),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(our_own_checksum_and_that_of_tokens),
        cmocka_unit_test(words_are_found_in_any_case),
        cmocka_unit_test(a_rule_asks_all_its_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
