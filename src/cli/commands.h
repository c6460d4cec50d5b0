/* cli/commands.h - the table of commands: parsing, help, completion and the reference pages all come from it. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/app.h"
#include "cli/args.h"

enum cli_command_flags {
    CLI_CMD_NATIVE = 1u << 0,   /* only under the native name */
    CLI_CMD_SERVER = 1u << 1,   /* talks to a server: has the connection's options */
    CLI_CMD_YES = 1u << 2,      /* may ask: has --yes */
    CLI_CMD_KEYS = 1u << 3,     /* under a product's name only when the product manages keys by an API */
    CLI_CMD_OWN_ARGS = 1u << 4, /* reads its arguments itself: `serve` */
};

typedef int (*cli_command_fn)(struct cli *cli, const struct cli_args *args);

struct cli_command {
    const char *noun; /* in the table CLI_KEYS_NOUN stands for what the profile calls its keys */
    const char *verb; /* NULL: the noun is the command */
    const char *summary;
    const char *words; /* what comes besides options: "ID|PREFIX…"; NULL: nothing */
    unsigned min_words, max_words;
    unsigned flags;
    const struct cli_option *options;
    size_t option_count;
    cli_command_fn run;
    const char *more;                      /* a paragraph for the help; NULL: none */
    const char *example;                   /* one line after the program's name; NULL: none */
    const struct profile_command *product; /* whose request it makes; NULL: one of our own */
};

#define CLI_KEYS_NOUN "api-keys"

/* The table as it stands in the source, for all names at once. */
const struct cli_command *cli_command_table(size_t *count);
/* The commands that exist under the name that the process was started with, each noun as it is typed here, those of one
 * noun together; what the profile declares comes last. In the arena. */
const struct cli_command *cli_commands(struct cli *cli, size_t *count);
/* One line on a noun with several verbs; in the arena. */
const char *cli_noun_summary(struct cli *cli, const char *noun);
bool cli_option_offered(const struct cli *cli, const struct cli_option *option);

/* "cardea api-keys create --name TEXT [options]": in the arena. */
const char *cli_command_usage(struct cli *cli, const struct cli_command *command);

/* Help texts. `noun` NULL: the overview. */
void cli_help_overview(struct cli *cli, FILE *to);
void cli_help_noun(struct cli *cli, FILE *to, const char *noun);
void cli_help_command(struct cli *cli, FILE *to, const struct cli_command *command);

/* Each word is a file that `check` looks at; it says what is wrong. The exit code. */
int cli_check_files(struct cli *cli, const struct cli_args *args, bool (*check)(struct cli *cli, const char *path));

/* Each in its cmd_<noun>.c */
int cmd_keys_create(struct cli *cli, const struct cli_args *args);
int cmd_keys_list(struct cli *cli, const struct cli_args *args);
int cmd_keys_show(struct cli *cli, const struct cli_args *args);
int cmd_keys_update(struct cli *cli, const struct cli_args *args);
int cmd_keys_rotate(struct cli *cli, const struct cli_args *args);
int cmd_keys_revoke(struct cli *cli, const struct cli_args *args);
int cmd_accounts_create(struct cli *cli, const struct cli_args *args);
int cmd_accounts_list(struct cli *cli, const struct cli_args *args);
int cmd_accounts_show(struct cli *cli, const struct cli_args *args);
int cmd_accounts_suspend(struct cli *cli, const struct cli_args *args);
int cmd_accounts_resume(struct cli *cli, const struct cli_args *args);
int cmd_accounts_delete(struct cli *cli, const struct cli_args *args);
int cmd_accounts_members(struct cli *cli, const struct cli_args *args);
int cmd_accounts_add_member(struct cli *cli, const struct cli_args *args);
int cmd_accounts_remove_member(struct cli *cli, const struct cli_args *args);
int cmd_agents_create(struct cli *cli, const struct cli_args *args);
int cmd_agents_list(struct cli *cli, const struct cli_args *args);
int cmd_agents_show(struct cli *cli, const struct cli_args *args);
int cmd_agents_disable(struct cli *cli, const struct cli_args *args);
int cmd_agents_enable(struct cli *cli, const struct cli_args *args);
int cmd_agents_delete(struct cli *cli, const struct cli_args *args);
int cmd_messages_send(struct cli *cli, const struct cli_args *args);
int cmd_messages_list(struct cli *cli, const struct cli_args *args);
int cmd_messages_ack(struct cli *cli, const struct cli_args *args);
int cmd_messages_secret(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_create(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_list(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_show(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_update(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_delete(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_deliveries(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_replay(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_rotate_secret(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_cut_over(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_test(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_verify(struct cli *cli, const struct cli_args *args);
int cmd_webhooks_listen(struct cli *cli, const struct cli_args *args);
int cmd_policies_create(struct cli *cli, const struct cli_args *args);
int cmd_policies_list(struct cli *cli, const struct cli_args *args);
int cmd_policies_show(struct cli *cli, const struct cli_args *args);
int cmd_policies_draft(struct cli *cli, const struct cli_args *args);
int cmd_policies_publish(struct cli *cli, const struct cli_args *args);
int cmd_policies_versions(struct cli *cli, const struct cli_args *args);
int cmd_policies_rename(struct cli *cli, const struct cli_args *args);
int cmd_policies_default(struct cli *cli, const struct cli_args *args);
int cmd_policies_delete(struct cli *cli, const struct cli_args *args);
int cmd_policies_test(struct cli *cli, const struct cli_args *args);
int cmd_policies_replay(struct cli *cli, const struct cli_args *args);
int cmd_audit_list(struct cli *cli, const struct cli_args *args);
int cmd_audit_verify(struct cli *cli, const struct cli_args *args);
int cmd_audit_prove(struct cli *cli, const struct cli_args *args);
int cmd_audit_consistency(struct cli *cli, const struct cli_args *args);
int cmd_audit_export(struct cli *cli, const struct cli_args *args);
int cmd_audit_checkpoint(struct cli *cli, const struct cli_args *args);
int cmd_audit_key(struct cli *cli, const struct cli_args *args);
int cmd_events_list(struct cli *cli, const struct cli_args *args);
int cmd_users_create(struct cli *cli, const struct cli_args *args);
int cmd_users_list(struct cli *cli, const struct cli_args *args);
int cmd_users_disable(struct cli *cli, const struct cli_args *args);
int cmd_users_enable(struct cli *cli, const struct cli_args *args);
int cmd_users_link(struct cli *cli, const struct cli_args *args);
int cmd_users_unlink(struct cli *cli, const struct cli_args *args);
int cmd_users_identities(struct cli *cli, const struct cli_args *args);
int cmd_issuers_check(struct cli *cli, const struct cli_args *args);
int cmd_issuers_docs(struct cli *cli, const struct cli_args *args);
int cmd_login(struct cli *cli, const struct cli_args *args);
int cmd_logout(struct cli *cli, const struct cli_args *args);
int cmd_auth_status(struct cli *cli, const struct cli_args *args);
int cmd_profiles_check(struct cli *cli, const struct cli_args *args);
int cmd_profiles_list(struct cli *cli, const struct cli_args *args);
int cmd_usage(struct cli *cli, const struct cli_args *args);
int cmd_billing_show(struct cli *cli, const struct cli_args *args);
int cmd_billing_set(struct cli *cli, const struct cli_args *args);
int cmd_profiles_pattern(struct cli *cli, const struct cli_args *args);
int cmd_profiles_docs(struct cli *cli, const struct cli_args *args);
int cmd_rules_check(struct cli *cli, const struct cli_args *args);
int cmd_rules_docs(struct cli *cli, const struct cli_args *args);
int cmd_rules_reasons(struct cli *cli, const struct cli_args *args);
int cmd_scan(struct cli *cli, const struct cli_args *args);
int cmd_completion(struct cli *cli, const struct cli_args *args);
int cmd_docs_cli(struct cli *cli, const struct cli_args *args);
int cmd_version(struct cli *cli, const struct cli_args *args);
/* A command that the profile declares. */
int cmd_product(struct cli *cli, const struct cli_args *args);

#endif
