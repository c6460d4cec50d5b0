/* cli/prompt.h - asking a person, and leaving the terminal as it was. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "cli/app.h"

/* "… [y/N] " on stderr, answered on stdin. Anything but y or yes is no. */
bool prompt_confirm(struct cli *cli, const char *question);
/* Before something is lost. CLI_OK with --yes, or after a yes; else the exit code, with a message: where nobody can be
 * asked, that `would` happen ("acme would be deleted for good"); after a no, that `nothing` did. */
int prompt_loss(struct cli *cli, const char *would, const char *question, const char *nothing);
/* One line of stdin, without its end; asked for on a terminal, where nothing is echoed and a new password is asked
 * twice. False with a message when there is none, or the two differ. The caller wipes `out`. */
bool prompt_password(struct cli *cli, const char *question, struct cli_secret *out);

/* A key, read the same way but once; as cli_secret_set() wants it. On a terminal, and from a pipe. */
bool prompt_token(struct cli *cli, const char *question, struct cli_secret *out);
bool prompt_read_token(struct cli_secret *out);

#endif
