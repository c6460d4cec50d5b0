#include <string.h>

#include "base/str.h"
#include "scan/check.h"
#include "scan/scanner.h"

/* A long text is read by windows: so that time can be looked at, and because few patterns may match in each, but many
 * somewhere. A match is at most as long as windows overlap. */
#define WINDOW  ((size_t)24 * 1024)
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
        else if (scan_pattern_match(allow, s->scratch->matcher, whole, 0, whole.len, &ignored) == SCAN_MATCH)
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
    if (hit.severity > CARDEA_SCAN_MEDIUM && check_is_mention(rule, v->text, m))
        hit.severity = CARDEA_SCAN_MEDIUM;
    scan_add_hit(s, &hit);
}

/* What is read at a time: matches that begin in [start, stop), in the text up to `end`. */
struct window {
    const struct view *v;
    enum cardea_scan_view as;
    size_t start, stop, end;
};

/* For matches of one unit in a window. */
struct looking {
    const struct scan_pattern *pattern;
    size_t from; /* what begins earlier was seen */
    size_t kept, looked;
};

/* False: nothing more is to be looked for. */
static bool match_range(struct scan *s, struct ruleset_unit *unit, const struct window *w, struct looking *l,
                        struct place_range range)
{
    struct ruleset_rule *r = &s->scanner->rules.rules[unit->rule];
    struct cardea_str text = w->v->text, seen = {text.ptr, w->end};
    for (size_t from = range.from > l->from ? range.from : l->from; from <= range.last && from < w->end;
         from = l->from) {
        struct scan_match m;
        enum scan_matched got = scan_pattern_match(l->pattern, s->scratch->matcher, seen, from, range.last, &m);
        if (got == SCAN_MATCH_GAVE_UP)
            s->cut |= CARDEA_SCAN_CUT_PATTERN;
        if (got != SCAN_MATCH)
            return got == SCAN_NO_MATCH;
        if (m.start >= w->stop)
            return false;
        bool good = passes(s, r, text, &m);
        if (good)
            keep(s, unit->rule, w->v, w->as, &m);
        if (good && r->rule->signal >= 0)
            return false;
        /* What is no hit may hide one that begins within it. */
        l->from = good ? m.end : m.start + 1;
        l->kept += good;
        if (l->kept >= KEEP_MAX || ++l->looked >= LOOK_MAX) {
            s->cut |= CARDEA_SCAN_CUT_FINDINGS;
            return false;
        }
    }
    return true;
}

static void match_unit(struct scan *s, struct ruleset_unit *unit, const struct window *w, bool searched)
{
    struct place_range ranges[PLACE_RANGES_MAX] = {{w->start, w->end}};
    struct looking l = {.pattern = ruleset_pattern(unit), .from = w->start};
    size_t count = 1;
    if (searched && unit->branch_count > 0)
        count = places_of(s->scratch->places, s->scanner->rules.words.branches + unit->first_branch, unit->branch_count,
                          ranges);
    if (!l.pattern)
        s->out_of_memory = true;
    for (size_t i = 0; l.pattern && i < count && match_range(s, unit, w, &l, ranges[i]); i++)
        ;
}

static void match_window(struct scan *s, const struct window *w, unsigned views)
{
    const struct ruleset *rs = &s->scanner->rules;
    struct cardea_scan_scratch *scratch = s->scratch;
    bool searched = s->scanner->multi &&
                    places_find(scratch->places, s->scanner->multi, scratch->multi, w->v->text.ptr, w->start, w->end);
    for (size_t i = 0; (i = searched ? places_next(scratch->places, i) : i) < rs->unit_count; i++) {
        struct ruleset_unit *unit = &rs->units[i];
        if (!(unit->views & views) || rs->rules[unit->rule].rule->sensitivity > s->params->sensitivity)
            continue;
        match_unit(s, unit, w, searched);
        /* One alone may take a tenth of a second, and hundreds may stand in a pack. */
        if (!scan_has_time(s))
            return;
    }
}

void scan_match_view(struct scan *s, const struct view *v, unsigned views)
{
    enum cardea_scan_view as = (enum cardea_scan_view)__builtin_ctz(views);
    size_t len = v->text.len;
    for (size_t start = 0; start < len && scan_has_time(s); start += WINDOW) {
        struct window w = {.v = v, .as = as, .start = start, .stop = len, .end = len};
        if (len - start > WINDOW + OVERLAP) {
            w.stop = start + WINDOW;
            w.end = w.stop + OVERLAP;
        }
        match_window(s, &w, views);
        if (w.end == len)
            return;
    }
}
