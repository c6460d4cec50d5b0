#include "scan/factors.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "scan/fields.h"

#define SOURCE_MAX ((size_t)256 * 1024)
/* A piece with fewer characters that are themselves stands in every text; one of classes alone costs an automaton that
 * is never idle (2 us for each in 2 KB). */
#define LITERAL_MIN 3
#define MOST_MAX    1000u
/* Of a piece whose length has an end; beyond, it is not worth knowing. */
#define REACH_MAX ((size_t)512)

/* One element of a sequence, with what says how often. */
struct atom {
    size_t start, body_end, end; /* of the element; end with its quantifier */
    unsigned least, most;        /* how often; most only as far as it is no more than MOST_MAX */
    bool repeats;                /* may stand more than once */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t class_end(struct cardea_str s, size_t at)
{
    size_t i = at + 1;
    i += i < s.len && s.ptr[i] == '^';
    i += i < s.len && s.ptr[i] == ']';
    for (; i < s.len && s.ptr[i] != ']'; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '[' && i + 1 < s.len && s.ptr[i + 1] == ':')
            while (i + 1 < s.len && !(s.ptr[i] == ':' && s.ptr[i + 1] == ']'))
                i++;
    }
    return i + 1;
}

static size_t escape_end(struct cardea_str s, size_t at)
{
    if (at + 2 < s.len && (s.ptr[at + 1] == 'x' || s.ptr[at + 1] == 'p' || s.ptr[at + 1] == 'P') &&
        s.ptr[at + 2] == '{') {
        const char *close = memchr(s.ptr + at, '}', s.len - at);
        return close ? (size_t)(close - s.ptr) + 1 : s.len;
    }
    return at + (at + 1 < s.len && s.ptr[at + 1] == 'x' ? 4 : 2);
}

static size_t element_end(struct cardea_str s, size_t at);

/* Past the `)` of the group at `at`. */
static size_t group_end(struct cardea_str s, size_t at)
{
    for (at++; at < s.len && s.ptr[at] != ')';)
        at = element_end(s, at);
    return at + 1;
}

static size_t element_end(struct cardea_str s, size_t at)
{
    size_t end = at + 1;
    if (s.ptr[at] == '\\')
        end = escape_end(s, at);
    else if (s.ptr[at] == '[')
        end = class_end(s, at);
    else if (s.ptr[at] == '(')
        end = group_end(s, at);
    return end < s.len ? end : s.len;
}

size_t pattern_element_end(struct cardea_str s, size_t at)
{
    return element_end(s, at);
}

/* `{2,5}`, `{3}`, `{2,}` at `at`; 0: an ordinary brace. */
static size_t braces(struct cardea_str s, size_t at, struct atom *a)
{
    size_t i = at + 1;
    unsigned numbers[2] = {0, 0};
    for (; i < s.len && is_digit(s.ptr[i]) && i - at < 6; i++)
        numbers[0] = numbers[0] * 10 + (unsigned)(s.ptr[i] - '0');
    if (i == at + 1)
        return 0;
    bool range = i < s.len && s.ptr[i] == ',', open = range && i + 1 < s.len && s.ptr[i + 1] == '}';
    for (i += range; range && i < s.len && is_digit(s.ptr[i]); i++)
        numbers[1] = numbers[1] * 10 + (unsigned)(s.ptr[i] - '0');
    if (i >= s.len || s.ptr[i] != '}')
        return 0;
    a->least = numbers[0];
    a->most = open ? MOST_MAX : range ? numbers[1] : numbers[0];
    a->repeats = open || numbers[0] > 1 || numbers[1] > 1;
    return i + 1 - at;
}

static struct atom atom_at(struct cardea_str s, size_t at)
{
    struct atom a = {.start = at, .body_end = element_end(s, at), .least = 1, .most = 1};
    a.end = a.body_end;
    if (a.end >= s.len)
        return a;
    char c = s.ptr[a.end];
    size_t used = c == '{' ? braces(s, a.end, &a) : 0;
    if (c == '?' || c == '*' || c == '+') {
        used = 1;
        a.least = c == '+';
        a.repeats = c != '?';
        a.most = c == '?' ? 1 : MOST_MAX;
    }
    a.end += used;
    if (used > 0 && a.end < s.len && (s.ptr[a.end] == '?' || s.ptr[a.end] == '+'))
        a.end++; /* lazy, possessive */
    return a;
}

/* What may go on for long and be nearly anything: it, or something in the group. */
static bool is_gap(struct cardea_str s, const struct atom *a)
{
    struct cardea_str body = {s.ptr + a->start, a->body_end - a->start};
    if (body.ptr[0] == '(') {
        if (a->repeats && a->least != 1)
            return true;
        for (size_t at = 1; at + 1 < body.len;) {
            struct atom inner = atom_at(body, at);
            if (body.ptr[at] == '|' || body.ptr[at] == '?' || body.ptr[at] == ':') {
                at++;
                continue;
            }
            if (is_gap(body, &inner))
                return true;
            at = inner.end;
        }
        return false;
    }
    if (!a->repeats)
        return false;
    if (body.ptr[0] == '[')
        return a->body_end - a->start > 8 || body.ptr[1] == '^';
    return body.ptr[0] == '.' ||
           (body.ptr[0] == '\\' && (body.ptr[1] == 'S' || body.ptr[1] == 'w' || body.ptr[1] == 'W'));
}

static bool is_assertion(struct cardea_str s, const struct atom *a)
{
    return s.ptr[a->start] == '(' && a->body_end - a->start > 2 && s.ptr[a->start + 1] == '?' &&
           (s.ptr[a->start + 2] == '=' || s.ptr[a->start + 2] == '!' || s.ptr[a->start + 2] == '<');
}

/* A `(?<name>...)` is a group like others. */
static bool is_named(struct cardea_str s, const struct atom *a)
{
    return s.ptr[a->start + 2] == '<' && s.ptr[a->start + 3] != '=' && s.ptr[a->start + 3] != '!';
}

static bool has_top_choice(struct cardea_str s)
{
    for (size_t at = 0; at < s.len; at = element_end(s, at))
        if (s.ptr[at] == '|')
            return true;
    return false;
}

static size_t literal_len(struct cardea_str s);

/* Of what an element must have at least once. */
static size_t literal_of(struct cardea_str s, const struct atom *a)
{
    struct cardea_str body = {s.ptr + a->start, a->body_end - a->start};
    char c = body.ptr[0];
    if (a->least == 0 || c == '[' || c == '.' || c == '^' || c == '$')
        return 0;
    if (c == '\\')
        return body.len == 2 && !is_digit(body.ptr[1]) && ((body.ptr[1] | 0x20) < 'a' || (body.ptr[1] | 0x20) > 'z');
    if (c != '(')
        return 1;
    if (is_assertion(s, a) && !is_named(s, a))
        return 0;
    size_t head = 1;
    if (body.len > 2 && body.ptr[1] == '?') {
        const char *close = body.ptr[2] == ':' ? body.ptr + 2
                                               : memchr(body.ptr, body.ptr[2] == '<' ? '>' : ':', body.len);
        head = close ? (size_t)(close - body.ptr) + 1 : 2;
    }
    return body.len > head + 1 ? literal_len((struct cardea_str){body.ptr + head, body.len - head - 1}) : 0;
}

/* How many characters that are themselves each match has at least. */
static size_t literal_len(struct cardea_str s)
{
    size_t least = SIZE_MAX, here = 0;
    for (size_t at = 0; at < s.len;) {
        if (s.ptr[at] == '|') {
            least = here < least ? here : least;
            here = 0;
            at++;
            continue;
        }
        struct atom a = atom_at(s, at);
        here += literal_of(s, &a);
        at = a.end;
    }
    return here < least ? here : least;
}

/* Bytes that are no white space which a match of `s` has at most; REACH_MAX or more: nobody knows. */
static size_t reach_of(struct cardea_str s);

static size_t reach_of_group(struct cardea_str body)
{
    size_t head = 1;
    if (body.len > 3 && body.ptr[1] == '?') {
        if (body.ptr[2] == '=' || body.ptr[2] == '!' || (body.ptr[2] == '<' && strchr("=!", body.ptr[3])))
            return 0;
        if (body.ptr[2] != ':')
            return REACH_MAX; /* names, options, recursion: rare */
        head = 3;
    }
    return body.len > head ? reach_of((struct cardea_str){body.ptr + head, body.len - head - 1}) : 0;
}

static size_t reach_of_atom(struct cardea_str s, const struct atom *a)
{
    struct cardea_str body = {s.ptr + a->start, a->body_end - a->start};
    size_t one = 1;
    if (body.ptr[0] == '\\' && body.len > 1) {
        bool letter = (body.ptr[1] | 0x20) >= 'a' && (body.ptr[1] | 0x20) <= 'z';
        if (body.ptr[1] == 's' || body.ptr[1] == 'b' || body.ptr[1] == 'B')
            return 0;
        if (is_digit(body.ptr[1]) || (letter && !strchr("SwWdDntrx", body.ptr[1])))
            return REACH_MAX;
    } else if (body.ptr[0] == '(') {
        one = reach_of_group(body);
    }
    return one == 0 ? 0 : one >= REACH_MAX || a->most >= REACH_MAX ? REACH_MAX : one * a->most;
}

static size_t reach_of(struct cardea_str s)
{
    size_t most = 0, here = 0;
    for (size_t at = 0; at < s.len && most < REACH_MAX;) {
        if (s.ptr[at] == '|') {
            here = 0;
            at++;
            continue;
        }
        struct atom a = atom_at(s, at);
        here += reach_of_atom(s, &a);
        most = here > most ? here : most;
        at = a.end;
    }
    return most;
}

struct cutting {
    struct arena *arena;
    struct cardea_str pattern, options; /* options: "(?s)" at the pattern's head */
    struct factors out;
    size_t literals[FACTORS_MAX];
    struct buf piece;
    bool beyond_head; /* the piece does not stand where the pattern begins */
};

static size_t known_reach(struct cardea_str s)
{
    size_t reach = reach_of(s);
    return reach < REACH_MAX ? reach : 0;
}

/* The pieces with most characters that are themselves stay: they are found least often in vain. */
static void end_piece(struct cutting *c)
{
    struct cardea_str piece = buf_str(&c->piece);
    struct cardea_str body = {piece.ptr + c->options.len, piece.len - c->options.len};
    size_t literals = body.len > 0 ? literal_len(body) : 0, at = c->out.count;
    if (at == FACTORS_MAX)
        for (size_t i = at = 0; i < FACTORS_MAX; i++)
            at = c->literals[i] < c->literals[at] ? i : at;
    if (literals >= LITERAL_MIN && (at == c->out.count || literals > c->literals[at])) {
        c->out.items[at] = arena_str(c->arena, piece);
        c->literals[at] = literals;
        c->out.reach[at] = c->beyond_head ? 0 : known_reach(body);
        c->out.count += at == c->out.count;
    }
    c->beyond_head = true;
    buf_clear(&c->piece);
    buf_add_str(&c->piece, c->options);
}

static void cut(struct cutting *c)
{
    struct cardea_str s = c->pattern;
    for (size_t at = c->options.len; at < s.len;) {
        struct atom a = atom_at(s, at);
        if (is_assertion(s, &a) && !is_named(s, &a))
            ; /* asks more of a text; left out, the rest stands where it stood */
        else if (is_gap(s, &a))
            end_piece(c);
        else
            buf_add(&c->piece, s.ptr + a.start, a.end - a.start);
        at = a.end;
    }
    end_piece(c);
}

/* `(?i)`, `(?s)`, ... at the head. */
static size_t options_len(struct cardea_str s)
{
    size_t i = 2;
    if (s.len < 4 || s.ptr[0] != '(' || s.ptr[1] != '?')
        return 0;
    while (i < s.len && s.ptr[i] >= 'a' && s.ptr[i] <= 'z')
        i++;
    return i > 2 && i < s.len && s.ptr[i] == ')' ? i + 1 : 0;
}

struct factors factors_of(struct arena *a, struct cardea_str pattern, unsigned flags)
{
    struct cutting c = {.arena = a, .pattern = pattern};
    struct factors whole = {{pattern}, 1, {0}};
    c.options = (struct cardea_str){pattern.ptr, options_len(pattern)};
    struct cardea_str rest = {pattern.ptr + c.options.len, pattern.len - c.options.len};
    if (!(flags & FIELDS_EXTENDED))
        whole.reach[0] = known_reach(rest);
    /* Comments and quotations are not taken apart; nor is what chooses between whole patterns. */
    if (flags & FIELDS_EXTENDED || has_top_choice(rest) || memmem(rest.ptr, rest.len, "\\Q", 2) ||
        memmem(rest.ptr, rest.len, "(?#", 3) || memmem(rest.ptr, rest.len, "(?|", 3))
        return whole;
    buf_init(&c.piece, SOURCE_MAX);
    buf_add_str(&c.piece, c.options);
    cut(&c);
    bool failed = c.piece.failed;
    buf_release(&c.piece);
    return failed || c.out.count == 0 ? whole : c.out;
}
