#include <stdlib.h>
#include <string.h>

#include "scan/scanner.h"

#define SIGNAL(name) (1u << CARDEA_SCAN_##name)
/* Whoever gives a harmless role to play ("act as a guide, my first request is ...") shows the other signals too. */
#define TELLING (SIGNAL(UNBOUND) | SIGNAL(COMPLIANCE) | SIGNAL(FORBIDDEN) | SIGNAL(POLICY) | SIGNAL(HARM))

/* Signals that are weighed together, and what a combination needs: so many of them, so many of those that are telling,
 * and so much of a score, by sensitivity. Measured on mails of business and of fraud, and on jailbreaks:
 * docs/explanation/scanner.md. */
static const struct combination {
    enum cardea_scan_signal first, last;
    enum cardea_scan_category category;
    int64_t rule;
    bool by_length;
    struct {
        unsigned signals, telling, score;
    } least[CARDEA_SCAN_SENSITIVITY_COUNT];
} combinations[] = {
    {CARDEA_SCAN_FINANCE,
     CARDEA_SCAN_REQUEST,
     CARDEA_SCAN_KEYWORD,
     SCAN_RULE_COMBINATION,
     false,
     {{3, 0, 75}, {3, 0, 60}, {2, 0, 40}}},
    {CARDEA_SCAN_MODEL,
     CARDEA_SCAN_HARM,
     CARDEA_SCAN_INJECTION,
     SCAN_RULE_JAILBREAK,
     true,
     {{5, 1, 100}, {3, 1, 50}, {2, 0, 40}}},
};

void scan_add_hit(struct scan *s, const struct scan_hit *hit)
{
    struct scan_hits *hits = &s->scratch->hits;
    if (hits->count >= s->limits.findings_max) {
        s->cut |= CARDEA_SCAN_CUT_FINDINGS;
        return;
    }
    if (hits->count == hits->cap) {
        size_t cap = hits->cap ? hits->cap * 2 : 64;
        struct scan_hit *grown = realloc(hits->items, cap * sizeof(*grown));
        if (!grown) {
            s->out_of_memory = true;
            return;
        }
        hits->items = grown;
        hits->cap = cap;
    }
    hits->items[hits->count++] = *hit;
}

/* A long text has more of everything: each of these lengths asks for one signal more. */
#define MORE_SCORE 15
static unsigned length_class(size_t len)
{
    static const size_t above[] = {1500, 6000, 24000};
    unsigned n = 0;
    while (n < sizeof(above) / sizeof(above[0]) && len > above[n])
        n++;
    return n;
}

static void combine(struct scan *s, const struct combination *c)
{
    unsigned count = 0, telling = 0, score = 0, strongest = c->first;
    for (unsigned i = c->first; i <= c->last; i++) {
        count += s->signals[i] > 0;
        telling += s->signals[i] > 0 && (TELLING >> i & 1);
        score += s->signals[i];
        if (s->signals[i] > s->signals[strongest])
            strongest = i;
    }
    unsigned more = c->by_length ? length_class(s->shortest) : 0;
    if (count < c->least[s->params->sensitivity].signals + more || telling < c->least[s->params->sensitivity].telling ||
        score < c->least[s->params->sensitivity].score + more * MORE_SCORE)
        return;
    struct scan_hit hit = {.rule = c->rule,
                           .category = c->category,
                           .severity = CARDEA_SCAN_MEDIUM,
                           .view = CARDEA_SCAN_RAW,
                           .span = s->signal_spans[strongest],
                           .redact = s->signal_spans[strongest]};
    scan_add_hit(s, &hit);
}

void scan_combine(struct scan *s)
{
    for (size_t i = 0; i < sizeof(combinations) / sizeof(combinations[0]); i++)
        combine(s, &combinations[i]);
}

static bool overlap(struct cardea_scan_span a, struct cardea_scan_span b)
{
    return a.start < b.end && b.start < a.end;
}

/* Of two hits of one category in one place the more severe stays, then the one in the plainer reading, then the longer,
 * then the earlier. */
static bool is_stronger(const struct scan_hit *a, const struct scan_hit *b)
{
    size_t a_len = a->span.end - a->span.start, b_len = b->span.end - b->span.start;
    if (a->severity != b->severity)
        return a->severity > b->severity;
    if (a->view != b->view)
        return a->view < b->view;
    return a_len != b_len ? a_len > b_len : a < b;
}

static bool is_beaten(const struct scan *s, size_t i)
{
    const struct scan_hits *hits = &s->scratch->hits;
    const struct scan_hit *hit = &hits->items[i];
    for (size_t k = 0; k < hits->count; k++) {
        const struct scan_hit *other = &hits->items[k];
        bool alike = s->params->every_rule ? other->rule == hit->rule : other->category == hit->category;
        if (k != i && alike && overlap(other->redact, hit->redact) && is_stronger(other, hit))
            return true;
    }
    return false;
}

static struct cardea_scan_finding finding_of(const struct scan *s, const struct scan_hit *hit)
{
    struct cardea_scan_finding f = {.category = hit->category,
                                    .severity = hit->severity,
                                    .view = hit->view,
                                    .span = hit->span,
                                    .redact = hit->redact};
    if (hit->rule == SCAN_RULE_DENIED) {
        f.rule_id = "domain.denied";
        f.title = "Host of a denied domain";
    } else if (hit->rule == SCAN_RULE_COMBINATION) {
        f.rule_id = "keyword.combination";
        f.title = "Several signs of fraud together";
    } else if (hit->rule == SCAN_RULE_JAILBREAK) {
        f.rule_id = "injection.combination";
        f.title = "Several signs of a jailbreak together";
    } else {
        const struct scan_rule *rule = s->scanner->rules.rules[hit->rule].rule;
        f.rule_id = rule->id;
        f.title = rule->title;
        f.sensitivity = rule->sensitivity;
    }
    return f;
}

static int by_place(const void *left, const void *right)
{
    const struct cardea_scan_finding *a = left, *b = right;
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    if (a->span.end != b->span.end)
        return a->span.end < b->span.end ? -1 : 1;
    return strcmp(a->rule_id, b->rule_id);
}

bool scan_settle(struct scan *s, size_t *count)
{
    struct cardea_scan_scratch *scratch = s->scratch;
    const struct scan_hits *hits = &scratch->hits;
    *count = 0;
    if (hits->count > scratch->finding_cap) {
        struct cardea_scan_finding *grown = realloc(scratch->findings, hits->cap * sizeof(*grown));
        if (!grown)
            return false;
        scratch->findings = grown;
        scratch->finding_cap = hits->cap;
    }
    for (size_t i = 0; i < hits->count; i++)
        if (!is_beaten(s, i))
            scratch->findings[(*count)++] = finding_of(s, &hits->items[i]);
    if (*count > 1)
        qsort(scratch->findings, *count, sizeof(*scratch->findings), by_place);
    return true;
}
