/* The whole log: fetched, and verified. */
#include "audit/verify.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/audit.h"
#include "cli/commands.h"
#include "cli/outfile.h"
#include "cli/output.h"

/* ---- export ---- */

struct writing {
    FILE *out;
    uint64_t lines;
};

static bool write_line(void *arg, char *line, size_t len)
{
    struct writing *w = arg;
    w->lines++;
    line[len] = '\n'; /* which stood there */
    return fwrite(line, 1, len + 1, w->out) == len + 1;
}

static int export_to(struct client *c, uint64_t from, FILE *out)
{
    struct writing w = {.out = out};
    int code = audit_server_lines(c, from, write_line, &w);
    if (code == CLI_OK && fflush(out) != 0)
        cli_error(c->cli, "cannot write it all: %s", strerror(errno)), code = CLI_FAILURE;
    return code;
}

static int export_to_file(struct client *c, uint64_t from, const char *path)
{
    struct outfile file;
    struct cli *cli = c->cli;
    if (!outfile_open(&file, &cli->arena, path)) {
        cli_error(cli, "cannot write %s: %s", path, strerror(errno));
        return CLI_FAILURE;
    }
    FILE *out = fdopen(dup(file.fd), "w");
    int code = out ? export_to(c, from, out) : CLI_FAILURE;
    if (out)
        fclose(out);
    if (code != CLI_OK) {
        outfile_discard(&file);
        return code;
    }
    if (!outfile_commit(&file)) {
        cli_error(cli, "cannot write %s: %s", path, strerror(errno));
        return CLI_FAILURE;
    }
    cli_done(cli, "Wrote %s", path);
    return CLI_OK;
}

int cmd_audit_export(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    uint64_t from;
    const char *path = cli_args_get(args, "out");
    if (!audit_number(cli, "--from", cli_args_get(args, "from"), 0, &from))
        return CLI_USAGE;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = path && strcmp(path, "-") != 0 ? export_to_file(&c, from, path) : export_to(&c, from, cli->out);
    client_release(&c);
    return code;
}

/* ---- verify ---- */

static bool verify_one(void *arg, char *line, size_t len)
{
    verifier_line(arg, line, len);
    return true;
}

static json_t *problem_json(const struct verify_problem *p)
{
    json_t *o = json_pack("{s:s,s:s}", "kind", verify_kind_name(p->kind), "message", p->text);
    if (p->of_records) {
        json_object_set_new(o, "first", json_integer((json_int_t)p->first));
        json_object_set_new(o, "last", json_integer((json_int_t)p->last));
    }
    if (p->line)
        json_object_set_new(o, "line", json_integer((json_int_t)p->line));
    return o;
}

static void show_json(struct cli *cli, const struct verify_report *r, const struct note_key *key)
{
    json_t *problems = json_array();
    for (size_t i = 0; i < r->problem_count; i++)
        json_array_append_new(problems, problem_json(&r->problems[i]));
    json_t *o = json_pack("{s:b,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "verified", r->problem_total == 0, "origin", key->name,
                          "first", (json_int_t)r->first, "size", (json_int_t)r->size, "checkpoints",
                          (json_int_t)r->checkpoints, "signed", (json_int_t)r->last.size, "problem_count",
                          (json_int_t)r->problem_total, "problems", problems);
    output_json(cli, o);
    json_decref(o);
}

static const char *place_of(struct cli *cli, const struct verify_problem *p)
{
    struct arena *a = &cli->arena;
    const char *line = p->line ? arena_printf(a, " (line %llu)", (unsigned long long)p->line).ptr : "";
    if (!p->of_records)
        return p->line ? arena_printf(a, "line %llu", (unsigned long long)p->line).ptr : "the file";
    if (p->first == p->last)
        return arena_printf(a, "record %llu%s", (unsigned long long)p->first, line).ptr;
    return arena_printf(a, "records %llu to %llu%s", (unsigned long long)p->first, (unsigned long long)p->last, line)
        .ptr;
}

static int show(struct cli *cli, const struct verify_report *r, const struct note_key *key)
{
    if (cli->json)
        show_json(cli, r, key);
    for (size_t i = 0; i < r->problem_count && !cli->json; i++)
        cli_error(cli, "%s: %s: %s", place_of(cli, &r->problems[i]), verify_kind_name(r->problems[i].kind),
                  r->problems[i].text);
    if (r->problem_total > r->problem_count)
        cli_hint(cli, "and %llu more", (unsigned long long)(r->problem_total - r->problem_count));
    if (r->problem_total)
        return CLI_FAILURE;
    if (r->size > r->first)
        cli_done(cli, "Records %llu to %llu are as %s signed them (%llu checkpoint%s)", (unsigned long long)r->first,
                 (unsigned long long)r->size - 1, key->name, (unsigned long long)r->checkpoints,
                 r->checkpoints == 1 ? "" : "s");
    else
        cli_done(cli, "There is no record yet");
    return CLI_OK;
}

/* Checkpoints that were kept elsewhere: the log must hold them. */
static int expect_file(struct cli *cli, const struct cli_args *args, const char *option, const struct note_key *key,
                       struct verifier *v)
{
    struct checkpoint c;
    const char *path = cli_args_get(args, option);
    if (!path)
        return CLI_OK;
    int code = audit_checkpoint_file(cli, path, key, &c, NULL);
    if (code == CLI_OK)
        verifier_expect(v, &c, path);
    return code;
}

static int verify_with(struct cli *cli, const struct cli_args *args, struct client *c, const struct note_key *key)
{
    struct verifier *v = verifier_new(key);
    int code = expect_file(cli, args, "from", key, v);
    if (code == CLI_OK)
        code = expect_file(cli, args, "checkpoint", key, v);
    if (code == CLI_OK)
        code = c ? audit_server_lines(c, 0, verify_one, v) : audit_file_lines(cli, args->words[0], verify_one, v);
    if (code == CLI_OK)
        code = show(cli, verifier_end(v), key);
    verifier_free(v);
    return code;
}

int cmd_audit_verify(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct note_key key;
    bool offline = args->word_count > 0;
    int code = offline ? CLI_OK : client_open(&c, cli);
    if (code == CLI_OK)
        code = audit_key(cli, args, offline ? NULL : &c, &key);
    if (code == CLI_OK && !offline && !cli_args_get(args, "key"))
        cli_note(cli, "The key is the server's own word: with --key you say whom you trust.");
    if (code == CLI_OK)
        code = verify_with(cli, args, offline ? NULL : &c, &key);
    if (!offline)
        client_release(&c);
    return code;
}
