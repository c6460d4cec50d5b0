/* Taking the token out of argv before anything else happens. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/secret.h"

static void test_set(void **state)
{
    static const char *const bad[] = {"", " \n", "two words", "tab\there", "line\nline", "\xc3\xa9", "\x7f"};
    struct cli_secret s = {0};
    (void)state;
    assert_true(cli_secret_set(&s, STR(" crd_abc\r\n")));
    assert_true(str_eq(cli_secret_reveal(&s), STR("crd_abc")));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(cli_secret_set(&s, str_of(bad[i])));
        assert_int_equal(s.len, 0);
    }
    char longest[CLI_SECRET_MAX + 1];
    memset(longest, 'x', sizeof(longest));
    assert_true(cli_secret_set(&s, (struct cardea_str){longest, CLI_SECRET_MAX}));
    assert_false(cli_secret_set(&s, (struct cardea_str){longest, sizeof(longest)}));
    static const struct cli_secret empty;
    assert_memory_equal(&s, &empty, sizeof(s));
}

static void test_jwt(void **state)
{
    struct cli_secret s = {0};
    (void)state;
    assert_true(cli_secret_set(&s, STR("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln")));
    assert_true(cli_secret_is_jwt(&s));
    assert_true(cli_secret_set(&s, STR("eyJnotone")));
    assert_false(cli_secret_is_jwt(&s));
    assert_true(cli_secret_set(&s, STR("a.b.c")));
    assert_false(cli_secret_is_jwt(&s));
}

static void take(const char *const *given, bool usable, const char *token, const char *const *left)
{
    char texts[8][64], *argv[9] = {NULL};
    int argc = 0;
    for (; given[argc]; argc++) {
        snprintf(texts[argc], sizeof(texts[argc]), "%s", given[argc]);
        argv[argc] = texts[argc];
    }
    struct cli_secret s = {0};
    assert_int_equal(cli_secret_take_argv(argc, argv, &s), usable);
    assert_true(str_eq(cli_secret_reveal(&s), str_of(token)));
    for (int i = 0; left[i]; i++)
        assert_string_equal(argv[i], left[i]);
    /* nothing after the NUL either: the kernel shows the whole of it */
    for (int i = 0; i < argc; i++)
        assert_null(memmem(texts[i], sizeof(texts[i]), "crd_", 4));
}

static void test_argv(void **state)
{
    (void)state;
    take((const char *const[]){"cardea", "login", "--token", "crd_x", NULL}, true, "crd_x",
         (const char *const[]){"cardea", "login", "--token", "", NULL});
    take((const char *const[]){"oanim", "--quiet", "login", "--token=crd_x", "--json", NULL}, true, "crd_x",
         (const char *const[]){"oanim", "--quiet", "login", "--token=", "--json", NULL});
    take((const char *const[]){"cardea", "login", "--token", "crd_x", "--token", "crd_y", NULL}, true, "crd_y",
         (const char *const[]){"cardea", "login", "--token", "", "--token", "", NULL});
    take((const char *const[]){"cardea", "login", "--token", "crd_x y", NULL}, false, "",
         (const char *const[]){"cardea", "login", "--token", "", NULL});
    take((const char *const[]){"cardea", "login", "--token", "-", NULL}, true, "",
         (const char *const[]){"cardea", "login", "--token", "-", NULL});
    take((const char *const[]){"cardea", "login", "--token", NULL}, true, "",
         (const char *const[]){"cardea", "login", "--token", NULL});
    take((const char *const[]){"cardea", "api-keys", "create", "--token", "x", NULL}, true, "",
         (const char *const[]){"cardea", "api-keys", "create", "--token", "x", NULL});
    take((const char *const[]){"cardea", NULL}, true, "", (const char *const[]){"cardea", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_jwt),
        cmocka_unit_test(test_argv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
