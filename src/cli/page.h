/* cli/page.h - lists: one page or all of them, as table, ids or JSON. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli/args.h"
#include "cli/client.h"
#include "cli/table.h"

struct page_view {
    const struct table_column *columns;
    size_t column_count;
    void (*row)(struct cli *cli, struct table *t, const json_t *item);
    const char *nothing; /* said on a terminal when the list is empty */
    const char *id;      /* the member that --quiet prints; NULL: "id" */
};

/* By --limit, --cursor and --all. `path` may hold a query. Returns the exit code. */
int page_list(struct cli *cli, const struct cli_args *args, const char *path, const struct page_view *view);
/* The same by a client that is open already. */
int page_list_by(struct client *c, const struct cli_args *args, const char *path, const struct page_view *view);

#endif
