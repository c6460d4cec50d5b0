#include <errno.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "profile/pattern.h"

/* As the daemon reads them. */
#define PROFILE_MAX (1024 * 1024)

static void report_json(struct cli *cli, const char *path, const struct profile *p)
{
    json_t *report = json_pack("{s:s,s:s,s:i,s:i,s:i}", "file", path, "name", p->core.name, "kinds",
                               (int)p->core.kind_count, "scopes", (int)p->core.scope_count, "routes",
                               (int)p->core.route_count);
    output_json(cli, report);
    json_decref(report);
}

static bool check_file(struct cli *cli, const char *path)
{
    struct cardea_str text;
    struct arena arena = {0};
    struct buf errors;
    buf_init(&errors, 1 << 20);
    bool good = false;
    if (!file_read(&arena, path, PROFILE_MAX, &text)) {
        fprintf(cli->err, "%s: %s\n", path, strerror(errno));
    } else {
        const struct profile *p = profile_load(&arena, path, text, &errors);
        good = p != NULL;
        if (!good)
            fwrite(errors.ptr, 1, errors.len, cli->err);
        else if (cli->json)
            report_json(cli, path, p);
        else if (!cli->quiet)
            fprintf(cli->out, "%s: ok, %s with %zu kind%s, %zu scopes, %zu routes\n", path, p->core.name,
                    p->core.kind_count, p->core.kind_count == 1 ? "" : "s", p->core.scope_count, p->core.route_count);
    }
    buf_release(&errors);
    arena_release(&arena);
    return good;
}

int cmd_profiles_check(struct cli *cli, const struct cli_args *args)
{
    return cli_check_files(cli, args, check_file);
}

static const struct table_column columns[] = {{"NAME", false, false}, {"TITLE", true, false}, {"HOSTS", true, false},
                                              {"KINDS", true, false}, {"CLI", false, false},  {"FILE", false, false}};

static json_t *names(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *profile_json(const struct profile *p)
{
    json_t *kinds = json_array();
    for (size_t i = 0; i < p->core.kind_count; i++)
        json_array_append_new(kinds, json_string(p->core.kinds[i].name));
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:s?,s:s?}", "name", p->core.name, "title", p->title, "hosts",
                     names(p->core.hosts, p->core.host_count), "kinds", kinds, "scopes",
                     names(p->core.scopes, p->core.scope_count), "cli", p->cli.name, "file", p->file);
}

int cmd_profiles_list(struct cli *cli, const struct cli_args *args)
{
    struct table t;
    (void)args;
    output_table(cli, &t, columns, sizeof(columns) / sizeof(columns[0]));
    json_t *all = json_array();
    for (size_t i = 0; i < cli->profiles.count; i++) {
        json_t *p = profile_json(cli->profiles.items[i]);
        const struct table_cell cells[] = {
            {output_text(cli, p, "name"), TABLE_PLAIN}, {output_text(cli, p, "title"), TABLE_PLAIN},
            {output_text(cli, p, "hosts"), TABLE_DIM},  {output_text(cli, p, "kinds"), TABLE_PLAIN},
            {output_text(cli, p, "cli"), TABLE_PLAIN},  {output_text(cli, p, "file"), TABLE_DIM},
        };
        if (cli->quiet && !cli->json)
            output_line(cli, cells[0].text.ptr);
        else if (!cli->json)
            table_add(&t, cells);
        json_array_append_new(all, p);
    }
    table_finish(&t);
    if (cli->json) {
        json_t *page = json_pack("{s:O}", "data", all);
        output_json(cli, page);
        json_decref(page);
    }
    json_decref(all);
    return CLI_OK;
}

static const struct table_column pattern_columns[] = {
    {"PROFILE", false, false}, {"KIND", false, false}, {"PATTERN", false, false}, {"CHECKSUM", false, false}};

static json_t *pattern_json(const struct profile *p, const struct cardea_kind *kind)
{
    struct buf pattern;
    buf_init(&pattern, 4096);
    profile_pattern(&pattern, &kind->format);
    json_t *one = json_pack("{s:s,s:s,s:s#,s:s?}", "profile", p->core.name, "kind", kind->name, "pattern", pattern.ptr,
                            (int)pattern.len, "checksum",
                            profile_pattern_checked(&kind->format) ? "crc32-base62" : NULL);
    buf_release(&pattern);
    return one;
}

/* False when the profile has no such kind, or one whose keys have no format. */
static bool add_patterns(struct cli *cli, struct table *t, json_t *all, const struct profile *p, const char *wanted)
{
    bool found = false;
    for (size_t i = 0; i < p->core.kind_count; i++) {
        const struct cardea_kind *kind = &p->core.kinds[i];
        if ((kind->flags & CARDEA_KIND_LEGACY) || (wanted && strcmp(wanted, kind->name) != 0))
            continue;
        json_t *one = pattern_json(p, kind);
        const struct table_cell cells[] = {
            {output_text(cli, one, "profile"), TABLE_PLAIN},
            {output_text(cli, one, "kind"), TABLE_PLAIN},
            {output_text(cli, one, "pattern"), TABLE_PLAIN},
            {json_is_null(json_object_get(one, "checksum")) ? STR("none") : output_text(cli, one, "checksum"),
             TABLE_DIM},
        };
        if (cli->quiet && !cli->json)
            output_line(cli, cells[2].text.ptr);
        else if (!cli->json)
            table_add(t, cells);
        json_array_append_new(all, one);
        found = true;
    }
    return found;
}

int cmd_profiles_pattern(struct cli *cli, const struct cli_args *args)
{
    const char *name = args->word_count > 0 ? args->words[0] : NULL,
               *kind = args->word_count > 1 ? args->words[1] : NULL;
    const struct profile *named = name ? profile_set_find(&cli->profiles, str_of(name)) : NULL;
    struct table t;
    bool found = false;
    if (name && !named) {
        cli_error(cli, "there is no profile \"%s\"; `%s profiles list` shows them", name, cli->name);
        return CLI_NOT_FOUND;
    }
    json_t *all = json_array();
    output_table(cli, &t, pattern_columns, sizeof(pattern_columns) / sizeof(pattern_columns[0]));
    for (size_t i = 0; i < cli->profiles.count; i++)
        if (!named || named == cli->profiles.items[i])
            found |= add_patterns(cli, &t, all, cli->profiles.items[i], kind);
    table_finish(&t);
    if (cli->json && found) {
        json_t *page = json_pack("{s:O}", "data", all);
        output_json(cli, page);
        json_decref(page);
    }
    json_decref(all);
    if (!found)
        cli_error(cli, "%s has no such kind of keys with a format", name ? name : "no profile");
    return found ? CLI_OK : CLI_NOT_FOUND;
}

int cmd_profiles_docs(struct cli *cli, const struct cli_args *args)
{
    struct buf manual;
    (void)args;
    buf_init(&manual, 1 << 20);
    profile_docs(&manual);
    return output_page(cli, &manual);
}
