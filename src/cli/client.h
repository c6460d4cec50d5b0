/* cli/client.h - one server, one key: REST calls over libcurl, and refusals put in words. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>

#include "cli/app.h"
#include "cli/credentials.h"
#include "cli/url.h"

struct client {
    struct cli *cli;
    struct cli_credentials credentials;
    struct cli_url url;
    const char *host_header; /* NULL: the address's own */
};

/* `json` NULL: the body was none, or not JSON. */
struct client_reply {
    long status;
    json_t *json;
    bool invalid_token; /* the challenge says that the credential itself is refused */
};

/* Finds address and key. CLI_AUTH with a message when there is no key. Pair with client_release(). */
int client_open(struct client *c, struct cli *cli);
/* The same with a key that is not stored yet; the address is found as usual, but a credentials file that is not usable
 * counts as empty: it is about to be replaced. */
int client_open_with(struct client *c, struct cli *cli, const struct cli_secret *key, const char *key_source);
/* The same without any key: for asking for one. */
int client_open_bare(struct client *c, struct cli *cli);
void client_release(struct client *c);

/* One call. `path` starts with '/', may hold a query, is encoded. Takes over `body` (NULL: none). Any status is CLI_OK;
 * a server that cannot be reached or understood is CLI_FAILURE with a message. Pair with client_reply_release(). */
int client_call(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply);
/* The same, where all but 2xx is put on stderr and returned as the exit code, the reply released. */
int client_do(struct client *c, const char *method, const char *path, json_t *body, struct client_reply *reply);
/* The same with the fields of a form. `why` not NULL: a server that cannot be reached is silent, and *why says so. */
int client_form(struct client *c, const char *path, const char *form, struct client_reply *reply, const char **why);
void client_reply_release(struct client_reply *reply);

int client_exit_code(long status);
/* What the server said, on stderr. */
void client_report(struct client *c, const struct client_reply *reply);

/* All items of a paged list go to `each`, until it returns false or the list ends. `path` has no cursor or limit. */
typedef bool (*client_each_fn)(void *arg, const json_t *item);
int client_each(struct client *c, const char *path, client_each_fn each, void *arg);
/* "path?name=value" or "path&name=value"; `value` NULL: path as it is. */
const char *client_query(struct cli *cli, const char *path, const char *name, const char *value);
/* "/v1/agents", "a b", "/messages": "/v1/agents/a%20b/messages". */
const char *client_path(struct cli *cli, const char *collection, const char *name, const char *rest);

/* A whole command that is one call: opens, asks, lets `show` say the answer (NULL: it had no JSON) and the exit code,
 * releases. Takes over `body` (NULL: none). */
typedef int (*client_show_fn)(struct cli *cli, const json_t *answer, const void *arg);
int client_run(struct cli *cli, const char *method, const char *path, json_t *body, client_show_fn show,
               const void *arg);

/* Why there was no answer, on stderr. CLI_FAILURE. */
struct transfer;
int client_say_unreachable(struct client *c, const struct transfer *t);

/* Text from json_dumps(), wiped. NULL is fine. */
void client_free_json_text(char *text);
/* Memory from jansson is wiped when freed: replies hold keys. Once, before any JSON. */
void client_wipe_json(void);

#endif
