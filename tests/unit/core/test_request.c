/* test_request.c - paths, credentials and queries at their edges. (What they lead to stands in authorize.tsv.) */
#include "rig.h"

#include "core/request.h"

static void long_paths_have_no_route(void **state)
{
    static char target[ROUTE_PATH_MAX + 64];
    static char buf[ROUTE_PATH_MAX];
    static struct route_path path;
    struct cardea_str query;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    assert_false(request_path((struct cardea_str){target, sizeof target}, buf, &path, &query));
    assert_true(request_path((struct cardea_str){target, ROUTE_PATH_MAX}, buf, &path, &query));
    assert_int_equal(path.count, 1);
    for (size_t i = 0; i < sizeof target; i += 2)
        target[i] = '/';
    assert_true(request_path((struct cardea_str){target, ROUTE_SEGMENTS_MAX * 2}, buf, &path, &query));
    assert_int_equal(path.count, ROUTE_SEGMENTS_MAX);
    assert_false(request_path((struct cardea_str){target, ROUTE_SEGMENTS_MAX * 2 + 2}, buf, &path, &query));
    /* all of it escaped: the decoded text is a third as long, and fits */
    for (size_t i = 1; i + 2 < ROUTE_PATH_MAX; i += 3)
        memcpy(target + i, "%61", 3);
    assert_true(request_path((struct cardea_str){target, ROUTE_PATH_MAX - 1}, buf, &path, &query));
    assert_int_equal(path.segments[0].len, (ROUTE_PATH_MAX - 2) / 3);
    assert_false(request_path((struct cardea_str){NULL, 0}, buf, &path, &query));
}

static void segments_are_decoded_once(void **state)
{
    static char buf[ROUTE_PATH_MAX];
    static struct route_path path;
    struct cardea_str query;
    assert_true(request_path(S("/a%20b/%C3%A9/%2565?q=%zz"), buf, &path, &query));
    assert_int_equal(path.count, 3);
    assert_memory_equal(path.segments[0].ptr, "a b", 3);
    assert_memory_equal(path.segments[1].ptr, "\xc3\xa9", 2);
    assert_memory_equal(path.segments[2].ptr, "%65", 3);
    assert_memory_equal(query.ptr, "q=%zz", 5);
    assert_true(request_path(S("/?"), buf, &path, &query));
    assert_int_equal(path.count, 0);
    assert_int_equal(query.len, 0);
}

static void methods(void **state)
{
    assert_int_equal(request_method(S("HEAD")), CARDEA_GET);
    assert_int_equal(request_method(S("PATCH")), CARDEA_PATCH);
    assert_int_equal(request_method(S("OPTIONS")), CARDEA_OPTIONS);
    assert_int_equal(request_method(S("GETX")), 0);
    assert_int_equal(request_method(S("TRACE")), 0);
    assert_int_equal(request_method((struct cardea_str){NULL, 0}), 0);
}

static enum cardea_code credential(const char *authorization, const char *legacy, struct cardea_str *key,
                                   bool *is_legacy)
{
    struct cardea_request q = {.authorization_count = 0};
    if (authorization != NULL) {
        q.authorization = S(authorization);
        q.authorization_count = 1;
    }
    if (legacy != NULL) {
        q.legacy = S(legacy);
        q.legacy_count = 1;
    }
    return request_credential(&q, key, is_legacy);
}

static void credentials(void **state)
{
    struct cardea_str key;
    bool legacy;
    assert_int_equal(credential("BEARER \t abc\t ", NULL, &key, &legacy), CARDEA_VALID);
    assert_int_equal(key.len, 3);
    assert_false(legacy);
    assert_int_equal(credential(NULL, " abc ", &key, &legacy), CARDEA_VALID);
    assert_int_equal(key.len, 3);
    assert_true(legacy);
    assert_int_equal(credential(NULL, NULL, &key, &legacy), CARDEA_MISSING);
    assert_int_equal(credential("Bear abc", NULL, &key, &legacy), CARDEA_MALFORMED);
    assert_int_equal(credential("Bearer\tabc", NULL, &key, &legacy), CARDEA_MALFORMED);
    assert_int_equal(credential(" ", NULL, &key, &legacy), CARDEA_MALFORMED);
    assert_int_equal(credential("", "", &key, &legacy), CARDEA_AMBIGUOUS);
    /* an adapter that forgot to count: what is there still counts */
    struct cardea_request q = {.authorization = S("Bearer a"), .legacy = S("b")};
    assert_int_equal(request_credential(&q, &key, &legacy), CARDEA_AMBIGUOUS);
}

static void keys_in_queries(void **state)
{
    struct rig rig;
    struct cardea_secret key;
    char query[1024];
    rig_begin(&rig);
    const struct cardea_profile *p = &rig.profiles[0];
    rig_key(&rig, "reader", &key);
    static const char *const with[] = {"%.*s", "a=%.*s", "a=1&b=%.*s&c", ";x=%.*s", "a=%.*strailing", "=%.*s"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        static char text[16];
        snprintf(text, sizeof text, "%s", with[i]);
        char *mark = strstr(text, "%.*s");
        snprintf(query, sizeof query, "%.*s%.*s%s", (int)(mark - text), text, (int)key.len, key.bytes, mark + 4);
        assert_true(request_query_has_key(p, S(query)));
    }
    static const char *const without[] = {"",     "a",           "a=b",
                                          "tok_", "q=tok_short", "q=ztok_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                          "q=%",  "q=%7",        "&&&=;"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        assert_false(request_query_has_key(p, S(without[i])));
    assert_false(request_query_has_key(p, (struct cardea_str){NULL, 0}));
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_paths_have_no_route),
        cmocka_unit_test(segments_are_decoded_once),
        cmocka_unit_test(methods),
        cmocka_unit_test(credentials),
        cmocka_unit_test(keys_in_queries),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
