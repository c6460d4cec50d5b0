/* cli/document.h - a file that people write, in JSON or YAML, as JSON. */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include <jansson.h>

#include "cli/app.h"

/* `path` "-": standard input. What begins with `{` is JSON, all else YAML, whose plain scalars are what they look like:
 * true and false, null, integers; everything else, and what stands in quotes, is text. An object as a new reference;
 * NULL with every mistake on stderr. */
json_t *document_read(struct cli *cli, const char *path);

#endif
