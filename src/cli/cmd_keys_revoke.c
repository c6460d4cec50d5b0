#include "base/str.h"
#include "base/timefmt.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/prompt.h"

/* All are found before any is revoked: a typing mistake in the third leaves the first two alone. A key named twice
 * counts once. */
static int resolve_all(struct client *c, const struct cli_args *args, const char *path, struct keys_ref *refs,
                       size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < args->word_count; i++) {
        struct keys_ref ref;
        int code = keys_resolve(c, args, path, args->words[i], &ref);
        if (code != CLI_OK)
            return code;
        bool known = false;
        for (size_t k = 0; k < *count; k++)
            known = known || strcmp(refs[k].id, ref.id) == 0;
        if (!known)
            refs[(*count)++] = ref;
    }
    return CLI_OK;
}

static int confirm(struct cli *cli, const struct keys_ref *refs, size_t count)
{
    if (count < 2)
        return CLI_OK;
    for (size_t i = 0; i < count && !cli->yes && cli->in_tty && cli->err_tty; i++)
        cli_hint(cli, "%s", refs[i].shown);
    return prompt_loss(cli, arena_printf(&cli->arena, "%zu keys would be revoked for good", count).ptr,
                       arena_printf(&cli->arena, "Revoke these %zu keys for good?", count).ptr, "Nothing was revoked.");
}

/* The rest is tried even when one fails; the first failure is the exit code. */
static int revoke_all(struct client *c, const char *path, const char *reason, const struct keys_ref *refs, size_t count)
{
    struct cli *cli = c->cli;
    json_t *done = json_array();
    int result = CLI_OK;
    for (size_t i = 0; i < count; i++) {
        struct client_reply reply;
        const char *target = client_query(c->cli, keys_path_of(c, path, refs[i].id), "reason", reason);
        int code = client_do(c, "DELETE", target, NULL, &reply);
        if (code != CLI_OK) {
            result = result == CLI_OK ? code : result;
            continue;
        }
        json_array_append(done, reply.json ? reply.json : json_null());
        if (cli->quiet && !cli->json)
            output_line(cli, refs[i].id);
        struct cardea_str prefix = output_text(cli, reply.json, "prefix"), name = output_text(cli, reply.json, "name");
        if (prefix.len > 0)
            cli_done(cli, "Revoked %.*s (%.*s)", STR_ARG(prefix), STR_ARG(name));
        else
            cli_done(cli, "Revoked %s", refs[i].shown);
        client_reply_release(&reply);
    }
    if (cli->json && json_array_size(done) > 0)
        output_json(cli, count == 1 ? json_array_get(done, 0) : done);
    json_decref(done);
    return result;
}

int cmd_keys_revoke(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    const char *path;
    struct keys_ref *refs = arena_array(&cli->arena, args->word_count, sizeof(*refs));
    size_t count = 0;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK)
        code = resolve_all(&c, args, path, refs, &count);
    if (code == CLI_OK)
        code = confirm(cli, refs, count);
    if (code == CLI_OK)
        code = revoke_all(&c, path, cli_args_get(args, "reason"), refs, count);
    client_release(&c);
    return code;
}

/* What the old key's view says about its end. */
static void say_overlap(struct client *c, const char *path, const struct keys_ref *old)
{
    struct cli *cli = c->cli;
    struct client_reply reply;
    int64_t end;
    if (cli->quiet || client_call(c, "GET", keys_path_of(c, path, old->id), NULL, &reply) != CLI_OK)
        return;
    struct cardea_str status = output_text(cli, reply.json, "status"),
                      until = output_text(cli, reply.json, "expires_at");
    struct cardea_str prefix = output_text(cli, reply.json, "prefix");
    if (reply.status == 200 && str_eq(status, STR("active")) && timefmt_parse(until, &end))
        cli_note(cli, "The old key %.*s works until %.*s (%s).", STR_ARG(prefix), STR_ARG(until),
                 output_ago(&cli->arena, end, cli->now));
    else if (reply.status == 200 && !str_eq(status, STR("active")))
        cli_note(cli, "The old key %.*s no longer works.", STR_ARG(prefix));
    client_reply_release(&reply);
}

int cmd_keys_rotate(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    struct keys_ref ref;
    const char *path, *overlap = cli_args_get(args, "overlap");
    int64_t seconds = 0;
    if (overlap && !timefmt_parse_duration(str_of(overlap), &seconds)) {
        cli_error(cli, "--overlap \"%s\": write a time such as 24h, 30m or 0", overlap);
        return CLI_USAGE;
    }
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK)
        code = keys_resolve(&c, args, path, args->words[0], &ref);
    if (code == CLI_OK) {
        json_t *body = overlap ? json_pack("{s:I}", "overlap_sec", (json_int_t)seconds) : json_object();
        const char *target = arena_printf(&cli->arena, "%s/rotate", keys_path_of(&c, path, ref.id)).ptr;
        code = client_do(&c, "POST", target, body, &reply);
    }
    if (code == CLI_OK) {
        output_new_key(cli, reply.json);
        code = keys_delivered(cli, reply.json);
        say_overlap(&c, path, &ref);
        client_reply_release(&reply);
    }
    client_release(&c);
    return code;
}
