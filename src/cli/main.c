#include <curl/curl.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/client.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "gateway/gateway.h"
#include "serve/serve.h"

/* A crash must not write the key to a disk. */
static void forbid_core_dumps(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

/* https://no-color.org: any value that is not empty. */
static bool colours_welcome(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static void look_at_terminal(struct cli *cli)
{
    struct winsize size;
    cli->out = stdout;
    cli->err = stderr;
    cli->in_tty = isatty(STDIN_FILENO);
    cli->out_tty = isatty(STDOUT_FILENO);
    cli->err_tty = isatty(STDERR_FILENO);
    cli->out_colour = cli->out_tty && colours_welcome();
    cli->err_colour = cli->err_tty && colours_welcome();
    if (cli->out_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        cli->width = size.ws_col;
}

/* With a folder of profiles that cannot be used nothing else can be trusted to mean what its owner wants; but what
 * helps to mend it must work. */
static bool load_profiles(struct cli *cli, bool mending)
{
    const char *folder = getenv("CARDEA_PROFILES");
    struct buf errors;
    buf_init(&errors, 1 << 20);
    bool loaded = profile_set_load(&cli->profiles, folder && *folder ? folder : NULL, &errors);
    if (!loaded && mending) {
        buf_clear(&errors);
        loaded = profile_set_builtin(&cli->profiles, &errors);
    }
    if (!loaded) {
        cli_error(cli, "the profiles%s%s cannot be used:", folder ? " of CARDEA_PROFILES=" : "", folder ? folder : "");
        fwrite(errors.ptr, 1, errors.len, cli->err);
    }
    buf_release(&errors);
    return loaded;
}

static bool find_profile(struct cli *cli, const char *started_as, bool mending)
{
    const char *slash = strrchr(started_as, '/');
    cli->name = "cardea";
    cli->title = "Cardea";
    if (!load_profiles(cli, mending))
        return false;
    cli->profile = profile_set_by_cli(&cli->profiles, str_of(slash ? slash + 1 : started_as));
    if (cli->profile && strcmp(cli->profile->core.name, "cardea") == 0)
        cli->profile = NULL;
    if (cli->profile) {
        cli->name = cli->profile->cli.name;
        cli->title = cli->profile->title;
    }
    return true;
}

static int run(struct cli *cli, int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (!find_profile(cli, argv[0], strcmp(first, "profiles") == 0))
        return CLI_FAILURE;
    if (cli_is_native(cli) && strcmp(first, "serve") == 0) {
        profile_set_release(&cli->profiles);
        return serve_main(argc - 1, argv + 1);
    }
    if (cli_is_native(cli) && strcmp(first, "gateway") == 0) {
        profile_set_release(&cli->profiles);
        return gateway_main(argc - 1, argv + 1);
    }
    forbid_core_dumps();
    interrupt_catch();
    client_wipe_json();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = cli_run(cli, argc, argv);
    int flushed = output_flush(cli);
    curl_global_cleanup();
    return code == CLI_OK ? flushed : code;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    cli.token_unusable = !cli_secret_take_argv(argc, argv, &cli.token);
    if (argc < 1)
        return CLI_USAGE;
    setlocale(LC_CTYPE, "C.UTF-8"); /* widths of characters; everything else stays as in C */
    look_at_terminal(&cli);
    cli.now = cardea_time_now().unix_sec;
    int code = run(&cli, argc, argv);
    cli_secret_wipe(&cli.token);
    profile_set_release(&cli.profiles);
    arena_release(&cli.arena);
    return code;
}
