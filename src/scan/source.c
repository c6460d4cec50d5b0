#include "scan/source.h"

#include <string.h>

#include "base/str.h"
#include "scan/bytes.h"

#define SOURCE_MAX  ((size_t)256 * 1024)
#define RANGE_MAX   1024 /* characters of a class that are not ASCII */
#define CHUNK_BYTES 4096 /* of alternatives in one pattern */

/* One character that is not ASCII, as texts have it; returns its length in the source. */
static size_t add_char(struct buf *out, struct cardea_str s, size_t at, const struct fold *f)
{
    size_t len;
    uint32_t code = fold_decode(s, at, &len);
    if (len == 0) {
        buf_add_char(out, s.ptr[at]);
        return 1;
    }
    struct fold_entry e = {.flags = FOLD_SAME};
    if (f)
        e = fold_of(f, code);
    if (e.flags & FOLD_SAME || e.len == 0)
        buf_add(out, s.ptr + at, len);
    else
        buf_add_str(out, fold_bytes(f, &e));
    return len;
}

struct cardea_str source_folded(struct arena *a, struct cardea_str text, const struct fold *f)
{
    struct buf out;
    buf_init(&out, SOURCE_MAX);
    for (size_t at = 0; at < text.len;) {
        if ((unsigned char)text.ptr[at] < 0x80)
            buf_add_char(&out, text.ptr[at++]);
        else
            at += add_char(&out, text, at, f);
    }
    struct cardea_str made = arena_str(a, buf_str(&out));
    buf_release(&out);
    return made;
}

static bool is_quantifier(struct cardea_str s, size_t at)
{
    return at < s.len && (s.ptr[at] == '?' || s.ptr[at] == '*' || s.ptr[at] == '+' ||
                          (s.ptr[at] == '{' && at + 1 < s.len && s.ptr[at + 1] >= '0' && s.ptr[at + 1] <= '9'));
}

static bool is_high(struct cardea_str s, size_t at)
{
    return at < s.len && (unsigned char)s.ptr[at] >= 0x80;
}

/* Past the `]` of the class at `at`; 0: it has none. *high: there is something beyond ASCII in it. */
static size_t class_end(struct cardea_str s, size_t at, bool *high)
{
    size_t i = at + 1;
    *high = false;
    if (i < s.len && s.ptr[i] == '^')
        i++;
    if (i < s.len && s.ptr[i] == ']')
        i++;
    for (; i < s.len; i++) {
        if (s.ptr[i] == ']')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '[' && i + 1 < s.len && s.ptr[i + 1] == ':') {
            while (i + 1 < s.len && !(s.ptr[i] == ':' && s.ptr[i + 1] == ']'))
                i++;
            i++;
        } else
            *high |= is_high(s, i);
    }
    return 0;
}

static bool add_range(struct buf *out, uint32_t first, uint32_t last, const struct fold *f)
{
    if (last < first || last - first > RANGE_MAX)
        return false;
    for (uint32_t code = first; code <= last; code++) {
        char bytes[4];
        buf_add_char(out, '|');
        add_char(out, (struct cardea_str){bytes, fold_encode(code, bytes)}, 0, f);
    }
    return true;
}

/* A negated class takes every byte beyond ASCII, whatever it names of them. */
static void add_negated(struct buf *out, struct cardea_str s)
{
    for (size_t at = 0; at < s.len; at++)
        if (!is_high(s, at) && !(s.ptr[at] == '-' && is_high(s, at + 1)))
            buf_add_char(out, s.ptr[at]);
}

/* A class with characters beyond ASCII becomes alternatives: `[aé]` is `(?:[a]|é)`. */
static bool add_class(struct buf *out, struct cardea_str s, const struct fold *f)
{
    struct buf plain, high;
    bool good = true;
    if (s.ptr[1] == '^') {
        add_negated(out, s);
        return true;
    }
    buf_init(&plain, SOURCE_MAX);
    buf_init(&high, SOURCE_MAX);
    for (size_t at = 1; at + 1 < s.len && good;) {
        size_t len = 1;
        if (!is_high(s, at)) {
            len = s.ptr[at] == '\\' ? 2 : 1;
            buf_add(&plain, s.ptr + at, len);
            at += len;
            continue;
        }
        uint32_t first = fold_decode(s, at, &len), last = first;
        good = len > 0;
        at += len;
        if (at + 2 < s.len && s.ptr[at] == '-' && is_high(s, at + 1)) {
            last = fold_decode(s, at + 1, &len);
            at += 1 + len;
        }
        good = good && add_range(&high, first, last, f);
    }
    buf_add_cstr(out, "(?:");
    if (plain.len > 0)
        buf_printf(out, "[%s]", plain.ptr);
    if (good)
        buf_add(out, high.ptr + (plain.len == 0), high.len - (plain.len == 0));
    buf_add_char(out, ')');
    buf_release(&plain);
    buf_release(&high);
    return good;
}

static bool rewrite(struct buf *out, struct cardea_str s, const struct fold *f, struct cardea_why *why)
{
    for (size_t at = 0; at < s.len;) {
        bool high;
        size_t end;
        if (s.ptr[at] == '\\' && at + 1 < s.len) {
            bool beside = s.ptr[at + 1] == 'b' && ((at > 0 && is_high(s, at - 1)) || is_high(s, at + 2));
            if (!beside)
                buf_add(out, s.ptr + at, 2);
            at += 2;
        } else if (s.ptr[at] == '[' && (end = class_end(s, at, &high)) > 0) {
            struct cardea_str class = {s.ptr + at, end - at};
            if (!high)
                buf_add_str(out, class);
            else if (!add_class(out, class, f)) {
                snprintf(why->text, sizeof(why->text), "a range of a class has at most %d characters beyond ASCII",
                         RANGE_MAX);
                return false;
            }
            at = end;
        } else if (is_high(s, at)) {
            size_t len = str_utf8_step(s, at);
            bool counted = len > 0 && is_quantifier(s, at + len);
            buf_add_cstr(out, counted ? "(?:" : "");
            at += add_char(out, s, at, f);
            buf_add_cstr(out, counted ? ")" : "");
        } else {
            buf_add_char(out, s.ptr[at++]);
        }
    }
    return true;
}

struct cardea_str source_of_pattern(struct arena *a, struct cardea_str pattern, const struct fold *f,
                                    struct cardea_why *why)
{
    struct buf out;
    struct cardea_str made = {NULL, 0};
    buf_init(&out, SOURCE_MAX);
    if (rewrite(&out, pattern, f, why)) {
        if (out.failed)
            snprintf(why->text, sizeof(why->text), "it is too long");
        else
            made = arena_str(a, buf_str(&out));
    }
    buf_release(&out);
    return made;
}

static void add_word(struct buf *out, struct cardea_str word)
{
    if (byte_is_word(word.ptr[0]))
        buf_add_cstr(out, "\\b");
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (c == ' ')
            buf_add_cstr(out, "\\s+");
        else if (byte_is_word(c) || (unsigned char)c >= 0x80)
            buf_add_char(out, c);
        else
            buf_printf(out, "\\%c", c);
    }
    if (byte_is_word(word.ptr[word.len - 1]))
        buf_add_cstr(out, "\\b");
}

struct source_list source_of_words(struct arena *a, const struct scan_texts *words, const struct fold *f)
{
    struct source_list list = {arena_array(a, words->count + 1, sizeof(*list.items)), 0};
    struct buf out;
    buf_init(&out, SOURCE_MAX);
    for (size_t i = 0; i < words->count; i++) {
        if (out.len > 0)
            buf_add_char(&out, '|');
        add_word(&out, source_folded(a, words->items[i], f));
        if (out.len >= CHUNK_BYTES || i + 1 == words->count) {
            list.items[list.count++] = arena_str(a, buf_str(&out));
            buf_clear(&out);
        }
    }
    buf_release(&out);
    return list;
}
