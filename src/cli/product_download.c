#include <errno.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/outfile.h"
#include "cli/output.h"
#include "cli/product.h"
#include "cli/progress.h"

/* A refusal's body is a sentence or two; what comes after that is not read. */
#define REFUSAL_MAX (256 * 1024)

struct download {
    struct cli *cli;
    const struct transfer *t;
    struct progress progress;
    struct outfile file;
    struct buf refusal;
    int64_t bytes;
    int error;        /* errno of a write that failed */
    bool to_stdout;   /* `file` has no more than its descriptor then */
    bool is_no_text;  /* for a terminal */
    bool reader_gone; /* a pipe into head */
};

static bool is_text(const char *type)
{
    return str_starts(str_of(type), STR("text/")) || strcmp(type, "application/json") == 0;
}

static bool write_stdout(struct download *d, const char *data, size_t len)
{
    d->is_no_text = d->cli->out_tty && !is_text(d->t->reply_type);
    if (d->is_no_text)
        return false;
    if (outfile_write(&d->file, data, len))
        return true;
    d->reader_gone = errno == EPIPE;
    return false;
}

static bool take(void *arg, const char *data, size_t len)
{
    struct download *d = arg;
    if (d->t->status < 200 || d->t->status >= 300) {
        buf_add(&d->refusal, data, len);
        return true;
    }
    errno = 0;
    bool written = d->to_stdout ? write_stdout(d, data, len) : outfile_write(&d->file, data, len);
    if (!written)
        d->error = errno;
    else
        d->bytes += (int64_t)len;
    return written;
}

static void tick(void *arg, int64_t got, int64_t total)
{
    struct download *d = arg;
    progress_tick(&d->progress, got, total);
}

static int cannot_write(struct cli *cli, const char *path, int error)
{
    cli_error(cli, "cannot write %s: %s", path, strerror(error));
    return CLI_FAILURE;
}

/* Why nothing was written though nobody refused. */
static int say_stopped(struct client *c, const struct download *d, const char *path)
{
    if (d->reader_gone)
        return CLI_OK;
    if (d->is_no_text) {
        cli_error(c->cli, "the reply is %s, which a terminal cannot show",
                  *d->t->reply_type ? d->t->reply_type : "of an unknown type");
        cli_hint(c->cli, "Name a file with --out, or send it on through a pipe.");
        return CLI_FAILURE;
    }
    if (!d->t->taken)
        return cannot_write(c->cli, d->to_stdout ? "the output" : path, d->error ? d->error : EIO);
    if (d->bytes == 0)
        return client_say_unreachable(c, d->t);
    cli_error(c->cli, "the transfer broke off after %s: %s", progress_bytes(&c->cli->arena, d->bytes), d->t->why);
    return CLI_FAILURE;
}

static void report(struct cli *cli, const struct download *d, const char *path)
{
    if (cli->json) {
        json_t *written = json_pack("{s:s,s:I,s:s}", "path", path, "bytes", (json_int_t)d->bytes, "content_type",
                                    d->t->reply_type);
        if (written)
            output_json(cli, written);
        json_decref(written);
        return;
    }
    cli_done(cli, "Wrote %s (%s)", path, progress_bytes(&cli->arena, d->bytes));
}

/* After an answer: what was written is put in its place, or everything is as it was. */
static int finish(struct client *c, struct download *d, const char *path)
{
    long status = d->t->status;
    if (status < 200 || status >= 300)
        return product_refused(c, d->t, buf_str(&d->refusal));
    if (status == 204 || status == 205) {
        cli_error(c->cli, "%s answered that there is nothing to write", c->url.base);
        return CLI_FAILURE;
    }
    if (d->to_stdout)
        return CLI_OK;
    if (!outfile_commit(&d->file))
        return cannot_write(c->cli, path, errno);
    report(c->cli, d, path);
    return CLI_OK;
}

int product_download(struct client *c, const struct cli_args *args, struct transfer *t)
{
    struct cli *cli = c->cli;
    const char *path = cli_args_get(args, "out"), *slash = strrchr(path, '/');
    struct download d = {.cli = cli, .t = t, .to_stdout = strcmp(path, "-") == 0, .file = {.fd = fileno(cli->out)}};
    if (!*path || (d.to_stdout && cli->json)) {
        cli_error(cli, *path ? "--json and --out - both want the standard output" : "--out names no file");
        return CLI_USAGE;
    }
    if (!d.to_stdout && !outfile_open(&d.file, &cli->arena, path)) {
        int error = errno;
        return cannot_write(cli, path, error);
    }
    buf_init(&d.refusal, REFUSAL_MAX);
    t->take = take;
    t->tick = tick;
    t->arg = &d;
    progress_start(&d.progress, cli, d.to_stdout ? "output" : slash ? slash + 1 : path);
    if (d.to_stdout && cli->out_tty)
        d.progress.on = false; /* the text itself is what is seen */
    bool whole = transfer_run(c, t);
    progress_end(&d.progress);
    int code = whole ? finish(c, &d, path) : say_stopped(c, &d, path);
    if (!d.to_stdout)
        outfile_discard(&d.file);
    buf_release(&d.refusal);
    return code;
}
