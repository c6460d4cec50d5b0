/* cli/audit.h - what the audit commands share: the key, checkpoints, and the log's lines from a file or the server. */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "audit/note.h"
#include "cli/args.h"
#include "cli/client.h"

/* Of --key: the key's text, or a file that holds it. Without it the server's own word, by `c` (NULL: there is none to
 * ask, and --key is missing). The exit code, with a message. */
int audit_key(struct cli *cli, const struct cli_args *args, struct client *c, struct note_key *out);
/* Reads and verifies a checkpoint's file ("-": standard input). */
int audit_checkpoint_file(struct cli *cli, const char *path, const struct note_key *key, struct checkpoint *out,
                          struct cardea_str *note);
/* The server's last one, verified. `note` may be NULL. */
int audit_checkpoint_last(struct client *c, const struct note_key *key, struct checkpoint *out,
                          struct cardea_str *note);
/* A number of an option; `fallback` when it was not given. False with a message. */
bool audit_number(struct cli *cli, const char *what, const char *text, uint64_t fallback, uint64_t *out);
bool audit_hash(const json_t *value, struct cardea_digest *out);

/* Each line without its newline; the byte before it may be written to. False stops. */
typedef bool (*audit_line_fn)(void *arg, char *line, size_t len);
/* The file's ("-": standard input). */
int audit_file_lines(struct cli *cli, const char *path, audit_line_fn each, void *arg);
/* The server's export from record `from` on. Of heads the first alone. */
int audit_server_lines(struct client *c, uint64_t from, audit_line_fn each, void *arg);

#endif
