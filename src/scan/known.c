#include "scan/known.h"

#include <string.h>

#include "base/str.h"
#include "scan/bytes.h"
#include "scan/parts.h"

/* Texts of an expression that can all be written down; and of two such in a row, before they are taken one by one. */
#define ALL_MAX   128
#define CROSS_MAX 32
/* Longer words are found no less often in vain. */
#define LONG      40
#define DEPTH_MAX 24

/* A sequence as far as it was read. */
struct sequence {
    struct known_reader *r;
    struct known_words words; /* what the end of it must be, and nothing else can */
    bool broken;              /* there was more before */
    struct known_words *musts;
    size_t count;
    struct part_reach before; /* of what stands before `text` */
    struct cardea_str text;   /* what is read now, and as far as to `at` */
    size_t at;
};

static const struct need_word nothing = {.text = {"", 0}}, edge = {.text = {"", 0}, .begins = true, .ends = true};

static struct known_words one_word(struct known_reader *r, struct need_word word)
{
    struct known_words w = {arena_alloc(r->arena, sizeof(*w.items)), 1};
    *w.items = word;
    return w;
}

static struct need_word join(struct known_reader *r, struct need_word a, struct need_word b)
{
    struct need_word j = {.begins = a.text.len ? a.begins : a.begins || b.begins,
                          .ends = b.text.len ? b.ends : a.ends || b.ends};
    j.text = a.text.len && b.text.len ? arena_printf(r->arena, "%.*s%.*s", STR_ARG(a.text), STR_ARG(b.text))
             : a.text.len             ? a.text
                                      : b.text;
    return j;
}

static struct known_words cross(struct known_reader *r, struct known_words a, struct known_words b)
{
    struct known_words w = {arena_array(r->arena, a.count * b.count, sizeof(*w.items)), 0};
    for (size_t i = 0; i < a.count; i++)
        for (size_t k = 0; k < b.count; k++)
            w.items[w.count++] = join(r, a.items[i], b.items[k]);
    return w;
}

/* From where a match begins to where it is read now. */
static struct part_reach reach_to(const struct sequence *s, size_t at)
{
    return part_reach_sum(s->before, part_reach((struct cardea_str){s->text.ptr, at}));
}

/* Of a word that a match begins with. */
static struct part_reach reach_of_word(struct cardea_str word)
{
    struct part_reach r = {0, 0};
    for (size_t i = 0; i < word.len; i++)
        r = part_reach_sum(r, word.ptr[i] == ' ' || (word.ptr[i] >= '\t' && word.ptr[i] <= '\r')
                                  ? (struct part_reach){0, 1}
                                  : (struct part_reach){1, 0});
    return r;
}

static void add_must(struct sequence *s, struct known_words words)
{
    if (known_is_useful(words) && s->count < KNOWN_MUSTS_MAX)
        s->musts[s->count++] = words;
}

/* The same words, when so much may stand before. */
static struct known_words later(struct known_words words, struct part_reach before)
{
    for (size_t i = 0; i < words.count; i++)
        words.items[i].reach = part_reach_sum(words.items[i].reach, before);
    return words;
}

static struct known one_must(struct known_reader *r, struct known_words words)
{
    struct known k = {.musts = arena_alloc(r->arena, sizeof(*k.musts)), .must_count = 1};
    *k.musts = words;
    return k;
}

/* The words have ended after `reach`; what comes next is not known to follow at once. */
static void cut(struct sequence *s, struct part_reach reach, struct need_word next)
{
    for (size_t i = 0; i < s->words.count; i++)
        s->words.items[i].reach = s->broken ? reach : reach_of_word(s->words.items[i].text);
    add_must(s, s->words);
    s->words = one_word(s->r, next);
    s->broken = true;
}

static struct known know(struct known_reader *r, struct cardea_str s, bool begins, unsigned depth);

static struct known known_word(struct known_reader *r, struct need_word word)
{
    return (struct known){.all = true, .words = one_word(r, word)};
}

static struct known known_byte(struct known_reader *r, char c)
{
    if (r->caseless && c >= 'A' && c <= 'Z')
        c = (char)(c + 32);
    return known_word(r, (struct need_word){.text = arena_str(r->arena, (struct cardea_str){&c, 1})});
}

static void add_byte(struct known_reader *r, struct known_words *to, char c)
{
    struct need_word word = known_byte(r, c).words.items[0];
    for (size_t i = 0; i < to->count; i++)
        if (str_eq(to->items[i].text, word.text))
            return;
    to->items[to->count++] = word;
}

/* `[sz]`, `['"]`, `[4-9]`: some characters that stand for themselves. Of others nothing is known, but that `[ \t]` is
 * space. */
static struct known known_class(struct known_reader *r, struct cardea_str s)
{
    struct known k = {.all = true, .words = {arena_array(r->arena, CROSS_MAX + 10, sizeof(*k.words.items)), 0}};
    if (str_eq(s, STR("[ \\t]")) || str_eq(s, STR("[\\s]")))
        return (struct known){.space = true};
    for (size_t i = 1; i + 1 < s.len; i++) {
        char c = s.ptr[i], last = c;
        bool range = i + 3 < s.len && s.ptr[i + 1] == '-';
        if (range && byte_is(c, BYTE_DIGIT) && byte_is(s.ptr[i + 2], BYTE_DIGIT)) {
            last = s.ptr[i + 2];
            i += 2;
        } else if (c == '\\' || c == '^' || c == '[' || range) {
            return (struct known){0};
        }
        for (; c <= last; c++)
            add_byte(r, &k.words, c);
        if (k.words.count > CROSS_MAX)
            return (struct known){0};
    }
    return k;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static struct known known_escape(struct known_reader *r, struct cardea_str s)
{
    static const char letters[] = "nrtfae", bytes[] = "\n\r\t\f\a\x1b";
    const char *letter = strchr(letters, s.ptr[1]);
    if (s.ptr[1] == 's')
        return (struct known){.space = true};
    if (s.ptr[1] == 'b' || s.ptr[1] == 'A' || s.ptr[1] == 'z' || s.ptr[1] == 'Z')
        return known_word(r, edge);
    if (s.ptr[1] == 'B' || s.ptr[1] == 'G' || s.ptr[1] == 'K')
        return known_word(r, nothing);
    if (s.ptr[1] == 'x' && s.len == 4 && hex(s.ptr[2]) >= 0)
        return known_byte(r, (char)(hex(s.ptr[2]) << 4 | hex(s.ptr[3])));
    if (letter && *letter)
        return known_byte(r, bytes[letter - letters]);
    bool itself = !((s.ptr[1] | 0x20) >= 'a' && (s.ptr[1] | 0x20) <= 'z') && !(s.ptr[1] >= '0' && s.ptr[1] <= '9');
    return itself ? known_byte(r, s.ptr[1]) : (struct known){0};
}

static struct known known_part(struct known_reader *r, struct cardea_str s, bool begins, unsigned depth)
{
    bool asks;
    switch (s.ptr[0]) {
    case '\\':
        return known_escape(r, s);
    case '[':
        return known_class(r, s);
    case '(': {
        struct cardea_str inside = part_inside(s, &asks);
        return asks ? known_word(r, nothing) : know(r, inside, begins, depth + 1);
    }
    case '^':
    case '$':
        return known_word(r, edge);
    case '.':
        return (struct known){0};
    default:
        return known_byte(r, s.ptr[0]);
    }
}

/* The same, as often as the quantifier says. Of needs in what is repeated, those of the first time count. */
static struct known repeated(struct known_reader *r, struct known k, const struct part *p)
{
    if (p->least == 1 && p->most == 1)
        return k;
    if (k.space)
        return p->least > 0 ? k : (struct known){.edge = true};
    if (p->least == 0) {
        if (!k.all || p->most > 1 || k.words.count >= ALL_MAX)
            return (struct known){.edge = k.edge};
        struct known_words w = {arena_array(r->arena, k.words.count + 1, sizeof(*w.items)), k.words.count + 1};
        memcpy(w.items, k.words.items, k.words.count * sizeof(*w.items));
        w.items[k.words.count] = nothing;
        return (struct known){.all = true, .words = w};
    }
    if (!k.all)
        return k;
    /* As often as it must stand, if that can be written out. */
    struct known_words once = k.words;
    unsigned times = 1;
    for (; times < p->least && times < LONG && k.words.count * once.count <= CROSS_MAX; times++)
        k.words = cross(r, k.words, once);
    k.more = times < p->most;
    return k;
}

/* Whatever stands next begins a word, if it is of a word at all. */
static bool is_at_edge(const struct sequence *s)
{
    for (size_t i = 0; i < s->words.count; i++) {
        const struct need_word *w = &s->words.items[i];
        if (w->text.len > 0 ? !w->ends && byte_is_word(w->text.ptr[w->text.len - 1]) : !w->begins)
            return false;
    }
    return true;
}

/* Of a part that ends at `end`. */
static void take(struct sequence *s, struct known k, size_t end, bool at_least_once)
{
    size_t both = s->words.count * k.words.count;
    bool was_edge = is_at_edge(s);
    struct part_reach before = reach_to(s, s->at), longest = {0, 0};
    /* What is frequent by itself is better written out with what follows. */
    bool out = s->words.count == 1 || k.words.count == 1 || known_frequency(s->words) >= KNOWN_FREQUENT;
    if (k.all && both <= (out ? ALL_MAX : CROSS_MAX)) {
        s->words = cross(s->r, s->words, k.words);
    } else if (k.all) {
        cut(s, before, nothing);
        s->words = was_edge ? cross(s->r, one_word(s->r, edge), k.words) : k.words;
    } else if (k.space) {
        s->words = cross(s->r, s->words, one_word(s->r, edge));
        cut(s, before, edge);
    } else {
        cut(s, before, k.edge && (at_least_once || was_edge) ? edge : nothing);
        for (size_t i = 0; i < k.must_count; i++)
            add_must(s, later(k.musts[i], before));
    }
    if (k.all && k.more) {
        for (size_t i = 0; i < k.words.count; i++)
            longest = part_reach_max(longest, reach_of_word(k.words.items[i].text));
        cut(s, part_reach_sum(before, longest), nothing);
    }
    bool is_long = false;
    for (size_t i = 0; i < s->words.count; i++)
        is_long |= s->words.items[i].text.len > LONG;
    if (is_long)
        cut(s, reach_to(s, end), nothing);
}

static int kind_of_letter(char c)
{
    return c >= '0' && c <= '9' ? 1 : c >= 'a' && c <= 'z' ? 2 : c >= 'A' && c <= 'Z' ? 3 : 0;
}

/* `[0-9a-f_-]{32}` */
static bool is_run(struct cardea_str s, const struct part *p)
{
    if (p->least < NEED_RUN_LEAST || s.ptr[0] != '[')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        int kind = kind_of_letter(s.ptr[i]);
        if (kind > 0 && i + 3 < s.len && s.ptr[i + 1] == '-') {
            i += 2;
            if (kind_of_letter(s.ptr[i]) != kind)
                return false;
        } else if (kind == 0 && s.ptr[i] != '_' && (s.ptr[i] != '-' || i + 2 < s.len)) {
            return false;
        }
    }
    return true;
}

static struct known known_run(struct known_reader *r)
{
    struct need_word run = {.text = {"", 0}, .run = true, .reach = {NEED_RUN_LEAST, 0}};
    return one_must(r, one_word(r, run));
}

/* A group that stands once and is no choice is read as if its brackets were not there. */
static bool is_bracket(struct cardea_str group, const struct part *p, struct cardea_str *inside)
{
    struct cardea_str rest, choice;
    bool asks;
    if (group.ptr[0] != '(' || p->least != 1 || p->most != 1)
        return false;
    rest = *inside = part_inside(group, &asks);
    return !asks && part_next_choice(&rest, &choice) && !rest.ptr;
}

static void read_sequence(struct sequence *q, struct cardea_str s, unsigned depth)
{
    q->text = s;
    for (size_t at = 0; at < s.len && depth < DEPTH_MAX;) {
        struct part p = part_at(s, at);
        struct cardea_str body = {s.ptr + at, p.body_end - at}, inside;
        q->at = at;
        if (is_bracket(body, &p, &inside)) {
            struct part_reach before = q->before;
            q->before = reach_to(q, at);
            read_sequence(q, inside, depth + 1);
            q->text = s;
            q->before = before;
        } else {
            bool begins = q->words.count == 1 && q->words.items[0].text.len == 0 && q->words.items[0].begins;
            struct known k = is_run(body, &p) ? known_run(q->r) : known_part(q->r, body, begins, depth);
            take(q, repeated(q->r, k, &p), p.end, p.least > 0);
        }
        at = p.end;
    }
}

static struct known know_sequence(struct known_reader *r, struct cardea_str s, bool begins, unsigned depth)
{
    struct sequence q = {.r = r, .words = one_word(r, begins ? edge : nothing)};
    q.musts = arena_array(r->arena, KNOWN_MUSTS_MAX, sizeof(*q.musts));
    read_sequence(&q, s, depth);
    if (!q.broken && depth < DEPTH_MAX)
        return (struct known){.all = true, .words = q.words};
    bool ends_at_edge = is_at_edge(&q);
    cut(&q, reach_to(&q, s.len), nothing);
    return (struct known){.edge = ends_at_edge, .musts = q.musts, .must_count = q.count};
}

/* The rarest. */
static struct known_words best_of(const struct known *k)
{
    struct known_words best = {NULL, 0};
    if (k->all && known_is_useful(k->words)) {
        best = k->words;
        for (size_t i = 0; i < best.count; i++)
            best.items[i].reach = reach_of_word(best.items[i].text);
    }
    for (size_t i = 0; i < k->must_count; i++)
        if (best.count == 0 || known_frequency(k->musts[i]) < known_frequency(best))
            best = k->musts[i];
    return best;
}

static bool add_words(struct known_words *to, struct known_words from, size_t max)
{
    if (from.count == 0 || to->count + from.count > max)
        return false;
    memcpy(to->items + to->count, from.items, from.count * sizeof(*from.items));
    to->count += from.count;
    return true;
}

static struct known know(struct known_reader *r, struct cardea_str s, bool begins, unsigned depth)
{
    struct cardea_str rest = s, choice;
    struct known_words every = {arena_array(r->arena, ALL_MAX, sizeof(*every.items)), 0};
    struct known_words some = {arena_array(r->arena, KNOWN_WORDS_MAX, sizeof(*some.items)), 0};
    bool all = true, any = true;
    if (depth > DEPTH_MAX)
        return (struct known){0};
    for (size_t count = 0; part_next_choice(&rest, &choice) && (all || any); count++) {
        struct known k = know_sequence(r, choice, begins, depth);
        if (count == 0 && !rest.ptr)
            return k;
        struct known_words best = best_of(&k);
        all = all && k.all && add_words(&every, k.words, ALL_MAX);
        any = any && add_words(&some, best, KNOWN_WORDS_MAX);
    }
    if (all)
        return (struct known){.all = true, .words = every};
    return any ? one_must(r, some) : (struct known){0};
}

struct known known_of(struct known_reader *r, struct cardea_str choice)
{
    struct known k = know_sequence(r, choice, false, 0);
    for (size_t i = 0; k.all && i < k.words.count; i++)
        k.words.items[i].reach = reach_of_word(k.words.items[i].text);
    return k;
}
