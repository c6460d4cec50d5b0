/* test_route_table.c - which route a path takes; patterns that are refused; many routes. */
#include "rig.h"

#include "core/request.h"
#include "core/route_table.h"

static const struct cardea_route routes[] = {
    {CARDEA_GET, "/", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                        /* 0 */
    {CARDEA_GET, "/a/b", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                     /* 1 */
    {CARDEA_GET, "/a/{x}", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                   /* 2 */
    {CARDEA_GET, "/a/**", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                    /* 3 */
    {CARDEA_POST, "/a/b/", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                   /* 4 */
    {CARDEA_GET, "/a/{x}/c", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                 /* 5 */
    {CARDEA_GET, "/a/b/d", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                   /* 6 */
    {CARDEA_DELETE, "/a/{other}", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                            /* 7 */
    {CARDEA_GET, "/t/{tenant}/{agent}/{x}/{y}", CARDEA_ACCESS_PUBLIC, 0, 0, 0},              /* 8 */
    {CARDEA_GET, "/files/**", CARDEA_ACCESS_PUBLIC, 0, 0, 0},                                /* 9 */
    {CARDEA_GET, "/longer-than-eight/longer-than-eight-too", CARDEA_ACCESS_PUBLIC, 0, 0, 0}, /* 10 */
};

static struct route_match match(const struct route_table *t, uint32_t method, const char *target)
{
    static char buf[ROUTE_PATH_MAX];
    static struct route_path path;
    struct cardea_str query;
    struct route_match m = {.route = ROUTE_NONE};
    if (request_path(S(target), buf, &path, &query))
        route_table_match(t, method, &path, &m);
    return m;
}

static struct route_table *compile(const struct cardea_route *list, size_t count)
{
    static struct cardea_profile profile;
    struct cardea_why why = {""};
    struct route_table *t;
    profile = (struct cardea_profile){.name = "p", .routes = list, .route_count = count};
    if (route_table_compile(&t, &profile, &why) != CARDEA_OK)
        fail_msg("%s", why.text);
    return t;
}

static void the_most_particular_route_wins(void **state)
{
    static const struct {
        uint32_t method;
        const char *target;
        uint32_t route;
    } cases[] = {
        {CARDEA_GET, "/", 0},
        {CARDEA_GET, "/a/b", 1},
        {CARDEA_GET, "/a/b/", 1},
        {CARDEA_GET, "/a/x", 2},
        {CARDEA_GET, "/a", 3},
        {CARDEA_GET, "/a/", 3},
        {CARDEA_GET, "/a/x/y", 3},
        {CARDEA_POST, "/a/b", 4},
        {CARDEA_GET, "/a/b/c", 5},
        {CARDEA_GET, "/a/b/d", 6},
        {CARDEA_GET, "/a/b/e", 3},
        {CARDEA_DELETE, "/a/b", 7},
        {CARDEA_DELETE, "/a/z", 7},
        {CARDEA_PUT, "/a/b", ROUTE_NONE},
        {CARDEA_GET, "/b", ROUTE_NONE},
        {CARDEA_GET, "/files", 9},
        {CARDEA_GET, "/files/1/2/3/4/5/6/7/8", 9},
        {CARDEA_GET, "/longer-than-eight/longer-than-eight-too", 10},
        {CARDEA_GET, "/longer-than-eight/longer-than-eight-tow", ROUTE_NONE},
        {CARDEA_GET, "/longer-than-eighu/longer-than-eight-too", ROUTE_NONE},
        {CARDEA_GET, "/t/1/2/3", ROUTE_NONE},
    };
    struct route_table *t = compile(routes, sizeof routes / sizeof *routes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct route_match m = match(t, cases[i].method, cases[i].target);
        if (m.route != cases[i].route)
            fail_msg("%s took route %d, not %d", cases[i].target, (int)m.route, (int)cases[i].route);
    }
    struct route_match m = match(t, CARDEA_GET, "/t/acme/scout/1/2?x");
    assert_int_equal(m.route, 8);
    assert_memory_equal(m.tenant.ptr, "acme", m.tenant.len);
    assert_int_equal(m.tenant.len, 4);
    assert_memory_equal(m.agent.ptr, "scout", 5);
    m = match(t, CARDEA_GET, "/a/x");
    assert_null(m.tenant.ptr);
    route_table_free(t);
}

static void bad_patterns_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "*",
        "//",
        "/a//b",
        "/a/*",
        "/a*",
        "/a/**/b",
        "/{}",
        "/{A}",
        "/{a",
        "/a}",
        "/x{a}",
        "/{a}x",
        "/%61",
        "/a?b",
        "/a#b",
        "/a b",
        "/a\\b",
        "/./a",
        "/..",
        "/{tenant}/{tenant}",
        "/{a}/{b}/{c}/{d}/{e}",
        "/a/***",
        "/{1a}",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/33",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cardea_route r = {CARDEA_GET, bad[i], CARDEA_ACCESS_KEY, 0, 0, 0};
        struct cardea_profile p = {.name = "p", .routes = &r, .route_count = 1};
        struct cardea_why why = {""};
        struct route_table *t;
        if (route_table_compile(&t, &p, &why) != CARDEA_E_FORMAT)
            fail_msg("accepted: %s", bad[i]);
    }
    /* the same paths under other names, or with a slash more */
    static const char *const same[][2] = {{"/a/{x}", "/a/{y}"}, {"/a", "/a/"}, {"/a/**", "/a/**/"}};
    for (size_t i = 0; i < 3; i++) {
        struct cardea_route two[2] = {{CARDEA_GET | CARDEA_POST, same[i][0], CARDEA_ACCESS_KEY, 0, 0, 0},
                                      {CARDEA_POST, same[i][1], CARDEA_ACCESS_KEY, 0, 0, 0}};
        struct cardea_profile p = {.name = "p", .routes = two, .route_count = 2};
        struct cardea_why why = {""};
        struct route_table *t;
        assert_int_equal(route_table_compile(&t, &p, &why), CARDEA_E_FORMAT);
        assert_non_null(strstr(why.text, "same paths"));
    }
}

static void all_of_many_routes_are_found(void **state)
{
    static struct cardea_route many[CARDEA_ROUTES_MAX];
    static char patterns[CARDEA_ROUTES_MAX][48];
    for (unsigned i = 0; i < CARDEA_ROUTES_MAX; i++) {
        snprintf(patterns[i], sizeof patterns[i], "/v%u/{id}/thing%u/%s", i % 7, i, i % 3 == 0 ? "**" : "x");
        many[i] = (struct cardea_route){CARDEA_GET, patterns[i], CARDEA_ACCESS_KEY, 0, 0, 0};
    }
    struct route_table *t = compile(many, CARDEA_ROUTES_MAX);
    for (unsigned i = 0; i < CARDEA_ROUTES_MAX; i++) {
        char target[48];
        snprintf(target, sizeof target, "/v%u/99/thing%u/x", i % 7, i);
        assert_int_equal(match(t, CARDEA_GET, target).route, i);
        snprintf(target, sizeof target, "/v%u/99/thing%u/y", i % 7, i);
        assert_int_equal(match(t, CARDEA_GET, target).route, i % 3 == 0 ? i : ROUTE_NONE);
    }
    route_table_free(t);
    t = compile(NULL, 0);
    assert_int_equal(match(t, CARDEA_GET, "/").route, ROUTE_NONE);
    route_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_particular_route_wins),
        cmocka_unit_test(bad_patterns_are_refused),
        cmocka_unit_test(all_of_many_routes_are_found),
    };
    return cmocka_run_group_tests_name("route_table", tests, NULL, NULL);
}
