#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/id.h"
#include "base/str.h"

static bool ones(void *arg, void *buf, size_t len)
{
    memset(buf, 0xff, len);
    return true;
}

static bool counter(void *arg, void *buf, size_t len)
{
    memset(buf, 0, len);
    memcpy(buf, arg, len < sizeof(uint32_t) ? len : sizeof(uint32_t));
    ++*(uint32_t *)arg;
    return true;
}

static void rises_whatever_the_clock_does(void **state)
{
    int64_t last = 0, before = 0;
    uint32_t n = 0;
    const int64_t clocks[] = {1790000000000, 1790000000000, 1790000000001, 1700000000000, 0,
                              INT64_MIN,     INT64_MAX,     INT64_MAX - 1};
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]) - 2; i++) {
        int64_t id = id_new(&last, clocks[i], counter, &n);
        assert_true(id > before);
        assert_int_equal(id, last);
        before = id;
    }
    for (int i = 0; i < 1000; i++) { /* all random bits set: the next one carries */
        int64_t id = id_new(&last, 1790000000002, ones, NULL);
        assert_true(id > before);
        before = id;
    }
    last = 0;
    assert_true(id_new(&last, INT64_MAX, ones, NULL) > 0); /* a broken clock makes no negative id */
}

static void says_when_it_was_made(void **state)
{
    int64_t last = 0;
    assert_int_equal(id_ms(id_new(&last, 1790000000002, ones, NULL)), 1790000000002);
    assert_int_equal(id_ms(id_at(1790000000002)), 1790000000002);
    assert_true(id_at(1790000000002) < last && last < id_at(1790000000003));
}

static void text_goes_there_and_back(void **state)
{
    const int64_t ids[] = {1, 31, 32, INT64_C(0x123456789abcdef), INT64_MAX};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char text[ID_TEXT_MAX];
        int64_t back = 0;
        size_t len = id_format(text, "key", ids[i]);
        assert_int_equal(len, 17);
        assert_int_equal(strlen(text), 17);
        assert_true(id_parse((struct cardea_str){text, len}, "key", &back));
        assert_int_equal(back, ids[i]);
        assert_false(id_parse((struct cardea_str){text, len}, "acc", &back));
        assert_false(id_parse((struct cardea_str){text, len - 1}, "key", &back));
    }
    char text[ID_TEXT_MAX];
    id_format(text, "key", INT64_MAX);
    assert_string_equal(text, "key_7zzzzzzzzzzzz");
}

static void refuses_other_spellings(void **state)
{
    int64_t id = 99;
    static const char *const bad[] = {
        "",
        "key",
        "key_",
        "key_0000000000000" /* 0 is no id */,
        "key_8000000000000" /* above 63 bits */,
        "key_zzzzzzzzzzzzz",
        "KEY_0000000000001",
        "key_000000000000A",
        "key_000000000000i",
        "key_000000000000l",
        "key_000000000000o",
        "key_000000000000u",
        "key-0000000000001",
        "key_00000000000001",
        " key_000000000001",
        "key_000000000000-",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(id_parse(str_of(bad[i]), "key", &id));
    assert_false(id_parse((struct cardea_str){"key_00000000000\0"
                                              "1",
                                              17},
                          "key", &id));
    assert_int_equal(id, 99);
}

static void order_of_text_is_order_of_ids(void **state)
{
    char a[ID_TEXT_MAX], b[ID_TEXT_MAX];
    int64_t last = 0;
    uint32_t n = 0;
    id_format(a, "key", id_new(&last, 1790000000000, counter, &n));
    for (int i = 1; i < 2000; i++) {
        id_format(b, "key", id_new(&last, 1790000000000 + i / 3, counter, &n));
        assert_true(strcmp(a, b) < 0);
        memcpy(a, b, sizeof(a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rises_whatever_the_clock_does), cmocka_unit_test(says_when_it_was_made),
        cmocka_unit_test(text_goes_there_and_back),      cmocka_unit_test(refuses_other_spellings),
        cmocka_unit_test(order_of_text_is_order_of_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
