#include "profile/fields.h"

#include <cardea/profile.h>

#include "profile/rules.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HIGHEST_SEC  (INT64_C(36500) * 86400) /* a hundred years: within the snapshot's 2^34 seconds of expiry */

/* Each word's index is its value, or its bit, in the enum named beside the field. */
static const char *const alphabets[] = {"base36", "base62", NULL};
static const char *const flags[] = {
    "server_side_only", "replaces_previous", "follows_role", "legacy", "agent_bound", "cross_account", NULL};
static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", NULL};
static const char *const roles[] = {"viewer", "member", "admin", "owner", NULL};
static const char *const directions[] = {"request", NULL};
static const char *const signature_styles[] = {"hex", "sha256=hex", NULL};
static const char *const flag_types[] = {"text", "number", "switch", NULL};
static const char *const actions[] = {"create", "update", "revoke", "show", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct schema_field kind_scope_fields[] = {
    {"allowed", SCHEMA_TEXTS, AT(fields_kind_scopes, allowed), .min = 1, .max = CARDEA_SCOPES_MAX,
     .fallback = "all of the profile", .help = "Scopes that a key of this kind may be given; `*` and `prefix:*` work."},
    {"granted", SCHEMA_TEXTS, AT(fields_kind_scopes, granted), .min = 1, .max = CARDEA_SCOPES_MAX, .fallback = "none",
     .help = "Scopes that every key of this kind has, whatever was asked; `[\"*\"]` is full access."},
    {"required", SCHEMA_BOOL, AT(fields_kind_scopes, required), .fallback = "false",
     .help = "A key without any scope is refused."},
    {"selectable", SCHEMA_BOOL, AT(fields_kind_scopes, selectable),
     .fallback = "true, but false with `follows_role` and where there are no scopes",
     .help = "Whoever creates a key names its scopes."},
};

static const struct schema kind_scopes_schema = {
    .noun = "a kind's scopes",
    .intro = "Which scopes the keys of a kind have.",
    .fields = kind_scope_fields,
    .count = COUNT(kind_scope_fields),
    .size = sizeof(struct fields_kind_scopes),
};

static const struct schema_field kind_fields[] = {
    {"title", SCHEMA_TEXT, AT(fields_kind, title), .rule = rule_title, .fallback = "the kind's name",
     .help = "What people call it."},
    {"format", SCHEMA_TEXT, AT(fields_kind, format), .fallback = "only with the flag `legacy`",
     .help = "Template: it begins with literal text and has one `{secret:N}`, before it at most one `{id:N}`, at its "
             "end at most "
             "one `{check:6}`. The secret that is never shown has at least 112 bits."},
    {"alphabet", SCHEMA_CHOICE, AT(fields_kind, alphabet), .choices = alphabets, .fallback = "`base62`",
     .help = "Characters of the id and the secret: 0-9a-z, or 0-9A-Za-z."},
    {"flags", SCHEMA_CHOICES, AT(fields_kind, flags), .choices = flags, .fallback = "none",
     .help =
         "`server_side_only`: refused when a browser page sends it. `replaces_previous`: an account's new key ends the "
         "one before. "
         "`follows_role`: has its creator's role in the account, as it is now. `legacy`: any text, known by its hash "
         "alone, sent in `legacy_header`. `agent_bound`: for one agent. `cross_account`: any account's."},
    {"scopes", SCHEMA_OBJECT, AT(fields_kind, scopes), .of = &kind_scopes_schema,
     .fallback = "selectable, none required", .help = "Which scopes its keys have."},
    {"max_active", SCHEMA_INT, AT(fields_kind, max_active), .min = 0, .max = 1000000, .fallback = "0",
     .help = "Most active keys an account; 0 is no limit."},
    {"default_ttl", SCHEMA_DURATION, AT(fields_kind, default_ttl), .min = 0, .max = HIGHEST_SEC,
     .fallback = "`max_ttl`", .help = "How long a key lives when nobody says; 0 is without end."},
    {"max_ttl", SCHEMA_DURATION, AT(fields_kind, max_ttl), .min = 0, .max = HIGHEST_SEC, .fallback = "0",
     .help = "The longest that may be asked for; 0 is no limit."},
    {"rotate_every", SCHEMA_DURATION, AT(fields_kind, rotate_every), .min = 0, .max = HIGHEST_SEC, .fallback = "0",
     .help = "After how long a rotation is due, as a key's `rotation_due_at` says; 0 is never."},
    {"overlap", SCHEMA_DURATION, AT(fields_kind, overlap), .min = 0, .max = HIGHEST_SEC,
     .fallback = "24h, or 0 with `replaces_previous`",
     .help = "How long a rotated key goes on working when nobody says."},
    {"root_only", SCHEMA_BOOL, AT(fields_kind, root_only), .fallback = "false", .help = "Only the root key issues it."},
};

static const struct schema kind_schema = {
    .noun = "a kind",
    .intro = "A kind of keys. Within one profile no two begin with the same literal text.",
    .fields = kind_fields,
    .count = COUNT(kind_fields),
    .size = sizeof(struct fields_kind),
    .name_rule = rule_kind,
};

static const struct schema_field scan_fields[] = {
    {"fields", SCHEMA_TEXTS, AT(fields_scan, fields), .required = true, .min = 1, .max = CARDEA_SCAN_FIELDS_MAX,
     .rule = cardea_scan_field_mistake,
     .help = "JSON pointers (RFC 6901) into the body, such as `/body` and `/messages/*/content`; `*` stands for each "
             "element or member. What holds others stands for all texts beneath it."},
    {"direction", SCHEMA_CHOICE, AT(fields_scan, direction), .choices = directions, .fallback = "`request`",
     .help = "Which body: `request` is what the caller sends."},
};

static const struct schema scan_schema = {
    .noun = "a route's scan",
    .intro = "What the gateway looks at before a granted request goes on. A body must be JSON then, and not "
             "compressed; one that none of the fields is in goes on unscanned.",
    .fields = scan_fields,
    .count = COUNT(scan_fields),
    .size = sizeof(struct fields_scan),
};

static const struct schema_field route_fields[] = {
    {"methods", SCHEMA_CHOICES, AT(fields_route, methods), .required = true, .choices = methods,
     .help = "What it answers; HEAD counts as GET."},
    {"path", SCHEMA_TEXT, AT(fields_route, path), .required = true, .rule = rule_path,
     .help = "Literals and captures `{name}`, each a whole segment; `{tenant}` is compared with the key's account, "
             "`{agent}` "
             "with its agent; a last `**` takes any rest, nothing included. A literal wins over a capture, that over "
             "`**`."},
    {"public", SCHEMA_BOOL, AT(fields_route, is_public), .fallback = "false", .help = "Nobody is asked for a key."},
    {"any_key", SCHEMA_BOOL, AT(fields_route, any_key), .fallback = "false", .help = "Any valid key will do."},
    {"scope", SCHEMA_TEXT, AT(fields_route, scope), .fallback = "none",
     .help = "A key needs this scope. A route has exactly one of `public`, `any_key` and `scope`."},
    {"kinds", SCHEMA_TEXTS, AT(fields_route, kinds), .min = 1, .max = CARDEA_KINDS_MAX, .fallback = "all",
     .help = "Only keys of these kinds."},
    {"min_role", SCHEMA_CHOICE, AT(fields_route, min_role), .choices = roles, .fallback = "none asked",
     .help = "Least role of a key that follows its creator's."},
    {"group", SCHEMA_TEXT, AT(fields_route, group), .rule = rule_group, .fallback = "from the path",
     .help =
         "What its use is counted as (`cardea usage --by route_group`). By itself it is the first literal behind "
         "`{tenant}` and `{agent}`, or of all where none follows them; `api` and versions such as `v1` are left out: "
         "`/v1/files/**` and `/tenants/{tenant}/files` are both `files`. The first 15 groups of a profile are counted, "
         "in the order of its routes."},
    {"scan", SCHEMA_OBJECT, AT(fields_route, scan), .of = &scan_schema, .fallback = "nothing",
     .help = "What is scanned before a request goes on; a refusal is `CONTENT_BLOCKED` or `SCANNER_UNAVAILABLE`."},
};

static const struct schema route_schema = {
    .noun = "a route",
    .intro = "What a request needs. No two routes answer one method with patterns of one shape.",
    .fields = route_fields,
    .count = COUNT(route_fields),
    .size = sizeof(struct fields_route),
};

static const struct schema_field denial_fields[] = {
    {"status", SCHEMA_INT, AT(fields_denial, status), .min = 400, .max = 599, .fallback = "the code's own",
     .help = "HTTP status."},
    {"body", SCHEMA_TEXT, AT(fields_denial, body), .rule = rule_body, .fallback = "problem+json",
     .help = "`{scope}` stands for the scope that was missing, `{code}` for the code's name."},
    {"content_type", SCHEMA_TEXT, AT(fields_denial, content_type), .rule = rule_media_type,
     .fallback = "`application/json`", .help = "Of the body."},
};

static const struct schema denial_schema = {
    .noun = "a denial",
    .intro = "The answer to a refused request, by the code of the refusal (`MISSING`, `EXPIRED`, `INSUFFICIENT_SCOPE`, "
             "...).",
    .fields = denial_fields,
    .count = COUNT(denial_fields),
    .size = sizeof(struct fields_denial),
    .name_rule = rule_code,
};

static const struct schema_field action_scope_fields[] = {
    {"list", SCHEMA_TEXT, AT(fields_action_scopes, list), .fallback = "none",
     .help = "Asked of a key that lists or shows."},
    {"create", SCHEMA_TEXT, AT(fields_action_scopes, create), .fallback = "none",
     .help = "Asked of a key that creates."},
    {"update", SCHEMA_TEXT, AT(fields_action_scopes, update), .fallback = "none",
     .help = "Asked of a key that changes."},
    {"revoke", SCHEMA_TEXT, AT(fields_action_scopes, revoke), .fallback = "none",
     .help = "Asked of a key that revokes."},
};

static const struct schema action_scopes_schema = {
    .noun = "the scopes of management",
    .intro = "Scopes that a key needs to manage keys; an action without one takes any key of the account.",
    .fields = action_scope_fields,
    .count = COUNT(action_scope_fields),
    .size = sizeof(struct fields_action_scopes),
};

static const struct schema_field agents_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_things, base), .required = true, .rule = rule_base,
     .help = "Path of the list of agents; an agent is at `base/ID` and `base/SLUG`. `{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_things, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: an owner or admin changes, any member sees."},
    {"by_key", SCHEMA_BOOL, AT(fields_things, by_key), .fallback = "false",
     .help = "A key of the account may call it, unless it is bound to an agent itself."},
    {"read", SCHEMA_TEXT, AT(fields_things, read), .fallback = "none",
     .help = "Scope that is asked of a key that lists or shows."},
    {"write", SCHEMA_TEXT, AT(fields_things, write), .fallback = "none",
     .help = "Scope that is asked of a key that creates, changes or deletes."},
};

static const struct schema agents_schema = {
    .noun = "the management of agents",
    .intro = "The paths that manage agents. Without this section there are none.",
    .fields = agents_fields,
    .count = COUNT(agents_fields),
    .size = sizeof(struct fields_things),
};

static const struct schema_field policies_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_things, base), .required = true, .rule = rule_base,
     .help =
         "Path of the list of policies; one is at `base/ID` and `base/NAME`, and beneath it its draft, its versions, "
         "its tests. `{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_things, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: an owner or admin changes, any member sees."},
    {"by_key", SCHEMA_BOOL, AT(fields_things, by_key), .fallback = "false",
     .help = "A key of the account may call it, unless it is bound to an agent."},
    {"read", SCHEMA_TEXT, AT(fields_things, read), .fallback = "none",
     .help = "Scope that is asked of a key that lists, shows or tests."},
    {"write", SCHEMA_TEXT, AT(fields_things, write), .fallback = "none",
     .help = "Scope that is asked of a key that creates, changes, publishes, replays or deletes."},
};

static const struct schema policies_schema = {
    .noun = "the management of policies",
    .intro = "The paths that manage content policies. Without this section there are none.",
    .fields = policies_fields,
    .count = COUNT(policies_fields),
    .size = sizeof(struct fields_things),
};

static const struct schema_field endpoints_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_things, base), .required = true, .rule = rule_base,
     .help = "Path of the list of endpoints; one is at `base/ID`, and beneath it its deliveries, its secret, its test. "
             "`{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_things, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: an owner or admin."},
    {"by_key", SCHEMA_BOOL, AT(fields_things, by_key), .fallback = "false",
     .help = "A key of the account may call it, unless it is bound to an agent."},
    {"read", SCHEMA_TEXT, AT(fields_things, read), .fallback = "none",
     .help = "Scope that is asked of a key that lists or shows."},
    {"write", SCHEMA_TEXT, AT(fields_things, write), .fallback = "none",
     .help = "Scope that is asked of a key that creates, changes, tests, replays or deletes."},
};

static const struct schema endpoints_schema = {
    .noun = "the management of webhooks",
    .intro = "The paths that manage webhook endpoints. Without this section there are none.",
    .fields = endpoints_fields,
    .count = COUNT(endpoints_fields),
    .size = sizeof(struct fields_things),
};

static const struct schema_field logs_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_things, base), .required = true, .rule = rule_base,
     .help =
         "Path of the list of the account's audit records; `base/checkpoint` and `base/proof` show that they were not "
         "changed. `{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_things, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: an owner or admin."},
    {"by_key", SCHEMA_BOOL, AT(fields_things, by_key), .fallback = "false",
     .help = "A key of the account may call it, unless it is bound to an agent."},
    {"read", SCHEMA_TEXT, AT(fields_things, read), .fallback = "none", .help = "Scope that is asked of a key."},
};

static const struct schema logs_schema = {
    .noun = "the audit log",
    .intro = "The path at which an account reads its audit records. Without this section there is none.",
    .fields = logs_fields,
    .count = COUNT(logs_fields),
    .size = sizeof(struct fields_things),
};

static const struct schema_field billing_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_things, base), .required = true, .rule = rule_base,
     .help = "Path of the month's statement; the credits of a key are at `base/keys/ID`. `{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_things, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: an owner or admin."},
    {"by_key", SCHEMA_BOOL, AT(fields_things, by_key), .fallback = "false",
     .help = "A key of the account may call it, unless it is bound to an agent."},
    {"read", SCHEMA_TEXT, AT(fields_things, read), .fallback = "none",
     .help = "Scope that is asked of a key that sees the statement."},
    {"write", SCHEMA_TEXT, AT(fields_things, write), .fallback = "none",
     .help = "Scope that is asked of a key that sets credits and refills."},
};

static const struct schema billing_schema = {
    .noun = "billing",
    .intro =
        "The paths that show what an account used in a month, and set the credits of its keys. Without this section "
        "there are none.",
    .fields = billing_fields,
    .count = COUNT(billing_fields),
    .size = sizeof(struct fields_things),
};

static const struct schema_field messages_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_messages, base), .required = true, .rule = rule_base,
     .help = "Path of the list of all the account's messages. `{tenant}` may stand in it."},
    {"by_session", SCHEMA_BOOL, AT(fields_messages, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it: a member sends and receives, an owner or admin sees the list."},
    {"by_key", SCHEMA_BOOL, AT(fields_messages, by_key), .fallback = "false",
     .help = "A key of the account may call it; one that is bound to an agent for that agent alone."},
    {"send", SCHEMA_TEXT, AT(fields_messages, send), .fallback = "none",
     .help = "Scope that is asked of a key that sends."},
    {"receive", SCHEMA_TEXT, AT(fields_messages, receive), .fallback = "none",
     .help = "Scope that is asked of a key that receives or acknowledges."},
    {"read", SCHEMA_TEXT, AT(fields_messages, read), .fallback = "none",
     .help = "Scope that is asked of a key that lists all messages."},
};

static const struct schema messages_schema = {
    .noun = "agents' messages",
    .intro =
        "The daemon keeps messages of the account's agents, scans each before it goes anywhere, and delivers it: at "
        "`AGENTS/AGENT/messages` beneath the agents' own path one sends and receives. Without this section there "
        "are none.",
    .fields = messages_fields,
    .count = COUNT(messages_fields),
    .size = sizeof(struct fields_messages),
};

static const struct schema_field management_fields[] = {
    {"base", SCHEMA_TEXT, AT(fields_management, base), .required = true, .rule = rule_base,
     .help =
         "Path of the list of keys; a key is at `base/ID`. `{tenant}` may stand in it; a caller may write `-` there "
         "for its own account."},
    {"by_session", SCHEMA_BOOL, AT(fields_management, by_session), .fallback = "false",
     .help = "A person's session (JWT) may call it."},
    {"by_key", SCHEMA_BOOL, AT(fields_management, by_key), .fallback = "false",
     .help = "A key of the account may call it."},
    {"actions", SCHEMA_CHOICES, AT(fields_management, actions), .required = true, .choices = actions,
     .help = "What it offers beside the list; `[]` for the list alone."},
    {"scopes", SCHEMA_OBJECT, AT(fields_management, scopes), .of = &action_scopes_schema, .fallback = "none asked",
     .help = "What is asked of a key."},
    {"agents", SCHEMA_OBJECT, AT(fields_management, agents), .of = &agents_schema, .fallback = "none",
     .help = "Paths that manage agents."},
    {"policies", SCHEMA_OBJECT, AT(fields_management, policies), .of = &policies_schema, .fallback = "none",
     .help = "Paths that manage content policies."},
    {"webhooks", SCHEMA_OBJECT, AT(fields_management, webhooks), .of = &endpoints_schema, .fallback = "none",
     .help = "Paths that manage webhook endpoints."},
    {"logs", SCHEMA_OBJECT, AT(fields_management, logs), .of = &logs_schema, .fallback = "none",
     .help = "Path at which the audit log is read."},
    {"billing", SCHEMA_OBJECT, AT(fields_management, billing), .of = &billing_schema, .fallback = "none",
     .help = "Paths of the month's statement, and of credits."},
    {"messages", SCHEMA_OBJECT, AT(fields_management, messages), .of = &messages_schema, .fallback = "none",
     .help = "Paths at which agents send and receive; with `agents`."},
};

static const struct schema management_schema = {
    .noun = "management",
    .intro = "The paths on the product's own hosts that manage keys. Without this section there are none.",
    .fields = management_fields,
    .count = COUNT(management_fields),
    .size = sizeof(struct fields_management),
};

static const struct schema_field command_flag_fields[] = {
    {"help", SCHEMA_TEXT, AT(fields_command_flag, help), .required = true, .rule = rule_title,
     .help = "What it says, for `--help`."},
    {"type", SCHEMA_CHOICE, AT(fields_command_flag, type), .choices = flag_types, .fallback = "`text`",
     .help = "`number` is a whole one; `switch` takes no value and sends `true`."},
    {"field", SCHEMA_TEXT, AT(fields_command_flag, field), .rule = rule_member, .fallback = "the flag's name",
     .help = "Member of the JSON body, or parameter of the query of a GET."},
    {"required", SCHEMA_BOOL, AT(fields_command_flag, required), .fallback = "false",
     .help = "The command does not run without it."},
};

static const struct schema command_flag_schema = {
    .noun = "a flag",
    .intro = "A flag of a command, `--NAME VALUE`, and where its value goes.",
    .fields = command_flag_fields,
    .count = COUNT(command_flag_fields),
    .size = sizeof(struct fields_command_flag),
    .name_rule = rule_flag,
};

static const struct schema_field command_fields[] = {
    {"words", SCHEMA_TEXT, AT(fields_command, words), .required = true, .rule = rule_words,
     .help = "The two words after the program's name: `assets gen-image`."},
    {"summary", SCHEMA_TEXT, AT(fields_command, summary), .required = true, .rule = rule_title,
     .help = "What it does, for `--help`."},
    {"method", SCHEMA_CHOICE, AT(fields_command, method), .required = true, .choices = methods,
     .help = "Of the request."},
    {"path", SCHEMA_TEXT, AT(fields_command, path), .required = true, .rule = rule_command_path,
     .help = "Of the request; each `{name}` in it is an argument of the command, in this order."},
    {"flags", SCHEMA_NAMED, AT(fields_command, flags), .of = &command_flag_schema, .min = 1, .max = 32,
     .fallback = "none", .help = "What goes into the body, or with GET and DELETE into the query."},
    {"to_file", SCHEMA_BOOL, AT(fields_command, to_file), .fallback = "false",
     .help = "The reply is a file: `--out FILE` says where it goes (`-` is standard output)."},
};

static const struct schema command_schema = {
    .noun = "a command",
    .intro = "A request to the product's own API under two words, with the saved key.",
    .fields = command_fields,
    .count = COUNT(command_fields),
    .size = sizeof(struct fields_command),
};

static const struct schema_field cli_fields[] = {
    {"name", SCHEMA_TEXT, AT(fields_cli, name), .required = true, .rule = rule_name,
     .help = "The program, started under this name, speaks this profile's words."},
    {"env", SCHEMA_TEXT, AT(fields_cli, env), .required = true, .rule = rule_env,
     .help = "Environment variable that holds a key."},
    {"api_url_env", SCHEMA_TEXT, AT(fields_cli, api_url_env), .required = true, .rule = rule_env,
     .help = "Environment variable that holds the server's address."},
    {"credentials", SCHEMA_TEXT, AT(fields_cli, credentials), .required = true, .rule = rule_credentials,
     .help = "File in which `login` keeps a key."},
    {"keys_noun", SCHEMA_TEXT, AT(fields_cli, keys_noun), .fallback = "`api-keys`", .rule = rule_name,
     .help = "The word for keys: `NAME api-keys list`."},
    {"browser_login", SCHEMA_BOOL, AT(fields_cli, browser_login), .fallback = "false",
     .help = "`NAME login` without a token asks a person in the browser to confirm (RFC 8628), and then has a key made "
             "for this machine."},
    {"commands", SCHEMA_OBJECTS, AT(fields_cli, commands), .of = &command_schema, .min = 1, .max = 64,
     .fallback = "none", .help = "Commands of the product's own."},
};

static const struct schema cli_schema = {
    .noun = "the cli section",
    .intro = "The command line under the product's own name. Without this section it claims none.",
    .fields = cli_fields,
    .count = COUNT(cli_fields),
    .size = sizeof(struct fields_cli),
};

static const struct schema_field webhooks_fields[] = {
    {"signature_header", SCHEMA_TEXT, AT(fields_webhooks, signature_header), .required = true,
     .rule = rule_signature_header,
     .help = "A header with HMAC-SHA256 of the raw body, under the endpoint's secret as it was shown."},
    {"signature_style", SCHEMA_CHOICE, AT(fields_webhooks, signature_style), .choices = signature_styles,
     .fallback = "`hex`", .help = "64 hexadecimal digits, or the same behind `sha256=`."},
};

static const struct schema webhooks_schema = {
    .noun = "the webhooks",
    .intro = "How the product's webhooks are signed beside Standard Webhooks' three headers, which all of them have.",
    .fields = webhooks_fields,
    .count = COUNT(webhooks_fields),
    .size = sizeof(struct fields_webhooks),
};

static const struct schema_field dashboard_keys_fields[] = {
    {"path", SCHEMA_TEXT, AT(fields_dashboard_keys, path), .rule = rule_keys_path, .fallback = "`api-keys`",
     .help = "Where the page is beneath the dashboard's path: one word."},
    {"nav", SCHEMA_TEXT, AT(fields_dashboard_keys, nav), .rule = rule_label, .fallback = "the title",
     .help = "What the page is called in the dashboard's menu."},
    {"title", SCHEMA_TEXT, AT(fields_dashboard_keys, title), .rule = rule_label, .fallback = "`API Keys`",
     .help = "The page's heading, in the component too."},
    {"noun", SCHEMA_TEXT, AT(fields_dashboard_keys, noun), .rule = rule_noun, .fallback = "`key`",
     .help = "What one of them is called, as in *Create token*."},
};

static const struct schema dashboard_keys_schema = {
    .noun = "the page of keys",
    .intro = "What people call the page on which they manage keys, which is the first one after they have logged in.",
    .fields = dashboard_keys_fields,
    .count = COUNT(dashboard_keys_fields),
    .size = sizeof(struct fields_dashboard_keys),
};

static const struct schema_field dashboard_fields[] = {
    {"path", SCHEMA_TEXT, AT(fields_dashboard, path), .rule = rule_dashboard_path, .fallback = "`/dashboard`",
     .help =
         "On the product's own hosts: beneath it people manage with their session what is their account's. A cookie "
         "is accepted there and nowhere else."},
    {"cookie", SCHEMA_TEXT, AT(fields_dashboard, cookie), .rule = rule_cookie, .fallback = "`cardea_session`",
     .help = "Name of the session's cookie."},
    {"color", SCHEMA_TEXT, AT(fields_dashboard, color), .rule = rule_color, .fallback = "none of its own",
     .help = "The product's colour, `#rrggbb`: of buttons and links on its pages. Where it would be hard to read on "
             "light or dark ground a lighter or darker one of its kind is taken."},
    {"keys", SCHEMA_OBJECT, AT(fields_dashboard, keys), .of = &dashboard_keys_schema, .fallback = "as it says there",
     .help = "What the page of keys is called."},
};

static const struct schema dashboard_schema = {
    .noun = "the dashboard",
    .intro =
        "Where people who are logged in manage keys in a browser. Without this section the product's hosts have no "
        "such place.",
    .fields = dashboard_fields,
    .count = COUNT(dashboard_fields),
    .size = sizeof(struct fields_dashboard),
};

static const struct schema_field docs_fields[] = {
    {"hosts", SCHEMA_TEXTS, AT(fields_docs, hosts), .min = 1, .max = 16, .rule = rule_host, .fallback = "none",
     .help = "Host names that answer with documentation alone; no profile has them otherwise."},
    {"summary", SCHEMA_TEXT, AT(fields_docs, summary), .required = true, .rule = rule_summary,
     .help = "What the product is, in one or two sentences: the head of `/llms.txt`."},
    {"reference", SCHEMA_BOOL, AT(fields_docs, reference), .fallback = "false",
     .help = "On the product's own hosts also `/docs/`, a page on which the API can be read and tried, and `/schema/`, "
             "its OpenAPI description: the routes of this file, and of management what it exposes. Both are public, "
             "and take the place of routes of these names."},
};

static const struct schema docs_schema = {
    .noun = "the documentation",
    .intro =
        "What machines and people read about the product, made from this file: the index `/llms.txt` "
        "(https://llmstxt.org), its pages `/llms/PAGE.md`, and `/docs/errors/CODE`, to which errors link. They are "
        "public, on the product's hosts and on the documentation's own, as if `routes` had them: a literal wins "
        "over `**`, so that a route `/docs/**` keeps all else beneath it. Beneath `/llms` and `/docs/errors` a "
        "product has no routes of its own. Without this section there is no documentation.",
    .fields = docs_fields,
    .count = COUNT(docs_fields),
    .size = sizeof(struct fields_docs),
};

static const struct schema_field profile_fields[] = {
    {"name", SCHEMA_TEXT, AT(fields_profile, name), .required = true, .rule = rule_name,
     .help = "How the API and other files call it."},
    {"title", SCHEMA_TEXT, AT(fields_profile, title), .required = true, .rule = rule_title,
     .help = "How people call it."},
    {"realm", SCHEMA_TEXT, AT(fields_profile, realm), .rule = rule_realm, .fallback = "the name",
     .help = "In `WWW-Authenticate`."},
    {"hosts", SCHEMA_TEXTS, AT(fields_profile, hosts), .min = 1, .max = 64, .rule = rule_host, .fallback = "none",
     .help = "Host names at which the product answers; no other profile has them."},
    {"legacy_header", SCHEMA_TEXT, AT(fields_profile, legacy_header), .rule = rule_header, .fallback = "none",
     .help = "Header of legacy keys, such as `x-api-key`."},
    {"scopes", SCHEMA_GLOSSARY, AT(fields_profile, scopes), .min = 1, .max = CARDEA_SCOPES_MAX, .rule = rule_scope,
     .fallback = "none", .help = "Each scope and what it allows."},
    {"kinds", SCHEMA_NAMED, AT(fields_profile, kinds), .required = true, .of = &kind_schema, .min = 1,
     .max = CARDEA_KINDS_MAX, .help = "The kinds of keys."},
    {"default_kind", SCHEMA_TEXT, AT(fields_profile, default_kind), .fallback = "the only kind",
     .help = "What is issued when nobody says."},
    {"routes", SCHEMA_OBJECTS, AT(fields_profile, routes), .of = &route_schema, .min = 0, .max = CARDEA_ROUTES_MAX,
     .fallback = "none", .help = "What requests need. A request that none matches is refused."},
    {"denials", SCHEMA_NAMED, AT(fields_profile, denials), .of = &denial_schema, .min = 1, .max = CARDEA_CODE_COUNT,
     .fallback = "problem+json", .help = "Answers of the product's own."},
    {"management", SCHEMA_OBJECT, AT(fields_profile, management), .of = &management_schema, .fallback = "none",
     .help = "Paths that manage keys."},
    {"upstream", SCHEMA_TEXT, AT(fields_profile, upstream), .rule = rule_upstream, .fallback = "none",
     .help = "Where the gateway sends what was granted: `http://HOST:PORT` or `https://HOST:PORT`. An operator's "
             "configuration goes before it."},
    {"webhooks", SCHEMA_OBJECT, AT(fields_profile, webhooks), .of = &webhooks_schema,
     .fallback = "Standard Webhooks alone", .help = "How webhooks are signed."},
    {"dashboard", SCHEMA_OBJECT, AT(fields_profile, dashboard), .of = &dashboard_schema, .fallback = "none",
     .help = "Where people manage keys in a browser."},
    {"docs", SCHEMA_OBJECT, AT(fields_profile, docs), .of = &docs_schema, .fallback = "none",
     .help = "`/llms.txt` and what it lists."},
    {"cli", SCHEMA_OBJECT, AT(fields_profile, cli), .of = &cli_schema, .fallback = "none",
     .help = "The product's own command."},
};

const struct schema fields_schema = {
    .noun = "a profile",
    .intro = "One product. Unknown fields are mistakes, so that a typing error is not an opening.",
    .fields = profile_fields,
    .count = COUNT(profile_fields),
    .size = sizeof(struct fields_profile),
};
