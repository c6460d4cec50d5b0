#include "cli/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "base/json_read.h"
#include "base/str.h"
#include "cli/input.h"
#include "cli/transfer.h"

#define SMALL_MAX (1u << 20)
/* Records asked for at once; what a page takes at most, or a line of a file: the server sends 32 MiB at most. */
#define PAGE_RECORDS 4096
#define PAGE_MAX     (64u << 20)
#define READ_SIZE    (1u << 20)

/* ---- the key ---- */

static int server_key(struct client *c, struct note_key *out)
{
    struct client_reply reply;
    int code = client_do(c, "GET", "/v1/audit/checkpoint", NULL, &reply);
    if (code != CLI_OK)
        return code;
    bool good = note_key_read(json_get_str(reply.json, "key"), out);
    client_reply_release(&reply);
    if (!good) {
        cli_error(c->cli, "the server names no key; is that the right address?");
        return CLI_FAILURE;
    }
    return CLI_OK;
}

int audit_key(struct cli *cli, const struct cli_args *args, struct client *c, struct note_key *out)
{
    const char *given = cli_args_get(args, "key");
    struct cardea_str text;
    if (!given && c)
        return server_key(c, out);
    if (!given) {
        cli_error(cli, "--key is missing: who is to have signed it?");
        cli_hint(cli, "`%s audit key` prints the log's verifier key: keep it where the log is not.", cli->name);
        return CLI_USAGE;
    }
    if (note_key_read(str_of(given), out))
        return CLI_OK;
    if (strchr(given, '+') && access(given, F_OK) != 0) {
        cli_error(cli, "--key is no verifier key: name+id+key, as `%s audit key` prints it", cli->name);
        return CLI_USAGE;
    }
    if (!input_read(cli, given, SMALL_MAX, &text))
        return CLI_FAILURE;
    if (note_key_read(text, out))
        return CLI_OK;
    cli_error(cli, "%s holds no verifier key: name+id+key, as `%s audit key` prints it", given, cli->name);
    return CLI_FAILURE;
}

bool audit_hash(const json_t *value, struct cardea_digest *out)
{
    return tree_hash_read((struct cardea_str){json_string_value(value), json_string_length(value)}, out);
}

bool audit_number(struct cli *cli, const char *what, const char *text, uint64_t fallback, uint64_t *out)
{
    char *end = NULL;
    *out = fallback;
    if (!text)
        return true;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && !errno && *out < UINT64_C(1000000000000000))
        return true;
    cli_error(cli, "%s \"%s\": write a number", what, text);
    return false;
}

/* ---- checkpoints ---- */

static int say_bad(struct cli *cli, const char *which, enum checkpoint_result result, const char *signer)
{
    cli_error(cli, "%s does not count: %s", which, checkpoint_problem(result));
    if (result == CHECKPOINT_OTHER_KEY && signer[0])
        cli_hint(cli, "It names the key with the id %s.", signer);
    return CLI_FAILURE;
}

int audit_checkpoint_file(struct cli *cli, const char *path, const struct note_key *key, struct checkpoint *out,
                          struct cardea_str *note)
{
    struct cardea_str text;
    char signer[RECORD_LOG_LEN + 1];
    if (!input_read(cli, path, SMALL_MAX, &text))
        return CLI_FAILURE;
    enum checkpoint_result result = checkpoint_open(text, key, out, signer);
    if (note)
        *note = text;
    return result == CHECKPOINT_OK ? CLI_OK : say_bad(cli, path, result, signer);
}

int audit_checkpoint_last(struct client *c, const struct note_key *key, struct checkpoint *out, struct cardea_str *note)
{
    struct client_reply reply;
    char signer[RECORD_LOG_LEN + 1];
    int code = client_do(c, "GET", "/v1/audit/checkpoint", NULL, &reply);
    if (code != CLI_OK)
        return code;
    struct cardea_str text = arena_str(&c->cli->arena, json_get_str(reply.json, "checkpoint"));
    client_reply_release(&reply);
    enum checkpoint_result result = checkpoint_open(text, key, out, signer);
    if (note)
        *note = text;
    return result == CHECKPOINT_OK ? CLI_OK : say_bad(c->cli, "the server's checkpoint", result, signer);
}

/* ---- lines ---- */

struct feed {
    audit_line_fn each;
    void *arg;
    bool stopped;
};

/* All whole lines of `len` bytes, which a byte stands before; returns what they take. */
static size_t feed_lines(struct feed *f, char *data, size_t len)
{
    size_t at = 0;
    while (at < len && !f->stopped) {
        char *end = memchr(data + at, '\n', len - at);
        if (!end)
            break;
        f->stopped = !f->each(f->arg, data + at, (size_t)(end - data) - at);
        at = (size_t)(end - data) + 1;
    }
    return at;
}

static int cannot_read(struct cli *cli, const char *path, int error)
{
    cli_error(cli, "cannot read %s: %s", path, strerror(error));
    return CLI_FAILURE;
}

/* `cap` grows with the longest line only. */
static int read_lines(struct cli *cli, int fd, const char *path, struct feed *f)
{
    size_t cap = 2 * READ_SIZE, len = 0;
    char *memory = malloc(cap + 1), *data = memory + 1;
    ssize_t n = 1;
    if (!memory)
        abort();
    while (n > 0 && !f->stopped) {
        if (cap - len < READ_SIZE) {
            cap *= 2;
            if (cap > PAGE_MAX) {
                free(memory);
                return cannot_read(cli, path, EFBIG);
            }
            memory = realloc(memory, cap + 1);
            if (!memory)
                abort();
            data = memory + 1;
        }
        n = read(fd, data + len, READ_SIZE);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
        size_t used = feed_lines(f, data, len);
        len -= used;
        memmove(data, data + used, len);
    }
    int error = errno;
    if (n == 0 && len > 0 && !f->stopped)
        f->each(f->arg, data, len);
    free(memory);
    return n < 0 ? cannot_read(cli, path, error) : CLI_OK;
}

int audit_file_lines(struct cli *cli, const char *path, audit_line_fn each, void *arg)
{
    struct feed f = {each, arg, false};
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_read(cli, path, errno);
    int code = read_lines(cli, fd, path, &f);
    if (!standard)
        close(fd);
    return code;
}

static bool take_piece(void *arg, const char *data, size_t len)
{
    struct buf *b = arg;
    buf_add(b, data, len);
    return !b->failed;
}

static int refused(struct client *c, struct transfer *t, struct buf *body)
{
    struct json_problem problem;
    struct cardea_str text = {body->ptr + 1, body->len - 1};
    struct client_reply reply = {.status = t->status, .invalid_token = t->invalid_token};
    reply.json = json_read(&c->cli->arena, text, &problem);
    client_report(c, &reply);
    client_reply_release(&reply);
    return client_exit_code(t->status);
}

/* One page; *to is what the first one said. */
static int server_page(struct client *c, uint64_t *from, uint64_t *to, struct buf *body, struct feed *f)
{
    struct cli *cli = c->cli;
    const char *path =
        arena_printf(&cli->arena, "/v1/audit/export?from=%llu&limit=%d", (unsigned long long)*from, PAGE_RECORDS).ptr;
    bool first = *to == UINT64_MAX;
    if (!first)
        path = arena_printf(&cli->arena, "%s&to=%llu", path, (unsigned long long)*to).ptr;
    struct transfer t = {.method = "GET", .path = path, .streams = true, .take = take_piece, .arg = body};
    buf_clear(body);
    buf_add_char(body, '\n');
    if (!transfer_run(c, &t))
        return client_say_unreachable(c, &t);
    if (t.status != 200)
        return refused(c, &t, body);
    char *data = body->ptr + 1, *end = memchr(data, '\n', body->len - 1);
    struct json_problem problem;
    json_t *head = end ? json_read(&cli->arena, (struct cardea_str){data, (size_t)(end - data)}, &problem) : NULL;
    int64_t begins = json_get_int(head, "from", -1), ends = json_get_int(head, "to", -1);
    uint64_t next = t.next ? strtoull(t.next, NULL, 10) : 0;
    json_decref(head);
    if (begins < 0 || ends < begins || next < (uint64_t)begins || (next == (uint64_t)begins && begins != ends)) {
        cli_error(cli, "%s answered something else than an exported log; is that the right address?", c->url.base);
        return CLI_FAILURE;
    }
    size_t skip = first ? 0 : (size_t)(end - data) + 1;
    feed_lines(f, data + skip, body->len - 1 - skip);
    *to = (uint64_t)ends;
    *from = next;
    return CLI_OK;
}

int audit_server_lines(struct client *c, uint64_t from, audit_line_fn each, void *arg)
{
    struct feed f = {each, arg, false};
    struct buf body;
    uint64_t to = UINT64_MAX;
    int code = CLI_OK;
    buf_init(&body, PAGE_MAX);
    do
        code = server_page(c, &from, &to, &body, &f);
    while (code == CLI_OK && from < to && !f.stopped);
    buf_release(&body);
    return code;
}
