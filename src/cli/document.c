#include "cli/document.h"

#include <stdlib.h>

#include "base/json_read.h"
#include "base/str.h"
#include "base/yaml_tree.h"
#include "cli/input.h"

#define DOCUMENT_MAX ((size_t)4 << 20)

/* A decimal integer as JSON writes one. */
static bool is_integer(struct cardea_str s)
{
    size_t at = s.len > 0 && s.ptr[0] == '-', digits = s.len - at;
    if (digits == 0 || digits > 18 || (s.ptr[at] == '0' && digits > 1))
        return false;
    for (; at < s.len; at++)
        if (s.ptr[at] < '0' || s.ptr[at] > '9')
            return false;
    return true;
}

static json_t *scalar(const struct yaml_node *node)
{
    struct cardea_str s = node->text;
    if (yaml_tree_is_null(node))
        return json_null();
    if (node->plain && (str_eq(s, STR("true")) || str_eq(s, STR("false"))))
        return json_boolean(s.ptr[0] == 't');
    if (node->plain && is_integer(s))
        return json_integer(strtoll(s.ptr, NULL, 10));
    return json_stringn(s.ptr, s.len);
}

/* NULL: out of memory, or text that is not UTF-8 (which the reader of YAML refuses). */
static json_t *convert(const struct yaml_node *node)
{
    bool failed = false;
    if (node->shape == YAML_SHAPE_SCALAR)
        return scalar(node);
    json_t *all = node->shape == YAML_SHAPE_LIST ? json_array() : json_object();
    for (const struct yaml_node *n = node->first; n && !failed; n = n->next)
        failed = node->shape == YAML_SHAPE_LIST ? json_array_append_new(all, convert(n)) != 0
                                                : json_object_set_new(all, n->key.ptr, convert(n)) != 0;
    if (!failed)
        return all;
    json_decref(all);
    return NULL;
}

static json_t *from_yaml(struct cli *cli, const char *name, struct cardea_str text)
{
    struct diags diags;
    struct buf said;
    diags_init(&diags, &cli->arena, name);
    const struct yaml_node *tree = yaml_tree_read(&cli->arena, text, &diags);
    if (tree && diags.count == 0)
        return convert(tree);
    buf_init(&said, 1 << 20);
    diags_write(&diags, &said);
    fwrite(said.ptr, 1, said.len, cli->err);
    buf_release(&said);
    return NULL;
}

static json_t *from_json(struct cli *cli, const char *name, struct cardea_str text)
{
    struct json_problem problem;
    json_t *json = json_read(&cli->arena, text, &problem);
    if (!json)
        cli_error(cli, "%s: %s: %s", name, problem.location, problem.message);
    return json;
}

json_t *document_read(struct cli *cli, const char *path)
{
    struct cardea_str text = {0};
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    if (!input_read(cli, path, DOCUMENT_MAX, &text))
        return NULL;
    size_t at = 0;
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]))
        at++;
    bool is_json = at < text.len && text.ptr[at] == '{';
    json_t *json = is_json ? from_json(cli, name, text) : from_yaml(cli, name, text);
    if (!json || json_is_object(json))
        return json;
    cli_error(cli, "%s: not a mapping of names to values", name);
    json_decref(json);
    return NULL;
}
