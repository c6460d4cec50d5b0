/* One pass over the document, no tree: what is not looked for is only checked. */
#include <cardea/profile.h>
#include <cardea/scan_json.h>

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define SEGMENTS_MAX 16

struct pointer {
    size_t count;
    struct cardea_str segments[SEGMENTS_MAX]; /* as written: ~0 and ~1 */
};

/* Which pointers lead here or further, as bits; all of what is `taken` is wanted. */
struct place {
    unsigned open;
    bool taken;
};

struct reader {
    struct cardea_str json;
    size_t at;
    struct pointer pointers[CARDEA_SCAN_FIELDS_MAX];
    size_t pointer_count;
    char *out;
    size_t len;
    struct cardea_why *why;
};

static bool wrong(struct reader *r, const char *what)
{
    snprintf(r->why->text, sizeof(r->why->text), "%s, at byte %zu", what, r->at);
    return false;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->json.len && strchr(" \t\n\r", r->json.ptr[r->at]) && r->json.ptr[r->at])
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at >= r->json.len || r->json.ptr[r->at] != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_unit(struct reader *r, unsigned *out)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = r->at < r->json.len ? hex_of(r->json.ptr[r->at]) : -1;
        if (digit < 0)
            return wrong(r, "an escape without four hexadecimal digits");
        unit = unit << 4 | (unsigned)digit;
    }
    *out = unit;
    return true;
}

static size_t put_utf8(char *to, unsigned c)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(first[more] | c);
    return more + 1;
}

/* Behind `\u`. */
static bool read_character(struct reader *r, size_t *len)
{
    unsigned c, low;
    if (!read_unit(r, &c))
        return false;
    if (c == 0)
        return wrong(r, "a NUL character");
    if (c >= 0xdc00 && c < 0xe000)
        return wrong(r, "half a surrogate pair");
    if (c >= 0xd800 && c < 0xdc00) {
        if (r->json.len - r->at < 2 || memcmp(r->json.ptr + r->at, "\\u", 2) != 0)
            return wrong(r, "half a surrogate pair");
        r->at += 2;
        if (!read_unit(r, &low))
            return false;
        if (low < 0xdc00 || low >= 0xe000)
            return wrong(r, "half a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *len += put_utf8(r->out + *len, c);
    return true;
}

static bool read_escape(struct reader *r, size_t *len)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->json.len ? r->json.ptr[r->at++] : '\0';
    if (c == 'u')
        return read_character(r, len);
    const char *found = c ? strchr(names, c) : NULL;
    if (!found)
        return wrong(r, "an escape that JSON does not have");
    r->out[(*len)++] = values[found - names];
    return true;
}

/* Behind the quote, up to and with the one that ends it. Its text stands behind what was taken, and is not taken yet.
 * There is room: no text is longer than what it is written as. */
static bool read_string(struct reader *r, struct cardea_str *text)
{
    size_t len = r->len;
    while (r->at < r->json.len && r->json.ptr[r->at] != '"') {
        unsigned char c = (unsigned char)r->json.ptr[r->at];
        if (c < 0x20)
            return wrong(r, "a control character within a string");
        if (c == '\\') {
            r->at++;
            if (!read_escape(r, &len))
                return false;
            continue;
        }
        size_t step = c < 0x80 ? 1 : str_utf8_step(r->json, r->at);
        if (step == 0)
            return wrong(r, "what is not UTF-8");
        memcpy(r->out + len, r->json.ptr + r->at, step);
        len += step;
        r->at += step;
    }
    if (r->at == r->json.len)
        return wrong(r, "a string that does not end");
    r->at++;
    *text = (struct cardea_str){r->out + r->len, len - r->len};
    return true;
}

/* Takes what was read last. The line feed stands where a quote, or what parts two values, stood. */
static void take_text(struct reader *r, struct cardea_str text)
{
    r->len += text.len;
    r->out[r->len++] = '\n';
}

/* ---- where it is ---- */

/* The next letter of a name without regard to case: some readers take a long s for an s, and the sign for kelvin for a
 * k. */
static unsigned char fold_step(struct cardea_str *s)
{
    unsigned char c = (unsigned char)s->ptr[0];
    size_t len = 1;
    if (str_starts(*s, STR("\xc5\xbf"))) {
        c = 's';
        len = 2;
    } else if (str_starts(*s, STR("\xe2\x84\xaa"))) {
        c = 'k';
        len = 3;
    } else if (c >= 'A' && c <= 'Z') {
        c = (unsigned char)(c | 0x20);
    }
    s->ptr += len;
    s->len -= len;
    return c;
}

/* The same of a pointer's segment, where `~1` is a slash and `~0` a tilde. */
static unsigned char segment_step(struct cardea_str *s)
{
    if (s->len < 2 || s->ptr[0] != '~')
        return fold_step(s);
    unsigned char c = s->ptr[1] == '1' ? '/' : '~';
    s->ptr += 2;
    s->len -= 2;
    return c;
}

static bool is_named(struct cardea_str segment, struct cardea_str name)
{
    while (segment.len && name.len)
        if (segment_step(&segment) != fold_step(&name))
            return false;
    return !segment.len && !name.len;
}

static bool is_any(struct cardea_str segment)
{
    return str_eq(segment, STR("*"));
}

static void step(const struct reader *r, size_t i, size_t depth, struct place *to)
{
    to->open |= 1u << i;
    to->taken |= r->pointers[i].count == depth + 1;
}

/* The place of a member. `named`: which pointers name it, and not by `*`. */
static struct place into_member(const struct reader *r, const struct place *from, size_t depth, struct cardea_str name,
                                unsigned *named)
{
    struct place to = {.taken = from->taken};
    *named = 0;
    for (size_t i = 0; i < r->pointer_count; i++) {
        if (!(from->open >> i & 1) || r->pointers[i].count <= depth)
            continue;
        bool any = is_any(r->pointers[i].segments[depth]);
        if (!any && !is_named(r->pointers[i].segments[depth], name))
            continue;
        *named |= any ? 0 : 1u << i;
        step(r, i, depth, &to);
    }
    return to;
}

static struct place into_element(const struct reader *r, const struct place *from, size_t depth, size_t index)
{
    struct place to = {.taken = from->taken};
    char text[24];
    int len = 0;
    if (from->open)
        len = snprintf(text, sizeof(text), "%zu", index);
    for (size_t i = 0; i < r->pointer_count; i++) {
        if (!(from->open >> i & 1) || r->pointers[i].count <= depth)
            continue;
        struct cardea_str segment = r->pointers[i].segments[depth];
        if (is_any(segment) || str_eq(segment, (struct cardea_str){text, (size_t)len}))
            step(r, i, depth, &to);
    }
    return to;
}

/* ---- values ---- */

static bool read_value(struct reader *r, const struct place *here, size_t depth);

static bool read_object(struct reader *r, const struct place *here, size_t depth)
{
    unsigned seen = 0, named;
    struct cardea_str name;
    if (take(r, '}'))
        return true;
    do {
        if (!take(r, '"'))
            return wrong(r, "no name of a member");
        if (!read_string(r, &name))
            return false;
        struct place to = into_member(r, here, depth, name, &named);
        if (named & seen)
            return wrong(r, "a member that stands twice");
        seen |= named;
        if (here->taken)
            take_text(r, name);
        if (!take(r, ':'))
            return wrong(r, "no colon behind a name");
        if (!read_value(r, &to, depth + 1))
            return false;
    } while (take(r, ','));
    return take(r, '}') || wrong(r, "no end of an object");
}

static bool read_array(struct reader *r, const struct place *here, size_t depth)
{
    size_t index = 0;
    if (take(r, ']'))
        return true;
    do {
        struct place to = into_element(r, here, depth, index++);
        if (!read_value(r, &to, depth + 1))
            return false;
    } while (take(r, ','));
    return take(r, ']') || wrong(r, "no end of a list");
}

static size_t digits_at(const struct reader *r, size_t at)
{
    size_t n = 0;
    while (at + n < r->json.len && r->json.ptr[at + n] >= '0' && r->json.ptr[at + n] <= '9')
        n++;
    return n;
}

static bool at_one_of(const struct reader *r, size_t at, const char *set)
{
    return at < r->json.len && r->json.ptr[at] && strchr(set, r->json.ptr[at]);
}

static bool read_number(struct reader *r, bool taken)
{
    size_t start = r->at, at = start + (r->json.ptr[start] == '-'), n = digits_at(r, at);
    if (n == 0 || (n > 1 && r->json.ptr[at] == '0'))
        return wrong(r, "what is no value");
    at += n;
    if (at_one_of(r, at, ".")) {
        n = digits_at(r, ++at);
        at += n;
    }
    if (n && at_one_of(r, at, "eE")) {
        at++;
        at += at_one_of(r, at, "+-");
        n = digits_at(r, at);
        at += n;
    }
    if (!n)
        return wrong(r, "half a number");
    r->at = at;
    if (taken) {
        memcpy(r->out + r->len, r->json.ptr + start, at - start);
        take_text(r, (struct cardea_str){r->out + r->len, at - start});
    }
    return true;
}

static bool read_word(struct reader *r)
{
    static const struct cardea_str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    struct cardea_str rest = {r->json.ptr + r->at, r->json.len - r->at};
    for (size_t i = 0; i < 3; i++) {
        if (str_starts(rest, words[i])) {
            r->at += words[i].len;
            return true;
        }
    }
    return wrong(r, "what is no value");
}

static bool read_value(struct reader *r, const struct place *here, size_t depth)
{
    struct cardea_str text;
    skip_blanks(r);
    if (depth > CARDEA_SCAN_JSON_DEPTH_MAX)
        return wrong(r, "more than 64 levels");
    if (r->at == r->json.len)
        return wrong(r, "no value");
    char c = r->json.ptr[r->at];
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(r, here->taken);
    if (c != '{' && c != '[' && c != '"')
        return read_word(r);
    r->at++;
    if (c == '{')
        return read_object(r, here, depth);
    if (c == '[')
        return read_array(r, here, depth);
    if (!read_string(r, &text))
        return false;
    if (here->taken)
        take_text(r, text);
    return true;
}

static void split(struct pointer *p, struct cardea_str field)
{
    struct cardea_str rest = {field.ptr + 1, field.len - 1};
    p->count = 0;
    while (p->count < SEGMENTS_MAX && str_cut(&rest, '/', &p->segments[p->count]))
        p->count++;
}

enum cardea_err cardea_scan_json(struct cardea_str json, const struct cardea_str *fields, size_t count, char *out,
                                 size_t *len, struct cardea_why *why)
{
    struct reader r = {.json = json, .pointer_count = count, .out = out, .why = why};
    for (size_t i = 0; i < count; i++)
        split(&r.pointers[i], fields[i]);
    struct place top = {.open = (1u << count) - 1};
    if (!read_value(&r, &top, 0))
        return CARDEA_E_FORMAT;
    skip_blanks(&r);
    if (r.at != json.len) {
        wrong(&r, "more behind the value");
        return CARDEA_E_FORMAT;
    }
    *len = r.len ? r.len - 1 : 0; /* without the last line feed */
    return CARDEA_OK;
}
