#include <stdlib.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "jose/issuer.h"

static bool check_file(struct cli *cli, const char *path)
{
    struct arena arena = {0};
    struct issuer_list list;
    struct buf errors;
    buf_init(&errors, 1 << 20);
    bool good = issuer_list_load(&arena, path, &list, &errors);
    if (!good)
        fwrite(errors.ptr, 1, errors.len, cli->err);
    else if (cli->json)
        fprintf(cli->out, "{\"issuers\": %zu}\n", list.count);
    else if (!cli->quiet)
        fprintf(cli->out, "%s: ok, %zu issuer%s\n", path, list.count, list.count == 1 ? "" : "s");
    buf_release(&errors);
    arena_release(&arena);
    return good;
}

int cmd_issuers_check(struct cli *cli, const struct cli_args *args)
{
    return check_file(cli, args->words[0]) ? CLI_OK : CLI_FAILURE;
}

int cmd_issuers_docs(struct cli *cli, const struct cli_args *args)
{
    struct buf manual;
    (void)args;
    buf_init(&manual, 1 << 20);
    issuer_docs(&manual);
    return output_page(cli, &manual);
}
