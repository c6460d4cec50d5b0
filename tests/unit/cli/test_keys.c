/* Where a product keeps its keys, and what a request is made of. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/keys.h"

struct fixture {
    struct cli cli;
    struct client client;
    char *said;
    size_t said_len;
};

static void setup(struct fixture *f, const struct profile *p)
{
    *f = (struct fixture){0};
    f->cli = (struct cli){.name = "x", .title = "X", .profile = p, .now = 1700000000};
    f->cli.err = open_memstream(&f->said, &f->said_len);
    f->cli.out = f->cli.err;
    f->client.cli = &f->cli;
}

static void teardown(struct fixture *f)
{
    fclose(f->cli.err);
    free(f->said);
    arena_release(&f->cli.arena);
}

static const struct cli_command *create_command(void)
{
    size_t count;
    return &cli_command_table(&count)[0];
}

static void read_args(struct fixture *f, const char *const *given, struct cli_args *out)
{
    static char texts[20][64];
    char *argv[21];
    int argc = 0;
    bool help;
    for (; given[argc]; argc++) {
        snprintf(texts[argc], sizeof(texts[argc]), "%s", given[argc]);
        argv[argc] = texts[argc];
    }
    assert_true(cli_args_read(&f->cli, create_command(), argc, argv, out, &help));
}

#define GIVEN(...) ((const char *const[]){"--name", "n", __VA_ARGS__, NULL})

static void test_path(void **state)
{
    const struct profile tenants = {.management = {.base = "/tenants/{tenant}/tokens"}}, none = {.title = "None"};
    struct fixture f;
    struct cli_args args;
    const char *path;
    (void)state;
    setup(&f, NULL);
    assert_int_equal(keys_path(&f.client, NULL, &path), CLI_OK);
    assert_string_equal(path, "/v1/keys");
    assert_string_equal(keys_path_of(&f.client, path, "a/b"), "/v1/keys/a%2Fb");
    teardown(&f);
    setup(&f, &tenants);
    assert_int_equal(keys_path(&f.client, NULL, &path), CLI_OK);
    assert_string_equal(path, "/tenants/-/tokens");
    read_args(&f, GIVEN("--account", "my corp"), &args);
    assert_int_equal(keys_path(&f.client, &args, &path), CLI_OK);
    assert_string_equal(path, "/tenants/my%20corp/tokens");
    f.client.credentials.account = "saved";
    assert_int_equal(keys_path(&f.client, NULL, &path), CLI_OK);
    assert_string_equal(path, "/tenants/saved/tokens");
    teardown(&f);
    setup(&f, &none);
    assert_int_equal(keys_path(&f.client, NULL, &path), CLI_FAILURE);
    teardown(&f);
}

static void body_is(const struct profile *p, const char *const *given, int code, const char *want)
{
    struct fixture f;
    struct cli_args args;
    json_t *body = json_object();
    setup(&f, p);
    read_args(&f, given, &args);
    assert_int_equal(keys_body(&f.cli, &args, body), code);
    if (want) {
        char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
        assert_string_equal(text, want);
        free(text);
    }
    json_decref(body);
    teardown(&f);
}

static void test_body(void **state)
{
    const struct profile product = {.title = "P"};
    (void)state;
    body_is(NULL, GIVEN("--account", "a"), CLI_OK, "{\"account\":\"a\",\"name\":\"n\"}");
    body_is(&product, GIVEN("--account", "a"), CLI_OK, "{\"name\":\"n\"}");
    body_is(NULL, GIVEN("--expires", "1d"), CLI_OK, "{\"expires_at\":\"2023-11-15T22:13:20Z\",\"name\":\"n\"}");
    body_is(NULL, GIVEN("--expires", "never"), CLI_OK, "{\"expires_at\":null,\"name\":\"n\"}");
    body_is(NULL, GIVEN("--expires", "99999999999999d"), CLI_USAGE, NULL);
    body_is(NULL, GIVEN("--rate-limit", "5/1h"), CLI_OK,
            "{\"name\":\"n\",\"rate_limit\":{\"limit\":5,\"window_sec\":3600}}");
    static const char *const bad_rates[] = {"",      "5",   "/5",    "5/",    "0/5s",
                                            "-1/5s", "5/0", "5x/5s", " 5/5s", "99999999999999999999/5s"};
    for (size_t i = 0; i < sizeof(bad_rates) / sizeof(bad_rates[0]); i++)
        body_is(NULL, GIVEN("--rate-limit", bad_rates[i]), CLI_USAGE, NULL);
    body_is(NULL, GIVEN("--credits", "0"), CLI_OK, "{\"credits\":0,\"name\":\"n\"}");
    static const char *const bad_credits[] = {"", "-1", "+1", "1.5", "1e3", "0x1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad_credits) / sizeof(bad_credits[0]); i++)
        body_is(NULL, GIVEN("--credits", bad_credits[i]), CLI_USAGE, NULL);
    body_is(NULL, GIVEN("--metadata", "a=", "--metadata", "b==", "--metadata", "a=2"), CLI_OK,
            "{\"metadata\":{\"a\":\"2\",\"b\":\"=\"},\"name\":\"n\"}");
    body_is(NULL, GIVEN("--metadata", "=a"), CLI_USAGE, NULL);
    body_is(NULL, GIVEN("--scope", "a, b", "--scope", ",c"), CLI_OK, "{\"name\":\"n\",\"scopes\":[\"a\",\"b\",\"c\"]}");
    body_is(NULL, GIVEN("--scope", ""), CLI_OK, "{\"name\":\"n\",\"scopes\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path), cmocka_unit_test(test_body)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
