#include <string.h>

#include "base/str.h"
#include "scan/check.h"
#include "scan/scanner.h"

/* A long text is read by windows: so that time can be looked at, and because few patterns may match in each, but many
 * somewhere. A match is at most as long as windows overlap. What stands before one is seen by `\b` and look-behind. */
#define WINDOW  ((size_t)24 * 1024)
#define OVERLAP ((size_t)8 * 1024)
#define BEFORE  ((size_t)64)
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

/* What is read at a time: matches that begin in [start, stop), in the text up to `end`. */
struct window {
    const struct view *v;
    enum cardea_scan_view as;
    size_t start, stop, end;
};

/* A match begins there or later: with a piece that is at most so long, white space left out, and that ends nowhere
 * earlier. */
static size_t earliest(const struct scan *s, const struct ruleset_unit *unit, const struct window *w)
{
    const struct cardea_scan_scratch *scratch = s->scratch;
    if (unit->reach == 0 || !scratch->ends_known)
        return w->start;
    size_t at = scratch->ends[unit->lead], left = unit->reach;
    for (; at > w->start; at--) {
        char c = w->v->text.ptr[at - 1];
        bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space && left-- == 0)
            break;
    }
    return at > w->start ? at : w->start;
}

static void match_unit(struct scan *s, struct ruleset_unit *unit, const struct window *w)
{
    struct ruleset_rule *r = &s->scanner->rules.rules[unit->rule];
    const struct scan_pattern *pattern = ruleset_pattern(unit);
    struct cardea_str text = w->v->text, seen = {text.ptr, w->end};
    size_t from = earliest(s, unit, w), kept = 0, looked = 0;
    if (!pattern)
        s->out_of_memory = true;
    while (pattern && from < w->end) {
        struct scan_match m;
        enum scan_matched got = scan_pattern_match(pattern, s->scratch->matcher, seen, from, &m);
        if (got == SCAN_MATCH_GAVE_UP)
            s->cut |= CARDEA_SCAN_CUT_PATTERN;
        if (got != SCAN_MATCH || m.start >= w->stop)
            return;
        bool good = passes(s, r, text, &m);
        if (good)
            keep(s, unit->rule, w->v, w->as, &m);
        if (good && r->rule->signal >= 0)
            return;
        /* What is no hit may hide one that begins within it. */
        from = good ? m.end : m.start + 1;
        kept += good;
        if (kept >= KEEP_MAX || ++looked >= LOOK_MAX) {
            s->cut |= CARDEA_SCAN_CUT_FINDINGS;
            return;
        }
    }
}

struct marking {
    struct cardea_scan_scratch *scratch;
    size_t from;
};

static void mark(void *arg, unsigned factor, size_t end)
{
    const struct marking *m = arg;
    m->scratch->factors[factor / 64] |= 1ull << factor % 64;
    m->scratch->ends[factor] = m->from + end;
}

/* What of the units' factors stands there; all of them where nothing can search for them. */
static void find_factors(struct scan *s, const struct window *w)
{
    struct cardea_scan_scratch *scratch = s->scratch;
    size_t bytes = scratch->factor_words * sizeof(uint64_t), from = w->start > BEFORE ? w->start - BEFORE : 0;
    struct cardea_str text = {w->v->text.ptr + from, w->end - from};
    struct marking marking = {scratch, from};
    memset(scratch->factors, 0, bytes);
    scratch->ends_known = s->scanner->multi && multi_scan(s->scanner->multi, scratch->multi, text, mark, &marking);
    if (!scratch->ends_known)
        memset(scratch->factors, 0xff, bytes);
}

static bool may_match(const struct cardea_scan_scratch *scratch, const struct ruleset_unit *unit)
{
    for (uint32_t i = 0; i < unit->factor_count; i++)
        if (!(scratch->factors[unit->factors[i] / 64] >> unit->factors[i] % 64 & 1))
            return false;
    return true;
}

static void match_window(struct scan *s, const struct window *w, unsigned views)
{
    const struct ruleset *rs = &s->scanner->rules;
    find_factors(s, w);
    for (size_t i = 0; i < rs->unit_count; i++) {
        struct ruleset_unit *unit = &rs->units[i];
        if (!may_match(s->scratch, unit) || !(unit->views & views) ||
            rs->rules[unit->rule].rule->sensitivity > s->params->sensitivity)
            continue;
        match_unit(s, unit, w);
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
        struct window w = {v, as, start, len, len};
        if (len - start > WINDOW + OVERLAP) {
            w.stop = start + WINDOW;
            w.end = w.stop + OVERLAP;
        }
        match_window(s, &w, views);
        if (w.end == len)
            return;
    }
}
