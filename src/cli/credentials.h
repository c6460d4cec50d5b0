/* cli/credentials.h - which key is used and which server is asked: options, then environment, then file. */
#ifndef CLI_CREDENTIALS_H
#define CLI_CREDENTIALS_H

#include "cli/app.h"

#define CLI_DEFAULT_API_URL "http://localhost:8080"

/* What the file holds. Texts are in the arena; NULL: not there. */
struct cli_credentials_file {
    const char *path;
    bool exists;
    const char *api_url, *account;
    struct cli_secret key;
};

/* The file of this name: the profile's, or $XDG_CONFIG_HOME/<name>/credentials.yaml. NULL with a message when there is
 * no home folder to find it in. */
const char *cli_credentials_path(struct cli *cli);

enum cli_credentials_check {
    CLI_CREDENTIALS_STRICT,  /* others may neither read nor write it, or it is refused */
    CLI_CREDENTIALS_LENIENT, /* before it is replaced: one that cannot be used counts as empty */
};
/* A file that is not there is no error. CLI_FAILURE with a message. */
int cli_credentials_read(struct cli *cli, enum cli_credentials_check check, struct cli_credentials_file *out);
/* Mode 0600, its folder 0700, never half written. CLI_FAILURE with a message. */
int cli_credentials_write(struct cli *cli, const struct cli_credentials_file *file);

/* Everything a call needs to know. `key.len` 0: there is no key. */
struct cli_credentials {
    struct cli_secret key;
    const char *key_source; /* "ANIMATE_API_KEY", "~/.oanim/credentials.yaml", …; NULL: none */
    const char *api_url;
    const char *api_url_source; /* "--api-url", …; "default" */
    const char *account;        /* from the file; NULL: none */
};
/* The names of the variables under this name. The first may be NULL: none. */
const char *cli_credentials_key_env(const struct cli *cli);
const char *cli_credentials_url_env(struct cli *cli);

/* Whoever calls it wipes out->key. CLI_OK also when there is no key. */
int cli_credentials_find(struct cli *cli, enum cli_credentials_check check, struct cli_credentials *out);

/* The key's visible beginning and an ellipsis: what may be shown. In the arena. */
const char *cli_credentials_mask(struct cli *cli, const struct cli_secret *key);

#endif
