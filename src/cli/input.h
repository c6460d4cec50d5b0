/* cli/input.h - the text that a command is given: a file, or standard input. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/app.h"

/* Of the file, or of standard input where the path is "-": at most `max` bytes (whole MiB), in cli's arena. False with
 * a message. */
bool input_read(struct cli *cli, const char *path, size_t max, struct cardea_str *out);

#endif
