#include "policy/internal.h"

#define NOBODY SIZE_MAX /* no rule */

static bool is_terminal(const struct policy_rule *rule)
{
    return !rule->shadow && (rule->action == POLICY_ALLOW || rule->action == POLICY_BLOCK);
}

/* Of the rules but those of the AI, the first that ends the matter. */
static size_t first_terminal(const struct policy_look *look)
{
    for (size_t at = 0; at < look->p->rule_count; at++)
        if (look->taken[at].count > 0 && is_terminal(&look->p->rules[at]))
            return at;
    return NOBODY;
}

bool policy_wants_ai(const struct policy_look *look)
{
    size_t end = first_terminal(look);
    for (size_t at = 0; at < look->p->rule_count && at < end; at++) {
        const struct policy_rule *rule = &look->p->rules[at];
        if (rule->type != POLICY_AI)
            continue;
        /* Before a block only an allowance could matter. What a rule in shadow would change is asked for as well: that
         * is what it stands there for. */
        if (end == NOBODY || look->p->rules[end].action != POLICY_BLOCK || rule->action == POLICY_ALLOW)
            return true;
    }
    return false;
}

static void cut_private(struct policy_look *look, struct policy_cuts *cuts)
{
    for (size_t i = 0; i < look->seen_count; i++)
        if (look->seen[i].category == CARDEA_SCAN_SECRET || look->seen[i].category == CARDEA_SCAN_PERSONAL)
            policy_add_cut(look->a, cuts, &look->seen[i].hit);
}

bool policy_text_for_ai(struct policy_look *look, struct cardea_str *out)
{
    struct policy_cuts cuts = {0};
    if (look->cut)
        return false;
    /* What exceptions took out too: who said that it is harmless was not asked about another's server. */
    for (size_t i = 0; i < look->result->finding_count; i++) {
        const struct cardea_scan_finding *f = &look->result->findings[i];
        struct policy_hit hit = {.rule_id = f->rule_id, .has_span = true, .redact = f->redact};
        if (f->category == CARDEA_SCAN_SECRET || f->category == CARDEA_SCAN_PERSONAL)
            policy_add_cut(look->a, &cuts, &hit);
    }
    for (size_t at = 0; at < look->p->rule_count; at++)
        for (size_t i = 0; look->p->rules[at].action == POLICY_REDACT && i < look->taken[at].count; i++)
            policy_add_cut(look->a, &cuts, &look->seen[look->taken[at].items[i]].hit);
    *out = policy_redact(look->a, look->text, &cuts);
    return true;
}

/* ---- a decision ---- */

struct decision {
    struct policy_look *look;
    struct policy_outcome *out;
    struct policy_match *matches;
    struct policy_reason *reasons;
    /* For each thing seen: the first rule that acts on it, the first that only watches. */
    size_t *acting, *watching;
    struct policy_cuts cuts;
    bool ended;
};

static void apply(struct decision *d, const struct policy_rule *rule, struct policy_match *match)
{
    if (rule->shadow || d->ended)
        return;
    if (rule->action == POLICY_FLAG) {
        d->out->verdict = CARDEA_SCAN_FLAG;
    } else if (rule->action == POLICY_REDACT) {
        for (size_t i = 0; i < match->hit_count; i++)
            policy_add_cut(d->look->a, &d->cuts, match->hits[i]);
    } else {
        /* What was flagged before it was allowed stays flagged: the rule that came first said so. */
        if (rule->action == POLICY_BLOCK)
            d->out->verdict = CARDEA_SCAN_BLOCK;
        match->decided = d->ended = true;
    }
}

static void add_match(struct decision *d, const struct policy_rule *rule, const struct policy_hit **hits, size_t count)
{
    struct policy_match *match = &d->matches[d->out->match_count++];
    *match = (struct policy_match){.id = rule->id,
                                   .title = rule->title,
                                   .type = rule->type,
                                   .action = rule->action,
                                   .shadow = rule->shadow,
                                   .hits = hits,
                                   .hit_count = count};
    d->out->shadow_count += rule->shadow;
    apply(d, rule, match);
}

static void add_reason(struct decision *d, const struct policy_hit *hit, const struct policy_rule *rule)
{
    struct policy_reason *reason = &d->reasons[d->out->reason_count++];
    *reason = (struct policy_reason){.hit = hit};
    if (!rule)
        return;
    reason->rule = rule->id;
    reason->action = rule->action;
    reason->shadow = rule->shadow;
}

static void match_seen(struct decision *d, size_t at)
{
    struct policy_look *look = d->look;
    const struct policy_taken *taken = &look->taken[at];
    const struct policy_rule *rule = &look->p->rules[at];
    const struct policy_hit **hits = arena_array(look->a, taken->count, sizeof(const struct policy_hit *));
    size_t *first = rule->shadow ? d->watching : d->acting;
    for (size_t i = 0; i < taken->count; i++) {
        size_t seen = taken->items[i];
        hits[i] = &look->seen[seen].hit;
        if (first[seen] == NOBODY)
            first[seen] = at;
    }
    add_match(d, rule, hits, taken->count);
}

static void match_ai(struct decision *d, const struct policy_rule *rule, enum policy_ai ai)
{
    static const char *const codes[] = {NULL, "AI_SAFE", "AI_SUSPICIOUS", "AI_BLOCKED"};
    struct policy_hit *hit = arena_alloc(d->look->a, sizeof(*hit));
    const struct policy_hit **hits = arena_array(d->look->a, 1, sizeof(const struct policy_hit *));
    *hit = (struct policy_hit){
        .code = codes[ai], .rule_id = rule->id, .category = "ai", .title = rule->title, .severity = rule->severity};
    hits[0] = hit;
    add_match(d, rule, hits, 1);
    add_reason(d, hit, rule);
}

static void add_reasons(struct decision *d)
{
    struct policy_look *look = d->look;
    for (size_t i = 0; i < look->seen_count; i++) {
        const struct policy_hit *hit = &look->seen[i].hit;
        if (d->acting[i] != NOBODY || d->watching[i] == NOBODY)
            add_reason(d, hit, d->acting[i] == NOBODY ? NULL : &look->p->rules[d->acting[i]]);
        if (d->watching[i] != NOBODY)
            add_reason(d, hit, &look->p->rules[d->watching[i]]);
    }
}

/* What must be taken out and cannot all be found must not leave. */
static void refuse_half_redacted(struct decision *d)
{
    static const struct policy_hit hit = {.code = "REDACTION_INCOMPLETE",
                                          .rule_id = "redaction",
                                          .category = "scanner",
                                          .title = "Not all that is to be redacted could be looked for",
                                          .severity = CARDEA_SCAN_HIGH};
    d->out->verdict = CARDEA_SCAN_BLOCK;
    add_reason(d, &hit, NULL);
}

static void settle(struct decision *d)
{
    struct policy_outcome *out = d->out;
    bool must = d->cuts.count > 0;
    if (out->truncated && out->verdict == CARDEA_SCAN_ALLOW)
        out->verdict = CARDEA_SCAN_FLAG;
    if (out->truncated && must && out->verdict != CARDEA_SCAN_BLOCK)
        refuse_half_redacted(d);
    out->delivery = out->verdict == CARDEA_SCAN_BLOCK ? POLICY_DELIVER_NOTHING
                    : must                            ? POLICY_DELIVER_REDACTED
                                                      : POLICY_DELIVER_TEXT;
    if (out->verdict != CARDEA_SCAN_ALLOW)
        cut_private(d->look, &d->cuts);
    out->has_redacted = d->cuts.count > 0 && !out->truncated;
    if (out->has_redacted)
        out->redacted = policy_redact(d->look->a, d->look->text, &d->cuts);
}

void policy_decide(struct policy_look *look, enum policy_ai ai, struct policy_outcome *out)
{
    const struct policy *p = look->p;
    struct decision d = {.look = look, .out = out};
    *out = (struct policy_outcome){.excepted = look->excepted, .truncated = look->cut != 0, .cut = look->cut};
    d.matches = arena_array(look->a, p->rule_count + 1, sizeof(*d.matches));
    /* Each thing seen twice at most, each rule of the AI once, and one of our own. */
    d.reasons = arena_array(look->a, 2 * look->seen_count + p->rule_count + 1, sizeof(*d.reasons));
    d.acting = arena_array(look->a, 2 * look->seen_count + 1, sizeof(*d.acting));
    d.watching = d.acting + look->seen_count;
    for (size_t i = 0; i < 2 * look->seen_count; i++)
        d.acting[i] = NOBODY;
    for (size_t at = 0; at < p->rule_count; at++) {
        if (look->taken[at].count > 0)
            match_seen(&d, at);
        else if (p->rules[at].type == POLICY_AI && ai != POLICY_AI_NONE && p->rules[at].verdicts >> ai & 1)
            match_ai(&d, &p->rules[at], ai);
    }
    add_reasons(&d);
    settle(&d);
    out->matches = d.matches;
    out->reasons = d.reasons;
}
