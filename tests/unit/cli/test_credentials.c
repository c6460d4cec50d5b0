/* Which key and address are used; how the file is read and written. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/credentials.h"

static const struct profile product = {
    .title = "Product",
    .cli = {.name = "prod-cli", .env = "PRODUCT_KEY", .credentials = "~/.prod/credentials.yaml"},
};

struct fixture {
    struct cli cli;
    char home[64];
    char *said;
    size_t said_len;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    snprintf(f->home, sizeof(f->home), "/tmp/cardea-test-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    f->cli = (struct cli){.name = "prod-cli", .title = "Product", .profile = &product};
    f->cli.err = open_memstream(&f->said, &f->said_len);
    f->cli.out = f->cli.err;
    setenv("HOME", f->home, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("PRODUCT_KEY");
    unsetenv("PROD_CLI_API_URL");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    const char *path = cli_credentials_path(&f->cli);
    if (path)
        unlink(path);
    rmdir(arena_printf(&f->cli.arena, "%s/.prod", f->home).ptr);
    rmdir(f->home);
    fclose(f->cli.err);
    free(f->said);
    arena_release(&f->cli.arena);
    free(f);
    return 0;
}

static const char *save(struct fixture *f, const char *text, unsigned mode)
{
    const char *path = cli_credentials_path(&f->cli);
    assert_true(file_make_dirs(arena_printf(&f->cli.arena, "%s/.prod", f->home).ptr, 0700));
    assert_true(file_write_atomic(path, mode, str_of(text)));
    return path;
}

static void found(struct fixture *f, const char *key, const char *source, const char *url)
{
    struct cli_credentials c;
    assert_int_equal(cli_credentials_find(&f->cli, CLI_CREDENTIALS_STRICT, &c), CLI_OK);
    assert_true(str_eq(cli_secret_reveal(&c.key), str_of(key)));
    if (source)
        assert_string_equal(c.key_source, source);
    else
        assert_null(c.key_source);
    assert_string_equal(c.api_url, url);
    cli_secret_wipe(&c.key);
}

static void test_paths(void **state)
{
    struct fixture *f = *state;
    struct cli native = {.name = "cardea", .err = f->cli.err, .out = f->cli.err};
    assert_string_equal(cli_credentials_path(&f->cli),
                        arena_printf(&f->cli.arena, "%s/.prod/credentials.yaml", f->home).ptr);
    assert_string_equal(cli_credentials_path(&native),
                        arena_printf(&f->cli.arena, "%s/.config/cardea/credentials.yaml", f->home).ptr);
    setenv("XDG_CONFIG_HOME", "/x", 1);
    assert_string_equal(cli_credentials_path(&native), "/x/cardea/credentials.yaml");
    unsetenv("XDG_CONFIG_HOME");
    assert_string_equal(cli_credentials_url_env(&f->cli), "PROD_CLI_API_URL");
    assert_string_equal(cli_credentials_url_env(&native), "CARDEA_API_URL");
    arena_release(&native.arena);
}

static void test_order(void **state)
{
    struct fixture *f = *state;
    found(f, "", NULL, CLI_DEFAULT_API_URL);
    const char *path = save(f, "api_url: http://file\napi_key: from_file\n", 0600);
    found(f, "from_file", path, "http://file");
    setenv("PRODUCT_KEY", "from_env", 1);
    setenv("PROD_CLI_API_URL", "http://env", 1);
    found(f, "from_env", "PRODUCT_KEY", "http://env");
    f->cli.api_url = "http://flag";
    found(f, "from_env", "PRODUCT_KEY", "http://flag");
    setenv("PRODUCT_KEY", "", 1);
    found(f, "from_file", path, "http://flag");
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    struct cli_credentials_file file = {
        .path = cli_credentials_path(&f->cli), .api_url = "http://h/\"\\#: '", .account = "acme"};
    struct stat st;
    assert_true(cli_secret_set(&file.key, STR("a\"b\\c#:'{}[]&*!|>%@`")));
    assert_int_equal(cli_credentials_write(&f->cli, &file), CLI_OK);
    assert_int_equal(stat(file.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct cli_credentials_file back;
    assert_int_equal(cli_credentials_read(&f->cli, CLI_CREDENTIALS_STRICT, &back), CLI_OK);
    assert_true(back.exists);
    assert_string_equal(back.api_url, file.api_url);
    assert_string_equal(back.account, "acme");
    assert_true(str_eq(cli_secret_reveal(&back.key), cli_secret_reveal(&file.key)));
    assert_string_equal(f->said ? f->said : "", "");
}

static void test_bad_files(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"[geheim", "- geheim", "geheim", "api_key: geheim\napi_key: geheim\n",
                                      "api_key: \"geh eim\"\n"};
    struct cli_credentials_file file;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        save(f, bad[i], 0600);
        assert_int_equal(cli_credentials_read(&f->cli, CLI_CREDENTIALS_STRICT, &file), CLI_FAILURE);
        assert_int_equal(cli_credentials_read(&f->cli, CLI_CREDENTIALS_LENIENT, &file), CLI_OK);
        assert_int_equal(file.key.len, 0);
    }
    save(f, "", 0600);
    assert_int_equal(cli_credentials_read(&f->cli, CLI_CREDENTIALS_STRICT, &file), CLI_OK);
    for (unsigned mode = 0601; mode < 0700; mode++) {
        save(f, "api_key: geheim\n", 0600);
        assert_int_equal(chmod(cli_credentials_path(&f->cli), mode), 0);
        assert_int_equal(cli_credentials_read(&f->cli, CLI_CREDENTIALS_STRICT, &file), CLI_FAILURE);
    }
    fflush(f->cli.err);
    assert_null(strstr(f->said, "geheim"));
    assert_null(strstr(f->said, "geh eim"));
}

static void test_mask(void **state)
{
    struct fixture *f = *state;
    struct cardea_why why;
    struct cardea_kind kind = {.name = "key"};
    assert_int_equal(cardea_key_format_compile(&kind.format, STR("pr_{id:8}_{secret:24}"), CARDEA_BASE36, &why),
                     CARDEA_OK);
    const struct profile known = {.core = {.kinds = &kind, .kind_count = 1}};
    const struct profile *items[] = {&known};
    f->cli.profiles = (struct profile_set){.items = items, .count = 1};
    struct cli_secret s = {0};
    assert_true(cli_secret_set(&s, STR("pr_12345678_aaaaaaaaaaaaaaaaaaaaaaaa")));
    assert_string_equal(cli_credentials_mask(&f->cli, &s), "pr_12345678…");
    assert_true(cli_secret_set(&s, STR("something-else-that-is-long-enough")));
    assert_string_equal(cli_credentials_mask(&f->cli, &s), "unknown format");
    assert_true(cli_secret_set(&s, STR("eyJh.eyJz.c2ln")));
    assert_string_equal(cli_credentials_mask(&f->cli, &s), "session token");
    f->cli.profiles = (struct profile_set){0};
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
