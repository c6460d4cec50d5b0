/* cli/output.h - data on stdout: JSON, ids, records, times, the block with a new key. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>

#include "cli/app.h"
#include "cli/table.h"

/* The API's JSON: indented on a terminal, on one line else. NULL: nothing. */
void output_json(struct cli *cli, const json_t *json);
/* "Deleted acme": in the arena, for whoever shows an answer. */
const char *output_said(struct cli *cli, const char *what, const char *whom);
/* Text of a server, line by line, without what could steer a terminal. */
void output_lines(struct cli *cli, struct cardea_str text);
void output_line(struct cli *cli, const char *text);
/* "Name: …" padded to the longest label on a terminal, "name<TAB>…" else. An empty value is left out on a terminal. */
void output_field(struct cli *cli, const char *label, struct cardea_str value);
/* A whole page as it stands, and releases it; the exit code. */
int output_page(struct cli *cli, struct buf *page);
/* Name, prefix and key, with the warning; or what --json and --quiet ask for. */
void output_new_key(struct cli *cli, const json_t *key);

/* A member as text for a table or record: strings as they are, lists joined by commas, null empty. In the arena. */
struct cardea_str output_text(struct cli *cli, const json_t *object, const char *name);
/* A time for people "2026-11-19 (2 days ago)", for programs as it came. `none` stands for null, for people only. */
struct cardea_str output_time(struct cli *cli, const json_t *object, const char *name, const char *none);
/* The same for people without what stands in parentheses. */
struct cardea_str output_day(struct cli *cli, const json_t *object, const char *name, const char *none);
/* "2 days ago", "in 3 hours", "just now". In the arena. */
const char *output_ago(struct arena *a, int64_t then, int64_t now);
enum table_tone output_status_tone(struct cardea_str status);

/* A table on stdout as the terminal or pipe wants it. */
void output_table(struct cli *cli, struct table *t, const struct table_column *columns, size_t count);

/* Whether everything reached its reader: 0; CLI_OK too when the reader went away early (a pipe into head). Else
 * CLI_FAILURE with a message. */
int output_flush(struct cli *cli);

#endif
