#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "profile/load.h"

/* More are no set of products but a mistake. */
#define SET_MAX   256
#define FILES_MAX 1024

struct loader {
    struct profile_set *set;
    struct buf *errors;
    size_t builtin_count;
    bool failed;
};

static void fail(struct loader *l, const char *where, const char *what)
{
    buf_printf(l->errors, "%s: %s\n", where, what);
    l->failed = true;
}

static void load_text(struct loader *l, const char *file, struct cardea_str text)
{
    struct profile_set *set = l->set;
    const struct profile *p = profile_load(&set->arena, file, text, l->errors);
    if (!p)
        l->failed = true;
    else if (set->count == SET_MAX)
        fail(l, p->file, "more than 256 profiles");
    else
        set->items[set->count++] = p;
}

static void load_builtin(struct loader *l)
{
    l->set->items = arena_array(&l->set->arena, SET_MAX, sizeof(*l->set->items));
    for (size_t i = 0; i < profile_builtin_count; i++)
        load_text(l, profile_builtins[i].file, (struct cardea_str){profile_builtins[i].text, profile_builtins[i].len});
    l->builtin_count = l->set->count;
}

static int is_profile(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static void load_dir(struct loader *l, const char *dir)
{
    struct dirent **entries;
    int count = scandir(dir, &entries, is_profile, alphasort);
    if (count < 0) {
        fail(l, dir, strerror(errno));
        return;
    }
    if (count > FILES_MAX)
        fail(l, dir, "more than 1024 files");
    for (int i = 0; i < count; i++) {
        struct arena *a = &l->set->arena;
        const char *path = arena_printf(a, "%s/%s", dir, entries[i]->d_name).ptr;
        struct cardea_str text;
        free(entries[i]);
        if (count > FILES_MAX)
            continue;
        if (file_read(a, path, YAML_TEXT_MAX, &text))
            load_text(l, path, text);
        else
            fail(l, path, strerror(errno));
    }
    free(entries);
}

/* A file of the folder takes the place of the built-in profile of its name; two of the folder collide. */
static void settle_names(struct loader *l)
{
    struct profile_set *set = l->set;
    size_t kept = l->builtin_count;
    for (size_t i = l->builtin_count; i < set->count; i++) {
        const struct profile *p = set->items[i];
        for (size_t k = l->builtin_count; k < i; k++)
            if (strcmp(set->items[k]->core.name, p->core.name) == 0)
                fail(l, p->file,
                     arena_printf(&set->arena, "the profile `%s` stands in %s too", p->core.name, set->items[k]->file)
                         .ptr);
    }
    for (size_t i = l->builtin_count; i < set->count; i++) {
        size_t at = 0;
        while (at < l->builtin_count && strcmp(set->items[at]->core.name, set->items[i]->core.name) != 0)
            at++;
        set->items[at < l->builtin_count ? at : kept++] = set->items[i];
    }
    set->count = kept;
}

static const struct profile_source *source_of(const struct profile *p)
{
    return (const struct profile_source *)(const void *)p;
}

static bool has_host(const struct profile *p, struct cardea_str host)
{
    for (size_t i = 0; i < p->core.host_count; i++)
        if (str_eq(host, str_of(p->core.hosts[i])))
            return true;
    for (size_t i = 0; i < p->docs.host_count; i++)
        if (str_eq(host, str_of(p->docs.hosts[i])))
            return true;
    return false;
}

static void check_hosts(struct diags *diags, const struct profile *first, const struct yaml_node *hosts)
{
    for (const struct yaml_node *host = hosts ? hosts->first : NULL; host; host = host->next)
        if (has_host(first, host->text))
            diags_add(diags, host->line, host->col, "`hosts`: `%.*s` is a host of the profile `%s` in %s",
                      DIAG_ARG(host->text), first->core.name, first->file);
}

static void check_pair(struct diags *diags, const struct profile *first, const struct profile *p)
{
    check_hosts(diags, first, source_of(p)->hosts);
    check_hosts(diags, first, source_of(p)->docs_hosts);
    const struct yaml_node *cli = source_of(p)->cli_name;
    if (cli && first->cli.name && str_eq(cli->text, str_of(first->cli.name)))
        diags_add(diags, cli->line, cli->col, "`name`: the command `%.*s` is that of the profile `%s` in %s",
                  DIAG_ARG(cli->text), first->core.name, first->file);
}

static int compare_names(const void *left, const void *right)
{
    const struct profile *const *a = left, *const *b = right;
    return strcmp((*a)->core.name, (*b)->core.name);
}

static bool settle(struct loader *l)
{
    struct profile_set *set = l->set;
    settle_names(l);
    for (size_t i = 0; i < set->count; i++) {
        struct diags diags;
        diags_init(&diags, &set->arena, set->items[i]->file);
        for (size_t k = 0; k < i; k++)
            check_pair(&diags, set->items[k], set->items[i]);
        diags_write(&diags, l->errors);
        l->failed |= diags.count > 0;
    }
    /* By name, so that a profile's index does not depend on the folder it came from. */
    if (set->count)
        qsort(set->items, set->count, sizeof(*set->items), compare_names);
    if (l->failed)
        profile_set_release(set);
    return !l->failed;
}

bool profile_set_builtin(struct profile_set *set, struct buf *errors)
{
    return profile_set_load(set, NULL, errors);
}

bool profile_set_load(struct profile_set *set, const char *dir, struct buf *errors)
{
    *set = (struct profile_set){0};
    struct loader l = {.set = set, .errors = errors};
    load_builtin(&l);
    if (dir)
        load_dir(&l, dir);
    return settle(&l);
}

void profile_set_release(struct profile_set *set)
{
    arena_release(&set->arena);
    *set = (struct profile_set){0};
}

int profile_set_index(const struct profile_set *set, struct cardea_str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(name, str_of(set->items[i]->core.name)))
            return (int)i;
    return -1;
}

const struct profile *profile_set_find(const struct profile_set *set, struct cardea_str name)
{
    int index = profile_set_index(set, name);
    return index < 0 ? NULL : set->items[index];
}

const struct profile *profile_set_by_cli(const struct profile_set *set, struct cardea_str cli_name)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i]->cli.name && str_eq(cli_name, str_of(set->items[i]->cli.name)))
            return set->items[i];
    return NULL;
}
