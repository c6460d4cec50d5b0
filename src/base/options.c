#include "base/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/yaml_tree.h"

#define LIST_MAX 256

struct loader {
    const struct option_table *table;
    struct arena *arena;
    char *out;
    struct buf *errors;
    struct option_list *given; /* texts from the command line, for each option */
    bool failed;
};

static void *field(const struct loader *l, const struct option_def *def)
{
    return l->out + def->offset;
}

static bool parse_int(struct cardea_str text, int64_t *out)
{
    char digits[24];
    if (text.len == 0 || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    if (digits[0] != '-' && (digits[0] < '0' || digits[0] > '9'))
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(digits, &end, 10);
    *out = value;
    return errno == 0 && *end == '\0' && end != digits;
}

/* "~/x" in the home folder, as a shell would have it: the configuration file has no shell. */
static const char *parse_path(struct arena *a, struct cardea_str text)
{
    const char *home = getenv("HOME");
    if (home && str_starts(text, STR("~/")))
        return arena_printf(a, "%s%.*s", home, (int)text.len - 1, text.ptr + 1).ptr;
    return arena_cstr(a, text);
}

/* What is wrong, or NULL; then the field is set. */
static const char *set_number(struct loader *l, const struct option_def *def, struct cardea_str text)
{
    int64_t value;
    bool duration = def->type == OPTION_DURATION;
    if (!(duration ? timefmt_parse_duration(text, &value) : parse_int(text, &value)))
        return arena_printf(l->arena,
                            duration ? "`%.*s` is not a duration such as 30s, 15m, 12h or 90d"
                                     : "`%.*s` is not a whole number",
                            STR_ARG(text))
            .ptr;
    if ((def->min || def->max) && (value < def->min || value > def->max))
        return arena_printf(l->arena, "%.*s is out of range: from %lld to %lld%s", STR_ARG(text), (long long)def->min,
                            (long long)def->max, duration ? " seconds" : "")
            .ptr;
    memcpy(field(l, def), &value, sizeof(value));
    return NULL;
}

static const char *set_scalar(struct loader *l, const struct option_def *def, struct cardea_str text)
{
    const char *copy;
    bool yes = str_eq(text, STR("true"));
    switch (def->type) {
    case OPTION_INT:
    case OPTION_DURATION:
        return set_number(l, def, text);
    case OPTION_BOOL:
        if (!yes && !str_eq(text, STR("false")))
            return arena_printf(l->arena, "`%.*s` is neither true nor false", STR_ARG(text)).ptr;
        memcpy(field(l, def), &yes, sizeof(yes));
        return NULL;
    case OPTION_PATH:
        if (text.len == 0)
            return "a path cannot be empty";
        copy = parse_path(l->arena, text);
        memcpy(field(l, def), &copy, sizeof(copy));
        return NULL;
    default:
        copy = arena_cstr(l->arena, text);
        memcpy(field(l, def), &copy, sizeof(copy));
        return NULL;
    }
}

/* Each text may name several, joined by commas; empty ones are dropped. */
static const char *set_list(struct loader *l, const struct option_def *def, const char *const *texts, size_t count)
{
    const char **items = arena_array(l->arena, LIST_MAX, sizeof(*items));
    struct option_list list = {.items = items};
    for (size_t i = 0; i < count; i++) {
        struct cardea_str rest = str_of(texts[i]), piece;
        while (str_cut(&rest, ',', &piece)) {
            piece = str_trim(piece);
            if (piece.len == 0)
                continue;
            if (list.count == LIST_MAX)
                return "more than 256 entries";
            items[list.count++] = arena_cstr(l->arena, piece);
        }
    }
    memcpy(field(l, def), &list, sizeof(list));
    return NULL;
}

static const char *set_texts(struct loader *l, const struct option_def *def, const char *const *texts, size_t count)
{
    if (def->type == OPTION_LIST)
        return set_list(l, def, texts, count);
    return set_scalar(l, def, str_of(texts[count - 1]));
}

static void fail(struct loader *l, const char *where, const char *what)
{
    buf_printf(l->errors, "%s: %s\n", where, what);
    l->failed = true;
}

static const struct option_def *find(const struct option_table *t, struct cardea_str name, unsigned where, char joint)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *own = t->defs[i].name;
        bool same = (t->defs[i].where & where) && strlen(own) == name.len;
        for (size_t k = 0; same && k < name.len; k++)
            same = name.ptr[k] == (own[k] == '-' ? joint : own[k]);
        if (same)
            return &t->defs[i];
    }
    return NULL;
}

/* The nearest name that `where` has, spelt as there; NULL when none is near. */
static const char *suggest(struct loader *l, struct cardea_str name, unsigned where, char joint)
{
    const struct option_table *t = l->table;
    const char **names = arena_array(l->arena, t->count, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (!(t->defs[i].where & where))
            continue;
        char *copy = arena_cstr(l->arena, str_of(t->defs[i].name));
        for (char *c = copy; *c; c++)
            *c = *c == '-' ? joint : *c;
        names[count++] = copy;
    }
    return str_nearest(name, names, count);
}

static void fail_unknown(struct loader *l, struct cardea_str name)
{
    const char *nearest = suggest(l, name, OPTION_CLI, '-');
    struct cardea_str where = arena_printf(l->arena, "--%.*s", STR_ARG(name));
    const char *what = "there is no such option; see --help";
    if (nearest)
        what = arena_printf(l->arena, "there is no such option; did you mean --%s?", nearest).ptr;
    fail(l, where.ptr, what);
}

static void give(struct loader *l, const struct option_def *def, const char *text)
{
    struct option_list *given = &l->given[def - l->table->defs];
    const char **items = arena_array(l->arena, given->count + 1, sizeof(*items));
    if (given->count)
        memcpy(items, given->items, given->count * sizeof(*items));
    items[given->count] = text;
    *given = (struct option_list){items, given->count + 1};
}

/* One argument, and the next one where it is its value; returns how many it took. */
static int take_argument(struct loader *l, int left, char *const argv[])
{
    struct cardea_str rest = str_of(argv[0]), name;
    if (!str_starts(rest, STR("--")) || rest.len == 2) {
        fail(l, argv[0], "options begin with `--`; nothing else is expected here");
        return 1;
    }
    rest.ptr += 2;
    rest.len -= 2;
    str_cut(&rest, '=', &name);
    const char *value = rest.ptr; /* up to the argument's own NUL */
    const struct option_def *def = find(l->table, name, OPTION_CLI, '-');
    if (!def && !value && str_starts(name, STR("no-"))) {
        def = find(l->table, (struct cardea_str){name.ptr + 3, name.len - 3}, OPTION_CLI, '-');
        if (def && def->type == OPTION_BOOL) {
            give(l, def, "false");
            return 1;
        }
        def = NULL;
    }
    if (!def) {
        fail_unknown(l, name);
        return 1;
    }
    if (!value && def->type == OPTION_BOOL)
        value = "true";
    if (value) {
        give(l, def, value);
        return 1;
    }
    if (left < 2) {
        fail(l, argv[0],
             arena_printf(l->arena, "needs a value: %s", def->placeholder ? def->placeholder : "VALUE").ptr);
        return 1;
    }
    give(l, def, argv[1]);
    return 2;
}

/* What is to be shown instead of done, or OPTIONS_OK. */
static enum options_result wants_text(const struct option_table *t, int argc, char *const argv[])
{
    enum options_result result = OPTIONS_OK;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return OPTIONS_HELP;
        if (t->config && strcmp(argv[i], "--sample-config") == 0)
            result = OPTIONS_SAMPLE;
    }
    return result;
}

static void take_entry(struct loader *l, struct diags *diags, const struct yaml_node *entry)
{
    const struct option_def *def = find(l->table, entry->key, OPTION_FILE, '_');
    if (!def) {
        const char *nearest = suggest(l, entry->key, OPTION_FILE, '_');
        diags_add(diags, entry->key_line, entry->key_col, "`%.*s` is no option of this file%s%s%s",
                  DIAG_ARG(entry->key), nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
        return;
    }
    const char *what = NULL;
    if (entry->shape == YAML_SHAPE_LIST && def->type == OPTION_LIST) {
        const char **texts = arena_array(l->arena, entry->count, sizeof(*texts));
        size_t count = 0;
        for (const struct yaml_node *e = entry->first; e; e = e->next) {
            if (e->shape != YAML_SHAPE_SCALAR)
                diags_add(diags, e->line, e->col, "`%.*s` holds texts, not %s", DIAG_ARG(entry->key),
                          yaml_shape_name(e->shape));
            else
                texts[count++] = e->text.ptr;
        }
        what = set_list(l, def, texts, count);
    } else if (entry->shape != YAML_SHAPE_SCALAR) {
        what = arena_printf(l->arena, "expected one value, not %s", yaml_shape_name(entry->shape)).ptr;
    } else if (yaml_tree_is_null(entry)) {
        what = "expected a value; leave the line out for the default";
    } else {
        what = set_texts(l, def, &entry->text.ptr, 1);
    }
    if (what)
        diags_add(diags, entry->line, entry->col, "`%.*s`: %s", DIAG_ARG(entry->key), what);
}

static void load_file(struct loader *l, const char *path)
{
    struct cardea_str text;
    if (!file_read(l->arena, path, YAML_TEXT_MAX, &text)) {
        fail(l, path, strerror(errno));
        return;
    }
    struct diags diags;
    diags_init(&diags, l->arena, path);
    /* A file of comments alone is how one begins. */
    const struct yaml_node *root = yaml_tree_read(l->arena, text, &diags);
    bool nothing = !root && diags.count == 1 && strcmp(diags.items[0].text, YAML_EMPTY) == 0;
    if (nothing)
        return;
    if (root && root->shape != YAML_SHAPE_MAP)
        diags_add(&diags, root->line, root->col, "expected `option: value` lines, not %s",
                  yaml_shape_name(root->shape));
    else if (root)
        for (const struct yaml_node *entry = root->first; entry; entry = entry->next)
            take_entry(l, &diags, entry);
    if (diags.count == 0)
        return;
    diags_write(&diags, l->errors);
    l->failed = true;
}

/* Sets one option from the default, the environment or the command line. */
static void apply(struct loader *l, const struct option_def *def, const char *where, const char *const *texts,
                  size_t count)
{
    const char *what = set_texts(l, def, texts, count);
    if (what)
        fail(l, where, what);
}

static void apply_strong(struct loader *l, const struct option_def *def)
{
    const char *value = def->env ? getenv(def->env) : NULL;
    if (value && *value)
        apply(l, def, def->env, &value, 1);
    const struct option_list *given = &l->given[def - l->table->defs];
    if (given->count)
        apply(l, def, arena_printf(l->arena, "--%s", def->name).ptr, given->items, given->count);
}

enum options_result options_load(const struct option_table *t, struct arena *a, int argc, char *const argv[], void *out,
                                 struct buf *errors)
{
    enum options_result text = wants_text(t, argc, argv);
    if (text != OPTIONS_OK)
        return text;
    struct loader l = {.table = t, .arena = a, .out = out, .errors = errors};
    l.given = arena_array(a, t->count, sizeof(*l.given));
    for (int i = 1; i < argc;)
        i += take_argument(&l, argc - i, argv + i);
    for (size_t i = 0; i < t->count; i++) {
        const struct option_def *def = &t->defs[i];
        if (def->fallback)
            apply(&l, def, def->name, &def->fallback, 1);
        else if (def->type == OPTION_LIST)
            set_list(&l, def, NULL, 0);
        else
            memset(field(&l, def), 0, def->type == OPTION_BOOL ? sizeof(bool) : sizeof(int64_t));
    }
    const struct option_def *config = t->config ? find(t, str_of(t->config), OPTION_CLI, '-') : NULL;
    if (config) {
        const char *path = NULL;
        apply_strong(&l, config);
        memcpy(&path, field(&l, config), sizeof(path));
        if (path)
            load_file(&l, path);
    }
    for (size_t i = 0; i < t->count; i++)
        if (&t->defs[i] != config)
            apply_strong(&l, &t->defs[i]);
    return l.failed ? OPTIONS_BAD : OPTIONS_OK;
}

/* ---- what has changed ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const struct option_list *a, const struct option_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_text(a->items[i], b->items[i]);
    return same;
}

static bool same_value(const struct option_def *d, const void *was, const void *is)
{
    const char *a = (const char *)was + d->offset, *b = (const char *)is + d->offset;
    switch (d->type) {
    case OPTION_STRING:
    case OPTION_PATH:
        return same_text(*(const char *const *)(const void *)a, *(const char *const *)(const void *)b);
    case OPTION_LIST:
        return same_list((const void *)a, (const void *)b);
    case OPTION_BOOL:
        return *(const bool *)(const void *)a == *(const bool *)(const void *)b;
    case OPTION_INT:
    case OPTION_DURATION:
        return *(const int64_t *)(const void *)a == *(const int64_t *)(const void *)b;
    }
    return true;
}

void options_fixed_changes(const struct option_table *t, const void *was, const void *is, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++)
        if (!(t->defs[i].where & OPTION_LIVE) && !same_value(&t->defs[i], was, is))
            buf_printf(out, ", %s", t->defs[i].name);
}
