#include <stdlib.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/document.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/policies.h"
#include "cli/prompt.h"

const char *policies_path(struct cli *cli, const char *policy, const char *rest, const char *account)
{
    const char *encoded = cli_url_encode(&cli->arena, policy);
    if (!account)
        return arena_printf(&cli->arena, "/v1/policies/%s%s", encoded, rest).ptr;
    return arena_printf(&cli->arena, "/v1/policies/%s%s?account=%s", encoded, rest,
                        cli_url_encode(&cli->arena, account))
        .ptr;
}

int policies_call(struct cli *cli, const char *method, const char *path, json_t *body, policies_show_fn show, void *arg)
{
    struct client c;
    struct client_reply reply;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = client_do(&c, method, path, json_incref(body), &reply);
    if (code == CLI_OK) {
        code = show(cli, reply.json, arg);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

bool policies_number(struct cli *cli, const struct cli_args *args, const char *name, long long *out)
{
    const char *text = cli_args_get(args, name);
    char *end = NULL;
    *out = text ? strtoll(text, &end, 10) : 0;
    if (!text || (*text >= '1' && *text <= '9' && *end == '\0' && *out < 1000000000))
        return true;
    cli_error(cli, "--%s \"%s\": write a number from 1 on", name, text);
    return false;
}

/* ---- one policy ---- */

static struct cardea_str state_of(struct cli *cli, const json_t *policy)
{
    json_int_t version = json_integer_value(json_object_get(policy, "version"));
    bool changes = json_is_true(json_object_get(policy, "unpublished_changes"));
    if (strcmp(output_text(cli, policy, "id").ptr, "builtin") == 0)
        return STR("built in");
    return version == 0 ? STR("draft") : changes ? STR("published, draft changed") : STR("published");
}

static int show_policy(struct cli *cli, const json_t *policy, void *arg)
{
    const char *said = arg;
    if (cli->json) {
        output_json(cli, policy);
    } else if (cli->quiet) {
        output_line(cli, output_text(cli, policy, "id").ptr);
    } else if (!said) {
        output_field(cli, "Name", output_text(cli, policy, "name"));
        output_field(cli, "ID", output_text(cli, policy, "id"));
        output_field(cli, "Account", output_text(cli, policy, "account"));
        output_field(cli, "Default", json_is_true(json_object_get(policy, "default")) ? STR("yes") : STR("no"));
        output_field(cli, "State", state_of(cli, policy));
        output_field(cli, "Version", output_text(cli, policy, "version"));
        output_field(cli, "Revision", output_text(cli, policy, "revision"));
        output_field(cli, "Created", output_time(cli, policy, "created_at", ""));
        output_field(cli, "Updated", output_time(cli, policy, "updated_at", ""));
    }
    if (said)
        cli_done(cli, "%s", said);
    return CLI_OK;
}

/* The document that a member of the answer is. */
static int show_document(struct cli *cli, const json_t *answer, void *arg)
{
    const char *member = arg;
    const json_t *document = json_object_get(answer, member);
    if (!json_is_object(document)) {
        cli_error(cli, "there is none: %s",
                  strcmp(member, "draft") == 0 ? "the built-in policy has no draft" : "nothing was published yet");
        return CLI_NOT_FOUND;
    }
    output_json(cli, document);
    return CLI_OK;
}

int cmd_policies_show(struct cli *cli, const struct cli_args *args)
{
    static char draft[] = "draft", document[] = "document";
    const char *account = cli_args_get(args, "account"), *policy = args->words[0];
    bool wants_draft = cli_args_has(args, "draft"), published = cli_args_has(args, "published");
    long long version;
    if (!policies_number(cli, args, "version", &version))
        return CLI_USAGE;
    if (wants_draft + published + (version > 0) > 1) {
        cli_error(cli, "one of --draft, --published and --version, not several");
        return CLI_USAGE;
    }
    if (version > 0)
        return policies_call(
            cli, "GET", policies_path(cli, policy, arena_printf(&cli->arena, "/versions/%lld", version).ptr, account),
            NULL, show_document, document);
    const char *path = policies_path(cli, policy, "", account);
    if (wants_draft || published)
        return policies_call(cli, "GET", path, NULL, show_document, wants_draft ? draft : document);
    return policies_call(cli, "GET", path, NULL, show_policy, NULL);
}

/* ---- changes ---- */

static char *said(struct cli *cli, const char *what, const char *policy)
{
    return arena_cstr(&cli->arena, arena_printf(&cli->arena, "%s %s", what, policy));
}

int cmd_policies_create(struct cli *cli, const struct cli_args *args)
{
    json_t *document = args->word_count > 1 ? document_read(cli, args->words[1]) : NULL;
    if (args->word_count > 1 && !document)
        return CLI_FAILURE;
    json_t *body = json_pack("{s:s,s:s*,s:o*}", "name", args->words[0], "account", cli_args_get(args, "account"),
                             "document", document);
    if (!body) {
        cli_error(cli, "the name is not UTF-8");
        return CLI_USAGE;
    }
    return policies_call(cli, "POST", "/v1/policies", body, show_policy, NULL);
}

int cmd_policies_draft(struct cli *cli, const struct cli_args *args)
{
    const char *policy = args->words[0];
    long long revision;
    if (!policies_number(cli, args, "revision", &revision))
        return CLI_USAGE;
    json_t *document = document_read(cli, args->words[1]);
    if (!document)
        return CLI_FAILURE;
    json_t *body = json_pack("{s:o}", "document", document);
    if (revision > 0)
        json_object_set_new(body, "revision", json_integer(revision));
    return policies_call(cli, "PUT", policies_path(cli, policy, "/draft", cli_args_get(args, "account")), body,
                         show_policy, said(cli, "Saved the draft of", policy));
}

static int show_version(struct cli *cli, const json_t *version, void *arg)
{
    if (cli->json)
        output_json(cli, version);
    else if (cli->quiet)
        output_line(cli, output_text(cli, version, "version").ptr);
    cli_done(cli, "Version %s of %s is in force", output_text(cli, version, "version").ptr, (const char *)arg);
    return CLI_OK;
}

int cmd_policies_publish(struct cli *cli, const struct cli_args *args)
{
    long long version, revision;
    if (!policies_number(cli, args, "version", &version) || !policies_number(cli, args, "revision", &revision))
        return CLI_USAGE;
    json_t *body = json_pack("{s:s*}", "note", cli_args_get(args, "note"));
    if (!body) {
        cli_error(cli, "the note is not UTF-8");
        return CLI_USAGE;
    }
    if (version > 0)
        json_object_set_new(body, "version", json_integer(version));
    if (revision > 0)
        json_object_set_new(body, "revision", json_integer(revision));
    return policies_call(cli, "POST", policies_path(cli, args->words[0], "/publish", cli_args_get(args, "account")),
                         body, show_version, arena_cstr(&cli->arena, str_of(args->words[0])));
}

int cmd_policies_rename(struct cli *cli, const struct cli_args *args)
{
    json_t *body = json_pack("{s:s}", "name", args->words[1]);
    if (!body) {
        cli_error(cli, "the name is not UTF-8");
        return CLI_USAGE;
    }
    return policies_call(cli, "PATCH", policies_path(cli, args->words[0], "", cli_args_get(args, "account")), body,
                         show_policy, said(cli, "Renamed it to", args->words[1]));
}

int cmd_policies_default(struct cli *cli, const struct cli_args *args)
{
    return policies_call(cli, "PATCH", policies_path(cli, args->words[0], "", cli_args_get(args, "account")),
                         json_pack("{s:b}", "default", 1), show_policy,
                         said(cli, "What names no policy is judged by", args->words[0]));
}

int cmd_policies_delete(struct cli *cli, const struct cli_args *args)
{
    const char *policy = args->words[0];
    if (!cli->yes) {
        if (!cli->in_tty || !cli->err_tty) {
            cli_error(cli, "%s and all its versions would be deleted for good; add --yes", policy);
            return CLI_USAGE;
        }
        if (!prompt_confirm(cli, arena_printf(&cli->arena, "Delete %s and all its versions for good?", policy).ptr)) {
            cli_note(cli, "Nothing was deleted.");
            return CLI_FAILURE;
        }
    }
    return policies_call(cli, "DELETE", policies_path(cli, policy, "", cli_args_get(args, "account")), NULL,
                         show_policy, said(cli, "Deleted", policy));
}

/* ---- lists ---- */

static const struct table_column policy_columns[] = {
    {"NAME", true, false},     {"DEFAULT", false, false}, {"STATE", false, false},
    {"VERSION", false, false}, {"UPDATED", false, true},  {"ID", false, false},
};

static void policy_row(struct cli *cli, struct table *t, const json_t *policy)
{
    bool is_default = json_is_true(json_object_get(policy, "default"));
    const struct table_cell cells[] = {
        {output_text(cli, policy, "name"), TABLE_PLAIN},
        {is_default ? STR("default") : STR(""), TABLE_GOOD},
        {state_of(cli, policy), TABLE_PLAIN},
        {output_text(cli, policy, "version"), TABLE_PLAIN},
        {output_time(cli, policy, "updated_at", ""), TABLE_DIM},
        {output_text(cli, policy, "id"), TABLE_DIM},
    };
    table_add(t, cells);
}

static const struct table_column version_columns[] = {
    {"VERSION", false, false}, {"PUBLISHED", false, false}, {"BY", false, true}, {"NOTE", true, false}};

static void version_row(struct cli *cli, struct table *t, const json_t *version)
{
    const struct table_cell cells[] = {
        {output_text(cli, version, "version"), TABLE_PLAIN},
        {output_time(cli, version, "published_at", ""), TABLE_DIM},
        {output_text(cli, version, "published_by"), TABLE_PLAIN},
        {output_text(cli, version, "note"), TABLE_PLAIN},
    };
    table_add(t, cells);
}

static int list(struct cli *cli, const struct cli_args *args, const char *path, const struct page_view *view)
{
    struct client c;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = page_list(&c, args, path, view);
    client_release(&c);
    return code;
}

int cmd_policies_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {policy_columns, sizeof(policy_columns) / sizeof(policy_columns[0]),
                                          policy_row, "No policies: the built-in one applies.", NULL};
    const char *account = cli_args_get(args, "account");
    return list(cli, args,
                account ? arena_printf(&cli->arena, "/v1/policies?account=%s", cli_url_encode(&cli->arena, account)).ptr
                        : "/v1/policies",
                &view);
}

int cmd_policies_versions(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {version_columns, sizeof(version_columns) / sizeof(version_columns[0]),
                                          version_row, "Nothing was published yet.", "version"};
    return list(cli, args, policies_path(cli, args->words[0], "/versions", cli_args_get(args, "account")), &view);
}
