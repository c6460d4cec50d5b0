#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

static void grows_and_stays_terminated(void **state)
{
    struct buf b;
    buf_init(&b, 100000);
    assert_null(b.ptr);
    for (int i = 0; i < 5000; i++) {
        buf_add_char(&b, 'x');
        assert_int_equal(b.ptr[b.len], 0);
    }
    buf_add_str(&b, STR("yz"));
    buf_add_cstr(&b, "!");
    buf_add(&b, "", 0);
    assert_int_equal(b.len, 5003);
    assert_string_equal(b.ptr + 5000, "yz!");
    assert_false(b.failed);
    buf_clear(&b);
    assert_int_equal(buf_str(&b).len, 0);
    assert_string_equal(b.ptr, "");
    buf_release(&b);
    assert_null(b.ptr);
}

static void stops_at_its_maximum_and_stays_stopped(void **state)
{
    struct buf b;
    buf_init(&b, 5);
    buf_add_cstr(&b, "abc");
    buf_add_cstr(&b, "def"); /* does not fit: nothing of it is taken */
    assert_true(b.failed);
    buf_add_char(&b, 'g'); /* would fit, but the text would have a hole */
    buf_printf(&b, "%d", 1);
    assert_string_equal(b.ptr, "abc");
    buf_clear(&b);
    assert_false(b.failed);
    buf_add_cstr(&b, "12345");
    assert_false(b.failed);
    assert_string_equal(b.ptr, "12345");
    buf_release(&b);
}

static void writes_every_int(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_add_int(&b, 0);
    buf_add_char(&b, ' ');
    buf_add_int(&b, INT64_MIN);
    buf_add_char(&b, ' ');
    buf_add_int(&b, INT64_MAX);
    buf_add_char(&b, ' ');
    buf_add_int(&b, -7);
    assert_string_equal(b.ptr, "0 -9223372036854775808 9223372036854775807 -7");
    buf_release(&b);
}

static void formats(void **state)
{
    struct buf b;
    buf_init(&b, 2000);
    buf_printf(&b, "%s=%05d", "n", 42);
    assert_string_equal(b.ptr, "n=00042");
    buf_printf(&b, "%*s", 1500, "wide");
    assert_int_equal(b.len, 1507);
    buf_printf(&b, "%*s", 600, "too wide");
    assert_true(b.failed);
    assert_int_equal(b.len, 1507);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(stops_at_its_maximum_and_stays_stopped),
        cmocka_unit_test(writes_every_int),
        cmocka_unit_test(formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
