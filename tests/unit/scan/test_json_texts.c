/* test_json_texts.c - what is taken out of a document to be scanned, and what is no document. */
#include "kit.h"

#include <cardea/profile.h>
#include <cardea/scan_json.h>

#include "base/str.h"

static struct cardea_why why;

/* `fields` parted by blanks. The text that was taken, or NULL; in memory of exactly the room that is promised. */
static char *taken(struct cardea_str json, const char *fields)
{
    struct cardea_str list[CARDEA_SCAN_FIELDS_MAX], rest = str_of(fields);
    size_t count = 0, len = 0;
    while (str_cut(&rest, ' ', &list[count]))
        assert_null(cardea_scan_field_mistake(list[count++]));
    char *copy = malloc(json.len ? json.len : 1), *out = malloc(json.len ? json.len : 1), *text = NULL;
    if (json.len)
        memcpy(copy, json.ptr, json.len);
    why.text[0] = '\0';
    enum cardea_err err = cardea_scan_json((struct cardea_str){copy, json.len}, list, count, out, &len, &why);
    if (err == CARDEA_OK) {
        assert_true(len <= json.len);
        text = strndup(out, len);
    } else {
        assert_int_equal(err, CARDEA_E_FORMAT);
        assert_true(why.text[0] != '\0');
    }
    free(copy);
    free(out);
    return text;
}

static const struct {
    const char *json, *fields, *text;
} good[] = {
    {"{\"body\":\"hi\"}", "/body", "hi"},
    {" {\n\"a\" : 1 , \"body\":\t\"hi\" }\r\n", "/body", "hi"},
    {"{\"subject\":\"s\",\"body\":\"b\"}", "/body /subject", "s\nb"},
    {"{\"body\":\"hi\"}", "/other", ""},
    {"{}", "/body", ""},
    {"[]", "/body", ""},
    {"\"hi\"", "/body", ""},
    {"{\"body\":null}", "/body", ""},
    {"{\"body\":\"\"}", "/body", ""},
    {"{\"body\":true}", "/body", ""},
    /* each element, each member, one of them */
    {"{\"messages\":[{\"content\":\"a\"},{\"role\":\"x\"},{\"content\":\"b\"}]}", "/messages/*/content", "a\nb"},
    {"{\"messages\":{\"x\":{\"content\":\"a\"},\"y\":{\"content\":\"b\"}}}", "/messages/*/content", "a\nb"},
    {"{\"m\":[\"a\",\"b\",\"c\"]}", "/m/1", "b"},
    {"{\"m\":{\"1\":\"b\"}}", "/m/1", "b"},
    {"{\"m\":[\"a\"]}", "/m/01 /m/-1 /m/1", ""},
    {"[\"a\",{\"b\":\"c\"}]", "/*", "a\nb\nc"},
    {"{\"a/b\":\"x\",\"a~b\":\"y\",\"a\":{\"b\":\"z\"}}", "/a~1b /a~0b", "x\ny"},
    {"{\"\":\"x\"}", "/", "x"},
    /* with all that is beneath: names, numbers, twice asked is once taken */
    {"{\"c\":[{\"type\":\"text\",\"text\":\"hi\"},{\"n\":[4111,-1.5e3,true,null]}]}", "/c /c/*/text",
     "type\ntext\ntext\nhi\nn\n4111\n-1.5e3"},
    {"{\"c\":{}}", "/c", ""},
    /* as it is read behind: escapes in names and texts, whatever the case */
    {"{\"\\u0062ody\":\"\\u0068\\ud83d\\ude00\\u00e9\\u4e2d\\n\\t\\\"\\\\\\/\\b\\f\\r\"}", "/body",
     "h\xf0\x9f\x98\x80\xc3\xa9\xe4\xb8\xad\n\t\"\\/\b\f\r"},
    {"{\"BODY\":\"x\"}", "/body", "x"},
    {"{\"body\":\"x\"}", "/Body", "x"},
    {"{\"me\xc5\xbf\xc5\xbf\x61ge\":\"x\",\"\xe2\x84\xaa\":\"y\"}", "/message /k", "x\ny"},
    {"{\"\xc3\xa9\":\"\xe4\xb8\xad\"}", "/\xc3\xa9", "\xe4\xb8\xad"},
    {"{\"bod\":\"x\",\"bodyy\":\"y\"}", "/body", ""},
    /* numbers at their edges */
    {"[0,-0,0.0,1e9,1E+2,1e-2,123456789012345678901234567890]", "/*",
     "0\n-0\n0.0\n1e9\n1E+2\n1e-2\n123456789012345678901234567890"},
    /* twice, where nobody looks */
    {"{\"x\":1,\"x\":2}", "/body", ""},
    {"{\"m\":{\"x\":\"a\",\"x\":\"b\"}}", "/m/*", "a\nb"},
};

static void what_is_taken(void **state)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char *text = taken(str_of(good[i].json), good[i].fields);
        if (!text || strcmp(text, good[i].text) != 0)
            fail_msg("%s: `%s` (%s)", good[i].json, text ? text : "refused", why.text);
        free(text);
    }
}

static const char *const bad[] = {
    "",
    " ",
    "hi",
    "{",
    "}",
    "[",
    "]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1}}",
    "{\"a\":1} x",
    "{\"a\":1}{\"a\":2}",
    "1 2",
    "tru",
    "nul",
    "True",
    "NaN",
    "Infinity",
    "-",
    "01",
    "-01",
    "1.",
    ".5",
    "1.e5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "\"",
    "\"a",
    "\"\\\"",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800x\"",
    "\"\n\"",
    "\"\t\"",
    "\"\x01\"",
    "\"\xff\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xe4\xb8\"",
    "\xef\xbb\xbf{}",
    "// x\n{}",
    "{/**/}",
    "\v{}",
    "\f1",
    "{\"body\":\"a\",\"body\":\"b\"}",
    "{\"body\":\"a\",\"Body\":\"b\"}",
    "{\"body\":\"a\",\"\\u0062ody\":\"b\"}",
};

static void what_is_no_document(void **state)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *text = taken(str_of(bad[i]), "/body /messages/*/content");
        if (text)
            fail_msg("%s is taken", bad[i]);
    }
    assert_null(taken((struct cardea_str){"\"a\0b\"", 5}, "/body"));
    assert_null(taken((struct cardea_str){"{}\0", 3}, "/body"));
}

static void nothing_is_quoted(void **state)
{
    assert_null(taken(STR("{\"body\":\"hunter2 \\x\"}"), "/body"));
    assert_null(strstr(why.text, "hunter2"));
    assert_string_equal(why.text, "an escape that JSON does not have, at byte 19");
}

static void depth_is_bounded(void **state)
{
    char deep[256];
    for (size_t depth = CARDEA_SCAN_JSON_DEPTH_MAX; depth <= CARDEA_SCAN_JSON_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', depth);
        deep[depth] = '1';
        memset(deep + depth + 1, ']', depth);
        char *text = taken((struct cardea_str){deep, 2 * depth + 1}, "/*");
        assert_true((text != NULL) == (depth == CARDEA_SCAN_JSON_DEPTH_MAX));
        if (text)
            assert_string_equal(text, "1");
        free(text);
    }
    char *huge = malloc(1u << 20);
    memset(huge, '[', 1u << 20);
    assert_null(taken((struct cardea_str){huge, 1u << 20}, "/*"));
    free(huge);
}

/* Every shortening is no document, or one that has no less taken out of it than there is. */
static void shortened(void **state)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        size_t len = strlen(good[i].json);
        for (size_t n = 0; n < len; n++)
            free(taken((struct cardea_str){good[i].json, n}, good[i].fields));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_taken), cmocka_unit_test(what_is_no_document),
                                       cmocka_unit_test(nothing_is_quoted), cmocka_unit_test(depth_is_bounded),
                                       cmocka_unit_test(shortened)};
    return cmocka_run_group_tests_name("json_texts", tests, NULL, NULL);
}
