#include "scan/group.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "scan/fields.h"
#include "scan/parts.h"

#define SOURCE_MAX ((size_t)256 * 1024)
#define DEPTH_MAX  16
#define CHOICES    1024

struct grouping {
    struct arena *arena;
    struct buf out;
    bool failed;
};

static void write_choices(struct grouping *g, struct cardea_str *alternatives, size_t count, unsigned depth);

/* The alternatives of `s`; 0: too many. */
static size_t split(struct cardea_str s, struct cardea_str *out)
{
    struct cardea_str choice;
    size_t count = 0;
    while (part_next_choice(&s, &choice)) {
        if (count == CHOICES)
            return 0;
        out[count++] = choice;
    }
    return count;
}

static void write_body(struct grouping *g, struct cardea_str s, unsigned depth)
{
    struct cardea_str *alternatives = arena_array(g->arena, CHOICES, sizeof(*alternatives));
    size_t count = depth < DEPTH_MAX ? split(s, alternatives) : 0;
    if (count == 0)
        g->failed = true;
    else
        write_choices(g, alternatives, count, depth);
}

/* One alternative; within it, groups are gone through too. */
static void write_sequence(struct grouping *g, struct cardea_str s, unsigned depth)
{
    for (size_t at = 0, end; at < s.len; at = end) {
        end = part_end(s, at);
        struct cardea_str one = {s.ptr + at, end - at};
        if (one.len > 4 && memcmp(one.ptr, "(?:", 3) == 0) {
            buf_add_cstr(&g->out, "(?:");
            write_body(g, (struct cardea_str){one.ptr + 3, one.len - 4}, depth + 1);
            buf_add_char(&g->out, ')');
        } else {
            buf_add_str(&g->out, one);
        }
    }
}

/* It begins with a character that stands for itself, once; and nothing is captured, since captures are numbered. */
static bool is_plain_start(struct cardea_str s)
{
    if (s.len == 0 || strchr("\\[](){}.^$?*+|", s.ptr[0]))
        return false;
    if (s.len > 1 && strchr("?*+{", s.ptr[1]))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '(' && (i == 0 || s.ptr[i - 1] != '\\') && (i + 2 >= s.len || memcmp(s.ptr + i, "(?:", 3) != 0))
            return false;
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Those of [from, to) that begin as the one at `from` does, without that character. False: another begins with the same
 * letter in the other case, which in any case is the same one. */
static bool take(struct cardea_str *a, size_t from, size_t to, struct cardea_str *rests, size_t *count)
{
    char first = a[from].ptr[0];
    *count = 0;
    for (size_t i = from; i < to; i++) {
        if (!a[i].ptr || lower(a[i].ptr[0]) != lower(first))
            continue;
        if (a[i].ptr[0] != first)
            return false;
        rests[(*count)++] = (struct cardea_str){a[i].ptr + 1, a[i].len - 1};
    }
    return true;
}

/* A run of alternatives with plain starts, each of which is written once. */
static void write_run(struct grouping *g, struct cardea_str *a, size_t from, size_t to, unsigned depth)
{
    struct cardea_str *rests = arena_array(g->arena, to - from, sizeof(*rests));
    bool first = true;
    for (size_t i = from; i < to; i++) {
        size_t count;
        if (!a[i].ptr)
            continue;
        if (!take(a, i, to, rests, &count)) {
            g->failed = true;
            return;
        }
        char c = a[i].ptr[0];
        buf_add_cstr(&g->out, first ? "" : "|");
        first = false;
        if (count == 1) {
            write_sequence(g, a[i], depth);
        } else {
            buf_add_char(&g->out, c);
            buf_add_cstr(&g->out, "(?:");
            write_choices(g, rests, count, depth + 1);
            buf_add_char(&g->out, ')');
        }
        for (size_t k = i; k < to; k++)
            if (a[k].ptr && a[k].ptr[0] == c)
                a[k].ptr = NULL;
    }
}

static void write_choices(struct grouping *g, struct cardea_str *a, size_t count, unsigned depth)
{
    if (depth >= DEPTH_MAX)
        g->failed = true;
    for (size_t i = 0; i < count && !g->failed;) {
        size_t to = i;
        while (to < count && is_plain_start(a[to]))
            to++;
        buf_add_cstr(&g->out, i > 0 ? "|" : "");
        if (to > i)
            write_run(g, a, i, to, depth);
        else
            write_sequence(g, a[to++], depth);
        i = to;
    }
}

struct cardea_str pattern_grouped(struct arena *a, struct cardea_str s, unsigned flags)
{
    struct grouping g = {.arena = a};
    if (flags & FIELDS_EXTENDED || !memmem(s.ptr, s.len, "|", 1) || memmem(s.ptr, s.len, "\\Q", 2) ||
        memmem(s.ptr, s.len, "(?#", 3) || memmem(s.ptr, s.len, "(?|", 3) || memmem(s.ptr, s.len, "(?(", 3))
        return s;
    buf_init(&g.out, SOURCE_MAX);
    write_body(&g, s, 0);
    struct cardea_str made = g.failed || g.out.failed ? s : arena_str(a, buf_str(&g.out));
    buf_release(&g.out);
    return made;
}
