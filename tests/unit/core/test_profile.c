/* test_profile.c - scopes, wildcards and error bodies. */
#include "rig.h"

static const char *const scope_names[] = {"corpus:read", "corpus:write", "corpusx:read", "corpus", "tokens:read"};
static const struct cardea_denial denials[] = {
    {CARDEA_INSUFFICIENT_SCOPE, 0, "{\"error\": \"Missing required scope: {scope}\"}", "application/json"},
    {CARDEA_EXPIRED, 403, NULL, NULL},
};
static const struct cardea_profile profile = {
    .name = "p", .scopes = scope_names, .scope_count = 5, .denials = denials, .denial_count = 2};

static uint64_t granted(const char *name, enum cardea_err expected)
{
    struct cardea_scopes set = {{0}};
    assert_int_equal(cardea_scopes_add(&set, &profile, S(name)), expected);
    return set.bits[0];
}

static void wildcards_grant_what_is_below_them(void **state)
{
    assert_int_equal(granted("corpus:read", CARDEA_OK), 1);
    assert_int_equal(granted("corpus:*", CARDEA_OK), 3);
    assert_int_equal(granted("*", CARDEA_OK), 31);
    assert_int_equal(granted("corpus", CARDEA_OK), 8);
    assert_int_equal(granted("corp*", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("corpus*", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted(":*", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("billing:*", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("corpus:*:read", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("**", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("", CARDEA_E_NOTFOUND), 0);
    assert_int_equal(granted("corpus:READ", CARDEA_E_NOTFOUND), 0);
}

static void sets_cover_and_hold(void **state)
{
    struct cardea_scopes a = {{5, 0, 0, 1}};
    struct cardea_scopes b = {{4, 0, 0, 1}};
    assert_true(cardea_scopes_cover(&a, &b));
    assert_false(cardea_scopes_cover(&b, &a));
    assert_true(cardea_scopes_has(&a, 192));
    assert_false(cardea_scopes_has(&a, 1));
    assert_false(cardea_scopes_has(&a, CARDEA_SCOPES_MAX));
    assert_false(cardea_scopes_has(&a, UINT32_MAX));
    assert_int_equal(cardea_profile_scope(&profile, S("tokens:read")), 4);
    assert_int_equal(cardea_profile_scope(&profile, S("tokens")), -1);
    assert_int_equal(cardea_profile_kind(&profile, S("x")), -1);
}

static void denials_have_the_profiles_own_words(void **state)
{
    static const char expected[] = "{\"error\": \"Missing required scope: corpus:write\"}";
    unsigned status;
    const char *type;
    char buf[128];
    size_t len;
    assert_int_equal(cardea_profile_denial(&profile, CARDEA_INSUFFICIENT_SCOPE, S("corpus:write"), &status, &type, buf,
                                           sizeof buf, &len),
                     CARDEA_OK);
    assert_int_equal(status, 403);
    assert_string_equal(type, "application/json");
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(buf, expected, len);
    for (size_t cap = 0; cap < sizeof expected - 1; cap++)
        assert_int_equal(cardea_profile_denial(&profile, CARDEA_INSUFFICIENT_SCOPE, S("corpus:write"), &status, &type,
                                               buf, cap, &len),
                         CARDEA_E_FULL);
    assert_int_equal(cardea_profile_denial(&profile, CARDEA_EXPIRED, S(""), &status, &type, buf, sizeof buf, &len),
                     CARDEA_OK);
    assert_int_equal(status, 403);
    assert_null(type);
    assert_int_equal(len, 0);
    assert_int_equal(cardea_profile_denial(&profile, CARDEA_MISSING, S(""), &status, &type, buf, sizeof buf, &len),
                     CARDEA_OK);
    assert_int_equal(status, 401);
    assert_null(type);
}

static void fields_to_scan_are_pointers(void **state)
{
    static const char *const good[] = {"/body",    "/messages/*/content", "/*", "/a~1b/~0", "/0/1", "/", "//",
                                       "/\xc3\xa9"};
    static const char *const bad[] = {"",    "body",  "*",   "/a b", "/a\n",  "/a~", "/~2",    "/a*",
                                      "/*a", "/*/b*", "/\"", "/\\",  "/\x7f", "/**", "$.body", "/messages/**/content"};
    char deep[256] = "";
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (cardea_scan_field_mistake(S(good[i])) != NULL)
            fail_msg("%s: %s", good[i], cardea_scan_field_mistake(S(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cardea_scan_field_mistake(S(bad[i])) == NULL)
            fail_msg("%s is taken", bad[i]);
    }
    for (int i = 0; i < 16; i++)
        memcpy(deep + 2 * i, "/a", 3);
    assert_null(cardea_scan_field_mistake(S(deep)));
    memcpy(deep + 32, "/a", 3);
    assert_non_null(cardea_scan_field_mistake(S(deep)));
    memset(deep, 'a', 201);
    deep[0] = '/';
    assert_non_null(cardea_scan_field_mistake((struct cardea_str){deep, 201}));
    assert_null(cardea_scan_field_mistake((struct cardea_str){deep, 200}));
}

static void a_grant_says_what_is_scanned(void **state)
{
    static const char *const fields[] = {"/body"};
    static const struct cardea_route_scan scan = {fields, 1};
    static const struct cardea_route routes[] = {{.pattern = "/a"}, {.pattern = "/b", .scan = &scan}};
    const struct cardea_profile p = {.name = "p", .routes = routes, .route_count = 2};
    struct cardea_decision d = {.code = CARDEA_VALID, .route = 1};
    assert_ptr_equal(cardea_decision_scan(&p, &d), &scan);
    assert_null(cardea_decision_scan(NULL, &d));
    d.route = 0;
    assert_null(cardea_decision_scan(&p, &d));
    d.route = 2;
    assert_null(cardea_decision_scan(&p, &d));
    d.route = UINT32_MAX;
    assert_null(cardea_decision_scan(&p, &d));
    d = (struct cardea_decision){.code = CARDEA_RATE_LIMITED, .route = 1};
    assert_null(cardea_decision_scan(&p, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_grant_what_is_below_them),  cmocka_unit_test(sets_cover_and_hold),
        cmocka_unit_test(denials_have_the_profiles_own_words), cmocka_unit_test(fields_to_scan_are_pointers),
        cmocka_unit_test(a_grant_says_what_is_scanned),
    };
    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
