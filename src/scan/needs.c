#include "scan/needs.h"

#include <string.h>

#include "base/str.h"
#include "scan/fields.h"
#include "scan/parts.h"

/* Texts of an expression that can all be written down; and of two such in a row, before they are taken one by one. */
#define ALL_MAX   512
#define CROSS_MAX 32
/* Words of one need, and needs of one pattern that are weighed. */
#define WORDS_MAX   512
#define WEIGHED_MAX 64
/* Of rarity(): what is less stands in every text; what common words have; and what makes no difference any more. */
#define LEAST         3
#define COMMON        3
#define RAREST        16
#define RARITY_OF_RUN 8
/* Of frequency(): what is as frequent tells little more, once something rarer is needed. */
#define FREQUENT (1ull << 2 * (RAREST - 4))
/* Longer ones are found no less often in vain. */
#define LONG      40
#define DEPTH_MAX 24

struct words {
    struct need_word *items;
    size_t count;
};

/* Each match has one of the words; they have ended before `end` of the sequence that they were read from. */
struct must {
    struct words words;
    size_t end;
};

/* What is known of an expression. */
struct known {
    bool all;   /* it matches `words` and nothing else */
    bool space; /* it is white space: what stands beside it begins or ends a word */
    bool edge;  /* not all: where it ends, a word begins or ends */
    struct words words;
    struct must *musts; /* not all: each match has one word of each of these */
    size_t must_count;
};

struct reader {
    struct arena *arena;
    bool caseless;
};

/* A sequence as far as it was read. */
struct sequence {
    struct reader *r;
    struct words words; /* what the end of it must be, and nothing else can */
    bool broken;        /* there was more before */
    struct must *musts;
    size_t count;
};

static const struct need_word nothing = {.text = {"", 0}}, edge = {.text = {"", 0}, .begins = true, .ends = true};

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static struct words one_word(struct reader *r, struct need_word word)
{
    struct words w = {arena_alloc(r->arena, sizeof(*w.items)), 1};
    *w.items = word;
    return w;
}

static struct need_word join(struct reader *r, struct need_word a, struct need_word b)
{
    struct need_word j = {.begins = a.text.len ? a.begins : a.begins || b.begins,
                          .ends = b.text.len ? b.ends : a.ends || b.ends};
    j.text = a.text.len && b.text.len ? arena_printf(r->arena, "%.*s%.*s", STR_ARG(a.text), STR_ARG(b.text))
             : a.text.len             ? a.text
                                      : b.text;
    return j;
}

static struct words cross(struct reader *r, struct words a, struct words b)
{
    struct words w = {arena_array(r->arena, a.count * b.count, sizeof(*w.items)), 0};
    for (size_t i = 0; i < a.count; i++)
        for (size_t k = 0; k < b.count; k++)
            w.items[w.count++] = join(r, a.items[i], b.items[k]);
    return w;
}

/* Words of English that stand in any text. */
static bool is_common(struct cardea_str word)
{
    static const char common[] =
        " the and you for that this with are have will not any all from can your please be to of in is it as at by on "
        "or an if no do me we my us our was has had but out now let new here when there what which who how one "
        "would should could about them they their his her she him its been were than then some more also may ";
    struct cardea_str bare = word;
    char spaced[12];
    while (bare.len > 0 && bare.ptr[0] == ' ')
        bare.ptr++, bare.len--;
    while (bare.len > 0 && bare.ptr[bare.len - 1] == ' ')
        bare.len--;
    if (bare.len == 0 || bare.len > sizeof(spaced) - 2)
        return bare.len == 0;
    spaced[0] = spaced[bare.len + 1] = ' ';
    memcpy(spaced + 1, bare.ptr, bare.len);
    return memmem(common, sizeof(common) - 1, spaced, bare.len + 2) != NULL;
}

/* How rare a word is in texts: each unit makes it about four times as rare. Signs are rarer than letters. */
static unsigned rarity(const struct need_word *w)
{
    unsigned rare = (unsigned)w->begins + w->ends;
    for (size_t i = 0; i < w->text.len; i++) {
        unsigned char c = (unsigned char)w->text.ptr[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        rare += c >= '0' && c <= '9' ? 2 : letter || strchr(" .,-'\n", c) ? 1 : 3;
    }
    if (w->run)
        return RARITY_OF_RUN;
    if (is_common(w->text))
        return rare < COMMON ? rare : COMMON;
    return rare < RAREST ? rare : RAREST;
}

static uint64_t frequency(struct words w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w.count; i++)
        sum += 1ull << 2 * (RAREST - rarity(&w.items[i]));
    return sum;
}

static bool is_useful(struct words w)
{
    for (size_t i = 0; i < w.count; i++)
        if ((w.items[i].text.len == 0 && !w.items[i].run) || rarity(&w.items[i]) < LEAST)
            return false;
    return w.count > 0 && w.count <= WORDS_MAX;
}

static void add_must(struct sequence *s, struct words words)
{
    if (is_useful(words) && s->count < WEIGHED_MAX)
        s->musts[s->count++].words = words;
}

/* What comes next is not known to follow at once. */
static void cut(struct sequence *s, struct need_word next)
{
    add_must(s, s->words);
    s->words = one_word(s->r, next);
    s->broken = true;
}

static struct known know(struct reader *r, struct cardea_str s, bool begins, unsigned depth);

static struct known known_word(struct reader *r, struct need_word word)
{
    return (struct known){.all = true, .words = one_word(r, word)};
}

static struct known known_byte(struct reader *r, char c)
{
    if (r->caseless && c >= 'A' && c <= 'Z')
        c = (char)(c + 32);
    return known_word(r, (struct need_word){.text = arena_str(r->arena, (struct cardea_str){&c, 1})});
}

/* `[sz]`, `['"]`: some characters that stand for themselves. Of others nothing is known, but that `[ \t]` is space. */
static struct known known_class(struct reader *r, struct cardea_str s)
{
    struct known k = {.all = true, .words = {arena_array(r->arena, CROSS_MAX, sizeof(*k.words.items)), 0}};
    if (str_eq(s, STR("[ \\t]")) || str_eq(s, STR("[\\s]")))
        return (struct known){.space = true};
    for (size_t i = 1; i + 1 < s.len; i++) {
        char c = s.ptr[i];
        bool range = c == '-' && i > 1 && i + 2 < s.len;
        if (c == '\\' || c == '^' || c == '[' || range || k.words.count == CROSS_MAX)
            return (struct known){0};
        struct need_word word = known_byte(r, c).words.items[0];
        bool had = false;
        for (size_t n = 0; n < k.words.count; n++)
            had |= str_eq(k.words.items[n].text, word.text);
        if (!had)
            k.words.items[k.words.count++] = word;
    }
    return k;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static struct known known_escape(struct reader *r, struct cardea_str s)
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

static struct known known_part(struct reader *r, struct cardea_str s, bool begins, unsigned depth)
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

/* The same, as often as the quantifier says. */
static struct known repeated(struct reader *r, struct known k, const struct part *p)
{
    if (p->least == 1 && p->most == 1)
        return k;
    if (k.space)
        return p->least > 0 ? k : (struct known){.edge = true};
    if (p->least == 0) {
        if (!k.all || p->most > 1 || k.words.count >= ALL_MAX)
            return (struct known){.edge = k.edge};
        struct words w = {arena_array(r->arena, k.words.count + 1, sizeof(*w.items)), k.words.count + 1};
        memcpy(w.items, k.words.items, k.words.count * sizeof(*w.items));
        w.items[k.words.count] = nothing;
        return (struct known){.all = true, .words = w};
    }
    if (!k.all)
        return k;
    struct words once = k.words;
    if (p->least == p->most && once.count == 1 && p->least <= LONG) {
        for (unsigned i = 1; i < p->least; i++)
            k.words = cross(r, k.words, once);
        return k;
    }
    struct known more = {.musts = arena_alloc(r->arena, sizeof(*more.musts)), .must_count = 1};
    more.musts->words = once;
    return more;
}

/* Whatever stands next begins a word, if it is of a word at all. */
static bool is_at_edge(const struct sequence *s)
{
    for (size_t i = 0; i < s->words.count; i++) {
        const struct need_word *w = &s->words.items[i];
        if (w->text.len > 0 ? !w->ends && is_word_byte(w->text.ptr[w->text.len - 1]) : !w->begins)
            return false;
    }
    return true;
}

static void take(struct sequence *s, struct known k, bool at_least_once)
{
    size_t both = s->words.count * k.words.count;
    bool one = s->words.count == 1 || k.words.count == 1, was_edge = is_at_edge(s);
    if (k.all && both <= (one ? ALL_MAX : CROSS_MAX)) {
        s->words = cross(s->r, s->words, k.words);
    } else if (k.all) {
        cut(s, nothing);
        s->words = was_edge ? cross(s->r, one_word(s->r, edge), k.words) : k.words;
    } else if (k.space) {
        s->words = cross(s->r, s->words, one_word(s->r, edge));
        cut(s, edge);
    } else {
        cut(s, k.edge && (at_least_once || was_edge) ? edge : nothing);
        for (size_t i = 0; i < k.must_count; i++)
            add_must(s, k.musts[i].words);
    }
    for (size_t i = 0; i < s->words.count; i++)
        if (s->words.items[i].text.len > LONG) {
            cut(s, nothing);
            break;
        }
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

static struct known known_run(struct reader *r)
{
    struct known k = {.musts = arena_alloc(r->arena, sizeof(*k.musts)), .must_count = 1};
    k.musts->words = one_word(r, (struct need_word){.text = {"", 0}, .run = true});
    return k;
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
    for (size_t at = 0; at < s.len && depth < DEPTH_MAX;) {
        struct part p = part_at(s, at);
        struct cardea_str body = {s.ptr + at, p.body_end - at}, inside;
        size_t had = q->count;
        if (is_bracket(body, &p, &inside)) {
            read_sequence(q, inside, depth + 1);
        } else {
            bool begins = q->words.count == 1 && q->words.items[0].text.len == 0 && q->words.items[0].begins;
            struct known k = is_run(body, &p) ? known_run(q->r) : known_part(q->r, body, begins, depth);
            take(q, repeated(q->r, k, &p), p.least > 0);
        }
        at = p.end;
        /* All of them have ended by then. */
        for (size_t i = had; i < q->count; i++)
            q->musts[i].end = at;
    }
}

static struct known know_sequence(struct reader *r, struct cardea_str s, bool begins, unsigned depth)
{
    struct sequence q = {.r = r, .words = one_word(r, begins ? edge : nothing)};
    q.musts = arena_array(r->arena, WEIGHED_MAX, sizeof(*q.musts));
    read_sequence(&q, s, depth);
    if (!q.broken && depth < DEPTH_MAX)
        return (struct known){.all = true, .words = q.words};
    size_t had = q.count;
    bool ends_at_edge = is_at_edge(&q);
    cut(&q, nothing);
    for (size_t i = had; i < q.count; i++)
        q.musts[i].end = s.len;
    return (struct known){.edge = ends_at_edge, .musts = q.musts, .must_count = q.count};
}

/* The rarest. */
static struct words best_of(const struct known *k)
{
    struct words best = {NULL, 0};
    if (k->all)
        return is_useful(k->words) ? k->words : best;
    for (size_t i = 0; i < k->must_count; i++)
        if (best.count == 0 || frequency(k->musts[i].words) < frequency(best))
            best = k->musts[i].words;
    return best;
}

static bool add_words(struct words *to, struct words from, size_t max)
{
    if (from.count == 0 || to->count + from.count > max)
        return false;
    memcpy(to->items + to->count, from.items, from.count * sizeof(*from.items));
    to->count += from.count;
    return true;
}

static struct known know(struct reader *r, struct cardea_str s, bool begins, unsigned depth)
{
    struct cardea_str rest = s, choice;
    struct words every = {arena_array(r->arena, ALL_MAX, sizeof(*every.items)), 0};
    struct words some = {arena_array(r->arena, WORDS_MAX, sizeof(*some.items)), 0};
    bool all = true, any = true;
    if (depth > DEPTH_MAX)
        return (struct known){0};
    for (size_t count = 0; part_next_choice(&rest, &choice) && (all || any); count++) {
        struct known k = know_sequence(r, choice, begins, depth);
        if (count == 0 && !rest.ptr)
            return k;
        struct words best = best_of(&k);
        all = all && k.all && add_words(&every, k.words, ALL_MAX);
        any = any && add_words(&some, best, WORDS_MAX);
    }
    if (all)
        return (struct known){.all = true, .words = every};
    struct known k = {.musts = arena_alloc(r->arena, sizeof(*k.musts)), .must_count = any};
    k.musts->words = some;
    return k;
}

/* Wherever `b` stands, `a` does. */
static bool covers(const struct need_word *a, const struct need_word *b)
{
    const char *at = !a->run && b->text.len >= a->text.len ? memmem(b->text.ptr, b->text.len, a->text.ptr, a->text.len)
                                                           : NULL;
    if (!at)
        return false;
    bool first = at == b->text.ptr, last = at + a->text.len == b->text.ptr + b->text.len;
    return (!a->begins || (first && b->begins)) && (!a->ends || (last && b->ends));
}

/* Without words that are found wherever another is, and copied to where they stay. */
static struct need settled(struct arena *a, struct words from, struct part_reach reach)
{
    struct need n = {arena_array(a, from.count, sizeof(*n.words)), 0};
    for (size_t i = 0; i < from.count; i++) {
        struct need_word word = from.items[i];
        if (word.text.len > 0) {
            word.begins &= is_word_byte(word.text.ptr[0]);
            word.ends &= is_word_byte(word.text.ptr[word.text.len - 1]);
        }
        bool covered = false;
        for (size_t k = 0; k < from.count && !covered; k++)
            covered = k != i && covers(&from.items[k], &from.items[i]) &&
                      (k < i || !covers(&from.items[i], &from.items[k]));
        if (covered)
            continue;
        word.text = arena_str(a, word.text);
        word.reach = reach;
        n.words[n.count++] = word;
    }
    return n;
}

/* The rarest first; what is much more frequent than that tells nothing more. */
static void choose(struct need_branch *out, struct arena *a, const struct known *k, struct cardea_str choice)
{
    bool chosen[WEIGHED_MAX] = {false};
    while (out->count < NEEDS_MAX) {
        size_t best = k->must_count;
        for (size_t i = 0; i < k->must_count; i++)
            if (!chosen[i] && (best == k->must_count || frequency(k->musts[i].words) < frequency(k->musts[best].words)))
                best = i;
        if (best == k->must_count || (out->count > 0 && frequency(k->musts[best].words) >= FREQUENT))
            return;
        chosen[best] = true;
        struct part_reach reach = part_reach((struct cardea_str){choice.ptr, k->musts[best].end});
        out->items[out->count++] = settled(a, k->musts[best].words, reach);
    }
}

static size_t choices_of(struct cardea_str s)
{
    struct cardea_str choice;
    size_t count = 0;
    while (part_next_choice(&s, &choice))
        count++;
    return count;
}

/* Choices that are words and nothing else are one branch together. */
static bool add_plain(struct words *plain, struct arena *a, struct cardea_str choice, struct words all)
{
    if (!is_useful(all) || plain->count + all.count > WORDS_MAX)
        return false;
    struct need n = settled(a, all, part_reach(choice));
    memcpy(plain->items + plain->count, n.words, n.count * sizeof(*n.words));
    plain->count += n.count;
    return true;
}

struct needs needs_of(struct arena *a, struct cardea_str pattern, unsigned flags)
{
    struct needs out = {.caseless = flags & FIELDS_CASELESS};
    struct arena work = {0};
    struct cardea_str choice;
    bool caseless, known = true;
    if (flags & FIELDS_EXTENDED || !part_is_readable(pattern, &caseless))
        return out;
    out.caseless |= caseless;
    struct reader r = {&work, out.caseless};
    size_t head = part_options_len(pattern);
    struct cardea_str rest = {pattern.ptr + head, pattern.len - head};
    struct words plain = {arena_array(&work, WORDS_MAX, sizeof(*plain.items)), 0};
    out.branches = arena_array(a, choices_of(rest) + 1, sizeof(*out.branches));
    while (known && part_next_choice(&rest, &choice)) {
        struct known k = know_sequence(&r, choice, false, 0);
        if (k.all && add_plain(&plain, a, choice, k.words))
            continue;
        choose(&out.branches[out.count], a, &k, choice);
        known = out.branches[out.count++].count > 0;
    }
    if (plain.count > 0) {
        struct need_branch *branch = &out.branches[out.count++];
        branch->items[branch->count++] = (struct need){arena_array(a, plain.count, sizeof(*plain.items)), plain.count};
        memcpy(branch->items[0].words, plain.items, plain.count * sizeof(*plain.items));
    }
    arena_release(&work);
    if (!known)
        out.count = 0;
    return out;
}
