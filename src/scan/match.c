#include <string.h>

#include "base/str.h"
#include "scan/check.h"
#include "scan/scanner.h"

/* A long text is matched by windows, so that time can be looked at; a match is at most as long as they overlap. */
#define WINDOW  ((size_t)64 * 1024)
#define OVERLAP ((size_t)8 * 1024)
/* Of one pattern in one reading: findings that are kept, and matches that are looked at. */
#define KEEP_MAX 64
#define LOOK_MAX 4096

bool scan_has_time(struct scan *s)
{
    if (!(s->cut & CARDEA_SCAN_CUT_TIME) && scan_clock_ns() >= s->deadline_ns)
        s->cut |= CARDEA_SCAN_CUT_TIME;
    return !(s->cut & CARDEA_SCAN_CUT_TIME);
}

static bool is_allowed(struct scan *s, struct ruleset_rule *r, struct cardea_str whole)
{
    struct scan_match ignored;
    for (size_t i = 0; i < r->rule->allow.count; i++) {
        const struct scan_pattern *allow = ruleset_allow(r, i);
        if (!allow)
            s->out_of_memory = true;
        else if (scan_pattern_match(allow, s->scratch->matcher, whole, 0, &ignored) == SCAN_MATCH)
            return true;
    }
    return false;
}

/* 1: a letter of a script with spaces between words. */
static bool is_letter_at(const struct fold *f, struct cardea_str text, size_t at)
{
    size_t len;
    uint32_t code = fold_decode(text, at, &len);
    if (len == 0)
        return false;
    if (code < 0x80)
        return (code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
    struct fold_entry e = fold_of(f, code);
    return (e.flags & FOLD_LETTER) && !(e.flags & FOLD_DENSE);
}

static size_t step_back(struct cardea_str text, size_t at)
{
    size_t back = 1;
    while (back < 4 && back < at && ((unsigned char)text.ptr[at - back] & 0xc0) == 0x80)
        back++;
    return at - back;
}

/* `\b` knows ASCII alone: whether a word of any script goes on beyond the match is looked at here. */
static bool is_whole_word(const struct fold *f, struct cardea_str text, const struct scan_match *m)
{
    if (m->start > 0 && is_letter_at(f, text, m->start) && is_letter_at(f, text, step_back(text, m->start)))
        return false;
    return m->end >= text.len || !is_letter_at(f, text, step_back(text, m->end)) || !is_letter_at(f, text, m->end);
}

static bool passes(struct scan *s, struct ruleset_rule *r, struct cardea_str text, const struct scan_match *m)
{
    struct cardea_str whole = {text.ptr + m->start, m->end - m->start};
    if (r->rule->kind == SCAN_BY_WORDS && !is_whole_word(s->scanner->rules.fold, text, m))
        return false;
    return check_passes(r->rule, text, m) && !is_allowed(s, r, whole);
}

static struct cardea_scan_span original(const struct view *v, size_t start, size_t end)
{
    view_locate(v, &start, &end);
    return (struct cardea_scan_span){start, end};
}

static void note_signal(struct scan *s, const struct scan_rule *rule, struct cardea_scan_span span)
{
    if (rule->score > s->signals[rule->signal]) {
        s->signals[rule->signal] = (uint8_t)rule->score;
        s->signal_spans[rule->signal] = span;
    }
}

static void keep(struct scan *s, uint32_t index, const struct view *v, enum cardea_scan_view as,
                 const struct scan_match *m)
{
    const struct scan_rule *rule = s->scanner->rules.rules[index].rule;
    struct scan_hit hit = {.rule = index, .category = rule->category, .severity = rule->severity, .view = as};
    s->scratch->seen[index / 64] |= 1ull << index % 64;
    hit.span = original(v, m->start, m->end);
    if (rule->signal >= 0) {
        note_signal(s, rule, hit.span);
        return;
    }
    hit.redact = original(v, m->value_start, m->value_end);
    scan_add_hit(s, &hit);
}

struct walk {
    struct scan *s;
    struct ruleset_unit *unit;
    const struct scan_pattern *pattern;
    const struct view *v;
    enum cardea_scan_view as;
    size_t kept, looked, from;
};

/* Matches that begin before `stop`, in the text up to `end`; false when the pattern is done with. */
static bool walk_window(struct walk *w, size_t stop, size_t end)
{
    struct ruleset_rule *r = &w->s->scanner->rules.rules[w->unit->rule];
    struct cardea_str text = w->v->text, window = {text.ptr, end};
    while (w->from < end) {
        struct scan_match m;
        enum scan_matched got = scan_pattern_match(w->pattern, w->s->scratch->matcher, window, w->from, &m);
        if (got == SCAN_MATCH_GAVE_UP)
            w->s->cut |= CARDEA_SCAN_CUT_PATTERN;
        if (got != SCAN_MATCH || (m.start >= stop && end < text.len))
            return true;
        bool good = passes(w->s, r, text, &m);
        if (good) {
            keep(w->s, w->unit->rule, w->v, w->as, &m);
            if (r->rule->signal >= 0)
                return false;
        }
        /* What is no hit may hide one that begins within it. */
        w->from = good ? m.end : m.start + 1;
        w->kept += good;
        if (w->kept >= KEEP_MAX || ++w->looked >= LOOK_MAX) {
            w->s->cut |= CARDEA_SCAN_CUT_FINDINGS;
            return false;
        }
    }
    return true;
}

static void match_unit(struct scan *s, struct ruleset_unit *unit, const struct view *v, enum cardea_scan_view as)
{
    struct walk w = {.s = s, .unit = unit, .pattern = ruleset_pattern(unit), .v = v, .as = as};
    size_t len = v->text.len;
    if (!w.pattern) {
        s->out_of_memory = true;
        return;
    }
    for (size_t start = 0; start < len && scan_has_time(s); start += WINDOW) {
        size_t stop = len - start > WINDOW ? start + WINDOW : len;
        size_t end = len - start > WINDOW + OVERLAP ? start + WINDOW + OVERLAP : len;
        if (w.from < start)
            w.from = start;
        if (!walk_window(&w, stop, end) || end == len)
            return;
    }
}

static void mark(void *arg, unsigned pattern)
{
    uint64_t *units = arg;
    units[pattern / 64] |= 1ull << pattern % 64;
}

/* Which units to look at: those that may match, or all. */
static void find_units(struct scan *s, const struct view *v)
{
    struct cardea_scan_scratch *scratch = s->scratch;
    memset(scratch->units, 0, scratch->unit_words * sizeof(uint64_t));
    if (s->scanner->multi && multi_scan(s->scanner->multi, scratch->multi, v->text, mark, scratch->units))
        return;
    for (size_t i = 0; i < s->scanner->rules.unit_count; i++)
        mark(scratch->units, (unsigned)i);
}

void scan_match_view(struct scan *s, const struct view *v, unsigned views)
{
    const struct ruleset *rs = &s->scanner->rules;
    if (v->text.len == 0 || !scan_has_time(s))
        return;
    enum cardea_scan_view as = (enum cardea_scan_view)__builtin_ctz(views);
    find_units(s, v);
    for (size_t word = 0; word < s->scratch->unit_words; word++)
        for (uint64_t bits = s->scratch->units[word]; bits; bits &= bits - 1) {
            struct ruleset_unit *unit = &rs->units[word * 64 + (size_t)__builtin_ctzll(bits)];
            if ((unit->views & views) && rs->rules[unit->rule].rule->sensitivity <= s->params->sensitivity)
                match_unit(s, unit, v, as);
        }
}
