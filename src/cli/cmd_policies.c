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
    return client_query(cli, client_path(cli, "/v1/policies", policy, rest), "account", account);
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

static int show_policy(struct cli *cli, const json_t *policy, const void *arg)
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
static int show_document(struct cli *cli, const json_t *answer, const void *arg)
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
        return client_run(cli, "GET",
                          policies_path(cli, policy, arena_printf(&cli->arena, "/versions/%lld", version).ptr, account),
                          NULL, show_document, "document");
    const char *path = policies_path(cli, policy, "", account);
    if (wants_draft || published)
        return client_run(cli, "GET", path, NULL, show_document, wants_draft ? "draft" : "document");
    return client_run(cli, "GET", path, NULL, show_policy, NULL);
}

/* ---- changes ---- */

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
    return client_run(cli, "POST", "/v1/policies", body, show_policy, NULL);
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
    return client_run(cli, "PUT", policies_path(cli, policy, "/draft", cli_args_get(args, "account")), body,
                      show_policy, output_said(cli, "Saved the draft of", policy));
}

static int show_version(struct cli *cli, const json_t *version, const void *arg)
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
    return client_run(cli, "POST", policies_path(cli, args->words[0], "/publish", cli_args_get(args, "account")), body,
                      show_version, args->words[0]);
}

int cmd_policies_rename(struct cli *cli, const struct cli_args *args)
{
    json_t *body = json_pack("{s:s}", "name", args->words[1]);
    if (!body) {
        cli_error(cli, "the name is not UTF-8");
        return CLI_USAGE;
    }
    return client_run(cli, "PATCH", policies_path(cli, args->words[0], "", cli_args_get(args, "account")), body,
                      show_policy, output_said(cli, "Renamed it to", args->words[1]));
}

int cmd_policies_default(struct cli *cli, const struct cli_args *args)
{
    return client_run(cli, "PATCH", policies_path(cli, args->words[0], "", cli_args_get(args, "account")),
                      json_pack("{s:b}", "default", 1), show_policy,
                      output_said(cli, "What names no policy is judged by", args->words[0]));
}

int cmd_policies_delete(struct cli *cli, const struct cli_args *args)
{
    const char *policy = args->words[0];
    int code = prompt_loss(
        cli, arena_printf(&cli->arena, "%s and all its versions would be deleted for good", policy).ptr,
        arena_printf(&cli->arena, "Delete %s and all its versions for good?", policy).ptr, "Nothing was deleted.");
    if (code != CLI_OK)
        return code;
    return client_run(cli, "DELETE", policies_path(cli, policy, "", cli_args_get(args, "account")), NULL, show_policy,
                      output_said(cli, "Deleted", policy));
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

int cmd_policies_list(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {policy_columns, sizeof(policy_columns) / sizeof(policy_columns[0]),
                                          policy_row, "No policies: the built-in one applies.", NULL};
    return page_list(cli, args, client_query(cli, "/v1/policies", "account", cli_args_get(args, "account")), &view);
}

int cmd_policies_versions(struct cli *cli, const struct cli_args *args)
{
    static const struct page_view view = {version_columns, sizeof(version_columns) / sizeof(version_columns[0]),
                                          version_row, "Nothing was published yet.", "version"};
    return page_list(cli, args, policies_path(cli, args->words[0], "/versions", cli_args_get(args, "account")), &view);
}
