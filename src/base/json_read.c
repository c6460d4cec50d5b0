#include "base/json_read.h"

#include "base/str.h"
#include "base/timefmt.h"

struct place {
    size_t line, column;
};

static struct place place_of(struct cardea_str text, size_t offset)
{
    struct place at = {1, 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static void report(struct arena *a, struct json_problem *problem, struct place at, const char *message, const char *fix)
{
    *problem = (struct json_problem){
        .location = arena_printf(a, "line %zu, column %zu", at.line, at.column).ptr, .message = message, .fix = fix};
}

/* Index after a string that begins at text[i], or where a \u0000 stands in it (`*nul`). */
static size_t skip_string(struct cardea_str text, size_t i, bool *nul)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++) {
        if (text.ptr[i] != '\\')
            continue;
        if (text.len - i >= 6 && memcmp(text.ptr + i, "\\u0000", 6) == 0) {
            *nul = true;
            return i;
        }
        i++;
    }
    return i < text.len ? i + 1 : text.len;
}

/* What jansson would take or report less well: a byte order mark, NUL in either spelling, and depth. */
static bool prescan(struct arena *a, struct cardea_str text, struct json_problem *problem)
{
    if (str_starts(text, STR("\xef\xbb\xbf"))) {
        report(a, problem, place_of(text, 0), "The text starts with a byte order mark.", "Send UTF-8 without one.");
        return false;
    }
    const char *raw = text.len ? memchr(text.ptr, '\0', text.len) : NULL;
    if (raw) {
        report(a, problem, place_of(text, (size_t)(raw - text.ptr)), "The text holds a NUL byte.",
               "Send UTF-8 without NUL bytes.");
        return false;
    }
    size_t depth = 0;
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i];
        if (c == '"') {
            bool nul = false;
            i = skip_string(text, i, &nul);
            if (nul) {
                report(a, problem, place_of(text, i), "A string holds the character U+0000.", "Leave out `\\u0000`.");
                return false;
            }
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= depth && (c == ']' || c == '}');
        if (depth > JSON_DEPTH_MAX) {
            report(a, problem, place_of(text, i), "Arrays and objects are nested more than 64 deep.",
                   "Nest less deeply.");
            return false;
        }
        i++;
    }
    return true;
}

/* Our words in place of jansson's, whose texts quote the input: that may be a key. */
static void report_jansson(struct arena *a, const json_error_t *error, struct json_problem *problem)
{
    const char *message = "The text is not valid JSON.", *fix = "Check quotes, commas and brackets near this place.";
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        message = "The text ends before the JSON value does.";
        fix = "Send the whole value: a string, object or array is not closed.";
        break;
    case json_error_end_of_input_expected:
        message = "More text follows the JSON value.";
        fix = "Send one value and nothing after it.";
        break;
    case json_error_invalid_utf8:
        message = "The text is not valid UTF-8.";
        fix = "Encode the text as UTF-8.";
        break;
    case json_error_duplicate_key:
        message = "The object has this member twice.";
        fix = "Send each member once.";
        break;
    case json_error_numeric_overflow:
        message = "The number is out of range.";
        fix = "Integers lie between -9223372036854775808 and 9223372036854775807, others within a double.";
        break;
    default:
        break;
    }
    struct place at = {error->line > 0 ? (size_t)error->line : 1, error->column > 0 ? (size_t)error->column : 1};
    report(a, problem, at, message, fix);
    problem->duplicate = json_error_code(error) == json_error_duplicate_key;
}

json_t *json_read(struct arena *a, struct cardea_str text, struct json_problem *problem)
{
    *problem = (struct json_problem){0};
    if (!prescan(a, text, problem))
        return NULL;
    json_error_t error;
    json_t *value = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        report_jansson(a, &error, problem);
    return value;
}

struct checker {
    struct arena *arena;
    struct json_problem *problems;
    size_t cap, count;
};

/* No name of ours is longer, but every key is: one that was pasted in the wrong place is not to be repeated. */
#define NAME_SHOWN_MAX 32
#define NAME_CUT       8

/* A member's name may be anything a client sends: its JSON pointer is escaped (RFC 6901) and cut. */
static const char *pointer_to(struct arena *a, const char *name)
{
    char text[2 * NAME_SHOWN_MAX + 8] = "/";
    size_t len = 1;
    struct cardea_str s = str_of(name);
    bool cut = s.len > NAME_SHOWN_MAX;
    for (size_t i = 0, step; i < (cut ? NAME_CUT : s.len); i += step) {
        step = str_utf8_step(s, i);
        if (step == 0)
            break;
        if (name[i] == '~' || name[i] == '/') {
            text[len++] = '~';
            text[len++] = name[i] == '~' ? '0' : '1';
            continue;
        }
        memcpy(text + len, name + i, step);
        len += step;
    }
    return arena_printf(a, "%.*s%s", (int)len, text, cut ? "…" : "").ptr;
}

static void complain(struct checker *c, const char *name, const char *message, const char *fix)
{
    if (c->count < c->cap)
        c->problems[c->count] = (struct json_problem){
            .location = name ? pointer_to(c->arena, name) : "", .message = message, .fix = fix};
    c->count++;
}

static void check_bounds(struct checker *c, const struct json_field *f, int64_t value, const char *what)
{
    if ((f->min == 0 && f->max == 0) || (value >= f->min && value <= f->max))
        return;
    const char *fix =
        arena_printf(c->arena, "Send between %lld and %lld%s.", (long long)f->min, (long long)f->max, what).ptr;
    complain(c, f->name, value < f->min ? "The value is too small." : "The value is too large.", fix);
}

static void check_type(struct checker *c, const struct json_field *f, const json_t *value)
{
    static const char *const fixes[] = {
        [JSON_WANT_STRING] = "Send a string.",    [JSON_WANT_INT] = "Send an integer.",
        [JSON_WANT_BOOL] = "Send true or false.", [JSON_WANT_ARRAY] = "Send an array.",
        [JSON_WANT_OBJECT] = "Send an object.",   [JSON_WANT_TIME] = "Send a time such as \"2027-01-31T12:00:00Z\".",
    };
    bool right = false;
    int64_t ignored;
    switch (f->want) {
    case JSON_WANT_STRING:
        if ((right = json_is_string(value)))
            check_bounds(c, f, (int64_t)json_string_length(value), " bytes");
        break;
    case JSON_WANT_INT:
        if ((right = json_is_integer(value)))
            check_bounds(c, f, json_integer_value(value), "");
        break;
    case JSON_WANT_BOOL:
        right = json_is_boolean(value);
        break;
    case JSON_WANT_ARRAY:
        if ((right = json_is_array(value)))
            check_bounds(c, f, (int64_t)json_array_size(value), " entries");
        break;
    case JSON_WANT_OBJECT:
        right = json_is_object(value);
        break;
    case JSON_WANT_TIME:
        right = json_is_string(value) &&
                timefmt_parse((struct cardea_str){json_string_value(value), json_string_length(value)}, &ignored);
        break;
    }
    if (!right)
        complain(c, f->name, f->want == JSON_WANT_TIME ? "The value is not a time." : "The value has the wrong type.",
                 fixes[f->want]);
}

static void check_unknown(struct checker *c, const char *name, const struct json_field *fields, size_t count)
{
    const char **names = arena_array(c->arena, count, sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        names[i] = fields[i].name;
        if (strcmp(names[i], name) == 0)
            return;
    }
    const char *nearest = str_nearest(str_of(name), names, count);
    const char *fix = "Leave it out.";
    if (nearest)
        fix = arena_printf(c->arena, "Did you mean `%s`?", nearest).ptr;
    complain(c, name, "The member is not known here.", fix);
    if (c->count <= c->cap)
        c->problems[c->count - 1].unknown = true;
}

size_t json_check(struct arena *a, const json_t *object, const struct json_field *fields, size_t count,
                  struct json_problem *problems, size_t cap)
{
    struct checker c = {.arena = a, .problems = problems, .cap = cap};
    if (!json_is_object(object)) {
        complain(&c, NULL, "The body is not a JSON object.", "Send an object.");
        return c.count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct json_field *f = &fields[i];
        const json_t *value = json_object_get(object, f->name);
        if (!value && f->required)
            complain(&c, f->name, "The member is missing.", "It is required.");
        else if (value && !(f->nullable && json_is_null(value)))
            check_type(&c, f, value);
    }
    /* Iteration does not change the object; jansson's signature lacks the const. */
    json_t *borrowed = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(borrowed); i && c.count < c.cap; i = json_object_iter_next(borrowed, i))
        check_unknown(&c, json_object_iter_key(i), fields, count);
    return c.count;
}

struct cardea_str json_get_str(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return (struct cardea_str){NULL, 0};
    return (struct cardea_str){json_string_value(value), json_string_length(value)};
}

int64_t json_get_int(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(const json_t *object, const char *name, bool fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}
