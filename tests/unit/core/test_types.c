/* test_types.c - names and numbers that programs outside rely on. */
#include "rig.h"

static void every_code_has_a_name_and_a_status(void **state)
{
    for (int i = 0; i < CARDEA_CODE_COUNT; i++) {
        enum cardea_code back = CARDEA_CODE_COUNT;
        const char *name = cardea_code_name((enum cardea_code)i);
        assert_non_null(name);
        assert_true(cardea_code_parse(S(name), &back));
        assert_int_equal(back, i);
        unsigned status = cardea_code_status((enum cardea_code)i);
        assert_true(i == CARDEA_VALID ? status == 200 : status >= 400);
    }
    enum cardea_code code;
    assert_false(cardea_code_parse(S("valid"), &code));
    assert_false(cardea_code_parse((struct cardea_str){NULL, 0}, &code));
    assert_string_equal(cardea_code_name(CARDEA_CODE_COUNT), "UNKNOWN");
    assert_int_equal(cardea_code_status(CARDEA_CODE_COUNT), 503);
}

static void statuses_are_the_documented_ones(void **state)
{
    assert_int_equal(cardea_code_status(CARDEA_MISSING), 401);
    assert_int_equal(cardea_code_status(CARDEA_EXPIRED), 401);
    assert_int_equal(cardea_code_status(CARDEA_WRONG_ACCOUNT), 403);
    assert_int_equal(cardea_code_status(CARDEA_NO_ROUTE), 403);
    assert_int_equal(cardea_code_status(CARDEA_AMBIGUOUS), 400);
    assert_int_equal(cardea_code_status(CARDEA_CREDITS_EXHAUSTED), 429);
    assert_int_equal(cardea_code_status(CARDEA_STALE), 503);
}

static void roles_are_ordered_and_named(void **state)
{
    for (int i = CARDEA_ROLE_NONE; i <= CARDEA_ROLE_OWNER; i++) {
        enum cardea_role back = CARDEA_ROLE_NONE;
        assert_true(cardea_role_parse(S(cardea_role_name((enum cardea_role)i)), &back));
        assert_int_equal(back, i);
    }
    enum cardea_role role;
    assert_true(CARDEA_ROLE_VIEWER < CARDEA_ROLE_MEMBER && CARDEA_ROLE_ADMIN < CARDEA_ROLE_OWNER);
    assert_false(cardea_role_parse(S("Owner"), &role));
    assert_string_equal(cardea_role_name((enum cardea_role)99), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_status),
        cmocka_unit_test(statuses_are_the_documented_ones),
        cmocka_unit_test(roles_are_ordered_and_named),
    };
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
