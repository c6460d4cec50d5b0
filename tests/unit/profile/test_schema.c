#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "profile/fields.h"
#include "profile/profile.h"

static struct arena arena;
static struct buf out;

static int begin(void **state)
{
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&out);
    return 0;
}

static void read_into(const char *text, struct fields_profile *fields)
{
    struct diags diags;
    diags_init(&diags, &arena, "f");
    const struct yaml_node *root = yaml_tree_read(&arena, str_of(text), &diags);
    schema_read(&fields_schema, &arena, root, &diags, fields);
    diags_write(&diags, &out);
}

static void what_is_left_out_is_marked(void **state)
{
    struct fields_profile f = {0};
    read_into("name: a\ntitle: A\nkinds: {k: {}}\nroutes: [{methods: GET, path: /}]\n", &f);
    assert_int_equal(out.len, 0);
    assert_null(f.realm);
    assert_null(f.hosts);
    assert_null(f.management);
    assert_int_equal(f.denials.count, 0);
    const struct fields_kind *kind = f.kinds.items;
    assert_int_equal(f.kinds.count, 1);
    assert_string_equal(kind->node->key.ptr, "k");
    assert_int_equal(kind->alphabet, -1);
    assert_int_equal(kind->flags, 0);
    assert_int_equal(kind->max_active, -1);
    assert_int_equal(kind->overlap, -1);
    assert_int_equal(kind->root_only, -1);
    assert_null(kind->scopes);
    const struct fields_route *route = f.routes.items;
    assert_int_equal(route->is_public, -1);
    assert_int_equal(route->min_role, -1);
    assert_int_equal(route->methods, 1);
}

static void zero_and_false_are_not_left_out(void **state)
{
    struct fields_profile f = {0};
    read_into("name: a\ntitle: A\nkinds: {k: {max_active: 0, overlap: 0s, root_only: false, alphabet: base36}}\n", &f);
    assert_int_equal(out.len, 0);
    const struct fields_kind *kind = f.kinds.items;
    assert_int_equal(kind->alphabet, 0);
    assert_int_equal(kind->max_active, 0);
    assert_int_equal(kind->overlap, 0);
    assert_int_equal(kind->root_only, 0);
}

/* The manual is written by the table: one that has drifted is a mistake. */
static void manual_is_up_to_date(void **state)
{
    const char *path = getenv("PROFILE_DOCS") ? getenv("PROFILE_DOCS") : "docs/reference/profiles.md";
    struct cardea_str committed;
    profile_docs(&out);
    assert_false(out.failed);
    if (!file_read(&arena, path, 1 << 20, &committed))
        fail_msg("cannot read %s", path);
    if (!str_eq(committed, buf_str(&out)))
        fail_msg("%s has drifted: write it anew with `cardea profiles docs`", path);
}

static size_t fields_in(const struct schema *s)
{
    size_t count = s->count;
    for (size_t i = 0; i < s->count; i++)
        count += s->fields[i].of ? fields_in(s->fields[i].of) : 0;
    return count;
}

static void every_field_is_explained(void **state)
{
    profile_docs(&out);
    size_t rows = 0;
    for (const char *at = out.ptr; (at = strstr(at, "\n| `")); at++)
        rows++;
    assert_int_equal(rows, fields_in(&fields_schema));
    assert_null(strstr(out.ptr, "(null)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_left_out_is_marked, begin, end),
        cmocka_unit_test_setup_teardown(zero_and_false_are_not_left_out, begin, end),
        cmocka_unit_test_setup_teardown(manual_is_up_to_date, begin, end),
        cmocka_unit_test_setup_teardown(every_field_is_explained, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
