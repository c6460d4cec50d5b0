#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "base/json_write.h"
#include "base/str.h"

static struct buf out;
static struct json_writer w;

static int begin(void **state)
{
    buf_init(&out, 1 << 20);
    jw_init(&w, &out);
    return 0;
}

static int end(void **state)
{
    buf_release(&out);
    return 0;
}

static void commas_fall_where_they_belong(void **state)
{
    jw_object_begin(&w);
    jw_member_str(&w, "name", STR("ci"));
    jw_name(&w, "scopes");
    jw_array_begin(&w);
    jw_str(&w, STR("read"));
    jw_str(&w, STR("write"));
    jw_array_begin(&w);
    jw_array_end(&w);
    jw_object_begin(&w);
    jw_object_end(&w);
    jw_array_end(&w);
    jw_member_int(&w, "n", -3);
    jw_member_bool(&w, "on", true);
    jw_name(&w, "none");
    jw_null(&w);
    jw_name(&w, "raw");
    jw_raw(&w, STR("{\"x\":[1]}"));
    jw_member_bool(&w, "off", false);
    jw_object_end(&w);
    assert_string_equal(out.ptr,
                        "{\"name\":\"ci\",\"scopes\":[\"read\",\"write\",[],{}],\"n\":-3,\"on\":true,\"none\":null,"
                        "\"raw\":{\"x\":[1]},\"off\":false}");
}

static void members_with_or_without_value(void **state)
{
    jw_object_begin(&w);
    jw_member_str_or_null(&w, "a", STR(""));
    jw_member_str_or_null(&w, "b", STR("x"));
    jw_member_time(&w, "c", 0);
    jw_member_time(&w, "d", 1795238100);
    jw_member_id(&w, "e", "key", 0);
    jw_member_id(&w, "f", "key", 1);
    jw_member_str(&w, "g", (struct cardea_str){NULL, 0});
    jw_object_end(&w);
    assert_string_equal(out.ptr, "{\"a\":null,\"b\":\"x\",\"c\":null,\"d\":\"2026-11-21T05:15:00Z\",\"e\":null,"
                                 "\"f\":\"key_0000000000001\",\"g\":\"\"}");
}

static void escapes(void **state)
{
    jw_str(&w, STR("\"\\/\b\f\n\r\t\x01\x1f\x7f \xc3\xa9 \xf0\x9f\x94\x91"));
    assert_string_equal(out.ptr, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa9 \xf0\x9f\x94\x91\"");
    buf_clear(&out);
    jw_init(&w, &out);
    jw_str(&w, STR("a\0b"));
    assert_string_equal(out.ptr, "\"a\\u0000b\"");
    buf_clear(&out);
    jw_init(&w, &out);
    jw_str(&w, STR("\xff\xed\xa0\x80\xc2"));
    assert_string_equal(out.ptr, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Whatever bytes come in, another parser reads the text back. */
static void any_bytes_make_valid_json(void **state)
{
    for (unsigned i = 0; i < 65536; i++) {
        char bytes[3] = {(char)(i & 0xff), (char)(i >> 8), 'x'};
        buf_clear(&out);
        jw_init(&w, &out);
        jw_str(&w, (struct cardea_str){bytes, 3});
        json_error_t error;
        json_t *back = json_loadb(out.ptr, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(back);
        json_decref(back);
    }
}

static void sixteen_levels(void **state)
{
    for (int i = 0; i < 16; i++)
        jw_array_begin(&w);
    jw_int(&w, 1);
    jw_int(&w, 2);
    for (int i = 0; i < 16; i++)
        jw_array_end(&w);
    assert_string_equal(out.ptr, "[[[[[[[[[[[[[[[[1,2]]]]]]]]]]]]]]]]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commas_fall_where_they_belong, begin, end),
        cmocka_unit_test_setup_teardown(members_with_or_without_value, begin, end),
        cmocka_unit_test_setup_teardown(escapes, begin, end),
        cmocka_unit_test_setup_teardown(any_bytes_make_valid_json, begin, end),
        cmocka_unit_test_setup_teardown(sixteen_levels, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
