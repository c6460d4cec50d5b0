#include <string.h>

#include "base/schema.h"

static const char *type_name(enum schema_type type)
{
    static const char *const names[] = {
        [SCHEMA_TEXT] = "text",
        [SCHEMA_TEXTS] = "list of texts",
        [SCHEMA_GLOSSARY] = "mapping, name to text",
        [SCHEMA_BOOL] = "true or false",
        [SCHEMA_INT] = "whole number",
        [SCHEMA_DURATION] = "duration",
        [SCHEMA_CHOICE] = "one of",
        [SCHEMA_CHOICES] = "one or a list of",
        [SCHEMA_OBJECT] = "mapping",
        [SCHEMA_OBJECTS] = "list of mappings",
        [SCHEMA_NAMED] = "mapping, name to mapping",
    };
    return names[type];
}

static void add_row(const struct schema_field *f, struct buf *out)
{
    buf_printf(out, "| `%s` | %s", f->name, type_name(f->type));
    for (size_t i = 0; f->choices && f->choices[i]; i++)
        buf_printf(out, "%s`%s`", i ? ", " : " ", f->choices[i]);
    buf_printf(out, " | %s | %s |\n", f->required ? "required" : f->fallback ? f->fallback : "", f->help);
}

void schema_docs(const struct schema *s, const char *path, struct buf *out)
{
    buf_printf(out, "\n## %s%s%s\n\n%s\n\n", path[0] ? "`" : "", path[0] ? path : "The file", path[0] ? "`" : "",
               s->intro);
    buf_add_cstr(out, "| Field | Type | Left out | Meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < s->count; i++)
        add_row(&s->fields[i], out);
    for (size_t i = 0; i < s->count; i++) {
        const struct schema_field *f = &s->fields[i];
        if (!f->of)
            continue;
        struct buf below;
        buf_init(&below, 256);
        buf_printf(&below, "%s%s%s%s", path, path[0] ? "." : "", f->name,
                   f->type == SCHEMA_NAMED     ? ".NAME"
                   : f->type == SCHEMA_OBJECTS ? "[]"
                                               : "");
        schema_docs(f->of, buf_str(&below).ptr, out);
        buf_release(&below);
    }
}
