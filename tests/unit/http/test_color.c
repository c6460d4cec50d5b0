/* A product's colour where words stand in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/color.h"

static const struct color white = {255, 255, 255}, black = {0, 0, 0}, night = {0x1b, 0x1e, 0x21};

static void colors_are_six_digits(void **state)
{
    (void)state;
    struct color c;
    assert_true(color_parse("#0b7285", &c));
    assert_int_equal(c.r, 0x0b);
    assert_int_equal(c.g, 0x72);
    assert_int_equal(c.b, 0x85);
    static const char *const bad[] = {"",         "#",       "#fff",    "0b72850", "#0b728",
                                      "#0b72855", "#0B7285", "#0b728g", "#0b728;"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(color_parse(bad[i], &c));
    assert_false(color_parse(NULL, &c));
}

static void contrast_is_counted_as_the_guidelines_do(void **state)
{
    (void)state;
    assert_true(color_contrast(white, black) > 20.9 && color_contrast(black, white) < 21.1);
    assert_true(color_contrast(white, white) > 0.99 && color_contrast(white, white) < 1.01);
    /* #767676 is the lightest grey with 4.5 on white. */
    double grey = color_contrast((struct color){0x76, 0x76, 0x76}, white);
    assert_true(grey > 4.48 && grey < 4.6);
}

/* On either ground, whatever the colour: and words in that ground's own tone stand out on it as well. */
static void every_color_can_be_read(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 256; r += 51)
        for (unsigned g = 0; g < 256; g += 51)
            for (unsigned b = 0; b < 256; b += 51) {
                struct color c = {(uint8_t)r, (uint8_t)g, (uint8_t)b};
                assert_true(color_contrast(color_readable(c, white, 7), white) >= 7);
                assert_true(color_contrast(color_readable(c, night, 7), night) >= 7);
            }
    struct color dark = {0x10, 0x20, 0x40}, same = color_readable(dark, white, 7);
    assert_int_equal(same.b, dark.b); /* what can be read stays as it is */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colors_are_six_digits),
        cmocka_unit_test(contrast_is_counted_as_the_guidelines_do),
        cmocka_unit_test(every_color_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
