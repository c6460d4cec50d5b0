/* Webhooks on a developer's machine: is this one genuine, and what comes in? No server of ours is asked. */
#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "base/timefmt.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/webhook_check.h"
#include "cli/webhook_listen.h"

#define BODY_MAX ((size_t)16 << 20)

static bool need_secret(struct cli *cli, const struct cli_args *args, struct cli_secret *secret)
{
    if (!webhook_secret_read(cli, args, secret))
        return false;
    if (secret->len)
        return true;
    cli_error(cli, "there is no secret: set CARDEA_WEBHOOK_SECRET, or name a file with --secret-file");
    return false;
}

int cmd_webhooks_verify(struct cli *cli, const struct cli_args *args)
{
    struct webhook_request r = {.id = str_of(cli_args_get(args, "id")),
                                .timestamp = str_of(cli_args_get(args, "timestamp")),
                                .signature = str_of(cli_args_get(args, "signature")),
                                .own_signature = str_of(cli_args_get(args, "body-signature"))};
    const char *at = cli_args_get(args, "at");
    struct cli_secret secret;
    int64_t now = cli->now;
    if (at && !timefmt_parse(str_of(at), &now)) {
        cli_error(cli, "--at \"%s\": write a time such as 2026-11-21T08:00:00Z", at);
        return CLI_USAGE;
    }
    if (!r.signature.len && !r.own_signature.len) {
        cli_error(cli, "say what is checked: --signature, the header webhook-signature, or --body-signature");
        return CLI_USAGE;
    }
    if (!need_secret(cli, args, &secret))
        return CLI_USAGE;
    bool read = input_read(cli, args->word_count ? args->words[0] : "-", BODY_MAX, &r.body);
    enum cardea_webhook_result result = read ? webhook_request_check(&r, cli_secret_reveal(&secret), now)
                                             : CARDEA_WEBHOOK_NO_SIGNATURE;
    cli_secret_wipe(&secret);
    if (!read)
        return CLI_FAILURE;
    if (result == CARDEA_WEBHOOK_VALID)
        cli_done(cli, "It is genuine");
    else
        cli_error(cli, "it is not genuine: %s", cardea_webhook_result_text(result));
    return result == CARDEA_WEBHOOK_VALID ? CLI_OK : CLI_FAILURE;
}

/* ---- listening ---- */

struct listening {
    struct cli *cli;
    struct cli_secret secret;
};

static void show_lines(struct cli *cli, const struct webhook_request *r, const json_t *payload, const char *verdict,
                       bool good)
{
    struct cardea_str type = payload ? output_text(cli, payload, "type") : STR("no JSON"),
                      subject = payload ? output_text(cli, payload, "subject") : STR("");
    char time[TIMEFMT_LEN];
    timefmt_rfc3339(time, cli->now);
    output_lines(cli, arena_printf(&cli->arena, "%s  %s  %.*s  %.*s  %.*s  %s", time, good ? "✓" : "✗", STR_ARG(type),
                                   STR_ARG(subject), STR_ARG(r->id), verdict));
    if (!payload || cli->quiet)
        return;
    char *text = json_dumps(payload, JSON_INDENT(2));
    output_lines(cli, str_of(text));
    client_free_json_text(text);
}

/* The status that is answered. */
static int on_request(void *arg, const struct webhook_request *r)
{
    struct listening *l = arg;
    struct cli *cli = l->cli;
    cli->now = (int64_t)time(NULL);
    bool known = l->secret.len > 0;
    enum cardea_webhook_result result = webhook_request_check(r, cli_secret_reveal(&l->secret), cli->now);
    bool good = known && result == CARDEA_WEBHOOK_VALID;
    const char *verdict = !known ? "not checked: there is no secret" : cardea_webhook_result_text(result);
    json_t *payload = json_loadb(r->body.ptr, r->body.len, JSON_REJECT_DUPLICATES, NULL);
    if (cli->json) {
        json_t *line = json_pack("{s:s%,s:b,s:s,s:O*}", "id", r->id.ptr ? r->id.ptr : "", r->id.len, "verified", good,
                                 "verdict", verdict, "payload", payload);
        output_json(cli, line);
        json_decref(line);
    } else {
        show_lines(cli, r, payload, verdict, good);
    }
    json_decref(payload);
    output_flush(cli);
    return good || !known ? 204 : 401;
}

int cmd_webhooks_listen(struct cli *cli, const struct cli_args *args)
{
    struct listening l = {.cli = cli};
    const char *listen = cli_args_get(args, "listen"), *times = cli_args_get(args, "count");
    char *end = NULL;
    long count = times ? strtol(times, &end, 10) : 0;
    if (times && (*end || count < 1)) {
        cli_error(cli, "--count \"%s\": write a number from 1 on", times);
        return CLI_USAGE;
    }
    if (!webhook_secret_read(cli, args, &l.secret))
        return CLI_USAGE;
    if (!l.secret.len)
        cli_note(cli, "There is no secret: set CARDEA_WEBHOOK_SECRET, and each webhook is checked.");
    int code = webhook_listen(cli, listen ? listen : "127.0.0.1:8787", count, on_request, &l);
    cli_secret_wipe(&l.secret);
    return code;
}
