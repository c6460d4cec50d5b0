#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "options_table.h"

static struct buf out;

static int begin(void **state)
{
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    buf_release(&out);
    return 0;
}

static void help(void **state)
{
    options_help(&demo_table, &out);
    assert_true(str_starts(buf_str(&out), STR("Usage: demo serve [options]\n\nServe the demo.\n\n")));
    assert_non_null(strstr(
        out.ptr, "  --listen ADDR               Address to listen on. [default: 127.0.0.1:8080] [env: DEMO_LISTEN]\n"));
    assert_non_null(strstr(out.ptr,
                           "  --admin-hosts HOST          Host names of the native API. May be repeated. [default:\n"
                           "                              localhost,127.0.0.1]\n"));
    assert_non_null(strstr(out.ptr, "  --demo                      Try it out.\n"));
    assert_non_null(strstr(out.ptr, "  --help                      Show this text.\n"));
    assert_non_null(
        strstr(out.ptr, "  --sample-config             Print a configuration file that shows each default.\n"));
    assert_null(strstr(out.ptr, "token-file"));
    for (const char *line = out.ptr, *next; (next = strchr(line, '\n')); line = next + 1)
        assert_true(next - line <= 100);
}

static void docs(void **state)
{
    options_docs(&demo_table, &out);
    assert_non_null(
        strstr(out.ptr, "| `--listen ADDR` | `listen` | `DEMO_LISTEN` | `127.0.0.1:8080` | Address to listen on. |\n"));
    assert_non_null(strstr(out.ptr, "| | `token_file` | | | File that holds a token. |\n"));
    assert_non_null(strstr(out.ptr, "| `--demo` | | | `false` | Try it out. |\n"));
}

/* With every # before an option taken away, the sample is a configuration that says what the defaults say. */
static void sample_holds_the_defaults(void **state)
{
    options_sample(&demo_table, &out);
    assert_null(strstr(out.ptr, "\nlisten"));
    struct buf text;
    buf_init(&text, 1 << 20);
    for (const char *line = out.ptr, *next; (next = strchr(line, '\n')); line = next + 1) {
        bool option = line[0] == '#' && line[1] != ' ';
        buf_add(&text, line + option, (size_t)(next - line) + 1 - option);
    }
    const char *path = "/tmp/cardea-sample.yaml";
    assert_true(file_write_atomic(path, 0600, buf_str(&text)));
    struct arena arena = {0};
    struct buf errors;
    buf_init(&errors, 1 << 20);
    struct demo_options options;
    char *argv[] = {arena_cstr(&arena, STR("serve")), arena_cstr(&arena, STR("--config")),
                    arena_cstr(&arena, str_of(path))};
    int result = options_load(&demo_table, &arena, 3, argv, &options, &errors);
    if (result != OPTIONS_OK)
        fail_msg("%s", errors.ptr);
    assert_string_equal(options.listen, "127.0.0.1:8080");
    assert_int_equal(options.drain_sec, 30);
    assert_int_equal(options.admin_hosts.count, 2);
    unlink(path);
    arena_release(&arena);
    buf_release(&errors);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(help, begin, end),
        cmocka_unit_test_setup_teardown(docs, begin, end),
        cmocka_unit_test_setup_teardown(sample_holds_the_defaults, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
