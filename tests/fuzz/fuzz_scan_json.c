/* fuzz_scan_json.c - texts taken out of a document: within the room that was promised, from what two readers of JSON
 * agree is JSON. */
#include <stdlib.h>
#include <string.h>

#include <cardea/profile.h>
#include <cardea/scan_json.h>

#include "base/json_read.h"
#include "base/str.h"

static const struct cardea_str fields[] = {{"/name", 5}, {"/scopes/*", 9}, {"/*/0", 4}, {"/metadata/*/a~1b", 16}};

/* What is there for a number or a member's name beneath a field is another matter; strings are text for text. */
static size_t texts_of(const json_t *value)
{
    size_t len = 0;
    const char *name;
    json_t *one;
    size_t i;
    if (json_is_string(value))
        return json_string_length(value);
    json_array_foreach(value, i, one) len += texts_of(one);
    json_object_foreach((json_t *)(uintptr_t)value, name, one) len += strlen(name) + texts_of(one);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct cardea_str json = {(const char *)data, size};
    struct json_problem problem;
    struct cardea_why why = {""};
    size_t len = 0, all_len = 0;
    static const struct cardea_str all = {"/*", 2};
    char *out = malloc(size ? size : 1);
    if (!out)
        return 0;
    enum cardea_err err = cardea_scan_json(json, fields, 4, out, &len, &why);
    if (err == CARDEA_OK && (len > size || !str_utf8_valid((struct cardea_str){out, len}) || memchr(out, 0, len)))
        abort();
    if (err != CARDEA_OK && why.text[0] == '\0')
        abort();
    err = cardea_scan_json(json, &all, 1, out, &all_len, &why);
    if (err == CARDEA_OK && (all_len > size || len > all_len))
        abort();
    /* The other reader refuses more: members that stand twice, numbers that no integer holds. Never less. */
    json_t *value = json_read(&arena, json, &problem);
    if (value && err != CARDEA_OK)
        abort();
    if (value && (json_is_array(value) || json_is_object(value)) &&
        all_len < (json_is_array(value) ? texts_of(value) : 0))
        abort();
    json_decref(value);
    arena_release(&arena);
    free(out);
    return 0;
}
