/* What a policy sees in a text: the findings of the packs, what its own rules find, hosts and signals; without what its
 * exceptions take out. Then which rule takes what. */
#include "policy/glob.h"
#include "policy/internal.h"

/* Of the policy's own patterns, and of its words; beside the built-in packs' second. */
#define OWN_TIME_MS  500
#define OWN_FINDINGS 256
#define HOST_HITS    64 /* of one rule */

static void see(struct policy_look *look, const struct policy_seen *seen)
{
    if (policy_is_exempt(look, seen)) {
        look->excepted++;
        return;
    }
    if (look->seen_count == look->seen_cap) {
        size_t cap = look->seen_cap ? look->seen_cap * 2 : 64;
        struct policy_seen *grown = arena_array(look->a, cap, sizeof(*grown));
        if (look->seen_count > 0)
            memcpy(grown, look->seen, look->seen_count * sizeof(*grown));
        look->seen = grown;
        look->seen_cap = cap;
    }
    look->seen[look->seen_count++] = *seen;
}

static void see_findings(struct policy_look *look)
{
    for (size_t i = 0; i < look->result->finding_count; i++) {
        const struct cardea_scan_finding *f = &look->result->findings[i];
        see(look, &(struct policy_seen){.hit = {.code = policy_code(f->category),
                                                .rule_id = f->rule_id,
                                                .category = cardea_scan_category_name(f->category),
                                                .title = f->title,
                                                .severity = f->severity,
                                                .has_span = true,
                                                .span = f->span,
                                                .redact = f->redact},
                                        .own = -1,
                                        .category = (int)f->category});
    }
}

static enum cardea_err see_own(struct policy_look *look, enum policy_bench_kind kind)
{
    static const struct cardea_scan_params params = {
        .sensitivity = CARDEA_SCAN_AT_HIGH,
        .limits = {.findings_max = OWN_FINDINGS, .time_ms = OWN_TIME_MS},
        .every_rule = true,
    };
    struct policy *p = look->p;
    struct cardea_scan_result result;
    if (!p->benches[kind].scanner)
        return CARDEA_OK;
    struct policy_seat *seat = policy_own_take(p, kind);
    if (!seat)
        return CARDEA_E_NOMEM;
    enum cardea_err err = cardea_scan(p->benches[kind].scanner, seat->scratch, look->text, &params, &result);
    for (size_t i = 0; err == CARDEA_OK && i < result.finding_count; i++) {
        const struct cardea_scan_finding *f = &result.findings[i];
        size_t at = policy_own_rule(p, f->rule_id);
        see(look, &(struct policy_seen){.hit = {.code = kind == BENCH_WORDS ? "POLICY_WORD" : "POLICY_PATTERN",
                                                .rule_id = p->rules[at].id,
                                                .category = "policy",
                                                .title = p->rules[at].title,
                                                .severity = p->rules[at].severity,
                                                .has_span = true,
                                                .span = f->span,
                                                .redact = f->redact},
                                        .own = (int)at,
                                        .category = -1});
    }
    if (err == CARDEA_OK)
        look->cut |= result.cut;
    policy_own_give_back(p, kind, seat, look->text.len);
    return err;
}

/* Bytes of the longest name in the list that the host is or is beneath; 0: none. */
static size_t longest_over(struct cardea_str host, const struct policy_texts *domains)
{
    size_t longest = 0;
    for (size_t i = 0; i < domains->count; i++)
        if (domains->items[i].len > longest && cardea_scan_host_under(host, domains->items[i]))
            longest = domains->items[i].len;
    return longest;
}

/* The more exact name decides; of the same in both lists, denial. */
static bool is_denied(const struct policy_rule *rule, struct cardea_str host)
{
    size_t denied = longest_over(host, &rule->deny), allowed = longest_over(host, &rule->allow);
    return denied > 0 ? denied >= allowed : rule->only_allowed && allowed == 0;
}

static void see_hosts(struct policy_look *look, size_t at)
{
    const struct policy_rule *rule = &look->p->rules[at];
    size_t hits = 0;
    for (size_t i = 0; i < look->result->host_count && hits < HOST_HITS; i++) {
        const struct cardea_scan_host *host = &look->result->hosts[i];
        if (!is_denied(rule, host->name))
            continue;
        see(look, &(struct policy_seen){.hit = {.code = "POLICY_DOMAIN",
                                                .rule_id = rule->id,
                                                .category = "domain",
                                                .title = rule->title,
                                                .severity = rule->severity,
                                                .has_span = true,
                                                .span = host->span,
                                                .redact = host->span},
                                        .own = (int)at,
                                        .category = -1,
                                        .host = host->name});
        hits++;
    }
}

static void see_signals(struct policy_look *look, size_t at)
{
    const struct policy_rule *rule = &look->p->rules[at];
    unsigned score = 0, count = 0;
    for (size_t i = 0; i < rule->signals.count; i++) {
        unsigned strongest = 0;
        for (unsigned s = 0; s < CARDEA_SCAN_SIGNAL_COUNT; s++)
            if (rule->signals.items[i] >> s & 1 && look->result->signals[s] > strongest)
                strongest = look->result->signals[s];
        score += strongest;
        count += strongest > 0;
    }
    if (count < rule->signals.min_signals || score < rule->signals.min_score)
        return;
    see(look, &(struct policy_seen){.hit = {.code = policy_code(CARDEA_SCAN_KEYWORD),
                                            .rule_id = rule->id,
                                            .category = cardea_scan_category_name(CARDEA_SCAN_KEYWORD),
                                            .title = rule->title,
                                            .severity = rule->severity},
                                    .own = (int)at,
                                    .category = -1});
}

/* ---- which rule takes what ---- */

static bool takes(const struct policy_rule *rule, size_t at, const struct policy_seen *seen)
{
    if (seen->own >= 0)
        return (size_t)seen->own == at;
    return rule->type == POLICY_PACK && (rule->category < 0 || rule->category == seen->category) &&
           seen->hit.severity >= rule->least && seen->hit.severity <= rule->most &&
           (!rule->glob || policy_glob_matches(rule->glob, seen->hit.rule_id));
}

static void deal_out(struct policy_look *look)
{
    const struct policy *p = look->p;
    uint32_t *row = arena_array(look->a, look->seen_count + 1, sizeof(*row));
    look->taken = arena_array(look->a, p->rule_count + 1, sizeof(*look->taken));
    for (size_t at = 0; at < p->rule_count; at++) {
        size_t count = 0;
        for (size_t i = 0; i < look->seen_count; i++)
            if (takes(&p->rules[at], at, &look->seen[i]))
                row[count++] = (uint32_t)i;
        if (count == 0)
            continue;
        look->taken[at] = (struct policy_taken){arena_array(look->a, count, sizeof(*row)), count};
        memcpy(look->taken[at].items, row, count * sizeof(*row));
    }
}

enum cardea_err policy_look(struct policy *p, struct arena *a, struct cardea_str text,
                            const struct cardea_scan_result *result, struct policy_look **out)
{
    struct policy_look *look = arena_alloc(a, sizeof(*look));
    *look = (struct policy_look){.p = p, .a = a, .text = text, .result = result, .cut = result->cut};
    see_findings(look);
    enum cardea_err err = see_own(look, BENCH_PATTERNS);
    if (err == CARDEA_OK)
        err = see_own(look, BENCH_WORDS);
    for (size_t at = 0; at < p->rule_count; at++) {
        if (p->rules[at].type == POLICY_DOMAIN)
            see_hosts(look, at);
        else if (p->rules[at].signals.count > 0)
            see_signals(look, at);
    }
    deal_out(look);
    *out = look;
    return err;
}
