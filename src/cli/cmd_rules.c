#include <errno.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "policy/policy.h"
#include "scan/examples.h"
#include "scan/pack.h"

/* The pack alone, whatever else there is. */
static bool examples_hold(struct cli *cli, const char *path, struct cardea_str text, struct scan_examples *done)
{
    const struct cardea_scan_pack pack = {path, text};
    const struct cardea_scan_options options = {.without_builtin = true, .packs = &pack, .pack_count = 1};
    struct cardea_scanner *s;
    char *mistakes;
    struct buf wrong;
    if (cardea_scanner_open(&s, &options, &mistakes) != CARDEA_OK) {
        fprintf(cli->err, "%s: %s", path, mistakes ? mistakes : "out of memory\n");
        cardea_scan_text_free(mistakes);
        return false;
    }
    buf_init(&wrong, 1 << 20);
    bool good = scan_examples_run(s, NULL, &wrong, done) == CARDEA_OK && done->failed == 0;
    struct cardea_str rest = buf_str(&wrong), line;
    while (rest.len > 0 && str_cut(&rest, '\n', &line))
        if (line.len > 0)
            fprintf(cli->err, "%s: %.*s\n", path, STR_ARG(line));
    buf_release(&wrong);
    cardea_scanner_free(s);
    return good;
}

static void report(struct cli *cli, const char *path, const struct scan_pack *pack, size_t examples)
{
    if (cli->json) {
        json_t *json = json_pack("{s:s,s:s,s:i,s:i}", "file", path, "pack", pack->name, "rules", (int)pack->count,
                                 "examples", (int)examples);
        output_json(cli, json);
        json_decref(json);
    } else if (!cli->quiet) {
        fprintf(cli->out, "%s: ok, %s with %zu rules and %zu examples\n", path, pack->name, pack->count, examples);
    }
}

static bool check_file(struct cli *cli, const char *path)
{
    struct cardea_str text;
    struct arena arena = {0};
    struct diags diags;
    diags_init(&diags, &arena, path);
    bool good = false;
    if (!file_read(&arena, path, YAML_TEXT_MAX, &text)) {
        fprintf(cli->err, "%s: %s\n", path, strerror(errno));
    } else {
        struct buf errors;
        const struct scan_pack *pack = scan_pack_read(&arena, path, text, true, &diags);
        buf_init(&errors, 1 << 20);
        diags_write(&diags, &errors);
        fwrite(errors.ptr, 1, errors.len, cli->err);
        buf_release(&errors);
        struct scan_examples done = {0};
        good = pack && examples_hold(cli, path, text, &done);
        if (good)
            report(cli, path, pack, done.run);
    }
    arena_release(&arena);
    return good;
}

int cmd_rules_check(struct cli *cli, const struct cli_args *args)
{
    return cli_check_files(cli, args, check_file);
}

int cmd_rules_docs(struct cli *cli, const struct cli_args *args)
{
    struct buf manual;
    (void)args;
    buf_init(&manual, 1 << 20);
    scan_pack_docs(&manual);
    return output_page(cli, &manual);
}

int cmd_rules_reasons(struct cli *cli, const struct cli_args *args)
{
    struct buf page;
    (void)args;
    buf_init(&page, 1 << 20);
    if (policy_reason_docs(&page) != CARDEA_OK)
        page.failed = true;
    return output_page(cli, &page);
}
