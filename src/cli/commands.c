#include "cli/commands.h"

#include "base/str.h"

#define OPTIONS(table) (table), sizeof(table) / sizeof((table)[0])
#define NO_OPTIONS     NULL, 0

static const struct cli_option keys_create_options[] = {
    {"name", 0, "TEXT", "what the key is for", CLI_OPTION_REQUIRED},
    {"scope", 0, "SCOPE", "what the key may do; repeat it, or separate with commas", CLI_OPTION_LIST},
    {"kind", 0, "KIND", "which kind of key (default: the product's first)", 0},
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
    {"agent", 0, "AGENT", "the agent that the key is bound to", CLI_OPTION_NATIVE},
    {"expires", 0, "WHEN", "30d, 12h, an RFC 3339 time, or never", 0},
    {"ip-allow", 0, "CIDR", "addresses that may use the key; repeat it, or separate with commas", CLI_OPTION_LIST},
    {"rate-limit", 0, "N/TIME", "requests in a time, such as 100/60s", 0},
    {"credits", 0, "N", "how many requests the key is good for", 0},
    {"metadata", 0, "NAME=VALUE", "your own data on the key; repeat it", CLI_OPTION_REPEAT},
};

static const struct cli_option keys_list_options[] = {
    {"account", 0, "ACCOUNT", "only keys of this account", 0},
    {"kind", 0, "KIND", "only keys of this kind, such as legacy", 0},
    {"status", 0, "STATUS", "only active, disabled, expired or revoked keys", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

static const struct cli_option keys_one_options[] = {
    {"account", 0, "ACCOUNT", "look for the prefix in this account only", 0},
};

static const struct cli_option keys_update_options[] = {
    {"name", 0, "TEXT", "a new name", 0},
    {"scope", 0, "SCOPE", "the scopes from now on; repeat it, or separate with commas", CLI_OPTION_LIST},
    {"enable", 0, NULL, "let it work again", 0},
    {"disable", 0, NULL, "stop it for now", 0},
    {"expires", 0, "WHEN", "30d, 12h, an RFC 3339 time, or never", 0},
    {"ip-allow", 0, "CIDR", "the addresses from now on; `any` lifts the limit", CLI_OPTION_LIST},
    {"rate-limit", 0, "N/TIME", "such as 100/60s; `none` lifts it", 0},
    {"credits", 0, "N", "credits from now on; `none` lifts the limit", 0},
    {"metadata", 0, "NAME=VALUE", "the data from now on; repeat it", CLI_OPTION_REPEAT},
    {"account", 0, "ACCOUNT", "look for the prefix in this account only", 0},
};

static const struct cli_option usage_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own; for the root key, all)", 0},
    {"key", 0, "KEY", "only this key, by id or prefix", 0},
    {"from", 0, "TIME", "a time, a day (2026-11-21) or a month (2026-11)", 0},
    {"to", 0, "TIME", "up to that, and without it (default: now)", 0},
    {"by", 0, "WORDS", "what to group by, with commas", 0},
};

static const struct cli_option billing_show_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own; the root key must name one)", 0},
    {"month", 0, "MONTH", "such as 2026-11 (default: this month)", 0},
};

static const struct cli_option billing_set_options[] = {
    {"credits", 0, "N", "credits from now on; `none` lifts the limit, until a refill sets one again", 0},
    {"refill", 0, "N/TIME", "set them to so many again, such as 10000/month or 500/day; `none` ends it", 0},
    {"account", 0, "ACCOUNT", "look for the prefix in this account only", 0},
};

static const struct cli_option keys_rotate_options[] = {
    {"overlap", 0, "TIME", "how long the old key goes on working, such as 24h or 0 (default: the product's)", 0},
    {"account", 0, "ACCOUNT", "look for the prefix in this account only", 0},
};

static const struct cli_option keys_revoke_options[] = {
    {"reason", 0, "TEXT", "why, for the audit log", 0},
    {"account", 0, "ACCOUNT", "look for the prefix in this account only", 0},
};

static const struct cli_option accounts_create_options[] = {
    {"profile", 0, "PROFILE", "the product that the account belongs to", CLI_OPTION_REQUIRED},
    {"slug", 0, "SLUG", "its short name in URLs", CLI_OPTION_REQUIRED},
    {"name", 0, "TEXT", "its name for people (default: the slug)", 0},
};

static const struct cli_option accounts_list_options[] = {
    {"profile", 0, "PROFILE", "only accounts of this product", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

static const struct cli_option messages_send_options[] = {
    {"to", 0, "TO", "who gets it: an agent, an e-mail address or a URL", CLI_OPTION_REQUIRED},
    {"body", 0, "TEXT", "what is sent", 0},
    {"file", 0, "FILE", "a file whose text is sent; - is standard input", 0},
    {"subject", 0, "TEXT", "its subject, one line", 0},
    {"attach", 0, "FILE", "a file of text that goes with it; may be repeated", CLI_OPTION_REPEAT},
    {"client-id", 0, "ID", "your own name for it: sent again, it is sent once", 0},
    {"account", 0, "ACCOUNT", "look for the slug in this account (default: your own)", 0},
};
static const struct cli_option messages_list_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
    {"state", 0, "STATE", "only queued, delivered, acknowledged or failed ones", 0},
    {"after", 0, "ID", "of an inbox: only what comes after this message", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};
static const struct cli_option messages_ack_options[] = {
    {"up-to", 0, NULL, "all in the inbox up to this one", 0},
    {"account", 0, "ACCOUNT", "look for the slug in this account (default: your own)", 0},
};

#define WEBHOOK_INPUT                                                                                        \
    {"event", 0, "TYPE", "what it is told of, such as key.created, key.* or *; repeat it", CLI_OPTION_LIST}, \
    {                                                                                                        \
        "description", 0, "TEXT", "what it is for", 0                                                        \
    }

static const struct cli_option webhooks_create_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
    WEBHOOK_INPUT,
};
static const struct cli_option webhooks_one_options[] = {
    {"account", 0, "ACCOUNT", "look for it in this account only", 0},
};
static const struct cli_option webhooks_update_options[] = {
    {"url", 0, "URL", "where it is told from now on", 0},
    WEBHOOK_INPUT,
    {"enable", 0, NULL, "tell it again", 0},
    {"disable", 0, NULL, "tell it nothing for now", 0},
    {"account", 0, "ACCOUNT", "look for it in this account only", 0},
};
static const struct cli_option webhooks_rotate_options[] = {
    {"overlap", 0, "TIME", "how long the old secret signs, too (default: 24h)", 0},
    {"account", 0, "ACCOUNT", "look for it in this account only", 0},
};
static const struct cli_option webhooks_deliveries_options[] = {
    {"state", 0, "STATE", "only queued, delivered or failed ones", 0},
    {"account", 0, "ACCOUNT", "look for it in this account only", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};
static const struct cli_option webhooks_replay_options[] = {
    {"since", 0, "TIME", "what failed of events from then on: an RFC 3339 time, or how long ago", 0},
    {"until", 0, "TIME", "up to then (default: now)", 0},
    {"account", 0, "ACCOUNT", "look for it in this account only", 0},
};
static const struct cli_option webhooks_verify_options[] = {
    {"id", 0, "ID", "the header webhook-id", 0},
    {"timestamp", 0, "SECONDS", "the header webhook-timestamp", 0},
    {"signature", 0, "TEXT", "the header webhook-signature", 0},
    {"body-signature", 0, "HEX", "a product's own header, such as X-Anima-Signature", 0},
    {"at", 0, "TIME", "as if it came in then (default: now)", 0},
    {"secret-file", 0, "FILE", "holds the secret (default: the environment's CARDEA_WEBHOOK_SECRET)", 0},
};
static const struct cli_option webhooks_listen_options[] = {
    {"listen", 0, "ADDR", "HOST:PORT or PORT on this machine (default: 127.0.0.1:8787)", 0},
    {"count", 0, "N", "end after so many", 0},
    {"secret-file", 0, "FILE", "holds the secret (default: the environment's CARDEA_WEBHOOK_SECRET)", 0},
};

static const struct cli_option page_options[] = {
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

static const struct cli_option add_member_options[] = {
    {"role", 0, "ROLE", "owner, admin, member or viewer", CLI_OPTION_REQUIRED},
};

static const struct cli_option agents_create_options[] = {
    {"slug", 0, "SLUG", "its short name in URLs, for good", CLI_OPTION_REQUIRED},
    {"name", 0, "TEXT", "its name for people (default: the slug)", 0},
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
};

static const struct cli_option agents_list_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

static const struct cli_option agents_one_options[] = {
    {"account", 0, "ACCOUNT", "look for the slug in this account (default: your own)", 0},
};

static const struct cli_option policies_one_options[] = {
    {"account", 0, "ACCOUNT", "look for the name in this account (default: your own)", 0},
};

static const struct cli_option policies_create_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own)", 0},
};

static const struct cli_option policies_show_options[] = {
    {"draft", 0, NULL, "print the draft's document instead", 0},
    {"published", 0, NULL, "print the document that is in force", 0},
    {"version", 0, "N", "print the document of this version", 0},
    {"account", 0, "ACCOUNT", "look for the name in this account (default: your own)", 0},
};

static const struct cli_option policies_draft_options[] = {
    {"revision", 0, "N", "only if the draft is still the one with this revision", 0},
    {"account", 0, "ACCOUNT", "look for the name in this account (default: your own)", 0},
};

static const struct cli_option policies_publish_options[] = {
    {"note", 0, "TEXT", "why, for those who come after you", 0},
    {"version", 0, "N", "roll back: publish this version anew", 0},
    {"revision", 0, "N", "only if the draft is still the one with this revision", 0},
    {"account", 0, "ACCOUNT", "look for the name in this account (default: your own)", 0},
};

static const struct cli_option policies_test_options[] = {
    {"policy", 0, "ID|NAME", "which policy, in place of the file's `policy`", 0},
    {"draft", 0, NULL, "its draft, not what is in force", 0},
    {"account", 0, "ACCOUNT", "look for the name in this account (default: the file's, then your own)", 0},
};

static const struct cli_option policies_replay_options[] = {
    {"limit", 0, "N", "so many events, newest first, 1 to 1000 (default 100)", 0},
    {"account", 0, "ACCOUNT", "look for the name in this account (default: your own)", 0},
};

static const struct cli_option events_list_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own; for the root key, all)", 0},
    {"type", 0, "TYPE", "only events of this type, such as key.exposed", 0},
    {"key", 0, "KEY", "only events of this key, by id or prefix", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

static const struct cli_option audit_list_options[] = {
    {"account", 0, "ACCOUNT", "the account, by id or slug (default: your own; for the root key, all)", 0},
    {"actor", 0, "WHO", "only what this one did: root, system, nobody, or the id of a user or key", 0},
    {"subject", 0, "ID", "only what happened to this key, user, account …", 0},
    {"action", 0, "ACTION", "only this, such as key.revoked; \"key.*\" for all that begin so", 0},
    {"from", 0, "TIME", "not before, such as 2026-11-21T12:00:00Z", 0},
    {"to", 0, "TIME", "before", 0},
    {"limit", 0, "N", "how many at most, 1 to 200 (default 50)", 0},
    {"cursor", 0, "CURSOR", "go on where a page ended", 0},
    {"all", 0, NULL, "all pages", 0},
};

#define AUDIT_KEY                                                                             \
    {                                                                                         \
        "key", 0, "KEY", "who is to have signed: a verifier key, or a file that holds one", 0 \
    }

static const struct cli_option audit_verify_options[] = {
    AUDIT_KEY,
    {"from", 0, "CHECKPOINT", "a file with a checkpoint that you kept: the log must go on from it", 0},
    {"checkpoint", 0, "CHECKPOINT", "a file with a later one: the log must reach it", 0},
};

static const struct cli_option audit_prove_options[] = {
    AUDIT_KEY,
    {"out", 'o', "FILE", "write the proof there, for others to check (c2sp.org/tlog-proof)", 0},
    {"check", 0, "FILE", "check such a proof, without a server; the record comes from --record", 0},
    {"record", 0, "FILE", "the record's line (default: standard input)", 0},
};

static const struct cli_option audit_consistency_options[] = {
    AUDIT_KEY,
    {"out", 'o', "FILE", "write the proof there, for others to check", 0},
    {"proof", 0, "FILE", "check such a proof, without a server", 0},
};

static const struct cli_option audit_export_options[] = {
    {"out", 'o', "FILE", "where it goes, whole or not at all (default: standard output)", 0},
    {"from", 0, "INDEX", "the first record (default: the oldest that is kept)", 0},
};

static const struct cli_option audit_checkpoint_options[] = {
    {"now", 0, NULL, "have one signed now, if there is something new; root key", 0},
};

static const struct cli_option users_create_options[] = {
    {"email", 0, "EMAIL", "the address to log in with", CLI_OPTION_REQUIRED},
    {"name", 0, "TEXT", "the person's name", CLI_OPTION_REQUIRED},
    {"account", 0, "ACCOUNT", "make the user a member of this account", 0},
    {"role", 0, "ROLE", "the role there: owner, admin, member (default) or viewer", 0},
    {"no-password", 0, NULL, "without one: the user cannot log in with a password", 0},
};

static const struct cli_option identity_options[] = {
    {"issuer", 0, "URL", "the tokens' `iss`, as in the daemon's file of issuers", CLI_OPTION_REQUIRED},
    {"subject", 0, "SUB", "the tokens' `sub`: who the person is to that issuer", CLI_OPTION_REQUIRED},
};

static const struct cli_option login_options[] = {
    {"token", 0, "KEY", "the key; - reads it from standard input", CLI_OPTION_REQUIRED},
};

static const struct cli_option scan_options[] = {
    {"sensitivity", 0, "LEVEL", "low, medium (default) or high: how much to look for", 0},
    {"rules", 0, "DIR", "a folder of further rule packs", 0},
    {"allow-domain", 0, "DOMAIN", "hosts that are never findings; repeat it, or separate with commas", CLI_OPTION_LIST},
    {"deny-domain", 0, "DOMAIN", "hosts that always are; repeat it, or separate with commas", CLI_OPTION_LIST},
};

#define KEYS (CLI_CMD_SERVER | CLI_CMD_KEYS)
#define ROOT (CLI_CMD_SERVER | CLI_CMD_NATIVE)

static const struct cli_command commands[] = {
    {CLI_KEYS_NOUN, "create", "Issue a key and show it, once", NULL, 0, 0, KEYS, OPTIONS(keys_create_options),
     cmd_keys_create, "The key is shown once and stored only as a hash. --quiet prints the key alone, for scripts.",
     "--name \"ci-pipeline\""},
    {CLI_KEYS_NOUN, "list", "List keys", NULL, 0, 0, KEYS, OPTIONS(keys_list_options), cmd_keys_list,
     "Piped, it prints tab-separated columns without a header: name, prefix, created, last used, status, id, and "
     "natively "
     "kind, account, scopes and, of a key that soon expires or is to be rotated, what and when. Times are RFC 3339 in "
     "UTC.",
     "--status active"},
    {CLI_KEYS_NOUN, "show", "Show a key's data", "ID|PREFIX", 1, 1, KEYS, OPTIONS(keys_one_options), cmd_keys_show,
     NULL, NULL},
    {CLI_KEYS_NOUN, "update", "Change a key; its secret stays", "ID|PREFIX", 1, 1, KEYS, OPTIONS(keys_update_options),
     cmd_keys_update, "Each change takes effect at once.", "key_01jd3v8k2m4ta --disable"},
    {CLI_KEYS_NOUN, "rotate", "Replace a key by a new one", "ID|PREFIX", 1, 1, ROOT, OPTIONS(keys_rotate_options),
     cmd_keys_rotate,
     "The old key goes on working until the overlap ends, so that nothing stops while you roll out the new.",
     "key_01jd3v8k2m4ta --overlap 1h"},
    {CLI_KEYS_NOUN, "revoke", "Revoke keys, at once and for good", "ID|PREFIX...", 1, 1000, KEYS | CLI_CMD_YES,
     OPTIONS(keys_revoke_options), cmd_keys_revoke,
     "Several keys need a confirmation, or --yes where nobody can be asked.",
     "key_01jd3v8k2m4ta --reason \"left the team\""},

    {"accounts", "create", "Create an account", NULL, 0, 0, ROOT, OPTIONS(accounts_create_options), cmd_accounts_create,
     NULL, "--profile animus --slug acme --name \"Acme\""},
    {"accounts", "list", "List accounts", NULL, 0, 0, ROOT, OPTIONS(accounts_list_options), cmd_accounts_list, NULL,
     NULL},
    {"accounts", "show", "Show an account", "ACCOUNT", 1, 1, ROOT, NO_OPTIONS, cmd_accounts_show, NULL, NULL},
    {"accounts", "suspend", "Stop all keys of an account", "ACCOUNT", 1, 1, ROOT, NO_OPTIONS, cmd_accounts_suspend,
     NULL, NULL},
    {"accounts", "resume", "Let an account's keys work again", "ACCOUNT", 1, 1, ROOT, NO_OPTIONS, cmd_accounts_resume,
     NULL, NULL},
    {"accounts", "delete", "Delete an account; its keys stop for good", "ACCOUNT", 1, 1, ROOT | CLI_CMD_YES, NO_OPTIONS,
     cmd_accounts_delete, NULL, NULL},
    {"accounts", "members", "List who belongs to an account", "ACCOUNT", 1, 1, ROOT, OPTIONS(page_options),
     cmd_accounts_members, NULL, NULL},
    {"accounts", "add-member", "Give a user a role in an account", "ACCOUNT USER", 2, 2, ROOT,
     OPTIONS(add_member_options), cmd_accounts_add_member, NULL, "acme usr_01jd3v8k2m4ta --role admin"},
    {"accounts", "remove-member", "Take a user out of an account", "ACCOUNT USER", 2, 2, ROOT, NO_OPTIONS,
     cmd_accounts_remove_member, NULL, NULL},

    {"agents", "create", "Create an agent", NULL, 0, 0, ROOT, OPTIONS(agents_create_options), cmd_agents_create,
     "Keys of a kind that is bound to an agent are then issued with --agent.",
     "--account acme --slug support --name \"Support desk\""},
    {"agents", "list", "List an account's agents", NULL, 0, 0, ROOT, OPTIONS(agents_list_options), cmd_agents_list,
     NULL, "--account acme"},
    {"agents", "show", "Show an agent", "ID|SLUG", 1, 1, ROOT, OPTIONS(agents_one_options), cmd_agents_show, NULL,
     NULL},
    {"agents", "disable", "Stop all keys of an agent", "ID|SLUG", 1, 1, ROOT, OPTIONS(agents_one_options),
     cmd_agents_disable, NULL, "support --account acme"},
    {"agents", "enable", "Let an agent's keys work again", "ID|SLUG", 1, 1, ROOT, OPTIONS(agents_one_options),
     cmd_agents_enable, NULL, NULL},
    {"agents", "delete", "Delete an agent; its keys stop for good", "ID|SLUG", 1, 1, ROOT | CLI_CMD_YES,
     OPTIONS(agents_one_options), cmd_agents_delete, "Its slug is not given again.", NULL},

    {"messages", "send", "Send a message as an agent", "AGENT", 1, 1, ROOT, OPTIONS(messages_send_options),
     cmd_messages_send,
     "It is scanned first: what may not leave is refused with the reason (exit code 11), and kept nowhere. TO is "
     "another "
     "agent of the account, an e-mail address, or a URL that it is pushed to, signed.",
     "support --account acme --to billing --subject Refund --body \"Please refund order 7.\""},
    {"messages", "list", "List an agent's inbox, or all messages of an account", "[AGENT]", 0, 1, ROOT,
     OPTIONS(messages_list_options), cmd_messages_list,
     "With AGENT: what it has not acknowledged, oldest first. Without: all messages, newest first; --state failed "
     "shows "
     "those that were given up.",
     "billing --account acme"},
    {"messages", "ack", "Acknowledge a message, so that it is not received again", "AGENT ID", 2, 2, ROOT,
     OPTIONS(messages_ack_options), cmd_messages_ack, NULL, "billing msg_01jd3v8k2m4ta --account acme"},
    {"messages", "secret", "Make the secret that signs what an agent pushes", "AGENT", 1, 1, ROOT,
     OPTIONS(agents_one_options), cmd_messages_secret, "It takes the place of the one before.", NULL},

    {"webhooks", "create", "Have an endpoint told of events, and show its secret, once", "URL", 1, 1, ROOT,
     OPTIONS(webhooks_create_options), cmd_webhooks_create, "Without --event it is told of all.",
     "https://example.com/hooks --account acme --event key.created,key.revoked"},
    {"webhooks", "list", "List an account's endpoints", NULL, 0, 0, ROOT, OPTIONS(agents_list_options),
     cmd_webhooks_list, NULL, "--account acme"},
    {"webhooks", "show", "Show an endpoint", "ID", 1, 1, ROOT, OPTIONS(webhooks_one_options), cmd_webhooks_show, NULL,
     NULL},
    {"webhooks", "update", "Change, enable or disable an endpoint", "ID", 1, 1, ROOT, OPTIONS(webhooks_update_options),
     cmd_webhooks_update, NULL, "whk_01jd3v8k2m4ta --enable"},
    {"webhooks", "delete", "Delete an endpoint", "ID", 1, 1, ROOT | CLI_CMD_YES, OPTIONS(webhooks_one_options),
     cmd_webhooks_delete, NULL, NULL},
    {"webhooks", "deliveries", "List what was sent, or show one of it", "ID [DELIVERY]", 1, 2, ROOT,
     OPTIONS(webhooks_deliveries_options), cmd_webhooks_deliveries,
     "With DELIVERY: its attempts, what was sent and what was answered, as JSON.", "whk_01jd3v8k2m4ta --state failed"},
    {"webhooks", "replay", "Send deliveries once more", "ID [DELIVERY]", 1, 2, ROOT, OPTIONS(webhooks_replay_options),
     cmd_webhooks_replay, "One delivery that has ended, or what failed of a time.", "whk_01jd3v8k2m4ta --since 2h"},
    {"webhooks", "rotate-secret", "Replace an endpoint's secret and show the new one, once", "ID", 1, 1, ROOT,
     OPTIONS(webhooks_rotate_options), cmd_webhooks_rotate_secret,
     "Until the overlap ends both sign in webhook-signature; a product's own header stays with the old one.", NULL},
    {"webhooks", "cut-over", "End the overlap of two secrets", "ID", 1, 1, ROOT, OPTIONS(webhooks_one_options),
     cmd_webhooks_cut_over, NULL, NULL},
    {"webhooks", "test", "Send an endpoint a test event", "ID", 1, 1, ROOT, OPTIONS(webhooks_one_options),
     cmd_webhooks_test, NULL, NULL},
    {"webhooks", "verify", "Is a webhook that came in genuine?", "[FILE|-]", 0, 1, CLI_CMD_NATIVE,
     OPTIONS(webhooks_verify_options), cmd_webhooks_verify,
     "Reads the body as it came, from standard input unless FILE is given; asks no server. What was sent more than "
     "five minutes ago is refused. Exit code 1: it is not genuine.",
     "--id \"$ID\" --timestamp \"$TIMESTAMP\" --signature \"$SIGNATURE\" < body.json"},
    {"webhooks", "listen", "Print and check webhooks that come in on this machine", NULL, 0, 0, CLI_CMD_NATIVE,
     OPTIONS(webhooks_listen_options), cmd_webhooks_listen,
     "Answers 204, or 401 where the secret is known and the signature is not good. The daemon sends to this machine "
     "when it was started with --webhook-http --webhook-networks 127.0.0.0/8.",
     NULL},

    {"policies", "create", "Create a content policy, as a draft", "NAME [FILE|-]", 1, 2, ROOT,
     OPTIONS(policies_create_options), cmd_policies_create,
     "FILE is a policy in JSON or YAML; without one the draft is the built-in policy. An account's first policy is its "
     "default, and applies once it is published.",
     "outbound outbound.yaml --account acme"},
    {"policies", "list", "List an account's content policies", NULL, 0, 0, ROOT, OPTIONS(agents_list_options),
     cmd_policies_list, NULL, "--account acme"},
    {"policies", "show", "Show a content policy, or one of its documents", "ID|NAME", 1, 1, ROOT,
     OPTIONS(policies_show_options), cmd_policies_show, "`builtin` is the policy that applies without any other.",
     "outbound --draft"},
    {"policies", "draft", "Save a draft from a file", "ID|NAME FILE|-", 2, 2, ROOT, OPTIONS(policies_draft_options),
     cmd_policies_draft, "FILE is a policy in JSON or YAML. Every mistake is named, and nothing is saved then.",
     "outbound outbound.yaml"},
    {"policies", "publish", "Put the draft in force, or roll back", "ID|NAME", 1, 1, ROOT,
     OPTIONS(policies_publish_options), cmd_policies_publish,
     "The draft becomes the next version, which never changes. To roll back is to publish an old one anew.",
     "outbound --note \"No card numbers\""},
    {"policies", "versions", "List what was published, newest first", "ID|NAME", 1, 1, ROOT,
     OPTIONS(agents_list_options), cmd_policies_versions, NULL, "outbound"},
    {"policies", "rename", "Rename a content policy", "ID|NAME NEW-NAME", 2, 2, ROOT, OPTIONS(policies_one_options),
     cmd_policies_rename, NULL, NULL},
    {"policies", "default", "Make a published policy the account's default", "ID|NAME", 1, 1, ROOT,
     OPTIONS(policies_one_options), cmd_policies_default, "It applies to all that names no policy.", "outbound"},
    {"policies", "delete", "Delete a content policy and its versions", "ID|NAME", 1, 1, ROOT | CLI_CMD_YES,
     OPTIONS(policies_one_options), cmd_policies_delete,
     "The default only when it is the last one; then the built-in policy applies.", NULL},
    {"policies", "test", "Check a policy against texts with a known answer", "FILE|-", 1, 1, ROOT,
     OPTIONS(policies_test_options), cmd_policies_test,
     "FILE, in JSON or YAML: `policy`, `draft: true` to test the draft, and `cases`, each with `text`, `expect` "
     "(allow, "
     "flag or block) and a `name`. Exit code 0 when all hold, 1 when one does not. Nothing is recorded, and the AI is "
     "not asked.",
     "outbound-cases.yaml"},
    {"policies", "replay", "What a draft would have done with what was flagged or blocked", "ID|NAME", 1, 1, ROOT,
     OPTIONS(policies_replay_options), cmd_policies_replay,
     "Texts that were kept are scanned anew; of others the recorded findings are judged, to which patterns, words and "
     "hosts of the policy's own see nothing.",
     "outbound --limit 500"},

    {"events", "list", "List what happened, newest first", NULL, 0, 0, ROOT, OPTIONS(events_list_options),
     cmd_events_list,
     "key.exposed: a key that is for servers only came from a browser page. key.denied: a key was refused, at most "
     "once a "
     "minute for each reason. The others are changes.",
     "--account acme --type key.exposed"},

    {"audit", "list", "List records, newest first", NULL, 0, 0, ROOT, OPTIONS(audit_list_options), cmd_audit_list,
     "--json shows records whole, with what was before and after.",
     "--account acme --action \"key.*\" --from 2026-11-01T00:00:00Z"},
    {"audit", "verify", "Verify that the log is what was signed", "[FILE]", 0, 1, ROOT, OPTIONS(audit_verify_options),
     cmd_audit_verify,
     "FILE is an exported log (- reads standard input): then no server is asked, and --key must be given. What was "
     "changed, dropped, moved, repeated, cut off or put in from another log is named, with its record. Exit code 1 "
     "when "
     "anything is wrong.",
     "audit.jsonl --key audit.key --from last-month.checkpoint"},
    {"audit", "prove", "Prove that a record is in the log", "[INDEX]", 0, 1, ROOT, OPTIONS(audit_prove_options),
     cmd_audit_prove,
     "The server's proof is checked against its signed checkpoint. With --check nobody is asked: the proof's file, the "
     "record's line and --key are enough.",
     "4711 --out revocation.tlog-proof"},
    {"audit", "consistency", "Prove that the log only grew", "OLD [NEW]", 1, 2, ROOT,
     OPTIONS(audit_consistency_options), cmd_audit_consistency,
     "OLD and NEW are files with checkpoints; NEW is the server's last one when it is left out. With --proof nobody is "
     "asked.",
     "last-month.checkpoint --key audit.key"},
    {"audit", "export", "Write the whole log, for `audit verify`", NULL, 0, 0, ROOT, OPTIONS(audit_export_options),
     cmd_audit_export, "Lines of JSON, up to the last checkpoint. Needs the root key.", "--out audit.jsonl"},
    {"audit", "checkpoint", "Print the last signed checkpoint", NULL, 0, 0, ROOT, OPTIONS(audit_checkpoint_options),
     cmd_audit_checkpoint,
     "What the whole log was, in one signed text. Keep some where the log is not: whoever rewrites it then can be "
     "found "
     "out.",
     "--now"},
    {"audit", "key", "Print the log's verifier key", NULL, 0, 0, ROOT, NO_OPTIONS, cmd_audit_key, NULL, NULL},

    {"usage", NULL, "Sum up how often keys were used and refused", NULL, 0, 0, ROOT, OPTIONS(usage_options), cmd_usage,
     "Times are of UTC. Without --from the last 30 days. --by takes hour, day or month, and any of account, key, "
     "outcome, route_group, with commas (default: day).",
     "--account acme --from 2026-11 --by month,key"},

    {"billing", "show", "Show what an account used in a month, key by key", NULL, 0, 0, ROOT,
     OPTIONS(billing_show_options), cmd_billing_show,
     "DRAWN is what was used of credits in that month, CREDITS what is left of them now.",
     "--account acme --month 2026-11"},
    {"billing", "set", "Set a key's credits, or have them filled up again each day or month", "ID|PREFIX", 1, 1, ROOT,
     OPTIONS(billing_set_options), cmd_billing_set,
     "A refill sets the balance to so many at midnight of UTC, or on the first of a month; what was left does not pile "
     "up.",
     "mk_8fQ2 --refill 10000/month"},

    {"users", "create", "Create a user", NULL, 0, 0, ROOT, OPTIONS(users_create_options), cmd_users_create,
     "The password is asked for on a terminal, and else read as one line from standard input.",
     "--email ada@example.com --name \"Ada\" --account acme --role owner"},
    {"users", "list", "List users", NULL, 0, 0, ROOT, OPTIONS(page_options), cmd_users_list, NULL, NULL},
    {"users", "disable", "Stop a user: sessions end, and keys that follow the user's role", "USER", 1, 1, ROOT,
     NO_OPTIONS, cmd_users_disable, NULL, NULL},
    {"users", "enable", "Let a user log in again", "USER", 1, 1, ROOT, NO_OPTIONS, cmd_users_enable, NULL, NULL},
    {"users", "link", "Let a user in by another issuer's tokens", "USER", 1, 1, ROOT, OPTIONS(identity_options),
     cmd_users_link, "The daemon must trust the issuer (`cardea serve --issuers`). A subject is linked to one user.",
     "usr_01jd3v8k2m4ta --issuer https://login.example.com/ --subject 248289761001"},
    {"users", "unlink", "Undo such a link; it ends at once", "USER", 1, 1, ROOT, OPTIONS(identity_options),
     cmd_users_unlink, NULL, NULL},
    {"users", "identities", "List who a user is to other issuers", "USER", 1, 1, ROOT, NO_OPTIONS, cmd_users_identities,
     NULL, NULL},

    {"login", NULL, "Save a key for the commands that follow", NULL, 0, 0, CLI_CMD_SERVER, OPTIONS(login_options),
     cmd_login,
     "The key is tried first, then stored in a file that only you can read. A key on the command line may stay in your "
     "shell's history; --token - reads it from standard input.",
     "--token -"},
    {"logout", NULL, "Forget the saved key", NULL, 0, 0, 0, NO_OPTIONS, cmd_logout,
     "The key itself stays valid: revoke it when nobody else uses it.", NULL},
    {"auth", "status", "Show which key is used, from where, and whether it works", NULL, 0, 0, CLI_CMD_SERVER,
     NO_OPTIONS, cmd_auth_status, NULL, NULL},

    {"profiles", "check", "Check profile files and name every mistake", "FILE...", 1, 1000, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_profiles_check, NULL, "profiles/animus.yaml"},
    {"profiles", "list", "List the products that this build knows", NULL, 0, 0, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_profiles_list, "CARDEA_PROFILES names a folder of further ones.", NULL},

    {"profiles", "pattern", "Print the regular expressions of keys, for scanners of leaked secrets", "[PROFILE] [KIND]",
     0, 2, CLI_CMD_NATIVE, NO_OPTIONS, cmd_profiles_pattern,
     "Each matches exactly the keys of a kind: length, prefix, alphabet. CHECKSUM says whether the last six characters "
     "are "
     "a CRC-32 of those before, which an expression cannot check; docs/reference/leaks.md has the code that does.",
     "anima master"},
    {"profiles", "docs", "Print the manual of profile files", NULL, 0, 0, CLI_CMD_NATIVE, NO_OPTIONS, cmd_profiles_docs,
     "In Markdown, from the table that reads them.", NULL},

    {"issuers", "check", "Check a file of issuers and name every mistake", "FILE", 1, 1, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_issuers_check, "The files of keys that it names are read, too; no URL is asked.", "/etc/cardea/issuers.yaml"},
    {"issuers", "docs", "Print the manual of the file of issuers", NULL, 0, 0, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_issuers_docs, "In Markdown, from the table that reads it.", NULL},

    {"scan", NULL, "Scan a text for secrets, injections, payloads and where its links lead", "FILE|-", 0, 1,
     CLI_CMD_NATIVE, OPTIONS(scan_options), cmd_scan,
     "Here and now, without a server, and by the rules alone. A finding of high or critical severity blocks (exit code "
     "11), one of medium severity flags (10), as does a text too large to be looked at in full. Of secrets only the "
     "first characters are shown. In a pipe: severity, rule, reading, place in bytes, excerpt.",
     "message.txt"},
    {"rules", "check", "Check rule packs and name every mistake", "FILE...", 1, 1000, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_rules_check, NULL, "rules/secrets.yaml"},
    {"rules", "docs", "Print the manual of rule packs", NULL, 0, 0, CLI_CMD_NATIVE, NO_OPTIONS, cmd_rules_docs,
     "In Markdown, from the table that reads them.", NULL},
    {"rules", "reasons", "Print every reason code, and the built-in rules behind it", NULL, 0, 0, CLI_CMD_NATIVE,
     NO_OPTIONS, cmd_rules_reasons, "In Markdown, from the packs that are compiled in.", NULL},

    {"serve", NULL, "Run the daemon", "[OPTIONS]", 0, 0, CLI_CMD_NATIVE | CLI_CMD_OWN_ARGS, NO_OPTIONS, NULL,
     "`cardea serve --help` lists the daemon's options.", "--demo"},
    {"gateway", NULL, "Run nginx before the daemon and the products", "[OPTIONS]", 0, 0,
     CLI_CMD_NATIVE | CLI_CMD_OWN_ARGS, NO_OPTIONS, NULL, "`cardea gateway --help` lists the gateway's options.",
     "--print"},
    {"completion", NULL, "Print a script that completes commands in your shell", "bash|zsh|fish", 1, 1, 0, NO_OPTIONS,
     cmd_completion, "Add its output to your shell's start-up file.", "bash"},
    {"docs", "cli", "Write the reference pages of these commands", "DIR", 1, 1, CLI_CMD_NATIVE, NO_OPTIONS,
     cmd_docs_cli, "Of the native ones: what a product's own name offers, that program's `--help` says.",
     "docs/reference/cli"},
    {"version", NULL, "Print the version", NULL, 0, 0, 0, NO_OPTIONS, cmd_version, NULL, NULL},
};

const struct cli_command *cli_command_table(size_t *count)
{
    *count = sizeof(commands) / sizeof(commands[0]);
    return commands;
}
