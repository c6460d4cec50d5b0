/* `policies test` and `policies replay`. */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/document.h"
#include "cli/output.h"
#include "cli/policies.h"

/* ---- test ---- */

/* "12" or "12 (a key)". */
static struct cardea_str case_name(struct cli *cli, const json_t *item)
{
    long long number = (long long)json_integer_value(json_object_get(item, "index")) + 1;
    struct cardea_str name = output_text(cli, item, "name");
    return name.len > 0 ? arena_printf(&cli->arena, "%lld (%.*s)", number, STR_ARG(name))
                        : arena_printf(&cli->arena, "%lld", number);
}

/* The rules that took something, each once. */
static struct cardea_str rules_of(struct cli *cli, const json_t *item)
{
    struct buf b;
    size_t i;
    const json_t *reason;
    const char *last = "";
    buf_init(&b, 4096);
    json_array_foreach(json_object_get(item, "reasons"), i, reason)
    {
        struct cardea_str id = output_text(cli, reason, "rule_id"), rule = output_text(cli, reason, "rule");
        if (strcmp(last, id.ptr) == 0)
            continue;
        last = id.ptr;
        bool own = rule.len == 0 || str_eq(rule, id);
        buf_printf(&b, "%s%s%s%s%s", b.len > 0 ? ", " : "", id.ptr, own ? "" : " (", own ? "" : rule.ptr,
                   own ? "" : ")");
    }
    struct cardea_str text = arena_str(&cli->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void print_cases(struct cli *cli, const json_t *answer)
{
    static const struct table_column columns[] = {{"CASE", true, false},
                                                  {"EXPECTED", false, false},
                                                  {"VERDICT", false, false},
                                                  {"", false, false},
                                                  {"RULES", true, true}};
    struct table table;
    size_t i;
    const json_t *item;
    output_table(cli, &table, columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(json_object_get(answer, "cases"), i, item)
    {
        bool ok = json_is_true(json_object_get(item, "ok"));
        struct cardea_str verdict = output_text(cli, item, "verdict");
        const struct table_cell cells[] = {
            {case_name(cli, item), TABLE_PLAIN},
            {output_text(cli, item, "expected"), TABLE_PLAIN},
            {verdict.len > 0 ? verdict : STR("not run"), TABLE_PLAIN},
            {ok ? STR("ok") : STR("wrong"), ok ? TABLE_GOOD : TABLE_BAD},
            {rules_of(cli, item), TABLE_DIM},
        };
        table_add(&table, cells);
    }
    table_finish(&table);
}

static int show_test(struct cli *cli, const json_t *answer, const void *arg)
{
    const json_t *summary = json_object_get(answer, "summary");
    long long cases = (long long)json_integer_value(json_object_get(summary, "cases"));
    long long passed = (long long)json_integer_value(json_object_get(summary, "passed"));
    size_t i;
    const json_t *item;
    (void)arg;
    if (cli->json)
        output_json(cli, answer);
    else if (!cli->quiet)
        print_cases(cli, answer);
    json_array_foreach(json_object_get(answer, "cases"), i, item)
    {
        struct cardea_str verdict = output_text(cli, item, "verdict");
        if (!json_is_true(json_object_get(item, "ok")))
            cli_error(cli, "case %s: expected %s, %s%s", case_name(cli, item).ptr,
                      output_text(cli, item, "expected").ptr, verdict.len > 0 ? "is " : "was not reached in time",
                      verdict.len > 0 ? verdict.ptr : "");
    }
    if (cases > 0 && passed == cases) {
        cli_done(cli, "%lld of %lld cases hold", passed, cases);
        return CLI_OK;
    }
    cli_note(cli, "%lld of %lld cases do not hold", cases - passed, cases);
    return CLI_FAILURE;
}

int cmd_policies_test(struct cli *cli, const struct cli_args *args)
{
    json_t *file = document_read(cli, args->words[0]);
    if (!file)
        return CLI_FAILURE;
    const char *policy = cli_args_get(args, "policy"), *account = cli_args_get(args, "account");
    if (!policy)
        policy = json_string_value(json_object_get(file, "policy"));
    if (!account)
        account = json_string_value(json_object_get(file, "account"));
    policy = policy ? arena_cstr(&cli->arena, str_of(policy)) : NULL;
    account = account ? arena_cstr(&cli->arena, str_of(account)) : NULL;
    if (!policy || !*policy) {
        cli_error(cli, "%s names no `policy`, and there is no --policy", args->words[0]);
        json_decref(file);
        return CLI_USAGE;
    }
    json_object_del(file, "policy");
    json_object_del(file, "account");
    if (cli_args_has(args, "draft"))
        json_object_set_new(file, "draft", json_true());
    return client_run(cli, "POST", policies_path(cli, policy, "/test", account), file, show_test, NULL);
}

/* ---- replay ---- */

static void print_examples(struct cli *cli, const json_t *answer)
{
    static const struct table_column columns[] = {{"EVENT", false, false},    {"TIME", false, true},
                                                  {"WAS", false, false},      {"WOULD BE", false, false},
                                                  {"JUDGED BY", false, true}, {"RULES", true, true}};
    struct table table;
    size_t i;
    const json_t *item;
    output_table(cli, &table, columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(json_object_get(answer, "examples"), i, item)
    {
        const struct table_cell cells[] = {
            {output_text(cli, item, "event"), TABLE_PLAIN}, {output_time(cli, item, "created_at", ""), TABLE_DIM},
            {output_text(cli, item, "was"), TABLE_PLAIN},   {output_text(cli, item, "would_be"), TABLE_WARN},
            {output_text(cli, item, "basis"), TABLE_DIM},   {rules_of(cli, item), TABLE_DIM},
        };
        table_add(&table, cells);
    }
    table_finish(&table);
}

static int show_replay(struct cli *cli, const json_t *answer, const void *arg)
{
    (void)arg;
    if (cli->json) {
        output_json(cli, answer);
        return CLI_OK;
    }
    if (!cli->quiet)
        print_examples(cli, answer);
    cli_note(cli, "%s events: %s by their text, %s by what was recorded, %s that the record does not tell enough of",
             output_text(cli, answer, "events").ptr, output_text(cli, answer, "rescanned").ptr,
             output_text(cli, answer, "rejudged").ptr, output_text(cli, answer, "unjudged").ptr);
    if (!json_is_true(json_object_get(answer, "complete")))
        cli_note(cli, "The time was up before all were looked at: a smaller --limit says the same of fewer.");
    cli_note(cli, "%s verdicts would change: %s stricter, %s looser", output_text(cli, answer, "changed").ptr,
             output_text(cli, answer, "stricter").ptr, output_text(cli, answer, "looser").ptr);
    if (cli->quiet)
        output_line(cli, output_text(cli, answer, "changed").ptr);
    return CLI_OK;
}

int cmd_policies_replay(struct cli *cli, const struct cli_args *args)
{
    long long limit;
    if (!policies_number(cli, args, "limit", &limit))
        return CLI_USAGE;
    json_t *body = json_object();
    if (limit > 0)
        json_object_set_new(body, "limit", json_integer(limit));
    return client_run(cli, "POST", policies_path(cli, args->words[0], "/replay", cli_args_get(args, "account")), body,
                      show_replay, NULL);
}
