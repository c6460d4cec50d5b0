#include "cli/page.h"

#include "base/str.h"
#include "cli/output.h"

struct state {
    struct cli *cli;
    const struct page_view *view;
    struct table table;
    json_t *all; /* with --json --all: every item */
    size_t count;
};

static void take_page(struct state *s, const json_t *page)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(page, "data"), i, item)
    {
        s->count++;
        if (s->all)
            json_array_append(s->all, item);
        else if (s->cli->quiet)
            output_line(s->cli, output_text(s->cli, item, s->view->id ? s->view->id : "id").ptr);
        else if (!s->cli->json)
            s->view->row(s->cli, &s->table, item);
    }
}

static int check_limit(struct cli *cli, const char *limit)
{
    if (!limit)
        return CLI_OK;
    char *end;
    long n = strtol(limit, &end, 10);
    if (*limit >= '0' && *limit <= '9' && *end == '\0' && n >= 1 && n <= 200)
        return CLI_OK;
    cli_error(cli, "--limit \"%s\": write a number from 1 to 200, or --all", limit);
    return CLI_USAGE;
}

/* What comes after the last row. */
static void finish(struct state *s, const char *next)
{
    struct cli *cli = s->cli;
    if (s->all) {
        json_t *page = json_pack("{s:O,s:n}", "data", s->all, "next_cursor");
        output_json(cli, page);
        json_decref(page);
        return;
    }
    if (cli->json || cli->quiet)
        return;
    table_finish(&s->table);
    if (s->count == 0 && cli->out_tty)
        cli_note(cli, "%s", s->view->nothing);
    if (next)
        cli_note(cli, "There are more: --all, or --cursor %s", next);
}

int page_list_by(struct client *c, const struct cli_args *args, const char *path, const struct page_view *view)
{
    struct cli *cli = c->cli;
    struct state s = {.cli = cli, .view = view};
    bool all = cli_args_has(args, "all");
    const char *cursor = cli_args_get(args, "cursor"), *limit = cli_args_get(args, "limit");
    int code = check_limit(cli, limit);
    if (code != CLI_OK)
        return code;
    path = client_query(c->cli, path, "limit", limit ? limit : all ? "200" : NULL);
    output_table(cli, &s.table, view->columns, view->column_count);
    if (cli->json && all)
        s.all = json_array();
    do {
        struct client_reply reply;
        code = client_do(c, "GET", client_query(c->cli, path, "cursor", cursor), NULL, &reply);
        if (code != CLI_OK)
            break;
        take_page(&s, reply.json);
        if (cli->json && !all)
            output_json(cli, reply.json);
        struct cardea_str next = output_text(cli, reply.json, "next_cursor");
        cursor = next.len > 0 ? next.ptr : NULL;
        client_reply_release(&reply);
    } while (cursor && all && !ferror(cli->out));
    if (code == CLI_OK)
        finish(&s, cursor);
    json_decref(s.all);
    return code;
}

int page_list(struct cli *cli, const struct cli_args *args, const char *path, const struct page_view *view)
{
    struct client c;
    int code = client_open(&c, cli);
    if (code == CLI_OK)
        code = page_list_by(&c, args, path, view);
    client_release(&c);
    return code;
}
