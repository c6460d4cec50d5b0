/* Reading options by a command's table. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"

static const struct cli_option options[] = {
    {"name", 0, "TEXT", "", CLI_OPTION_REQUIRED},  {"scope", 's', "SCOPE", "", CLI_OPTION_LIST},
    {"metadata", 0, "N=V", "", CLI_OPTION_REPEAT}, {"all", 'a', NULL, "", 0},
    {"agent", 0, "AGENT", "", CLI_OPTION_NATIVE},
};
static const struct cli_command command = {.noun = "things",
                                           .words = "ID",
                                           .min_words = 0,
                                           .max_words = 2,
                                           .flags = CLI_CMD_SERVER,
                                           .options = options,
                                           .option_count = sizeof(options) / sizeof(options[0])};

struct fixture {
    struct cli cli;
    struct cli_args args;
    char *said;
    size_t said_len;
    bool help;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){0};
    f->cli = (struct cli){.name = "cardea", .title = "Cardea"};
    f->cli.err = open_memstream(&f->said, &f->said_len);
    f->cli.out = f->cli.err;
}

static void teardown(struct fixture *f)
{
    fclose(f->cli.err);
    free(f->said);
    arena_release(&f->cli.arena);
}

static bool read_args(struct fixture *f, const char *const *given)
{
    static char texts[20][64];
    char *argv[21];
    int argc = 0;
    for (; given[argc]; argc++) {
        snprintf(texts[argc], sizeof(texts[argc]), "%s", given[argc]);
        argv[argc] = texts[argc];
    }
    bool good = cli_args_read(&f->cli, &command, argc, argv, &f->args, &f->help);
    fflush(f->cli.err);
    return good;
}

#define GIVEN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_values(void **state)
{
    struct fixture f;
    size_t count;
    (void)state;
    setup(&f);
    assert_true(read_args(&f, GIVEN("one", "--name=a=b", "--scope", "x, y,,z", "-s", "w", "--metadata", "a=1,2", "-a",
                                    "--json", "--api-url", "http://h", "--", "--two")));
    assert_string_equal(cli_args_get(&f.args, "name"), "a=b");
    assert_true(cli_args_has(&f.args, "all"));
    assert_false(cli_args_has(&f.args, "agent"));
    assert_null(cli_args_get(&f.args, "agent"));
    const char **all = cli_args_all(&f.cli, &f.args, "scope", &count);
    assert_int_equal(count, 4);
    assert_string_equal(all[1], "y");
    assert_string_equal(all[3], "w");
    all = cli_args_all(&f.cli, &f.args, "metadata", &count);
    assert_int_equal(count, 1);
    assert_string_equal(all[0], "a=1,2");
    cli_args_all(&f.cli, &f.args, "nothing", &count);
    assert_int_equal(count, 0);
    assert_int_equal(f.args.word_count, 2);
    assert_string_equal(f.args.words[1], "--two");
    assert_true(f.cli.json);
    assert_false(f.cli.quiet);
    assert_string_equal(f.cli.api_url, "http://h");
    assert_string_equal(f.said, "");
    teardown(&f);
}

static void refused(const char *const *given, const char *said)
{
    struct fixture f;
    setup(&f);
    assert_false(read_args(&f, given));
    assert_string_equal(f.said, said);
    teardown(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    refused(GIVEN("--name"), "error: --name needs a value: --name TEXT\n");
    refused(GIVEN("--nam", "x"), "error: unknown option --nam\n  Did you mean --name?\n");
    refused(GIVEN("--zzzzzzzzz=secret"), "error: unknown option --zzzzzzzzz\n");
    refused(GIVEN("-x"), "error: unknown option -x\n");
    refused(GIVEN("-as"), "error: unknown option -as\n");
    refused(GIVEN("--all=1"), "error: --all takes no value\n");
    refused(GIVEN("--yes"), "error: unknown option --yes\n");
    refused(GIVEN("--name", "a", "--name", "b"), "error: --name was given twice\n");
    refused(GIVEN("--all"), "error: --name TEXT is missing\n");
    refused(GIVEN("--name", "a", "1", "2", "3"), "error: unexpected argument \"3\"\n");
}

static void test_help_and_names(void **state)
{
    static const struct profile product = {.title = "Product"};
    struct fixture f;
    (void)state;
    setup(&f);
    assert_true(read_args(&f, GIVEN("-h")));
    assert_true(f.help);
    assert_true(read_args(&f, GIVEN("--name", "a", "--agent", "b")));
    f.cli.profile = &product;
    assert_false(read_args(&f, GIVEN("--name", "a", "--agent", "b")));
    teardown(&f);
}

/* The table itself: what help, completion and parsing take for granted. */
static void test_table(void **state)
{
    size_t count;
    struct fixture f;
    (void)state;
    setup(&f);
    const struct cli_command *list = cli_commands(&f.cli, &count);
    for (size_t i = 0; i < count; i++) {
        const struct cli_command *c = &list[i];
        assert_true(c->max_words == 0 || c->words);
        assert_true(c->run || c->flags & CLI_CMD_OWN_ARGS);
        assert_true(c->verb == NULL || *cli_noun_summary(&f.cli, c->noun));
        for (size_t k = 0; k < c->option_count; k++) {
            const struct cli_option *o = &c->options[k];
            assert_true(*o->summary);
            assert_true(o->value || !(o->flags & (CLI_OPTION_LIST | CLI_OPTION_REPEAT | CLI_OPTION_REQUIRED)));
            for (size_t m = 0; m < k; m++)
                assert_string_not_equal(o->name, c->options[m].name);
        }
        for (size_t k = i + 1; k < count; k++) {
            bool same = strcmp(c->noun, list[k].noun) == 0;
            assert_false(same && (!c->verb || strcmp(c->verb, list[k].verb) == 0));
            assert_true(!same || strcmp(list[k - 1].noun, c->noun) == 0); /* a noun's commands stand together */
        }
    }
    teardown(&f);
}

static void test_ago(void **state)
{
    static const struct {
        int64_t distance;
        const char *text;
    } cases[] = {
        {0, "just now"},
        {-59, "just now"},
        {-60, "1 minute ago"},
        {-7199, "1 hour ago"},
        {-2 * 86400, "2 days ago"},
        {-40 * 86400, "1 month ago"},
        {-800 * 86400, "2 years ago"},
        {30, "in under a minute"},
        {3600, "in 1 hour"},
        {90 * 86400, "in 2 months"},
    };
    struct arena a = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(output_ago(&a, 2000000000 + cases[i].distance, 2000000000), cases[i].text);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_refusals), cmocka_unit_test(test_help_and_names),
        cmocka_unit_test(test_table),  cmocka_unit_test(test_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
