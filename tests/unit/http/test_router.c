#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/router.h"

static void handle(struct call *c)
{
}

static const struct http_route items[] = {
    {.method = CARDEA_GET, .pattern = "/", .handle = handle, .operation = "top"},
    {.method = CARDEA_GET, .pattern = "/health/", .handle = handle, .operation = "health"},
    {.method = CARDEA_GET, .pattern = "/v1/keys", .handle = handle, .operation = "list"},
    {.method = CARDEA_POST, .pattern = "/v1/keys", .handle = handle, .operation = "create"},
    {.method = CARDEA_POST, .pattern = "/v1/keys/verify", .handle = handle, .operation = "verify"},
    {.method = CARDEA_GET | CARDEA_DELETE, .pattern = "/v1/keys/{id}", .handle = handle, .operation = "key"},
    {.method = CARDEA_POST, .pattern = "/v1/keys/{id}/rotate", .handle = handle, .operation = "rotate"},
    {.method = CARDEA_PUT, .pattern = "/v1/accounts/{id}/members/{user}", .handle = handle, .operation = "member"},
    {.method = CARDEA_GET | CARDEA_POST, .pattern = "/v1/authorize/{profile}", .handle = handle, .operation = "ask"},
    {.method = CARDEA_GET, .pattern = "/v1/authorize/{profile}/**", .handle = handle, .operation = "ask_path"},
};
static const struct http_routes table = {items, sizeof(items) / sizeof(items[0])};

static struct router router;
static struct call call;

static int begin(void **state)
{
    router_add(&router, &table);
    return 0;
}

static int end(void **state)
{
    router_release(&router);
    arena_release(&call.arena);
    return 0;
}

/* The operation that was found, "404", or what is allowed. */
static const char *find(uint32_t method, const char *path)
{
    static char allow[64];
    uint32_t allowed;
    call.method = method;
    call.path = str_of(path);
    switch (router_find(&router, &call, &allowed)) {
    case ROUTER_FOUND:
        assert_ptr_equal(call.route, router.routes[call.operation]);
        return call.route->operation;
    case ROUTER_NO_PATH:
        return "404";
    case ROUTER_NO_METHOD:
        router_allow_text(allowed, allow, sizeof(allow));
        return allow;
    }
    return NULL;
}

static void finds_what_the_table_says(void **state)
{
    static const struct {
        uint32_t method;
        const char *path, *expected;
    } rows[] = {
        {CARDEA_GET, "/", "top"},
        {CARDEA_GET, "/v1/keys", "list"},
        {CARDEA_GET, "/v1/keys/", "list"},
        {CARDEA_POST, "/v1/keys", "create"},
        {CARDEA_GET, "/health", "health"},
        {CARDEA_GET, "/health/", "health"},
        {CARDEA_GET, "/v1/keys/key_1", "key"},
        {CARDEA_POST, "/v1/keys/verify", "verify"},
        {CARDEA_POST, "/v1/keys/verify/rotate", "rotate"},
        {CARDEA_PUT, "/v1/accounts/a/members/b", "member"},
        {CARDEA_GET, "/v1/authorize/animus", "ask"},
        {CARDEA_GET, "/v1/authorize/animus/api/v1/content", "ask_path"},
        {CARDEA_GET, "/v1/authorize/animus//x", "ask_path"},
        {CARDEA_GET, "", "404"},
        {CARDEA_GET, "v1/keys", "404"},
        {CARDEA_GET, "//v1/keys", "404"},
        {CARDEA_GET, "/v1//keys", "404"},
        {CARDEA_GET, "/v1/keys//", "404"},
        {CARDEA_GET, "/v1", "404"},
        {CARDEA_GET, "/v1/keys/a/b/c", "404"},
        {CARDEA_GET, "/V1/keys", "404"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(find(rows[i].method, rows[i].path), rows[i].expected);
}

static void names_the_methods_of_the_path_that_was_meant(void **state)
{
    assert_string_equal(find(CARDEA_DELETE, "/v1/keys"), "GET, HEAD, POST");
    assert_string_equal(find(CARDEA_PATCH, "/v1/keys/key_1"), "GET, HEAD, DELETE");
    assert_string_equal(find(0, "/v1/keys/key_1"), "GET, HEAD, DELETE");
    assert_string_equal(find(CARDEA_GET, "/v1/keys/verify"), "POST");
    assert_string_equal(find(CARDEA_DELETE, "/v1/keys/verify"), "POST");
}

static void captures_are_decoded_in_order(void **state)
{
    assert_string_equal(find(CARDEA_PUT, "/v1/accounts/animus%2Facme/members/usr_1"), "member");
    assert_true(str_eq(call.captures[0], STR("animus/acme")));
    assert_true(str_eq(call.captures[1], STR("usr_1")));
    assert_string_equal(find(CARDEA_GET, "/v1/authorize/animus/a/b?"), "ask_path");
    assert_true(str_eq(call.captures[1], STR("a/b?")));
}

static void what_does_not_decode_names_nothing(void **state)
{
    static const char *const broken[] = {"/v1/keys/a%", "/v1/keys/a%2", "/v1/keys/a%zz", "/v1/keys/a%00b"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_string_equal(find(CARDEA_GET, broken[i]), "key");
        assert_int_equal(call.captures[0].len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_table_says),
        cmocka_unit_test(names_the_methods_of_the_path_that_was_meant),
        cmocka_unit_test(captures_are_decoded_in_order),
        cmocka_unit_test(what_does_not_decode_names_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
