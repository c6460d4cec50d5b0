#include "http/form.h"

#include "base/str.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *decode(struct arena *a, struct cardea_str raw, struct cardea_str *out)
{
    char *text = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < raw.len ? hex(raw.ptr[i + 1]) : -1, low = high >= 0 ? hex(raw.ptr[i + 2]) : -1;
            if (low < 0)
                return "a % is not followed by two hexadecimal digits";
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (!c)
            return "it holds a NUL";
        text[len++] = c;
    }
    *out = (struct cardea_str){text, len};
    return str_utf8_valid(*out) ? NULL : "it is not UTF-8";
}

const char *form_read(struct arena *a, struct cardea_str body, struct form *out)
{
    struct cardea_str rest = body, pair;
    const char *wrong = NULL;
    out->count = 0;
    while (!wrong && str_cut(&rest, '&', &pair)) {
        struct cardea_str name = pair, value = {0};
        struct form_field field;
        if (!pair.len)
            continue;
        const char *mark = memchr(pair.ptr, '=', pair.len);
        if (mark) {
            name.len = (size_t)(mark - pair.ptr);
            value = (struct cardea_str){mark + 1, pair.len - name.len - 1};
        }
        wrong = decode(a, name, &field.name);
        if (!wrong)
            wrong = decode(a, value, &field.value);
        if (!wrong && !field.name.len)
            wrong = "a field has no name";
        for (size_t i = 0; !wrong && i < out->count; i++)
            if (str_eq(out->items[i].name, field.name))
                wrong = "a field stands twice";
        if (!wrong && out->count == FORM_FIELDS_MAX)
            wrong = "it has too many fields";
        if (!wrong)
            out->items[out->count++] = field;
    }
    if (wrong)
        out->count = 0;
    return wrong;
}

struct cardea_str form_get(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->items[i].name, str_of(name)))
            return f->items[i].value;
    return (struct cardea_str){0};
}

bool form_is_type(struct cardea_str content_type)
{
    struct cardea_str rest = content_type, type;
    return str_cut(&rest, ';', &type) && str_eq_nocase(str_trim(type), STR("application/x-www-form-urlencoded"));
}
