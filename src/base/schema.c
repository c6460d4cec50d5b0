#include "base/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/timefmt.h"

#define CHOICES_MAX 32

struct reader {
    struct arena *arena;
    struct diags *diags;
};

static const char *const wanted[] = {
    [SCHEMA_TEXT] = "text",          [SCHEMA_TEXTS] = "a list of texts",
    [SCHEMA_GLOSSARY] = "a mapping", [SCHEMA_BOOL] = "true or false",
    [SCHEMA_INT] = "a whole number", [SCHEMA_DURATION] = "a duration such as 12h or 90d",
    [SCHEMA_CHOICE] = "a word",      [SCHEMA_CHOICES] = "a list of words",
    [SCHEMA_OBJECT] = "a mapping",   [SCHEMA_OBJECTS] = "a list of mappings",
    [SCHEMA_NAMED] = "a mapping",
};

/* "; did you mean `x`?" or "; it is one of a, b". */
static const char *hint(struct reader *r, struct cardea_str given, const char *const *names, size_t count)
{
    const char *nearest = str_nearest(given, names, count);
    if (nearest)
        return arena_printf(r->arena, "; did you mean `%s`?", nearest).ptr;
    struct cardea_str all = STR("");
    for (size_t i = 0; i < count; i++)
        all = arena_printf(r->arena, "%.*s%s%s", STR_ARG(all), i ? ", " : "; it is one of ", names[i]);
    return all.ptr ? all.ptr : "";
}

static void unknown_field(struct reader *r, const struct schema *s, const struct yaml_node *entry)
{
    const char **names = arena_array(r->arena, s->count, sizeof(*names));
    for (size_t i = 0; i < s->count; i++)
        names[i] = s->fields[i].name;
    diags_add(r->diags, entry->key_line, entry->key_col, "`%.*s` is not known in %s%s", DIAG_ARG(entry->key), s->noun,
              hint(r, entry->key, names, s->count));
}

static void wrong_shape(struct reader *r, const struct schema_field *f, const struct yaml_node *node)
{
    const char *got = yaml_tree_is_null(node) ? "empty" : yaml_shape_name(node->shape);
    diags_add(r->diags, node->line, node->col, "`%s` is %s, not %s", f->name, wanted[f->type], got);
}

/* A scalar with something in it. */
static bool is_text(const struct yaml_node *node)
{
    return node->shape == YAML_SHAPE_SCALAR && !yaml_tree_is_null(node);
}

static bool obeys(struct reader *r, const char *what, schema_rule_fn rule, struct cardea_str text, uint32_t line,
                  uint32_t col)
{
    const char *wrong = rule ? rule(text) : NULL;
    if (wrong)
        diags_add(r->diags, line, col, "`%s`: `%.*s` is not valid: %s", what, DIAG_ARG(text), wrong);
    return !wrong;
}

static bool in_count(struct reader *r, const struct schema_field *f, const struct yaml_node *node)
{
    if (f->max == 0 || (node->count >= f->min && node->count <= f->max))
        return true;
    diags_add(r->diags, node->line, node->col, "`%s` has %u entries; it takes %lld to %lld", f->name, node->count,
              (long long)f->min, (long long)f->max);
    return false;
}

static bool read_bool(struct reader *r, const struct schema_field *f, const struct yaml_node *node, int *out)
{
    if (str_eq(node->text, STR("true")) || str_eq(node->text, STR("false"))) {
        *out = node->text.ptr[0] == 't';
        return true;
    }
    diags_add(r->diags, node->line, node->col, "`%s`: `%.*s` is neither true nor false", f->name, DIAG_ARG(node->text));
    return false;
}

static void read_number(struct reader *r, const struct schema_field *f, const struct yaml_node *node, int64_t *out)
{
    int64_t value = 0;
    bool duration = f->type == SCHEMA_DURATION;
    /* A duration's syntax without a unit is that of a whole number. */
    char last = node->text.len ? node->text.ptr[node->text.len - 1] : ' ';
    bool right = timefmt_parse_duration(node->text, &value) && (duration || (last >= '0' && last <= '9'));
    if (!right)
        diags_add(r->diags, node->line, node->col, "`%s`: `%.*s` is not %s", f->name, DIAG_ARG(node->text),
                  wanted[f->type]);
    else if (value < f->min || value > f->max)
        diags_add(r->diags, node->line, node->col, "`%s`: %.*s is out of range; it lies between %lld and %lld%s",
                  f->name, DIAG_ARG(node->text), (long long)f->min, (long long)f->max, duration ? " seconds" : "");
    else
        *out = value;
}

/* Index of the word, or -1 after a report. */
static int read_choice(struct reader *r, const struct schema_field *f, const struct yaml_node *node)
{
    size_t count = 0;
    for (; f->choices[count]; count++)
        if (str_eq(node->text, str_of(f->choices[count])))
            return (int)count;
    diags_add(r->diags, node->line, node->col, "`%s`: `%.*s` is not known%s", f->name, DIAG_ARG(node->text),
              hint(r, node->text, f->choices, count));
    return -1;
}

static void read_choices(struct reader *r, const struct schema_field *f, const struct yaml_node *node, unsigned *out)
{
    const struct yaml_node *one = node->shape == YAML_SHAPE_LIST ? node->first : node;
    for (; one; one = node->shape == YAML_SHAPE_LIST ? one->next : NULL) {
        if (!is_text(one)) {
            wrong_shape(r, f, one);
            continue;
        }
        int index = read_choice(r, f, one);
        if (index >= 0 && (*out & 1u << index))
            diags_add(r->diags, one->line, one->col, "`%s`: `%.*s` stands twice", f->name, DIAG_ARG(one->text));
        else if (index >= 0)
            *out |= 1u << index;
    }
}

static bool read_texts(struct reader *r, const struct schema_field *f, const struct yaml_node *list)
{
    bool right = in_count(r, f, list);
    for (const struct yaml_node *one = list->first; one; one = one->next) {
        if (!is_text(one)) {
            wrong_shape(r, f, one);
            right = false;
            continue;
        }
        right &= obeys(r, f->name, f->rule, one->text, one->line, one->col);
        for (const struct yaml_node *before = list->first; before != one; before = before->next) {
            if (before->shape == YAML_SHAPE_SCALAR && str_eq(before->text, one->text)) {
                diags_add(r->diags, one->line, one->col, "`%s`: `%.*s` stands twice", f->name, DIAG_ARG(one->text));
                break;
            }
        }
    }
    return right;
}

/* Kept even when an entry is wrong: or each use of the others would be called wrong too. */
static void read_glossary(struct reader *r, const struct schema_field *f, const struct yaml_node *map)
{
    in_count(r, f, map);
    for (const struct yaml_node *one = map->first; one; one = one->next) {
        obeys(r, f->name, f->rule, one->key, one->key_line, one->key_col);
        if (!is_text(one))
            diags_add(r->diags, one->line, one->col, "`%.*s` needs a text that says what it is for",
                      DIAG_ARG(one->key));
    }
}

static void read_object(struct reader *r, const struct schema *s, const struct yaml_node *node, void *out);

static void read_items(struct reader *r, const struct schema_field *f, const struct yaml_node *node,
                       struct schema_items *out)
{
    if (!in_count(r, f, node))
        return;
    char *items = arena_array(r->arena, node->count, f->of->size);
    for (const struct yaml_node *one = node->first; one; one = one->next) {
        if (f->type == SCHEMA_NAMED)
            obeys(r, f->name, f->of->name_rule, one->key, one->key_line, one->key_col);
        read_object(r, f->of, one, items + out->count++ * f->of->size);
    }
    out->items = items;
}

static bool shape_fits(const struct schema_field *f, const struct yaml_node *node)
{
    switch (f->type) {
    case SCHEMA_TEXTS:
    case SCHEMA_OBJECTS:
        return node->shape == YAML_SHAPE_LIST;
    case SCHEMA_GLOSSARY:
    case SCHEMA_OBJECT:
    case SCHEMA_NAMED:
        return node->shape == YAML_SHAPE_MAP;
    case SCHEMA_CHOICES:
        return node->shape == YAML_SHAPE_LIST || is_text(node);
    default:
        return is_text(node);
    }
}

static void read_field(struct reader *r, const struct schema_field *f, const struct yaml_node *node, char *at)
{
    if (!shape_fits(f, node)) {
        wrong_shape(r, f, node);
        return;
    }
    bool keep = false;
    switch (f->type) {
    case SCHEMA_TEXT:
        keep = obeys(r, f->name, f->rule, node->text, node->line, node->col);
        break;
    case SCHEMA_TEXTS:
        keep = read_texts(r, f, node);
        break;
    case SCHEMA_GLOSSARY:
        read_glossary(r, f, node);
        keep = true;
        break;
    case SCHEMA_BOOL:
        read_bool(r, f, node, (void *)at);
        break;
    case SCHEMA_INT:
    case SCHEMA_DURATION:
        read_number(r, f, node, (void *)at);
        break;
    case SCHEMA_CHOICE:
        *(int *)(void *)at = read_choice(r, f, node);
        break;
    case SCHEMA_CHOICES:
        read_choices(r, f, node, (void *)at);
        break;
    case SCHEMA_OBJECT:
        *(void **)(void *)at = arena_alloc(r->arena, f->of->size);
        read_object(r, f->of, node, *(void **)(void *)at);
        break;
    case SCHEMA_OBJECTS:
    case SCHEMA_NAMED:
        read_items(r, f, node, (void *)at);
        break;
    }
    if (keep)
        *(const struct yaml_node **)(void *)at = node;
}

static void set_absent(const struct schema_field *f, char *at)
{
    switch (f->type) {
    case SCHEMA_BOOL:
    case SCHEMA_CHOICE:
        *(int *)(void *)at = -1;
        break;
    case SCHEMA_INT:
    case SCHEMA_DURATION:
        *(int64_t *)(void *)at = -1;
        break;
    default: /* the arena's zeros */
        break;
    }
}

static void read_object(struct reader *r, const struct schema *s, const struct yaml_node *node, void *out)
{
    *(const struct yaml_node **)out = node;
    for (size_t i = 0; i < s->count; i++)
        set_absent(&s->fields[i], (char *)out + s->fields[i].offset);
    if (node->shape != YAML_SHAPE_MAP) {
        diags_add(r->diags, node->line, node->col, "%s is a mapping, not %s", s->noun,
                  yaml_tree_is_null(node) ? "empty" : yaml_shape_name(node->shape));
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct schema_field *f = &s->fields[i];
        char *at = (char *)out + f->offset;
        const struct yaml_node *entry = yaml_tree_get(node, f->name);
        if (entry)
            read_field(r, f, entry, at);
        else if (f->required)
            diags_add(r->diags, node->line, node->col, "`%s` is missing in %s", f->name, s->noun);
    }
    for (const struct yaml_node *entry = node->first; entry; entry = entry->next) {
        size_t i = 0;
        while (i < s->count && !str_eq(entry->key, str_of(s->fields[i].name)))
            i++;
        if (i == s->count)
            unknown_field(r, s, entry);
    }
}

void schema_read(const struct schema *s, struct arena *a, const struct yaml_node *node, struct diags *diags, void *out)
{
    struct reader r = {a, diags};
    read_object(&r, s, node, out);
}
