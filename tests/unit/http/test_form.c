/* Forms as browsers, programs and strangers send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/form.h"

static struct arena arena;

static int clear(void **state)
{
    arena_release(&arena);
    return 0;
}

static const char *value(const char *body, const char *name)
{
    struct form f;
    assert_null(form_read(&arena, str_of(body), &f));
    struct cardea_str v = form_get(&f, name);
    return v.ptr ? arena_cstr(&arena, v) : NULL;
}

static void reads_what_browsers_send(void **state)
{
    assert_string_equal(value("a=1&b=2", "a"), "1");
    assert_string_equal(value("a=1&b=2", "b"), "2");
    assert_null(value("a=1&b=2", "c"));
    assert_null(value("", "a"));
    assert_string_equal(value("a=one+two%20three%2B", "a"), "one two three+");
    assert_string_equal(value("a=%C3%a9", "a"), "\xc3\xa9");
    assert_string_equal(value("a=x=y", "a"), "x=y");
    assert_string_equal(value("%61=1", "a"), "1");
    assert_string_equal(value("a=", "a"), "");
    assert_string_equal(value("&&a=1&", "a"), "1");
    struct form f;
    assert_null(form_read(&arena, STR("a&b=1"), &f));
    assert_int_equal(f.count, 2);
    assert_int_equal(form_get(&f, "a").len, 0);
}

static void refuses_what_is_doubtful(void **state)
{
    static const struct {
        struct cardea_str body;
        const char *wrong;
    } rows[] = {
        {{"a=1&a=2", 7}, "a field stands twice"},
        {{"a=1&%61=2", 9}, "a field stands twice"},
        {{"a=1&a", 5}, "a field stands twice"},
        {{"a=%", 3}, "a % is not followed by two hexadecimal digits"},
        {{"a=%4", 4}, "a % is not followed by two hexadecimal digits"},
        {{"a=%zz", 5}, "a % is not followed by two hexadecimal digits"},
        {{"a=%4g", 5}, "a % is not followed by two hexadecimal digits"},
        {{"%=1", 3}, "a % is not followed by two hexadecimal digits"},
        {{"a=%00", 5}, "it holds a NUL"},
        {{"a=\0b", 4}, "it holds a NUL"},
        {{"a%00b=1", 7}, "it holds a NUL"},
        {{"a=%ff", 5}, "it is not UTF-8"},
        {{"a=%c3", 5}, "it is not UTF-8"},
        {{"a=%c0%80", 8}, "it is not UTF-8"},
        {{"a=%ed%a0%80", 11}, "it is not UTF-8"},
        {{"=1", 2}, "a field has no name"},
        {{"=", 1}, "a field has no name"},
    };
    struct form f;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = form_read(&arena, rows[i].body, &f);
        assert_non_null(wrong);
        assert_string_equal(wrong, rows[i].wrong);
        assert_int_equal(f.count, 0);
    }
}

static void keeps_to_its_bound(void **state)
{
    char body[1024];
    size_t len = 0;
    struct form f;
    for (int i = 0; i < FORM_FIELDS_MAX; i++)
        len += (size_t)snprintf(body + len, sizeof(body) - len, "f%d=%d&", i, i);
    assert_null(form_read(&arena, (struct cardea_str){body, len}, &f));
    assert_int_equal(f.count, FORM_FIELDS_MAX);
    len += (size_t)snprintf(body + len, sizeof(body) - len, "more=1");
    assert_string_equal(form_read(&arena, (struct cardea_str){body, len}, &f), "it has too many fields");
}

/* Nothing crashes, and what is accepted is UTF-8 without NULs. */
static void takes_any_bytes(void **state)
{
    uint64_t seed = 42;
    for (int round = 0; round < 20000; round++) {
        static const char alphabet[] = "aab=&%+0123fF\xc3\xa9\xff\x01 \0";
        char body[24];
        struct form f;
        for (size_t i = 0; i < sizeof(body); i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            body[i] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
        }
        if (form_read(&arena, (struct cardea_str){body, (seed >> 40) % sizeof(body)}, &f))
            assert_int_equal(f.count, 0);
        for (size_t i = 0; i < f.count; i++) {
            assert_true(f.items[i].name.len > 0);
            assert_true(str_utf8_valid(f.items[i].value));
            assert_null(memchr(f.items[i].value.ptr, 0, f.items[i].value.len));
        }
        arena_clear(&arena);
    }
}

static void knows_its_type(void **state)
{
    assert_true(form_is_type(STR("application/x-www-form-urlencoded")));
    assert_true(form_is_type(STR("Application/X-WWW-Form-URLEncoded ; charset=UTF-8")));
    assert_false(form_is_type(STR("")));
    assert_false(form_is_type(STR("application/json")));
    assert_false(form_is_type(STR("application/x-www-form-urlencoded2")));
    assert_false(form_is_type(STR("text/plain; application/x-www-form-urlencoded")));
}

#define test(function) cmocka_unit_test_teardown(function, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(reads_what_browsers_send), test(refuses_what_is_doubtful), test(keeps_to_its_bound),
        test(takes_any_bytes),          test(knows_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
