/* cli/secret.h - what authenticates a call: a key or a session token. A struct, so that printing one does not compile.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include <cardea/secret.h>

/* A session token is a JWT and longer than any key (CARDEA_KEY_MAX); the daemon's are under 700 bytes. */
#define CLI_SECRET_MAX 4096

/* Zero-initialised is empty. Whoever fills one wipes it. */
struct cli_secret {
    size_t len;
    char bytes[CLI_SECRET_MAX];
};

/* Copies `text` in without the white space around it. False when nothing is left, it is too long, or it holds anything
 * but printable ASCII (a header could be broken with it). */
bool cli_secret_set(struct cli_secret *s, struct cardea_str text);
struct cardea_str cli_secret_reveal(const struct cli_secret *s);
void cli_secret_wipe(struct cli_secret *s);
/* Three parts in base64url that start like a JSON object: a session token rather than a key. */
bool cli_secret_is_jwt(const struct cli_secret *s);

/* Takes the value of `--token` of a `login` out of argv: copied into `out`, zeros where it stood, so that `ps` shows
 * nothing.
 * `-` stays. False when it is not usable (it is wiped all the same). Call it before anything else. */
bool cli_secret_take_argv(int argc, char **argv, struct cli_secret *out);

#endif
