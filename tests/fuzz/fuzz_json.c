/* fuzz_json.c - request bodies: whatever is read is within its bounds, and can be written and read again. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_read.h"
#include "base/str.h"

static const struct json_field fields[] = {
    {"name", JSON_WANT_STRING, .required = true, .min = 1, .max = 100},
    {"scopes", JSON_WANT_ARRAY, .max = 64},
    {"credits", JSON_WANT_INT, .nullable = true, .max = 1000000},
    {"enabled", JSON_WANT_BOOL},
    {"metadata", JSON_WANT_OBJECT},
    {"expires_at", JSON_WANT_TIME, .nullable = true},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct json_problem problem, problems[4];
    json_t *value = json_read(&arena, (struct cardea_str){(const char *)data, size}, &problem);
    if (!value) {
        if (!problem.location || !problem.message || !problem.fix)
            abort();
        arena_release(&arena);
        return 0;
    }
    if (!str_utf8_valid((struct cardea_str){(const char *)data, size}) || (size && memchr(data, 0, size)))
        abort();
    size_t count = json_check(&arena, value, fields, sizeof(fields) / sizeof(fields[0]), problems, 4);
    for (size_t i = 0; i < count && i < 4; i++)
        if (!str_utf8_valid(str_of(problems[i].location)))
            abort();
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    json_t *again = text ? json_read(&arena, str_of(text), &problem) : NULL;
    if (!again || !json_equal(value, again))
        abort();
    json_decref(again);
    json_decref(value);
    free(text);
    arena_release(&arena);
    return 0;
}
