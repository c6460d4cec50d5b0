#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml_tree.h"

static struct arena arena;
static struct buf errors;

static int begin(void **state)
{
    buf_init(&errors, 1 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&errors);
    return 0;
}

static const struct yaml_node *read_text(struct cardea_str text)
{
    struct diags diags;
    diags_init(&diags, &arena, "f");
    buf_clear(&errors);
    const struct yaml_node *root = yaml_tree_read(&arena, text, &diags);
    diags_write(&diags, &errors);
    return root;
}

static void remembers_places(void **state)
{
    const struct yaml_node *root = read_text(
        STR("# comment\nname: x\nlist:\n  - one\n  - {k: \"two\"}\n\xc3\xa9: [a, b]\nempty:\n"));
    assert_non_null(root);
    assert_int_equal(root->count, 4);
    const struct yaml_node *name = yaml_tree_get(root, "name");
    assert_int_equal(name->line, 2);
    assert_int_equal(name->col, 7);
    assert_int_equal(name->key_line, 2);
    assert_int_equal(name->key_col, 1);
    assert_true(name->plain);
    const struct yaml_node *list = yaml_tree_get(root, "list");
    assert_int_equal(list->shape, YAML_SHAPE_LIST);
    assert_int_equal(list->line, 4);
    const struct yaml_node *k = yaml_tree_get(list->first->next, "k");
    assert_string_equal(k->text.ptr, "two");
    assert_int_equal(k->line, 5);
    assert_int_equal(k->col, 9);
    assert_false(k->plain);
    assert_int_equal(yaml_tree_get(root, "\xc3\xa9")->col, 4); /* in characters */
    assert_true(yaml_tree_is_null(yaml_tree_get(root, "empty")));
    assert_false(yaml_tree_is_null(name));
    assert_null(yaml_tree_get(root, "absent"));
    assert_null(yaml_tree_get(name, "x"));
}

static void nulls(void **state)
{
    const struct yaml_node *root = read_text(STR("a: ~\nb: null\nc: ''\nd: \"null\"\ne: |\n  null\n"));
    assert_true(yaml_tree_is_null(yaml_tree_get(root, "a")));
    assert_true(yaml_tree_is_null(yaml_tree_get(root, "b")));
    assert_false(yaml_tree_is_null(yaml_tree_get(root, "c")));
    assert_false(yaml_tree_is_null(yaml_tree_get(root, "d")));
    assert_false(yaml_tree_is_null(yaml_tree_get(root, "e")));
}

static void says_what_it_refuses_and_where(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "f:1:1: the file is empty\n"},
        {"# only a comment\n", "f:1:1: the file is empty\n"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: `a` stands twice; first in line 1\n"},
        {"a: {x: 1, \"x\": 2}\n", "f:1:11: `x` stands twice; first in line 1\n"},
        {"a: &x 1\n", "f:1:4: anchors (`&name`) are not supported; write the value out\n"},
        {"a: &x [1]\nb: *x\n", "f:1:4: anchors (`&name`) are not supported; write the value out\n"
                               "f:2:4: aliases (`*name`) are not supported; write the value out\n"},
        {"a: !!str 1\n", "f:1:4: tags (`!name`) are not supported; leave it out\n"},
        {"a: !x {}\n", "f:1:4: tags (`!name`) are not supported; leave it out\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document; one file holds one\n"},
        {"? [1]\n: x\n", "f:1:3: a mapping's key must be text\n"},
        {"a: \"\\0\"\n", "f:1:4: the text holds the character U+0000\n"},
        {"a:\n\tb: 1\n", "f:2:1: a tab cannot indent YAML; use spaces\n"},
        {"a: \xc3\xa9\nb:\n\tc: 1\n", "f:3:1: a tab cannot indent YAML; use spaces\n"},
        {"a: b: c\n", "f:1:5: not valid YAML: mapping values are not allowed in this context\n"},
        {"a: [1\n", "f:2:1: not valid YAML: did not find expected ',' or ']'\n"},
        {"a: 1\nb: \x01\n", "f:2:4: not a character that YAML allows; the file must be UTF-8 text\n"},
        {"a: \xff\n", "f:1:4: not a character that YAML allows; the file must be UTF-8 text\n"},
        {"a: @x\n", "f:1:4: not valid YAML: found character that cannot start any token\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_text(str_of(cases[i].text));
        assert_string_equal(errors.ptr, cases[i].error);
    }
    read_text((struct cardea_str){"a: \0b\n", 6});
    assert_string_equal(errors.ptr, "f:1:4: not a character that YAML allows; the file must be UTF-8 text\n");
}

/* `piece` again and again; NULL: numbered entries of a mapping. */
static struct cardea_str repeated(const char *piece, size_t count)
{
    struct buf text;
    buf_init(&text, 64 << 20);
    for (size_t i = 0; i < count; i++)
        piece ? buf_add_cstr(&text, piece) : buf_printf(&text, "k%zu: 1\n", i);
    struct cardea_str copy = arena_str(&arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

static void is_bounded(void **state)
{
    assert_null(read_text(repeated("[", 100000)));
    assert_string_equal(errors.ptr, "f:1:33: nested more than 32 deep\n");
    assert_null(read_text(repeated("{a: ", 40000)));
    assert_string_equal(errors.ptr, "f:1:129: nested more than 32 deep\n");
    assert_null(read_text(repeated("- ", 40000)));
    assert_string_equal(errors.ptr, "f:1:65: nested more than 32 deep\n");
    assert_null(read_text(repeated(NULL, 600)));
    assert_string_equal(errors.ptr, "f:513:1: more than 512 entries in one mapping\n");
    assert_null(read_text(repeated("- 1\n", 100001)));
    assert_string_equal(errors.ptr, "f:100000:3: more than 100000 values in one file\n");
    assert_null(read_text(repeated("# 34567\n", 131073)));
    assert_string_equal(errors.ptr, "f: larger than 1 MiB\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(remembers_places, begin, end),
        cmocka_unit_test_setup_teardown(nulls, begin, end),
        cmocka_unit_test_setup_teardown(says_what_it_refuses_and_where, begin, end),
        cmocka_unit_test_setup_teardown(is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
