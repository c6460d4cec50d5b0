#include "scan/parts.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
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

size_t part_end(struct cardea_str s, size_t at)
{
    size_t end = at + 1;
    if (s.ptr[at] == '\\') {
        end = escape_end(s, at);
    } else if (s.ptr[at] == '[') {
        end = class_end(s, at);
    } else if (s.ptr[at] == '(') {
        while (end < s.len && s.ptr[end] != ')')
            end = part_end(s, end);
        end++;
    }
    return end < s.len ? end : s.len;
}

/* `{2,5}`, `{3}`, `{2,}` at `at`; 0: an ordinary brace. */
static size_t braces(struct cardea_str s, size_t at, struct part *p)
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
    p->least = numbers[0];
    p->most = open ? PART_MOST : range ? numbers[1] : numbers[0];
    return i + 1 - at;
}

struct part part_at(struct cardea_str s, size_t at)
{
    struct part p = {.start = at, .body_end = part_end(s, at), .least = 1, .most = 1};
    p.end = p.body_end;
    if (p.end >= s.len)
        return p;
    char c = s.ptr[p.end];
    size_t used = c == '{' ? braces(s, p.end, &p) : 0;
    if (c == '?' || c == '*' || c == '+') {
        used = 1;
        p.least = c == '+';
        p.most = c == '?' ? 1 : PART_MOST;
    }
    p.end += used;
    if (used > 0 && p.end < s.len && (s.ptr[p.end] == '?' || s.ptr[p.end] == '+'))
        p.end++; /* lazy, possessive */
    return p;
}

bool part_next_choice(struct cardea_str *rest, struct cardea_str *choice)
{
    size_t at = 0;
    if (!rest->ptr)
        return false;
    while (at < rest->len && rest->ptr[at] != '|')
        at = part_end(*rest, at);
    *choice = (struct cardea_str){rest->ptr, at};
    *rest = at < rest->len ? (struct cardea_str){rest->ptr + at + 1, rest->len - at - 1} : (struct cardea_str){NULL, 0};
    return true;
}

/* Of a group with a name, what follows that; of another, what follows `(` or `(?:`. */
struct cardea_str part_inside(struct cardea_str s, bool *asks)
{
    size_t head = 1;
    *asks = false;
    if (s.len > 3 && s.ptr[1] == '?') {
        char c = s.ptr[2];
        *asks = c == '=' || c == '!' || (c == '<' && (s.ptr[3] == '=' || s.ptr[3] == '!'));
        const char *named = c == '<' || c == 'P' ? memchr(s.ptr, '>', s.len) : NULL;
        head = named && !*asks ? (size_t)(named - s.ptr) + 1 : 3;
    }
    return s.len > head + 1 ? (struct cardea_str){s.ptr + head, s.len - head - 1} : (struct cardea_str){s.ptr, 0};
}

size_t part_options_len(struct cardea_str s)
{
    size_t i = 2;
    if (s.len < 4 || s.ptr[0] != '(' || s.ptr[1] != '?')
        return 0;
    while (i < s.len && is_letter(s.ptr[i]))
        i++;
    return i > 2 && i < s.len && s.ptr[i] == ')' ? i + 1 : 0;
}

/* Escapes of one letter, `\xHH` and references to one of nine groups; what is longer would be cut in the middle. */
static bool is_readable_escape(struct cardea_str s, size_t at)
{
    char c = at + 1 < s.len ? s.ptr[at + 1] : '\0', next = at + 2 < s.len ? s.ptr[at + 2] : '\0';
    if (c == 'x' || c == 'p' || c == 'P')
        return next == '{' || (c == 'x' && at + 3 < s.len && strchr("0123456789abcdefABCDEF", next) &&
                               strchr("0123456789abcdefABCDEF", s.ptr[at + 3]));
    return is_letter(c) ? strchr("abBdDefGhHKnNrRsStvVwWXzZA", c) != NULL
                        : c != '\0' && !(is_digit(c) && (c == '0' || is_digit(next)));
}

/* Options in the middle, quotations, comments, conditions, verbs. */
static bool is_readable_group(struct cardea_str s, size_t at)
{
    struct cardea_str head = {s.ptr + at + 1, s.len - at - 1};
    if (head.len > 0 && head.ptr[0] == '*')
        return false;
    return head.len < 2 || head.ptr[0] != '?' || strchr(":=!<", head.ptr[1]) ||
           (head.ptr[1] == 'P' && head.len > 2 && head.ptr[2] == '<');
}

static bool is_readable(struct cardea_str s)
{
    for (size_t at = 0; at < s.len;) {
        if (s.ptr[at] == '\\' && !is_readable_escape(s, at))
            return false;
        if (s.ptr[at] == '(' && !is_readable_group(s, at))
            return false;
        /* A quantifier to later versions of PCRE2, an ordinary brace to earlier ones. */
        if (s.ptr[at] == '{' && at + 1 < s.len && (s.ptr[at + 1] == ',' || s.ptr[at + 1] == ' '))
            return false;
        at = s.ptr[at] == '(' ? at + 1 : part_end(s, at);
    }
    return true;
}

bool part_is_readable(struct cardea_str s, bool *caseless)
{
    size_t head = part_options_len(s);
    *caseless = head > 0 && memchr(s.ptr, 'i', head);
    return !(head > 0 && memchr(s.ptr, 'x', head)) && is_readable((struct cardea_str){s.ptr + head, s.len - head});
}

static struct part_reach times(struct part_reach r, unsigned n)
{
    unsigned bytes = r.bytes * n, runs = r.runs * n;
    return (struct part_reach){(uint16_t)(bytes < PART_FAR ? bytes : PART_FAR),
                               (uint16_t)(runs < PART_FAR ? runs : PART_FAR)};
}

struct part_reach part_reach_sum(struct part_reach a, struct part_reach b)
{
    return times((struct part_reach){(uint16_t)(a.bytes + b.bytes), (uint16_t)(a.runs + b.runs)}, 1);
}

struct part_reach part_reach_max(struct part_reach a, struct part_reach b)
{
    return (struct part_reach){a.bytes > b.bytes ? a.bytes : b.bytes, a.runs > b.runs ? a.runs : b.runs};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Of characters that are none of white space: `[a-z0-9_.-]`. */
static bool is_class_without_space(struct cardea_str s)
{
    if (s.len < 3 || s.ptr[1] == '^')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] == '[' ||
            (s.ptr[i] == '\\' && (is_digit(s.ptr[i + 1]) || (is_letter(s.ptr[i + 1]) && !strchr("wdS", s.ptr[i + 1])))))
            return false; /* a range that begins beyond the space has none */
    return true;
}

enum kind { KIND_NOTHING, KIND_CHARACTER, KIND_SPACE, KIND_ANY, KIND_UNKNOWN };

static enum kind kind_of(struct cardea_str s)
{
    char c = s.ptr[0], next = s.len > 1 ? s.ptr[1] : '\0';
    if (c == '^' || c == '$')
        return KIND_NOTHING;
    if (c == '[')
        return is_class_without_space(s) ? KIND_CHARACTER : KIND_ANY;
    if (c == '.')
        return KIND_ANY;
    if (c != '\\')
        return is_space(c) ? KIND_SPACE : KIND_CHARACTER;
    if (strchr("bBAzZGK", next))
        return KIND_NOTHING;
    if (strchr("Swdea", next))
        return KIND_CHARACTER;
    if (strchr("snrtf", next))
        return KIND_SPACE;
    if (strchr("WDxNvhHV", next))
        return KIND_ANY;
    return is_letter(next) || is_digit(next) ? KIND_UNKNOWN : KIND_CHARACTER;
}

static struct part_reach reach_of_part(struct cardea_str s, const struct part *p)
{
    struct cardea_str body = {s.ptr + p->start, p->body_end - p->start};
    bool asks;
    if (body.ptr[0] == '(') {
        struct cardea_str inside = part_inside(body, &asks);
        return asks ? (struct part_reach){0, 0} : times(part_reach(inside), p->most);
    }
    switch (kind_of(body)) {
    case KIND_NOTHING:
        return (struct part_reach){0, 0};
    case KIND_CHARACTER:
        return times((struct part_reach){1, 0}, p->most);
    case KIND_SPACE:
        return (struct part_reach){0, 1}; /* how much of it there is makes it no more runs */
    case KIND_ANY:
        /* Between two runs something else stands. */
        return (struct part_reach){times((struct part_reach){1, 0}, p->most).bytes,
                                   (uint16_t)(p->most < PART_MOST ? (p->most + 1) / 2 : PART_FAR)};
    default:
        return (struct part_reach){PART_FAR, PART_FAR};
    }
}

struct part_reach part_reach(struct cardea_str s)
{
    struct part_reach most = {0, 0};
    for (struct cardea_str rest = s, choice; part_next_choice(&rest, &choice);) {
        struct part_reach here = {0, 0};
        for (size_t at = 0; at < choice.len;) {
            struct part p = part_at(choice, at);
            here = part_reach_sum(here, reach_of_part(choice, &p));
            at = p.end;
        }
        most = part_reach_max(most, here);
    }
    return most;
}
