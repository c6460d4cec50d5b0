#include "base/json_read.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/product.h"

/* A list that people read; more comes as a file or in pages. */
#define REPLY_MAX (32u * 1024 * 1024)

static bool take(void *arg, const char *data, size_t len)
{
    struct buf *body = arg;
    buf_add(body, data, len);
    return !body->failed;
}

static bool is_scalar_or_list(const json_t *value)
{
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) if (json_is_array(item) || json_is_object(item)) return false;
    return !json_is_object(value);
}

/* {"data": [...]} whose items are objects without objects in them. */
static bool is_flat_list(const json_t *reply)
{
    size_t i;
    json_t *item, *value;
    const char *name;
    const json_t *data = json_object_get(reply, "data");
    if (!json_is_array(data))
        return false;
    json_array_foreach(data, i, item)
    {
        if (!json_is_object(item) || json_object_size(item) == 0)
            return false;
        json_object_foreach(item, name, value) if (!is_scalar_or_list(value)) return false;
    }
    return true;
}

/* The members that become columns: an id first, since it is what other commands ask for, then each as it first comes.
 */
static size_t column_names(const json_t *data, const char *names[TABLE_COLUMNS_MAX])
{
    size_t i, count = 0;
    json_t *item, *value;
    const char *name;
    json_array_foreach(data, i, item) if (count == 0 && json_object_get(item, "id")) names[count++] = "id";
    json_array_foreach(data, i, item)
    {
        json_object_foreach(item, name, value)
        {
            bool seen = count == TABLE_COLUMNS_MAX;
            for (size_t k = 0; k < count && !seen; k++)
                seen = strcmp(names[k], name) == 0;
            if (!seen)
                names[count++] = name;
        }
    }
    return count;
}

static const char *title_of(struct arena *a, const char *name)
{
    char *title = arena_cstr(a, str_of(name));
    for (char *p = title; *p; p++)
        *p = *p == '_' ? ' ' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    return title;
}

static void show_table(struct cli *cli, const json_t *data)
{
    const char *names[TABLE_COLUMNS_MAX];
    struct table_column columns[TABLE_COLUMNS_MAX] = {0};
    struct table_cell cells[TABLE_COLUMNS_MAX] = {0};
    struct table table;
    size_t i, count = column_names(data, names);
    const json_t *item;
    for (size_t k = 0; k < count; k++)
        columns[k] = (struct table_column){title_of(&cli->arena, names[k]), strcmp(names[k], "id") != 0, k > 0};
    output_table(cli, &table, columns, count);
    json_array_foreach(data, i, item)
    {
        for (size_t k = 0; k < count; k++)
            cells[k] = (struct table_cell){output_time(cli, item, names[k], ""), TABLE_PLAIN};
        table_add(&table, cells);
    }
    table_finish(&table);
}

/* A further page, where the command has a flag to ask for it. */
static void say_more(struct cli *cli, const struct cli_args *args, const json_t *reply)
{
    struct cardea_str next = output_text(cli, reply, "next_cursor");
    const struct profile_command *p = args->command->product;
    for (size_t i = 0; next.len > 0 && i < p->flag_count; i++)
        if (strcmp(p->flags[i].field, "cursor") == 0) {
            cli_note(cli, "There are more: --%s %.*s", p->flags[i].name, STR_ARG(next));
            return;
        }
    if (next.len > 0)
        cli_note(cli, "There are more.");
}

static void show_ids(struct cli *cli, const json_t *reply)
{
    size_t i;
    const json_t *item, *data = json_object_get(reply, "data");
    json_array_foreach(data, i, item) if (json_object_get(item, "id"))
        output_line(cli, output_text(cli, item, "id").ptr);
    if (json_object_get(reply, "id"))
        output_line(cli, output_text(cli, reply, "id").ptr);
}

static void show_json(struct cli *cli, const struct cli_args *args, const json_t *reply)
{
    const json_t *data = json_object_get(reply, "data");
    if (cli->quiet) {
        show_ids(cli, reply);
    } else if (is_flat_list(reply)) {
        if (json_array_size(data) > 0)
            show_table(cli, data);
        else if (cli->out_tty)
            cli_note(cli, "Nothing there.");
        say_more(cli, args, reply);
    } else {
        bool out_tty = cli->out_tty;
        cli->out_tty = true; /* indented in a pipe, too: --json is for programs */
        output_json(cli, reply);
        cli->out_tty = out_tty;
    }
}

/* As it came, for programs. */
static void put_raw(struct cli *cli, struct cardea_str text)
{
    fwrite(text.ptr, 1, text.len, cli->out);
    if (text.len == 0 || text.ptr[text.len - 1] != '\n')
        fputc('\n', cli->out);
}

static int show(struct client *c, const struct cli_args *args, const struct transfer *t, struct cardea_str text)
{
    struct cli *cli = c->cli;
    struct json_problem problem;
    if (text.len == 0) {
        cli_done(cli, "Done");
        return CLI_OK;
    }
    json_t *reply = json_read(&cli->arena, text, &problem);
    bool is_text = str_starts(str_of(t->reply_type), STR("text/"));
    if (!reply && (!is_text || cli->json)) {
        cli_error(cli, "%s answered something else than JSON; is that the right address?", c->url.base);
        return CLI_FAILURE;
    }
    if (!reply)
        cli->out_tty ? output_lines(cli, text) : put_raw(cli, text);
    else if (!cli->json)
        show_json(cli, args, reply);
    else if (cli->out_tty)
        output_json(cli, reply);
    else
        put_raw(cli, text);
    json_decref(reply);
    return CLI_OK;
}

int product_refused(struct client *c, const struct transfer *t, struct cardea_str text)
{
    struct json_problem problem;
    struct client_reply reply = {.status = t->status, .json = json_read(&c->cli->arena, text, &problem)};
    const char *code = json_string_value(json_object_get(reply.json, "code"));
    if (t->status == 502 && code && strcmp(code, "no_upstream") == 0) {
        const char *id = json_string_value(json_object_get(reply.json, "request_id"));
        cli_error(c->cli, "the key is good, but no upstream stands behind %s to answer this", c->url.base);
        cli_hint(c->cli, "Whoever runs %s has to name one; the key needs no change.", c->cli->title);
        if (id)
            cli_hint(c->cli, "(request %s)", id);
    } else {
        client_report(c, &reply);
    }
    client_reply_release(&reply);
    return client_exit_code(t->status);
}

int product_show(struct client *c, const struct cli_args *args, struct transfer *t)
{
    struct buf body;
    buf_init(&body, REPLY_MAX);
    t->take = take;
    t->arg = &body;
    bool whole = transfer_run(c, t);
    int code;
    if (!t->taken) {
        cli_error(c->cli, "the reply is longer than %u MB", REPLY_MAX / 1024 / 1024);
        code = CLI_FAILURE;
    } else if (!whole) {
        code = client_say_unreachable(c, t);
    } else if (t->status < 200 || t->status >= 300) {
        code = product_refused(c, t, buf_str(&body));
    } else {
        code = show(c, args, t, buf_str(&body));
    }
    buf_release(&body);
    return code;
}
