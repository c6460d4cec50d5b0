#include "base/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"

struct builder {
    struct arena *arena;
    struct diags *diags;
    struct cardea_str text;
    struct yaml_node *root;
    struct yaml_node *open[YAML_DEPTH_LIMIT];
    struct yaml_node *last[YAML_DEPTH_LIMIT]; /* last entry of each */
    struct yaml_node *key;                    /* waits for its value, in the innermost mapping */
    size_t depth, nodes;
    bool stopped; /* nothing after this makes sense */
};

static void say(struct builder *b, const yaml_mark_t *mark, const char *text)
{
    diags_add(b->diags, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, "%s", text);
}

static void stop(struct builder *b, const yaml_mark_t *mark, const char *text)
{
    say(b, mark, text);
    b->stopped = true;
}

static struct yaml_node *node_new(struct builder *b, enum yaml_shape shape, const yaml_mark_t *mark)
{
    struct yaml_node *node = arena_alloc(b->arena, sizeof(*node));
    node->shape = shape;
    node->line = (uint32_t)mark->line + 1;
    node->col = (uint32_t)mark->column + 1;
    node->text = STR("");
    return node;
}

static void take_key(struct builder *b, struct yaml_node *map, struct yaml_node *key, const yaml_mark_t *mark)
{
    for (const struct yaml_node *e = map->first; e; e = e->next) {
        if (str_eq(e->key, key->text)) {
            diags_add(b->diags, key->line, key->col, "`%.*s` stands twice; first in line %u", DIAG_ARG(key->text),
                      e->key_line);
            break;
        }
    }
    if (map->count >= YAML_ENTRIES_MAX)
        stop(b, mark, "more than 512 entries in one mapping");
    b->key = key;
}

/* Puts a node where it belongs: the root, the next entry, or a mapping's next key. */
static void place(struct builder *b, struct yaml_node *node, const yaml_mark_t *mark)
{
    if (++b->nodes > YAML_NODES_MAX) {
        stop(b, mark, "more than 100000 values in one file");
        return;
    }
    if (b->depth == 0) {
        b->root = node;
        return;
    }
    struct yaml_node *parent = b->open[b->depth - 1];
    if (parent->shape == YAML_SHAPE_MAP) {
        if (!b->key && node->shape != YAML_SHAPE_SCALAR) {
            stop(b, mark, "a mapping's key must be text");
            return;
        }
        if (!b->key) {
            take_key(b, parent, node, mark);
            return;
        }
        node->key = b->key->text;
        node->key_line = b->key->line;
        node->key_col = b->key->col;
        b->key = NULL;
    }
    struct yaml_node **last = &b->last[b->depth - 1];
    if (*last)
        (*last)->next = node;
    else
        parent->first = node;
    *last = node;
    parent->count++;
}

static void descend(struct builder *b, enum yaml_shape shape, const yaml_mark_t *mark)
{
    struct yaml_node *node = node_new(b, shape, mark);
    place(b, node, mark);
    if (b->stopped)
        return;
    if (b->depth == YAML_DEPTH_LIMIT) {
        stop(b, mark, "nested more than 32 deep");
        return;
    }
    b->open[b->depth] = node;
    b->last[b->depth] = NULL;
    b->depth++;
}

static void refuse_extras(struct builder *b, const yaml_mark_t *mark, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        say(b, mark, "anchors (`&name`) are not supported; write the value out");
    if (tag)
        say(b, mark, "tags (`!name`) are not supported; leave it out");
}

static void take_scalar(struct builder *b, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    refuse_extras(b, mark, event->data.scalar.anchor, event->data.scalar.tag);
    struct yaml_node *node = node_new(b, YAML_SHAPE_SCALAR, mark);
    struct cardea_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (text.len && memchr(text.ptr, '\0', text.len)) {
        say(b, mark, "the text holds the character U+0000");
        text.len = 0;
    }
    node->text = arena_str(b->arena, text);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    place(b, node, mark);
}

static void take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->root)
            stop(b, &event->start_mark, "a second document; one file holds one");
        break;
    case YAML_ALIAS_EVENT:
        say(b, &event->start_mark, "aliases (`*name`) are not supported; write the value out");
        place(b, node_new(b, YAML_SHAPE_SCALAR, &event->start_mark), &event->start_mark);
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_extras(b, &event->start_mark, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        descend(b, YAML_SHAPE_LIST, &event->start_mark);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_extras(b, &event->start_mark, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        descend(b, YAML_SHAPE_MAP, &event->start_mark);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        break;
    default:
        break;
    }
}

/* libyaml's words for a tab are "found character that cannot start any token". Its index counts characters. */
static bool stands_at_tab(struct cardea_str text, size_t index)
{
    size_t i = 0;
    while (i < text.len && index-- > 0) {
        size_t step = str_utf8_step(text, i);
        i += step ? step : 1;
    }
    return i < text.len && text.ptr[i] == '\t';
}

/* The reader knows only an offset; the scanner and the parser know a mark. */
static void report_parser(struct builder *b, const yaml_parser_t *parser)
{
    yaml_mark_t mark = parser->problem_mark;
    b->stopped = true;
    if (parser->error == YAML_READER_ERROR) {
        mark = (yaml_mark_t){0};
        for (size_t i = 0; i < parser->problem_offset && i < b->text.len; i++) {
            bool newline = b->text.ptr[i] == '\n';
            mark.line += newline;
            mark.column = newline ? 0 : mark.column + 1;
        }
        say(b, &mark, "not a character that YAML allows; the file must be UTF-8 text");
        return;
    }
    if (stands_at_tab(b->text, mark.index)) {
        say(b, &mark, "a tab cannot indent YAML; use spaces");
        return;
    }
    diags_add(b->diags, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, "not valid YAML: %s",
              parser->problem ? parser->problem : "the text cannot be read");
}

const struct yaml_node *yaml_tree_read(struct arena *a, struct cardea_str text, struct diags *diags)
{
    struct builder b = {.arena = a, .diags = diags, .text = text};
    if (text.len > YAML_TEXT_MAX) {
        diags_add(diags, 0, 0, "larger than 1 MiB");
        return NULL;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
    for (bool more = true; more && !b.stopped;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_parser(&b, &parser);
            break;
        }
        take_event(&b, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (b.stopped)
        return NULL;
    if (!b.root)
        diags_add(diags, 1, 1, YAML_EMPTY);
    return b.root;
}

const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key)
{
    if (map->shape != YAML_SHAPE_MAP)
        return NULL;
    for (const struct yaml_node *e = map->first; e; e = e->next)
        if (str_eq(e->key, str_of(key)))
            return e;
    return NULL;
}

bool yaml_tree_is_null(const struct yaml_node *node)
{
    return node->shape == YAML_SHAPE_SCALAR && node->plain &&
           (node->text.len == 0 || str_eq(node->text, STR("~")) || str_eq(node->text, STR("null")));
}

const char *yaml_shape_name(enum yaml_shape shape)
{
    static const char *const names[] = {"text", "a list", "a mapping"};
    return names[shape];
}
