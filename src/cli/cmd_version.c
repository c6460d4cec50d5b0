#include "cli/commands.h"
#include "cli/output.h"

int cmd_version(struct cli *cli, const struct cli_args *args)
{
    (void)args;
    if (cli->json) {
        json_t *version = json_pack("{s:s,s:s}", "name", cli->name, "version", CARDEA_VERSION);
        output_json(cli, version);
        json_decref(version);
    } else if (cli->quiet) {
        output_line(cli, CARDEA_VERSION);
    } else {
        fprintf(cli->out, "%s %s\n", cli->name, CARDEA_VERSION);
    }
    return CLI_OK;
}
