#include "policy/weight.h"

#include <string.h>

/* Groups within groups; PCRE2 itself ends at 250. */
#define DEPTH_MAX 64

struct group {
    uint32_t sum, last; /* of what stands in it so far; of its last element */
    bool looks;         /* it only looks ahead or behind */
    bool endless;       /* there is a repetition without end in it, or a choice: several ways */
};

struct weighing {
    struct cardea_str s;
    size_t at, depth;
    struct group groups[DEPTH_MAX + 1];
    size_t looking;    /* so many of the groups only look */
    bool last_endless; /* the last element is a group that holds one */
    bool reads;        /* something of it takes a character */
    bool asks;         /* something of it asks for a place */
    struct policy_weight out;
};

static uint32_t plus(uint32_t a, uint32_t b)
{
    uint32_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

static uint32_t times(uint32_t a, uint32_t b)
{
    uint32_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT32_MAX : product;
}

static char peek(const struct weighing *w, size_t ahead)
{
    return w->at + ahead < w->s.len ? w->s.ptr[w->at + ahead] : '\0';
}

static void add_element(struct weighing *w, uint32_t weight)
{
    struct group *g = &w->groups[w->depth];
    g->sum = plus(g->sum, weight);
    g->last = weight;
    w->last_endless = false;
}

/* One that is a character, or asks for a place. */
static void add_single(struct weighing *w, bool reads)
{
    add_element(w, 1);
    w->reads |= reads && w->looking == 0;
    w->asks |= !reads;
}

/* The last element stands there so many times; `endless` or more. */
static void repeat(struct weighing *w, uint32_t count, bool endless)
{
    struct group *g = &w->groups[w->depth];
    if (count > 1)
        g->sum = plus(g->sum, times(g->last, count - 1));
    if (w->last_endless && (endless || count > 1))
        w->out.nested = true;
    g->endless |= endless;
}

static bool read_number(struct weighing *w, size_t *i, uint32_t *out)
{
    size_t from = *i;
    uint32_t value = 0;
    for (; *i < w->s.len && w->s.ptr[*i] >= '0' && w->s.ptr[*i] <= '9'; (*i)++)
        value = plus(times(value, 10), (uint32_t)(w->s.ptr[*i] - '0'));
    *out = value;
    return *i > from;
}

/* `{2}`, `{2,5}`, `{2,}`; anything else is an ordinary brace. */
static bool braces(struct weighing *w)
{
    size_t i = w->at + 1;
    uint32_t least, most;
    if (!read_number(w, &i, &least))
        return false;
    most = least;
    bool endless = false;
    if (i < w->s.len && w->s.ptr[i] == ',') {
        i++;
        endless = !read_number(w, &i, &most);
    }
    if (i >= w->s.len || w->s.ptr[i] != '}')
        return false;
    /* What may stand there often is as hard to try as what may stand there without end. */
    repeat(w, endless ? least : most, endless || (most > least && most >= 16));
    w->at = i + 1;
    return true;
}

static void skip_class(struct weighing *w)
{
    size_t i = w->at + 1;
    i += i < w->s.len && w->s.ptr[i] == '^';
    i += i < w->s.len && w->s.ptr[i] == ']';
    for (; i < w->s.len && w->s.ptr[i] != ']'; i++) {
        if (w->s.ptr[i] == '\\')
            i++;
        else if (w->s.ptr[i] == '[' && i + 1 < w->s.len && w->s.ptr[i + 1] == ':')
            while (i + 1 < w->s.len && !(w->s.ptr[i] == ':' && w->s.ptr[i + 1] == ']'))
                i++;
    }
    w->at = i + 1;
}

/* `(?R)`, `(?1)`, `(?-1)`, `(?&name)`, `(?P>name)` */
static bool is_call(const struct weighing *w)
{
    size_t at = peek(w, 2) == '+' || peek(w, 2) == '-' ? 3 : 2;
    char c = peek(w, at);
    return (c >= '0' && c <= '9') || (at == 2 && (c == 'R' || c == '&' || (c == 'P' && peek(w, 3) == '>')));
}

static bool looks_around(const struct weighing *w)
{
    char c = peek(w, 2) == '<' ? peek(w, 3) : peek(w, 2);
    return peek(w, 1) == '?' && (c == '=' || c == '!');
}

static void open_group(struct weighing *w)
{
    if (peek(w, 1) == '*')
        w->out.refused = "Verbs such as `(*UTF)` and `(*SKIP)` are not taken.";
    else if (peek(w, 1) == '?' && peek(w, 2) == '#')
        w->out.refused = "Comments are not taken: leave `(?#...)` out.";
    else if (peek(w, 1) == '?' && is_call(w))
        w->out.refused = "Patterns that call themselves are not taken.";
    else if (w->depth == DEPTH_MAX)
        w->out.refused = "Groups stand more than 64 deep in each other.";
    else
        w->groups[++w->depth] = (struct group){.looks = looks_around(w)};
    w->looking += w->groups[w->depth].looks;
    w->asks |= w->groups[w->depth].looks;
    /* `?` after `(` repeats nothing. */
    w->at += peek(w, 1) != '?' ? 1 : peek(w, 2) == ':' ? 3 : 2;
}

static void close_group(struct weighing *w)
{
    if (w->depth > 0) {
        struct group g = w->groups[w->depth--];
        w->looking -= g.looks;
        add_element(w, g.sum > 0 ? g.sum : 1);
        w->last_endless = g.endless;
        w->groups[w->depth].endless |= g.endless;
    }
    w->at++;
}

static void step(struct weighing *w)
{
    char c = peek(w, 0);
    if (c == '\\') {
        if (peek(w, 1) == 'Q')
            w->out.refused = "Quotations are not taken: write a `\\` before each character in place of `\\Q...\\E`.";
        add_single(w, peek(w, 1) == '\0' || !strchr("bBAzZGK", peek(w, 1)));
        w->at += 2;
    } else if (c == '[') {
        add_single(w, true);
        skip_class(w);
    } else if (c == '(') {
        open_group(w);
    } else if (c == ')') {
        close_group(w);
    } else if (c == '*' || c == '+' || c == '?') {
        if (c != '?')
            repeat(w, 1, true);
        w->at++;
        /* Lazy, or possessive: which is never tried again, and then not dear. That is not counted on. */
        w->at += peek(w, 0) == '?' || peek(w, 0) == '+';
    } else if (c != '{' || !braces(w)) {
        if (c == '|')
            w->groups[w->depth].endless = true;
        else
            add_single(w, c != '^' && c != '$');
        w->at++;
    }
}

struct policy_weight policy_weigh(struct cardea_str pattern)
{
    struct weighing w = {.s = pattern};
    while (w.at < pattern.len && !w.out.refused)
        step(&w);
    for (size_t i = 0; i <= w.depth; i++)
        w.out.characters = plus(w.out.characters, w.groups[i].sum);
    if (w.asks && !w.reads && !w.out.refused)
        w.out.refused = "It asks for places only and takes no character: it would match the empty text.";
    return w.out;
}
