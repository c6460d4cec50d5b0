/* base/yaml_tree.h - one YAML document as a small tree that remembers where each piece stands.
 *
 * Plain data only: anchors, aliases, tags, duplicate keys, keys that are no text, NUL and further documents are refused
 * with their place; size, depth and the number of nodes are bounded. Values stay text: the schema says what they mean.
 */
#ifndef BASE_YAML_TREE_H
#define BASE_YAML_TREE_H

#include "base/diag.h"

#define YAML_TEXT_MAX    ((size_t)1024 * 1024)
#define YAML_DEPTH_LIMIT 32
#define YAML_NODES_MAX   100000
#define YAML_ENTRIES_MAX 512 /* of one mapping */

enum yaml_shape { YAML_SHAPE_SCALAR, YAML_SHAPE_LIST, YAML_SHAPE_MAP };

struct yaml_node {
    enum yaml_shape shape;
    bool plain;             /* a scalar without quotes and not a block */
    uint32_t line, col;     /* from 1, in characters */
    struct cardea_str text; /* of a scalar; NUL-terminated, no NUL inside */
    struct cardea_str key;  /* of an entry of a mapping */
    uint32_t key_line, key_col;
    uint32_t count; /* entries of a list or mapping */
    struct yaml_node *first, *next;
};

/* The mistake of a document without content, which some may allow. */
#define YAML_EMPTY "the file is empty"

/* In `a`. NULL when nothing can be made of the text; a tree may come with mistakes in `diags` too. */
const struct yaml_node *yaml_tree_read(struct arena *a, struct cardea_str text, struct diags *diags);
/* The entry of a mapping, or NULL. */
const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key);
/* An empty value, `~` or `null` without quotes. */
bool yaml_tree_is_null(const struct yaml_node *node);
/* "text", "a list", "a mapping": for messages. */
const char *yaml_shape_name(enum yaml_shape shape);

#endif
