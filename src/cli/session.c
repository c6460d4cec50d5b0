#include "cli/session.h"

#include "cli/keys.h"

/* Whether this product, by design, refuses some valid keys on its management paths. */
static bool may_be_limited(const struct client *c)
{
    const struct profile *p = c->cli->profile;
    return p && !cli_secret_is_jwt(&c->credentials.key) && (!p->management.by_key || p->management.list_scope >= 0);
}

int session_try(struct client *c, enum session_result *result, json_t **self)
{
    struct client_reply reply;
    const char *path = "/v1/keys/self";
    bool asks_self = cli_is_native(c->cli) && !cli_secret_is_jwt(&c->credentials.key);
    int code = CLI_OK;
    *result = SESSION_WORKS;
    if (self)
        *self = NULL;
    if (!asks_self) {
        if (!cli_is_native(c->cli) && !c->cli->profile->management.base) {
            *result = SESSION_UNKNOWN;
            return CLI_OK;
        }
        code = keys_path(c, NULL, &path);
        path = code == CLI_OK ? client_query(c->cli, path, "limit", "1") : path;
    }
    if (code == CLI_OK)
        code = client_call(c, "GET", path, NULL, &reply);
    if (code != CLI_OK)
        return code;
    code = client_exit_code(reply.status);
    if (reply.status == 403 && may_be_limited(c) && !reply.invalid_token) {
        *result = SESSION_LIMITED;
        code = CLI_OK;
    }
    if (code != CLI_OK)
        client_report(c, &reply);
    else if (self && asks_self)
        *self = json_incref(reply.json);
    client_reply_release(&reply);
    return code;
}
