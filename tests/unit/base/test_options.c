#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "options_table.h"

static struct arena arena;
static struct buf errors;
static struct demo_options options;
static char path[64];

static int begin(void **state)
{
    buf_init(&errors, 1 << 20);
    memset(&options, 0xee, sizeof(options));
    unsetenv("DEMO_LISTEN");
    unsetenv("DEMO_CONFIG");
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&errors);
    if (path[0])
        unlink(path);
    path[0] = '\0';
    return 0;
}

static void write_config(const char *text)
{
    snprintf(path, sizeof(path), "/tmp/cardea-options-%d.yaml", (int)getpid());
    assert_true(file_write_atomic(path, 0600, str_of(text)));
}

#define LOAD(...) load((const char *[]){"serve", __VA_ARGS__, NULL})

static enum options_result load(const char *const *words)
{
    char *argv[32];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = arena_cstr(&arena, str_of(words[argc]));
    buf_clear(&errors);
    return options_load(&demo_table, &arena, argc, argv, &options, &errors);
}

static void defaults(void **state)
{
    const char *none[] = {"serve", NULL};
    assert_int_equal(load(none), OPTIONS_OK);
    assert_null(options.config);
    assert_null(options.data);
    assert_string_equal(options.listen, "127.0.0.1:8080");
    assert_int_equal(options.workers, 4);
    assert_int_equal(options.drain_sec, 30);
    assert_false(options.demo);
    assert_int_equal(options.admin_hosts.count, 2);
    assert_string_equal(options.admin_hosts.items[1], "127.0.0.1");
}

static void command_line(void **state)
{
    assert_int_equal(LOAD("--listen", "a", "--workers=7", "--demo", "--listen-public=true", "--drain=2m",
                          "--admin-hosts", "x, y,", "--admin-hosts=z", "--data="),
                     OPTIONS_BAD);
    assert_string_equal(errors.ptr, "--data: a path cannot be empty\n");
    assert_int_equal(LOAD("--listen", "a", "--workers=7", "--demo", "--listen-public=true", "--drain=2m",
                          "--admin-hosts", "x, y,", "--admin-hosts=z", "--listen=b=c"),
                     OPTIONS_OK);
    assert_string_equal(options.listen, "b=c");
    assert_int_equal(options.workers, 7);
    assert_int_equal(options.drain_sec, 120);
    assert_true(options.demo);
    assert_true(options.listen_public);
    assert_int_equal(options.admin_hosts.count, 3);
    assert_string_equal(options.admin_hosts.items[2], "z");
    assert_int_equal(LOAD("--demo", "--no-demo"), OPTIONS_OK);
    assert_false(options.demo);
    assert_int_equal(LOAD("--data", "~/store"), OPTIONS_OK);
    assert_string_equal(options.data, arena_printf(&arena, "%s/store", getenv("HOME")).ptr);
}

static void priority(void **state)
{
    write_config("listen: from-file\nworkers: 9\nadmin_hosts: [f]\nlisten_public: true\n");
    assert_int_equal(LOAD("--config", path), OPTIONS_OK);
    assert_string_equal(options.listen, "from-file");
    assert_int_equal(options.workers, 9);
    assert_true(options.listen_public);
    assert_int_equal(options.admin_hosts.count, 1);
    assert_int_equal(LOAD("--config", path, "--no-listen-public"), OPTIONS_OK);
    assert_false(options.listen_public);
    setenv("DEMO_LISTEN", "from-env", 1);
    setenv("DEMO_CONFIG", path, 1);
    assert_int_equal(LOAD("--workers", "2"), OPTIONS_OK);
    assert_string_equal(options.listen, "from-env");
    assert_int_equal(options.workers, 2);
    assert_int_equal(LOAD("--listen", "from-cli"), OPTIONS_OK);
    assert_string_equal(options.listen, "from-cli");
    setenv("DEMO_LISTEN", "", 1); /* empty: as if unset */
    assert_int_equal(LOAD("--demo"), OPTIONS_OK);
    assert_string_equal(options.listen, "from-file");
}

static void names_every_mistake(void **state)
{
    write_config(
        "lisen: x\nworkers: many\ndemo: true\ndrain: [1]\nadmin_hosts:\n  - a\n  - {b: c}\nlisten_public: yes\n"
        "token_file: ''\ndata:\n");
    char expected[2048];
    snprintf(expected, sizeof(expected),
             "--lisen: there is no such option; did you mean --listen?\n"
             "--token-file: there is no such option; see --help\n"
             "stray: options begin with `--`; nothing else is expected here\n"
             "--zzzzzz: there is no such option; see --help\n"
             "%s:1:1: `lisen` is no option of this file; did you mean `listen`?\n"
             "%s:2:10: `workers`: `many` is not a whole number\n"
             "%s:3:1: `demo` is no option of this file\n"
             "%s:4:8: `drain`: expected one value, not a list\n"
             "%s:7:5: `admin_hosts` holds texts, not a mapping\n"
             "%s:8:16: `listen_public`: `yes` is neither true nor false\n"
             "%s:9:13: `token_file`: a path cannot be empty\n"
             "%s:10:6: `data`: expected a value; leave the line out for the default\n"
             "--workers: 65 is out of range: from 1 to 64\n"
             "--drain: `1w` is not a duration such as 30s, 15m, 12h or 90d\n"
             "--demo: `maybe` is neither true nor false\n",
             path, path, path, path, path, path, path, path);
    assert_int_equal(LOAD("--lisen", "--token-file", "stray", "--config", path, "--workers", "65", "--drain=1w",
                          "--demo=maybe", "--zzzzzz=1"),
                     OPTIONS_BAD);
    assert_string_equal(errors.ptr, expected);
    assert_int_equal(LOAD("--listen"), OPTIONS_BAD);
    assert_string_equal(errors.ptr, "--listen: needs a value: ADDR\n");
    assert_int_equal(LOAD("--no-listen"), OPTIONS_BAD);
    assert_string_equal(errors.ptr, "--no-listen: there is no such option; did you mean --listen?\n");
    assert_int_equal(LOAD("--"), OPTIONS_BAD);
    assert_int_equal(LOAD("-x"), OPTIONS_BAD);
}

static void numbers(void **state)
{
    static const char *const bad[] = {"--workers=",
                                      "--workers=1x",
                                      "--workers= 1",
                                      "--workers=+1",
                                      "--workers=-",
                                      "--workers=9999999999999999999999",
                                      "--workers=99999999999999999999",
                                      "--workers=0x1",
                                      "--workers=0",
                                      "--drain=2h"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(LOAD(bad[i]), OPTIONS_BAD);
    assert_int_equal(LOAD("--workers=64"), OPTIONS_OK);
}

static void files(void **state)
{
    assert_int_equal(LOAD("--config", "/nowhere/x.yaml"), OPTIONS_BAD);
    assert_string_equal(errors.ptr, "/nowhere/x.yaml: No such file or directory\n");
    write_config("# nothing yet\n");
    assert_int_equal(LOAD("--config", path), OPTIONS_OK);
    write_config("- a\n");
    assert_int_equal(LOAD("--config", path), OPTIONS_BAD);
    assert_non_null(strstr(errors.ptr, ":1:1: expected `option: value` lines, not a list\n"));
    write_config("admin_hosts: one\n");
    assert_int_equal(LOAD("--config", path), OPTIONS_OK);
    assert_string_equal(options.admin_hosts.items[0], "one");
}

static void help_comes_first(void **state)
{
    struct demo_options before = options;
    assert_int_equal(LOAD("--nonsense", "--help"), OPTIONS_HELP);
    assert_int_equal(LOAD("-h"), OPTIONS_HELP);
    assert_int_equal(LOAD("--nonsense", "--sample-config"), OPTIONS_SAMPLE);
    assert_int_equal(LOAD("--sample-config", "--help"), OPTIONS_HELP);
    assert_memory_equal(&before, &options, sizeof(options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults, begin, end),
        cmocka_unit_test_setup_teardown(command_line, begin, end),
        cmocka_unit_test_setup_teardown(priority, begin, end),
        cmocka_unit_test_setup_teardown(names_every_mistake, begin, end),
        cmocka_unit_test_setup_teardown(numbers, begin, end),
        cmocka_unit_test_setup_teardown(files, begin, end),
        cmocka_unit_test_setup_teardown(help_comes_first, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
