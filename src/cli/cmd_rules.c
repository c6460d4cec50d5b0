#include <errno.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "scan/pack.h"

static void report(struct cli *cli, const char *path, const struct scan_pack *pack)
{
    if (cli->json) {
        json_t *json = json_pack("{s:s,s:s,s:i}", "file", path, "pack", pack->name, "rules", (int)pack->count);
        output_json(cli, json);
        json_decref(json);
    } else if (!cli->quiet) {
        fprintf(cli->out, "%s: ok, %s with %zu rules\n", path, pack->name, pack->count);
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
        const struct scan_pack *pack = scan_pack_read(&arena, path, text, &diags);
        buf_init(&errors, 1 << 20);
        diags_write(&diags, &errors);
        fwrite(errors.ptr, 1, errors.len, cli->err);
        buf_release(&errors);
        good = pack != NULL;
        if (good)
            report(cli, path, pack);
    }
    arena_release(&arena);
    return good;
}

int cmd_rules_check(struct cli *cli, const struct cli_args *args)
{
    size_t bad = 0;
    for (size_t i = 0; i < args->word_count; i++)
        bad += !check_file(cli, args->words[i]);
    if (bad > 0 && args->word_count > 1)
        cli_error(cli, "%zu of %zu files have mistakes", bad, args->word_count);
    return bad > 0 ? CLI_FAILURE : CLI_OK;
}

int cmd_rules_docs(struct cli *cli, const struct cli_args *args)
{
    struct buf manual;
    (void)args;
    buf_init(&manual, 1 << 20);
    scan_pack_docs(&manual);
    fwrite(manual.ptr, 1, manual.len, cli->out);
    bool whole = !manual.failed;
    buf_release(&manual);
    return whole ? CLI_OK : CLI_FAILURE;
}
