/* base/schema.h - one table says what a file may hold: it reads the file, checks it, and writes its own manual. */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include "base/buf.h"
#include "base/yaml_tree.h"

/* The type of a field decides what is written at its offset, and what stands there when the file leaves it out. */
enum schema_type {
    SCHEMA_TEXT,     /* const struct yaml_node *; NULL */
    SCHEMA_TEXTS,    /* const struct yaml_node * of a list of texts; NULL */
    SCHEMA_GLOSSARY, /* const struct yaml_node * of a mapping from names to texts; NULL */
    SCHEMA_BOOL,     /* int: 0, 1; -1 */
    SCHEMA_INT,      /* int64_t; -1 */
    SCHEMA_DURATION, /* int64_t, seconds; -1 */
    SCHEMA_CHOICE,   /* int: index in `choices`; -1 */
    SCHEMA_CHOICES,  /* unsigned: bit i for choices[i], from one text or a list; 0 */
    SCHEMA_OBJECT,   /* pointer to the struct of `of`; NULL */
    SCHEMA_OBJECTS,  /* struct schema_items, from a list; empty */
    SCHEMA_NAMED,    /* struct schema_items, from a mapping from names to objects; empty */
};

struct schema_items {
    void *items;
    size_t count;
};

/* What is wrong with a text, as the end of "`x` is not valid: ..."; NULL when nothing is. */
typedef const char *(*schema_rule_fn)(struct cardea_str text);

struct schema;

struct schema_field {
    const char *name;
    enum schema_type type;
    size_t offset;
    bool required;
    const struct schema *of;
    const char *const *choices; /* NULL-terminated */
    int64_t min, max;           /* of numbers; of the count of texts, objects and names (max 0: any) */
    schema_rule_fn rule;        /* of texts, of each of several, of the names of a glossary */
    const char *fallback;       /* for the manual: what leaving it out means */
    const char *help;
};

/* The struct that a schema fills begins with `const struct yaml_node *node`, the mapping it came from. */
struct schema {
    const char *noun; /* "a kind" */
    const char *intro;
    const struct schema_field *fields;
    size_t count, size;
    schema_rule_fn name_rule; /* of the names in a SCHEMA_NAMED of this */
};

/* Fills `out` (size of `s`), reporting every mistake. A field that is wrong is left as if absent. */
void schema_read(const struct schema *s, struct arena *a, const struct yaml_node *node, struct diags *diags, void *out);

/* A Markdown section for `s` and one for each schema beneath it. `path` is "" for the file itself. */
void schema_docs(const struct schema *s, const char *path, struct buf *out);

#endif
