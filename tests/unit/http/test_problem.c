#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "http/app.h"
#include "http/host.h"
#include "http/problem.h"
#include "http/server.h"

/* The server's side of a call, in place of http/exchange.c. */
static struct cardea_str authorization;

struct cardea_str server_header(const struct call *c, const char *name, unsigned *count)
{
    bool given = strcmp(name, "Authorization") == 0 && authorization.len;
    if (count)
        *count = given;
    return given ? authorization : (struct cardea_str){0};
}

struct metrics_shard *server_metrics(const struct call *c)
{
    return NULL;
}

void server_finish(struct call *c)
{
}

static const char *const scopes[] = {"read", "write"};
static const struct cardea_denial denials[] = {
    {CARDEA_INSUFFICIENT_SCOPE, 403, "{\"error\": \"Missing required scope: {scope}\"}", "application/json"},
    {CARDEA_REVOKED, 410, NULL, NULL},
    {CARDEA_EXPIRED, 403, "{\"error\": \"Token expired\"}", "application/json"},
    {CARDEA_NOT_FOUND, 0, "{\"error\": \"Unauthorized\"}", "application/json"},
    {CARDEA_NO_ROUTE, 404, NULL, NULL},
};
static const struct profile product = {.core = {.name = "product",
                                                .realm = "product",
                                                .scopes = scopes,
                                                .scope_count = 2,
                                                .denials = denials,
                                                .denial_count = sizeof(denials) / sizeof(denials[0])}};
static const struct profile native = {.core = {.name = APP_NATIVE_PROFILE, .realm = "cardea"}};
static const struct profile *const items[] = {&native, &product};
static struct profile_set set;
static struct app app;
static const struct app_policy policy = {0};
static struct call call;
static json_t *body;

static int begin(void **state)
{
    memset(&call, 0, sizeof(call));
    set.items = (const struct profile **)(uintptr_t)items;
    set.count = 2;
    app.policy = &policy;
    call.app = &app;
    call.svc.profiles = &set;
    call.svc.arena = &call.arena;
    memcpy(call.request_id, "req_1", 6);
    buf_init(&call.reply, 1 << 16);
    authorization = (struct cardea_str){0};
    return 0;
}

static int end(void **state)
{
    json_decref(body);
    body = NULL;
    buf_release(&call.reply);
    arena_release(&call.arena);
    return 0;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < call.header_count; i++)
        if (strcmp(call.headers[i].name, name) == 0)
            return call.headers[i].value;
    return "";
}

static const char *member(const char *name)
{
    json_decref(body);
    body = json_loadb(call.reply.ptr, call.reply.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(body);
    return json_string_value(json_object_get(body, name));
}

static void deny(enum cardea_code code, const struct cardea_profile *profile)
{
    struct cardea_decision d = {.code = code, .missing_scope = code == CARDEA_INSUFFICIENT_SCOPE ? 1 : -1};
    call_denial(&call, &d, profile);
}

static void a_problem_has_the_members_of_rfc_9457(void **state)
{
    call_add_header(&call, "Set-Cookie", "of the reply that this replaces");
    call_problem(&call, 409, "conflict", "The %s is taken: \"x\".", "slug");
    assert_int_equal(call.status, 409);
    assert_string_equal(call.content_type, "application/problem+json");
    assert_string_equal(member("type"), "/docs/errors/conflict");
    assert_string_equal(member("title"), "Conflict");
    assert_string_equal(member("detail"), "The slug is taken: \"x\".");
    assert_string_equal(member("code"), "conflict");
    assert_string_equal(member("request_id"), "req_1");
    assert_true(json_is_array(json_object_get(body, "errors")));
    assert_int_equal(json_integer_value(json_object_get(body, "status")), 409);
    assert_int_equal(call.header_count, 0);
}

static void a_refusal_shows_each_problem(void **state)
{
    service_invalid(&call.svc, "/slug", "It is too long.", "Use at most 40 characters.");
    service_invalid(&call.svc, "/name", "It is missing.", NULL);
    call_refuse(&call);
    assert_int_equal(call.status, 422);
    member("code");
    json_t *errors = json_object_get(body, "errors");
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(errors, 0), "location")), "/slug");
    assert_true(json_is_null(json_object_get(json_array_get(errors, 1), "fix")));
}

static void busy_says_when_to_come_again(void **state)
{
    service_fail(&call.svc, SERVICE_BUSY, "busy", "Too many.");
    call.svc.retry_after_sec = 30;
    call_refuse(&call);
    assert_int_equal(call.status, 429);
    assert_string_equal(header("Retry-After"), "30");
}

static void who_sent_nothing_is_told_no_error(void **state)
{
    deny(CARDEA_MISSING, NULL);
    assert_int_equal(call.status, 401);
    assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"cardea\"");
}

static void a_key_that_is_none_looks_the_same_whatever_it_was(void **state)
{
    static const enum cardea_code same[] = {CARDEA_NOT_FOUND, CARDEA_MALFORMED, CARDEA_REVOKED, CARDEA_DISABLED};
    char first[1024] = "";
    for (size_t i = 0; i < 4; i++) {
        deny(same[i], &native.core);
        assert_int_equal(call.status, 401);
        assert_string_equal(member("code"), "NOT_FOUND");
        assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"cardea\", error=\"invalid_token\"");
        if (i == 0)
            snprintf(first, sizeof(first), "%s", call.reply.ptr);
        assert_string_equal(call.reply.ptr, first);
    }
}

static void a_profile_has_words_and_statuses_of_its_own(void **state)
{
    deny(CARDEA_INSUFFICIENT_SCOPE, &product.core);
    assert_int_equal(call.status, 403);
    assert_string_equal(call.content_type, "application/json");
    assert_string_equal(call.reply.ptr, "{\"error\": \"Missing required scope: write\"}");
    assert_string_equal(header("WWW-Authenticate"),
                        "Bearer realm=\"product\", error=\"insufficient_scope\", scope=\"write\"");
    deny(CARDEA_REVOKED, &product.core); /* a status alone: the body is ours, and names the code */
    assert_int_equal(call.status, 410);
    assert_string_equal(member("code"), "REVOKED");
    deny(CARDEA_DISABLED, &product.core); /* in the words for what is not found */
    assert_string_equal(call.reply.ptr, "{\"error\": \"Unauthorized\"}");
    deny(CARDEA_EXPIRED, &product.core); /* a token that is no longer valid, whatever the status */
    assert_int_equal(call.status, 403);
    assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"product\", error=\"invalid_token\"");
    deny(CARDEA_NO_ROUTE, &product.core); /* where nothing is, no credential is asked for */
    assert_int_equal(call.status, 404);
    assert_string_equal(header("WWW-Authenticate"), "");
}

static void who_puts_a_key_into_the_url_is_told(void **state)
{
    const struct cardea_profile *profiles[] = {&native.core, &product.core};
    for (size_t i = 0; i < 2; i++) {
        struct cardea_decision d = {.code = CARDEA_MALFORMED, .missing_scope = -1, .key_in_query = true};
        call_denial(&call, &d, profiles[i]);
        assert_int_equal(call.status, 401);
        assert_non_null(
            strstr(header("WWW-Authenticate"), "error=\"invalid_token\", error_description=\"A key stood in"));
    }
    assert_string_equal(call.reply.ptr, "{\"error\": \"Unauthorized\"}");
}

static void a_limit_is_told_in_headers(void **state)
{
    struct cardea_decision d = {.code = CARDEA_RATE_LIMITED,
                                .missing_scope = -1,
                                .limited = true,
                                .rate = {.limit = 10, .window_ms = 1000},
                                .rate_reset_ms = 1500,
                                .retry_after_ms = 1};
    call_denial(&call, &d, NULL);
    assert_int_equal(call.status, 429);
    assert_string_equal(header("Retry-After"), "1");
    assert_string_equal(header("RateLimit-Limit"), "10");
    assert_string_equal(header("RateLimit-Remaining"), "0");
    assert_string_equal(header("RateLimit-Reset"), "2");
}

static void hosts_are_read_without_their_port(void **state)
{
    static const struct {
        const char *host, *bare;
    } rows[] = {
        {"example.com", "example.com"},
        {"example.com:80", "example.com"},
        {"example.com.", "example.com"},
        {"[::1]:8080", "[::1]"},
        {"[::1]", "[::1]"},
        {"", ""},
        {"[::1", ""},
        {"[::1]x", ""},
        {"a:b", ""},
        {"a:80:80", ""},
        {":80", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(str_eq(host_without_port(str_of(rows[i].host)), str_of(rows[i].bare)));
}

static void the_operators_hosts_need_no_profile(void **state)
{
    static const char *const mine[] = {"localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]", "keys.example.com:443"};
    static const char *const hosts[] = {"keys.example.com"};
    const struct app_policy named = {.admin_hosts = hosts, .admin_host_count = 1};
    app.policy = &named;
    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
        call.host = str_of(mine[i]);
        assert_true(host_resolve(&call));
        assert_null(call.profile);
    }
    call.host = STR("");
    assert_false(host_resolve(&call));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_has_the_members_of_rfc_9457, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_shows_each_problem, begin, end),
        cmocka_unit_test_setup_teardown(busy_says_when_to_come_again, begin, end),
        cmocka_unit_test_setup_teardown(who_sent_nothing_is_told_no_error, begin, end),
        cmocka_unit_test_setup_teardown(a_key_that_is_none_looks_the_same_whatever_it_was, begin, end),
        cmocka_unit_test_setup_teardown(a_profile_has_words_and_statuses_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(who_puts_a_key_into_the_url_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_limit_is_told_in_headers, begin, end),
        cmocka_unit_test_setup_teardown(hosts_are_read_without_their_port, begin, end),
        cmocka_unit_test_setup_teardown(the_operators_hosts_need_no_profile, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
