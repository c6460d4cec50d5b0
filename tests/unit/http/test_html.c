/* Text on its way into a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/html.h"

static void check(struct cardea_str text, const char *expected)
{
    struct buf b;
    buf_init(&b, 4096);
    html_text(&b, text);
    assert_true(str_eq(buf_str(&b), str_of(expected)));
    buf_release(&b);
}

static void nothing_opens_a_tag_or_ends_an_attribute(void **state)
{
    check(STR("<script>alert('1')</script>"), "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    check(STR("\"><img src=x>"), "&quot;&gt;&lt;img src=x&gt;");
    check(STR("&amp; & &#60;"), "&amp;amp; &amp; &amp;#60;");
    check(STR("plain \xc3\xa9 \xf0\x9f\x92\xbb"), "plain \xc3\xa9 \xf0\x9f\x92\xbb");
    check(STR(""), "");
}

static void what_is_no_text_becomes_a_mark(void **state)
{
    check(STR("a\0b"), "a\xef\xbf\xbd"
                       "b");
    check(STR("\x1b[31m\x7f"), "\xef\xbf\xbd[31m\xef\xbf\xbd");
    check(STR("\xff<\xc3"), "\xef\xbf\xbd&lt;\xef\xbf\xbd");
    check(STR("\xc3<"), "\xef\xbf\xbd&lt;"); /* a broken character does not swallow what follows */
    check(STR("a\tb\nc"), "a\tb\nc");
}

static void a_template_escapes_what_it_takes(void **state)
{
    struct buf b;
    buf_init(&b, 4096);
    HTML_FILL(&b, "<p title=\"%\">% %</p>", STR("\""), STR("<b>"), STR("%"));
    assert_true(str_eq(buf_str(&b), STR("<p title=\"&quot;\">&lt;b&gt; %</p>")));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_opens_a_tag_or_ends_an_attribute),
        cmocka_unit_test(what_is_no_text_becomes_a_mark),
        cmocka_unit_test(a_template_escapes_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
