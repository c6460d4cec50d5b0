#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_read.h"
#include "base/str.h"

static struct arena arena;

static int release(void **state)
{
    arena_release(&arena);
    return 0;
}

static void refused(struct cardea_str text, const char *location, const char *message)
{
    struct json_problem problem;
    assert_null(json_read(&arena, text, &problem));
    assert_string_equal(problem.location, location);
    assert_string_equal(problem.message, message);
    assert_true(strlen(problem.fix) > 0);
}

static void accepted(struct cardea_str text)
{
    struct json_problem problem;
    json_t *value = json_read(&arena, text, &problem);
    if (!value)
        fail_msg("%.*s: %s: %s", STR_ARG(text), problem.location, problem.message);
    json_decref(value);
}

static void says_where_and_why(void **state)
{
    refused(STR(""), "line 1, column 1", "The text ends before the JSON value does.");
    refused(STR("{\"a\":1,\n \"b\":}"), "line 2, column 6", "The text is not valid JSON.");
    refused(STR("{\"a\":1} x"), "line 1, column 9", "More text follows the JSON value.");
    refused(STR("{\"a\":1,\"a\":2}"), "line 1, column 10", "The object has this member twice.");
    refused(STR("\xef\xbb\xbf{}"), "line 1, column 1", "The text starts with a byte order mark.");
    refused(STR("{\"a\":\n\0 1}"), "line 2, column 1", "The text holds a NUL byte.");
    refused(STR("{\"a\\\\\":\"\\\\\\u0000\"}"), "line 1, column 11", "A string holds the character U+0000.");
    refused(STR("[\"\xff\"]"), "line 1, column 2", "The text is not valid UTF-8.");
    refused(STR("[\"\xed\xa0\x80\"]"), "line 1, column 2", "The text is not valid UTF-8.");
    refused(STR("[\n9223372036854775808]"), "line 2, column 19", "The number is out of range.");
    refused(STR("[-9223372036854775809]"), "line 1, column 21", "The number is out of range.");
    refused(STR("[1e400]"), "line 1, column 6", "The number is out of range.");
    refused(STR("[NaN]"), "line 1, column 4", "The text is not valid JSON.");
    refused((struct cardea_str){NULL, 0}, "line 1, column 1", "The text ends before the JSON value does.");
}

static void tells_a_duplicate(void **state)
{
    struct json_problem problem;
    assert_null(json_read(&arena, STR("{\"a\":{\"b\":1,\"\\u0062\":2}}"), &problem));
    assert_true(problem.duplicate);
    assert_null(json_read(&arena, STR("{"), &problem));
    assert_false(problem.duplicate);
}

/* A body that breaks off may break off inside a key: no text about it repeats it. */
static void never_quotes_the_input(void **state)
{
    static const char *const bodies[] = {"{\"key\":\"anm_hunter2hunter2",
                                         "{\"key\":anm_hunter2}",
                                         "{\"key\":\"anm_hunter2\n\"}",
                                         "anm_hunter2",
                                         "{\"anm_hunter2\":1,\"anm_hunter2\":2}",
                                         "{\"key\":\"anm_hunter2\"} anm_hunter2",
                                         "[\"anm_hunter2\xff\"]",
                                         "[\"anm_hunter2\\x\"]",
                                         "[\"anm_hunter2\\u0000\"]"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct json_problem problem;
        assert_null(json_read(&arena, str_of(bodies[i]), &problem));
        assert_null(strstr(problem.location, "hunter"));
        assert_null(strstr(problem.message, "hunter"));
        assert_null(strstr(problem.fix, "hunter"));
    }
}

static void bounds_depth(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 4];
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    accepted((struct cardea_str){text + 1, 2 * JSON_DEPTH_MAX});
    refused((struct cardea_str){text, 2 * JSON_DEPTH_MAX + 2}, "line 1, column 65",
            "Arrays and objects are nested more than 64 deep.");
    accepted(STR("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""));
}

static void keeps_whole_numbers_whole(void **state)
{
    struct json_problem problem;
    json_t *value = json_read(&arena, STR("[9223372036854775807,-9223372036854775808,9007199254740993]"), &problem);
    assert_non_null(value);
    assert_true(json_integer_value(json_array_get(value, 0)) == INT64_MAX);
    assert_true(json_integer_value(json_array_get(value, 1)) == INT64_MIN);
    assert_true(json_integer_value(json_array_get(value, 2)) == INT64_C(9007199254740993));
    json_decref(value);
}

static const struct json_field fields[] = {
    {"name", JSON_WANT_STRING, .required = true, .min = 1, .max = 10},
    {"credits", JSON_WANT_INT, .nullable = true, .min = 0, .max = 1000},
    {"any_int", JSON_WANT_INT},
    {"enabled", JSON_WANT_BOOL},
    {"scopes", JSON_WANT_ARRAY, .min = 0, .max = 2},
    {"metadata", JSON_WANT_OBJECT},
    {"expires_at", JSON_WANT_TIME, .nullable = true},
};

static size_t check(const char *text, struct json_problem *problems, size_t cap)
{
    struct json_problem problem;
    json_t *value = json_read(&arena, str_of(text), &problem);
    assert_non_null(value);
    size_t count = json_check(&arena, value, fields, sizeof(fields) / sizeof(fields[0]), problems, cap);
    json_decref(value);
    return count;
}

static void checks_members(void **state)
{
    static const struct {
        const char *text, *location, *message, *fix;
    } cases[] = {
        {"{}", "/name", "The member is missing.", "It is required."},
        {"{\"name\":null}", "/name", "The value has the wrong type.", "Send a string."},
        {"{\"name\":\"\"}", "/name", "The value is too small.", "Send between 1 and 10 bytes."},
        {"{\"name\":\"12345678901\"}", "/name", "The value is too large.", "Send between 1 and 10 bytes."},
        {"{\"name\":\"x\",\"credits\":1001}", "/credits", "The value is too large.", "Send between 0 and 1000."},
        {"{\"name\":\"x\",\"credits\":-1}", "/credits", "The value is too small.", "Send between 0 and 1000."},
        {"{\"name\":\"x\",\"credits\":1.0}", "/credits", "The value has the wrong type.", "Send an integer."},
        {"{\"name\":\"x\",\"credits\":true}", "/credits", "The value has the wrong type.", "Send an integer."},
        {"{\"name\":\"x\",\"enabled\":0}", "/enabled", "The value has the wrong type.", "Send true or false."},
        {"{\"name\":\"x\",\"enabled\":null}", "/enabled", "The value has the wrong type.", "Send true or false."},
        {"{\"name\":\"x\",\"scopes\":\"read\"}", "/scopes", "The value has the wrong type.", "Send an array."},
        {"{\"name\":\"x\",\"scopes\":[1,2,3]}", "/scopes", "The value is too large.", "Send between 0 and 2 entries."},
        {"{\"name\":\"x\",\"metadata\":[]}", "/metadata", "The value has the wrong type.", "Send an object."},
        {"{\"name\":\"x\",\"expires_at\":\"tomorrow\"}", "/expires_at", "The value is not a time.",
         "Send a time such as \"2027-01-31T12:00:00Z\"."},
        {"{\"name\":\"x\",\"expires_at\":1795238100}", "/expires_at", "The value is not a time.",
         "Send a time such as \"2027-01-31T12:00:00Z\"."},
        {"{\"name\":\"x\",\"scope\":[]}", "/scope", "The member is not known here.", "Did you mean `scopes`?"},
        {"{\"name\":\"x\",\"zzzzzz\":[]}", "/zzzzzz", "The member is not known here.", "Leave it out."},
        {"{\"name\":\"x\",\"a~b/c\":1}", "/a~0b~1c", "The member is not known here.", "Leave it out."},
        {"[1]", "", "The body is not a JSON object.", "Send an object."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_problem problem;
        assert_int_equal(check(cases[i].text, &problem, 1), 1);
        assert_string_equal(problem.location, cases[i].location);
        assert_string_equal(problem.message, cases[i].message);
        assert_string_equal(problem.fix, cases[i].fix);
    }
    struct json_problem problem;
    assert_int_equal(check("{\"name\":\"x\",\"credits\":null,\"any_int\":-99,\"enabled\":true,\"scopes\":[],"
                           "\"metadata\":{},\"expires_at\":\"2027-01-31T12:00:00Z\"}",
                           &problem, 1),
                     0);
}

static void reports_all_that_fit(void **state)
{
    struct json_problem problems[2];
    assert_true(check("{\"credits\":\"x\",\"enabled\":1,\"nam\":1,\"b\":2}", problems, 2) > 2);
    assert_string_equal(problems[0].location, "/name");
    assert_string_equal(problems[1].location, "/credits");
    char long_name[300] = "{\"name\":\"x\",\"";
    size_t at = strlen(long_name);
    memset(long_name + at, 'k', 200);
    snprintf(long_name + at + 200, sizeof(long_name) - at - 200, "\":1}");
    assert_int_equal(check(long_name, problems, 2), 1);
    assert_string_equal(problems[0].location, "/kkkkkkkk\u2026");
    assert_true(problems[0].unknown);
}

/* A key that was pasted where a member's name belongs. */
static void a_key_is_not_repeated(void **state)
{
    struct json_problem problem;
    assert_int_equal(check("{\"name\":\"x\",\"anm_8dTTqWhunter2hunter2hunter2hunter2\":1}", &problem, 1), 1);
    assert_string_equal(problem.location, "/anm_8dTT\u2026");
    assert_null(strstr(problem.fix, "hunter2"));
    assert_int_equal(
        check("{\"name\":\"x\",\"\\u00e9\\u00e9\\u00e9~/\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"
              "\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\":1}",
              &problem, 1),
        1);
    assert_string_equal(problem.location, "/\u00e9\u00e9\u00e9~0~1\u2026");
}

static void getters_fall_back(void **state)
{
    struct json_problem problem;
    json_t *v = json_read(&arena, STR("{\"s\":\"x\",\"i\":5,\"b\":false,\"n\":null}"), &problem);
    assert_true(str_eq(json_get_str(v, "s"), STR("x")));
    assert_null(json_get_str(v, "n").ptr);
    assert_null(json_get_str(v, "absent").ptr);
    assert_int_equal(json_get_int(v, "i", 9), 5);
    assert_int_equal(json_get_int(v, "n", 9), 9);
    assert_false(json_get_bool(v, "b", true));
    assert_true(json_get_bool(v, "n", true));
    json_decref(v);
}

/* Well-formed files that are refused all the same. */
static const struct {
    const char *file, *reason;
} refused_on_purpose[] = {
    {"y_object_duplicated_key.json", "two readers of such an object disagree about what it says"},
    {"y_object_duplicated_key_and_value.json", "as above"},
    {"y_object_escaped_null_in_key.json", "U+0000 ends a text in much of what lies behind us"},
    {"y_string_null_escape.json", "as above"},
};

static bool is_refused_on_purpose(const char *file)
{
    for (size_t i = 0; i < sizeof(refused_on_purpose) / sizeof(refused_on_purpose[0]); i++)
        if (strcmp(file, refused_on_purpose[i].file) == 0)
            return true;
    return false;
}

static bool reads(const char *path)
{
    struct cardea_str text;
    struct json_problem problem;
    if (!file_read(&arena, path, 16 << 20, &text))
        fail_msg("%s: %s", path, strerror(errno));
    json_t *value = json_read(&arena, text, &problem);
    if (!value)
        assert_true(strncmp(problem.location, "line ", 5) == 0 && strlen(problem.message) && strlen(problem.fix));
    json_decref(value);
    return value != NULL;
}

static void published_files(void **state)
{
    const char *root = getenv("CARDEA_VECTORS") ? getenv("CARDEA_VECTORS") : getenv("CARDEA_VECTORS_DEFAULT");
    char folder[1024], path[2048];
    snprintf(folder, sizeof(folder), "%s/json_parsing", root ? root : "../shared/vectors");
    DIR *dir = opendir(folder);
    if (!dir)
        fail_msg("%s: %s (set CARDEA_VECTORS to the folder that holds json_parsing/)", folder, strerror(errno));
    size_t yes = 0, no = 0, either = 0, purposes = 0, wrong = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        bool read = reads(path);
        bool purpose = is_refused_on_purpose(e->d_name);
        purposes += purpose;
        yes += e->d_name[0] == 'y';
        no += e->d_name[0] == 'n';
        either += e->d_name[0] == 'i';
        bool want = e->d_name[0] == 'y' && !purpose;
        if (e->d_name[0] != 'i' && read != want) {
            print_error("%s: %s\n", e->d_name, read ? "was accepted" : "was refused");
            wrong++;
        }
    }
    closedir(dir);
    print_message("published files: %zu y_, %zu n_, %zu i_\n", yes, no, either);
    assert_int_equal(wrong, 0);
    assert_int_equal(purposes, sizeof(refused_on_purpose) / sizeof(refused_on_purpose[0]));
    assert_true(yes > 90 && no > 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(says_where_and_why, release),
        cmocka_unit_test_teardown(tells_a_duplicate, release),
        cmocka_unit_test_teardown(never_quotes_the_input, release),
        cmocka_unit_test_teardown(bounds_depth, release),
        cmocka_unit_test_teardown(keeps_whole_numbers_whole, release),
        cmocka_unit_test_teardown(checks_members, release),
        cmocka_unit_test_teardown(reports_all_that_fit, release),
        cmocka_unit_test_teardown(a_key_is_not_repeated, release),
        cmocka_unit_test_teardown(getters_fall_back, release),
        cmocka_unit_test_teardown(published_files, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
