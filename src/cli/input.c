#include "cli/input.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

static bool read_stdin(struct cli *cli, size_t max, struct cardea_str *out)
{
    struct buf all;
    char part[16 * 1024];
    size_t n;
    if (cli->in_tty)
        cli_note(cli, "Reading what you type, until Ctrl-D.");
    buf_init(&all, max);
    /* Asked once more after its end, a terminal would wait for another Ctrl-D. */
    while (!all.failed && !feof(stdin) && (n = fread(part, 1, sizeof(part), stdin)) > 0)
        buf_add(&all, part, n);
    if (all.failed)
        errno = EFBIG;
    bool good = !all.failed && !ferror(stdin);
    if (good)
        *out = arena_str(&cli->arena, buf_str(&all));
    buf_release(&all);
    return good;
}

bool input_read(struct cli *cli, const char *path, size_t max, struct cardea_str *out)
{
    bool from_stdin = strcmp(path, "-") == 0;
    if (from_stdin ? read_stdin(cli, max, out) : file_read(&cli->arena, path, max, out))
        return true;
    const char *name = from_stdin ? "standard input" : path;
    if (errno == EFBIG)
        cli_error(cli, "%s is longer than %zu MiB", name, max >> 20);
    else
        cli_error(cli, "%s: %s", name, strerror(errno));
    return false;
}
