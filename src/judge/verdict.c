#include "judge/verdict.h"

#include "base/json_read.h"
#include "base/str.h"
#include "judge/text.h"

/* Servers add members as they like; only the way to the words matters. NULL: it is not there. */
static const json_t *find_words(const json_t *root)
{
    const json_t *choices = json_object_get(root, "choices");
    if (!json_is_array(choices) || json_array_size(choices) != 1)
        return NULL;
    return json_object_get(json_array_get(choices, 0), "message");
}

static bool read_words(struct arena *a, struct cardea_str words, const char *canary, struct judge_answer *out)
{
    static const struct json_field fields[] = {{"verdict", JSON_WANT_STRING, .required = true},
                                               {"reason", JSON_WANT_STRING, .required = true},
                                               {"canary", JSON_WANT_STRING, .required = true}};
    struct json_problem problem;
    json_t *said = json_read(a, words, &problem);
    bool ok = json_is_object(said) &&
              json_check(a, said, fields, sizeof(fields) / sizeof(fields[0]), &problem, 1) == 0 &&
              str_eq(json_get_str(said, "canary"), str_of(canary)) &&
              judge_verdict_parse(json_get_str(said, "verdict"), &out->verdict);
    if (ok)
        text_clean(out->reason, sizeof(out->reason), json_get_str(said, "reason"));
    json_decref(said);
    return ok;
}

enum verdict_result verdict_read(struct cardea_str body, const char *canary, struct judge_answer *out)
{
    struct arena arena = {0};
    struct json_problem problem;
    enum verdict_result result = VERDICT_FOREIGN;
    json_t *root = json_read(&arena, body, &problem);
    const json_t *message = find_words(root);
    if (json_is_object(message)) {
        const json_t *words = json_object_get(message, "content");
        result = json_is_string(words) && read_words(&arena, json_get_str(message, "content"), canary, out)
                     ? VERDICT_GIVEN
                     : VERDICT_BAD;
    }
    json_decref(root);
    arena_release(&arena);
    return result;
}
