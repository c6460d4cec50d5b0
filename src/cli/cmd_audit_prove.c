/* Proofs about the audit log: that a record is in it, that it only grew. Each is checked here, not believed. */
#include <errno.h>
#include <unistd.h>

#include "audit/tree.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/str.h"
#include "cli/audit.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"

#define PROOF_MAX  (1u << 20)
#define PROOF_MARK "c2sp.org/tlog-proof@v1"

static bool read_hashes(const json_t *list, struct tree_proof *out)
{
    out->count = json_array_size(list);
    if (!json_is_array(list) || out->count > TREE_PROOF_MAX)
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (!audit_hash(json_array_get(list, i), &out->hashes[i]))
            return false;
    return true;
}

static bool save(struct cli *cli, const char *path, struct cardea_str text)
{
    if (file_write_atomic(path, 0644, text))
        return true;
    cli_error(cli, "cannot write %s: %s", path, strerror(errno));
    return false;
}

static int not_answered(struct client *c)
{
    cli_error(c->cli, "%s answered with no proof; is that the right address?", c->url.base);
    return CLI_FAILURE;
}

/* ---- a record: c2sp.org/tlog-proof ---- */

static void leaf_of(struct cardea_str record, struct cardea_digest *out)
{
    struct buf b;
    buf_init(&b, record.len + 2);
    buf_add_char(&b, '\0');
    buf_add_str(&b, record);
    tree_hash_leaf(b.ptr, b.len, out);
    buf_release(&b);
}

static void write_proof(struct buf *b, uint64_t index, const struct tree_proof *proof, struct cardea_str note)
{
    buf_printf(b, PROOF_MARK "\nindex %llu\n", (unsigned long long)index);
    for (size_t i = 0; i < proof->count; i++) {
        char text[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)];
        buf_add(b, text, base64_encode(proof->hashes[i].bytes, CARDEA_DIGEST_LEN, text));
        buf_add_char(b, '\n');
    }
    buf_add_char(b, '\n');
    buf_add_str(b, note);
}

static bool read_proof(struct cardea_str text, uint64_t *index, struct tree_proof *proof, struct cardea_str *note)
{
    struct cardea_str line;
    char digits[20], *end;
    proof->count = 0;
    if (!str_cut(&text, '\n', &line) || !str_eq(line, STR(PROOF_MARK)) || !str_cut(&text, '\n', &line))
        return false;
    if (str_starts(line, STR("extra ")) && !str_cut(&text, '\n', &line))
        return false;
    if (!str_starts(line, STR("index ")) || line.len >= 6 + sizeof(digits))
        return false;
    snprintf(digits, sizeof(digits), "%.*s", (int)line.len - 6, line.ptr + 6);
    *index = strtoull(digits, &end, 10);
    if (digits[0] < '0' || digits[0] > '9' || *end)
        return false;
    while (str_cut(&text, '\n', &line) && line.len) {
        if (proof->count == TREE_PROOF_MAX || !tree_hash_read(line, &proof->hashes[proof->count++]))
            return false;
    }
    *note = text;
    return text.ptr != NULL;
}

/* `record` is empty where only its hash is known. */
static int say_proven(struct cli *cli, uint64_t index, const struct checkpoint *c, struct cardea_str record)
{
    if (cli->json)
        fprintf(cli->out, "{\"proven\": true, \"index\": %llu, \"size\": %llu, \"record\": %.*s}\n",
                (unsigned long long)index, (unsigned long long)c->size, record.len ? (int)record.len : 4,
                record.len ? record.ptr : "null");
    else if (record.len)
        output_line(cli, arena_cstr(&cli->arena, record));
    cli_done(cli, "Record %llu is in the log of %llu records that %s signed", (unsigned long long)index,
             (unsigned long long)c->size, c->origin);
    return CLI_OK;
}

/* Offline: the proof's file, and the record's line. */
static int check_proof(struct cli *cli, const struct cli_args *args, const char *path)
{
    struct cardea_str text, note, record, log;
    struct note_key key;
    struct checkpoint c;
    struct cardea_digest leaf;
    struct tree_proof proof;
    uint64_t index, said;
    const char *record_path = cli_args_get(args, "record");
    int code = audit_key(cli, args, NULL, &key);
    if (code != CLI_OK)
        return code;
    if (!input_read(cli, path, PROOF_MAX, &text) ||
        !input_read(cli, record_path ? record_path : "-", PROOF_MAX, &record))
        return CLI_FAILURE;
    if (!read_proof(text, &index, &proof, &note)) {
        cli_error(cli, "%s is no proof (c2sp.org/tlog-proof)", path);
        return CLI_FAILURE;
    }
    enum checkpoint_result result = checkpoint_open(note, &key, &c, NULL);
    if (result != CHECKPOINT_OK) {
        cli_error(cli, "the proof's checkpoint does not count: %s", checkpoint_problem(result));
        return CLI_FAILURE;
    }
    while (record.len && record.ptr[record.len - 1] == '\n')
        record.len--;
    leaf_of(record, &leaf);
    if (!tree_check_inclusion(index, c.size, &leaf, &proof, &c.root) || !record_read(record, &log, &said) ||
        said != index) {
        cli_error(cli, "the record is not what the log holds at %llu", (unsigned long long)index);
        return CLI_FAILURE;
    }
    return say_proven(cli, index, &c, record);
}

static int fetch_proof(struct client *c, const struct cli_args *args, uint64_t index)
{
    struct cli *cli = c->cli;
    struct note_key key;
    struct checkpoint last;
    struct cardea_str note;
    struct client_reply reply;
    struct cardea_digest leaf;
    struct tree_proof proof;
    const char *out = cli_args_get(args, "out");
    int code = audit_key(cli, args, c, &key);
    if (code == CLI_OK)
        code = audit_checkpoint_last(c, &key, &last, &note);
    if (code == CLI_OK)
        code = client_do(c, "GET",
                         arena_printf(&cli->arena, "/v1/audit/proof?index=%llu&size=%llu", (unsigned long long)index,
                                      (unsigned long long)last.size)
                             .ptr,
                         NULL, &reply);
    if (code != CLI_OK)
        return code;
    struct cardea_str record = arena_str(&cli->arena, json_get_str(reply.json, "record"));
    bool good = read_hashes(json_object_get(reply.json, "hashes"), &proof) &&
                audit_hash(json_object_get(reply.json, "leaf_hash"), &leaf);
    client_reply_release(&reply);
    if (!good)
        return not_answered(c);
    if (record.len)
        leaf_of(record, &leaf);
    if (!tree_check_inclusion(index, last.size, &leaf, &proof, &last.root)) {
        cli_error(cli, "the server's proof of record %llu does not hold: the record is not what was signed",
                  (unsigned long long)index);
        return CLI_FAILURE;
    }
    struct buf b;
    buf_init(&b, PROOF_MAX);
    write_proof(&b, index, &proof, note);
    if (out && !save(cli, out, buf_str(&b)))
        code = CLI_FAILURE;
    buf_release(&b);
    if (code == CLI_OK && out)
        cli_done(cli, "Wrote %s", out);
    if (code == CLI_OK && !record.len)
        cli_note(cli, "The record itself is not shown to you, or is kept no longer: its hash is proven.");
    return code == CLI_OK ? say_proven(cli, index, &last, record) : code;
}

int cmd_audit_prove(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    uint64_t index;
    const char *check = cli_args_get(args, "check");
    if ((check != NULL) == (args->word_count > 0)) {
        cli_error(cli, "name a record, or with --check a proof");
        return CLI_USAGE;
    }
    if (check)
        return check_proof(cli, args, check);
    if (!audit_number(cli, "the record", args->words[0], 0, &index))
        return CLI_USAGE;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = fetch_proof(&c, args, index);
    client_release(&c);
    return code;
}

/* ---- two checkpoints ---- */

static int judge(struct cli *cli, const json_t *answer, const struct checkpoint *from, const struct checkpoint *to)
{
    struct tree_proof proof;
    if (!read_hashes(json_object_get(answer, "hashes"), &proof)) {
        cli_error(cli, "it is no proof");
        return CLI_FAILURE;
    }
    if (!tree_check_consistency(from->size, to->size, &from->root, &to->root, &proof)) {
        cli_error(cli, "the log of %llu records is not how the one of %llu begins: it was rewritten, or the proof was",
                  (unsigned long long)from->size, (unsigned long long)to->size);
        return CLI_FAILURE;
    }
    if (cli->json)
        fprintf(cli->out, "{\"consistent\": true, \"from\": %llu, \"to\": %llu}\n", (unsigned long long)from->size,
                (unsigned long long)to->size);
    cli_done(cli, "The log only grew, from %llu to %llu records", (unsigned long long)from->size,
             (unsigned long long)to->size);
    return CLI_OK;
}

static int judge_file(struct cli *cli, const char *path, const struct checkpoint *from, const struct checkpoint *to)
{
    struct cardea_str text;
    struct json_problem problem;
    if (!input_read(cli, path, PROOF_MAX, &text))
        return CLI_FAILURE;
    json_t *answer = json_read(&cli->arena, text, &problem);
    int code = judge(cli, answer, from, to);
    json_decref(answer);
    return code;
}

static int judge_server(struct client *c, const struct cli_args *args, const struct checkpoint *from,
                        const struct checkpoint *to)
{
    struct cli *cli = c->cli;
    struct client_reply reply;
    const char *out = cli_args_get(args, "out");
    int code = client_do(c, "GET",
                         arena_printf(&cli->arena, "/v1/audit/proof?from=%llu&to=%llu", (unsigned long long)from->size,
                                      (unsigned long long)to->size)
                             .ptr,
                         NULL, &reply);
    if (code != CLI_OK)
        return code;
    char *text = out ? json_dumps(reply.json, JSON_COMPACT) : NULL;
    if (out && !save(cli, out, arena_printf(&cli->arena, "%s\n", text)))
        code = CLI_FAILURE;
    client_free_json_text(text);
    if (code == CLI_OK && out)
        cli_done(cli, "Wrote %s", out);
    if (code == CLI_OK)
        code = judge(cli, reply.json, from, to);
    client_reply_release(&reply);
    return code;
}

/* Fewer records than there were: no proof can mend that. */
static int not_grown(struct cli *cli, const struct checkpoint *from, const struct checkpoint *to, bool to_is_last)
{
    unsigned long long before = from->size, now = to->size;
    if (to_is_last)
        cli_error(cli,
                  "the log had %llu records when the checkpoint was signed, and has %llu now: it was cut off, or goes "
                  "on from an older copy",
                  before, now);
    else
        cli_error(cli, "the first checkpoint holds %llu records, the second %llu: name the older one first", before,
                  now);
    return CLI_FAILURE;
}

int cmd_audit_consistency(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct note_key key;
    struct checkpoint from, to;
    const char *proof = cli_args_get(args, "proof");
    bool offline = proof != NULL;
    if (offline && args->word_count < 2) {
        cli_error(cli, "with --proof, name both checkpoints");
        return CLI_USAGE;
    }
    int code = offline ? CLI_OK : client_open(&c, cli);
    if (code == CLI_OK)
        code = audit_key(cli, args, offline ? NULL : &c, &key);
    if (code == CLI_OK)
        code = audit_checkpoint_file(cli, args->words[0], &key, &from, NULL);
    if (code == CLI_OK)
        code = args->word_count > 1 ? audit_checkpoint_file(cli, args->words[1], &key, &to, NULL)
                                    : audit_checkpoint_last(&c, &key, &to, NULL);
    if (code == CLI_OK && from.size > to.size)
        code = not_grown(cli, &from, &to, args->word_count == 1);
    else if (code == CLI_OK)
        code = offline ? judge_file(cli, proof, &from, &to) : judge_server(&c, args, &from, &to);
    if (!offline)
        client_release(&c);
    return code;
}
