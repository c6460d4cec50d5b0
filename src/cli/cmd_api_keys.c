#include "base/str.h"
#include "base/timefmt.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/page.h"

int cmd_keys_create(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    const char *path;
    json_t *body = json_object();
    int code = keys_body(cli, args, body);
    if (code != CLI_OK) {
        json_decref(body);
        return code;
    }
    code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK)
        code = client_do(&c, "POST", path, json_incref(body), &reply);
    if (code == CLI_OK) {
        output_new_key(cli, reply.json);
        code = keys_delivered(cli, reply.json);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}

/* The page shows name, prefix, creation and last use; the rest is what a decision about a key needs. */
static const struct table_column list_columns[] = {
    {"NAME", true, false},    {"PREFIX", false, false},  {"CREATED", false, false}, {"LAST USED", false, false},
    {"STATUS", false, false}, {"ID", false, false},      {"KIND", false, true},     {"ACCOUNT", false, true},
    {"SCOPES", true, true},   {"REMINDER", false, true},
};
#define PRODUCT_COLUMNS 6
/* Columns of a terminal from which on there is room for "(2 days ago)" beside both dates. */
#define ROOM_NATIVE  150
#define ROOM_PRODUCT 105

/* What there is to do, and by when: "expiring 2026-12-01". */
static struct cardea_str reminder_text(struct cli *cli, const json_t *key)
{
    struct cardea_str reminder = output_text(cli, key, "reminder");
    const char *end = str_eq(reminder, STR("expiring")) ? "expires_at" : "rotation_due_at";
    if (!reminder.len)
        return reminder;
    return arena_printf(&cli->arena, "%.*s %.10s", STR_ARG(reminder), output_text(cli, key, end).ptr);
}

static void list_row(struct cli *cli, struct table *t, const json_t *key)
{
    struct cardea_str status = output_text(cli, key, "status"), reminder = reminder_text(cli, key);
    bool gone = str_eq(status, STR("revoked"));
    enum table_tone tone = gone ? TABLE_DIM : TABLE_PLAIN;
    unsigned room = cli_is_native(cli) ? ROOM_NATIVE : ROOM_PRODUCT;
    struct cardea_str (*time)(struct cli *, const json_t *, const char *,
                              const char *) = cli->width == 0 || cli->width >= room ? output_time : output_day;
    /* For people beside the status, whatever columns there is room for. */
    struct cardea_str shown = cli->out_tty && reminder.len
                                  ? arena_printf(&cli->arena, "%.*s, %.*s", STR_ARG(status), STR_ARG(reminder))
                                  : status;
    const struct table_cell cells[] = {
        {output_text(cli, key, "name"), tone},
        {output_text(cli, key, "prefix"), tone},
        {time(cli, key, "created_at", ""), TABLE_DIM},
        {time(cli, key, "last_used_at", "never"), TABLE_DIM},
        {shown, reminder.len ? TABLE_WARN : output_status_tone(status)},
        {output_text(cli, key, "id"), TABLE_DIM},
        {output_text(cli, key, "kind"), tone},
        {output_text(cli, key, "account"), TABLE_DIM},
        {output_text(cli, key, "scopes"), tone},
        {reminder, TABLE_WARN},
    };
    table_add(t, cells);
}

int cmd_keys_list(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    const char *path;
    struct page_view view = {.columns = list_columns,
                             .column_count = cli_is_native(cli) ? sizeof(list_columns) / sizeof(list_columns[0])
                                                                : PRODUCT_COLUMNS,
                             .row = list_row,
                             .nothing = "No keys."};
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK) {
        if (cli_is_native(cli))
            path = client_query(cli, path, "account", cli_args_get(args, "account"));
        path = client_query(cli, path, "kind", cli_args_get(args, "kind"));
        path = client_query(cli, path, "status", cli_args_get(args, "status"));
        code = page_list_by(&c, args, path, &view);
    }
    client_release(&c);
    return code;
}

static struct cardea_str rate_text(struct cli *cli, const json_t *key)
{
    const json_t *rate = json_object_get(key, "rate_limit");
    if (!json_is_object(rate))
        return (struct cardea_str){0};
    json_int_t limit = json_integer_value(json_object_get(rate, "limit")),
               window = json_integer_value(json_object_get(rate, "window_sec")),
               burst = json_integer_value(json_object_get(rate, "burst"));
    if (burst == 0 || burst == limit)
        return arena_printf(&cli->arena, "%lld/%llds", (long long)limit, (long long)window);
    return arena_printf(&cli->arena, "%lld/%llds, burst %lld", (long long)limit, (long long)window, (long long)burst);
}

static struct cardea_str metadata_text(struct cli *cli, const json_t *key)
{
    const json_t *data = json_object_get(key, "metadata");
    if (json_object_size(data) == 0)
        return (struct cardea_str){0};
    char *text = json_dumps(data, JSON_COMPACT);
    struct cardea_str copy = arena_str(&cli->arena, str_of(text));
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(text);
    return copy;
}

static void show_key(struct cli *cli, const json_t *key)
{
    if (cli->json) {
        output_json(cli, key);
        return;
    }
    if (cli->quiet) {
        output_line(cli, output_text(cli, key, "id").ptr);
        return;
    }
    output_field(cli, "Name", output_text(cli, key, "name"));
    output_field(cli, "ID", output_text(cli, key, "id"));
    output_field(cli, "Prefix", output_text(cli, key, "prefix"));
    output_field(cli, "Status", output_text(cli, key, "status"));
    output_field(cli, "Disabled", output_text(cli, key, "disabled_reason"));
    output_field(cli, "Kind", output_text(cli, key, "kind"));
    output_field(cli, "Account", output_text(cli, key, "account"));
    output_field(cli, "Scopes", output_text(cli, key, "scopes"));
    output_field(cli, "Agent", output_text(cli, key, "agent"));
    output_field(cli, "User", output_text(cli, key, "user"));
    output_field(cli, "Created", output_time(cli, key, "created_at", ""));
    output_field(cli, "Expires", output_time(cli, key, "expires_at", "never"));
    output_field(cli, "Rotation due", output_time(cli, key, "rotation_due_at", ""));
    output_field(cli, "Reminder", reminder_text(cli, key));
    output_field(cli, "Last used", output_time(cli, key, "last_used_at", "never"));
    output_field(cli, "Uses", output_text(cli, key, "use_count"));
    output_field(cli, "Denials", output_text(cli, key, "denial_count"));
    output_field(cli, "Addresses", output_text(cli, key, "ip_allow"));
    output_field(cli, "Rate limit", rate_text(cli, key));
    output_field(cli, "Credits", output_text(cli, key, "credits"));
    output_field(cli, "Metadata", metadata_text(cli, key));
    output_field(cli, "Revoked", output_time(cli, key, "revoked_at", ""));
    output_field(cli, "Reason", output_text(cli, key, "revoke_reason"));
    output_field(cli, "Rotated to", output_text(cli, key, "rotated_to"));
    output_field(cli, "Rotated from", output_text(cli, key, "rotated_from"));
}

int cmd_keys_show(struct cli *cli, const struct cli_args *args)
{
    struct client c;
    struct client_reply reply;
    struct keys_ref ref;
    const char *path;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK)
        code = keys_resolve(&c, args, path, args->words[0], &ref);
    if (code == CLI_OK)
        code = client_do(&c, "GET", keys_path_of(&c, path, ref.id), NULL, &reply);
    if (code == CLI_OK) {
        show_key(cli, reply.json);
        client_reply_release(&reply);
    }
    client_release(&c);
    return code;
}

/* The changes as JSON; CLI_USAGE when there are none, or they contradict each other. */
static int update_body(struct cli *cli, const struct cli_args *args, json_t *body)
{
    bool enable = cli_args_has(args, "enable"), disable = cli_args_has(args, "disable");
    int code = keys_body(cli, args, body);
    json_object_del(body, "account"); /* says where to look, not what to change */
    if (code != CLI_OK)
        return code;
    if (enable && disable) {
        cli_error(cli, "--enable and --disable at once");
        return CLI_USAGE;
    }
    if (enable || disable)
        json_object_set_new(body, "enabled", json_boolean(enable));
    if (json_object_size(body) == 0) {
        cli_error(cli, "nothing to change: name at least one of --name, --scope, --enable, --disable, --expires, ...");
        return CLI_USAGE;
    }
    return CLI_OK;
}

int cmd_keys_update(struct cli *cli, const struct cli_args *args)
{
    struct client c = {0};
    struct client_reply reply;
    struct keys_ref ref;
    const char *path;
    json_t *body = json_object();
    int code = update_body(cli, args, body);
    if (code == CLI_OK)
        code = client_open(&c, cli);
    if (code == CLI_OK)
        code = keys_path(&c, args, &path);
    if (code == CLI_OK)
        code = keys_resolve(&c, args, path, args->words[0], &ref);
    if (code == CLI_OK)
        code = client_do(&c, "PATCH", keys_path_of(&c, path, ref.id), json_incref(body), &reply);
    if (code == CLI_OK) {
        if (cli->json || cli->quiet)
            show_key(cli, reply.json);
        cli_done(cli, "Updated %s", ref.shown);
        client_reply_release(&reply);
    }
    json_decref(body);
    client_release(&c);
    return code;
}
